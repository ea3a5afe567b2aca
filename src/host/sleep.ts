/** Resolves after the time, or as soon as the signal is aborted. */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const onAbort = (): void => resolve();
  signal?.addEventListener('abort', onAbort);
  await promise;
  clearTimeout(timer);
  signal?.removeEventListener('abort', onAbort);
}
