/**
 * The history, page after page: for whoever goes through all of it, or wants to be told what comes.
 * The page behind the one that is being looked at is asked for meanwhile, and no more than that.
 *
 * Keeps true: each operation comes once, in order, whatever happens to backends and frontend, as
 * long as none of it takes longer than the timeout.
 */
import type { HistoryPage, Position } from '../core/history-page.ts';
import { NoReport } from './account-reports.ts';
import { sleep } from './sleep.ts';

/** Where nothing is new, it is asked again after so long, and ever later up to the other. */
const IDLE_MS = 10;
const IDLE_MS_MAX = 100;
/** A bank that says that it can't answer now is asked again. */
const RETRY_MS = 50;

/** Throws `NoReport`. */
export type AskPage = (from: Position, timeoutMs: number) => Promise<HistoryPage>;

export interface PagesOptions {
  readonly from: Position;
  /** The last seq that is wanted; without it, there is no end, or it is the newest. */
  readonly to?: number | undefined;
  /** At the end of the history, wait for more; else the end is where it is now. */
  readonly follow: boolean;
  /** How long the bank may be away. */
  readonly timeoutMs: number;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

type EndedPages = PagesOptions & { readonly signal: AbortSignal };

/** A page, and the last seq that is wanted of it: what is behind that is not. */
export interface Stretch {
  readonly page: HistoryPage;
  readonly to: number;
}

/** The history does not reach so far. */
export class BeyondHistory extends Error {
  override readonly name = 'BeyondHistory';

  constructor(seq: number, lastSeq: number) {
    super(`seq ${seq} is beyond the last of the history, which is ${lastSeq}`);
  }
}

/** Throws `BeyondHistory` where there is no `from` or, not following, no `to`; `NoReport`. */
export async function* historyPages(
  ask: AskPage, options: PagesOptions,
): AsyncGenerator<Stretch, void> {
  const ended = new AbortController();
  const onAbort = (): void => ended.abort();
  if (options.signal?.aborted === true) return;
  options.signal?.addEventListener('abort', onAbort);
  try {
    yield* pagesUntil(ask, { ...options, signal: ended.signal });
  } finally {
    // Also what was asked ahead: whoever looks no more waits for nothing.
    ended.abort();
    options.signal?.removeEventListener('abort', onAbort);
  }
}

async function* pagesUntil(ask: AskPage, options: EndedPages): AsyncGenerator<Stretch, void> {
  const { from, follow, signal } = options;
  const first = await askOn(ask, from, options);
  if (first === undefined) return;
  const { lastSeq } = first;
  if (from.seq > lastSeq + 1) throw new BeyondHistory(from.seq, lastSeq);
  if (!follow && options.to !== undefined && options.to > lastSeq) {
    throw new BeyondHistory(options.to, lastSeq);
  }
  const to = options.to ?? (follow ? Infinity : lastSeq);
  let idleMs = IDLE_MS;
  let at = from;
  for (let page: HistoryPage | undefined = first; page !== undefined; ) {
    const next: Position = page.next;
    const isNews = next.seq > at.seq || next.index > at.index;
    const isAll: boolean = next.seq > page.lastSeq;
    at = next;
    const isLast: boolean = isAll || next.seq > to;
    const coming: Promise<HistoryPage | undefined> | undefined =
      isLast ? undefined : askOn(ask, next, options);
    // It is waited for below; until then nobody minds.
    coming?.catch(() => {});
    if (isNews) yield { page, to };
    if (next.seq > to) return;
    idleMs = isNews ? IDLE_MS : Math.min(2 * idleMs, IDLE_MS_MAX);
    if (isAll) await sleep(idleMs, signal);
    page = await (coming ?? askOn(ask, next, options));
  }
}

/** Undefined where it was ended meanwhile. */
async function askOn(
  ask: AskPage, from: Position, { timeoutMs, signal }: EndedPages,
): Promise<HistoryPage | undefined> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!signal.aborted) {
    const leftMs = Math.max(1, deadlineMs - performance.now());
    try {
      return await unlessAborted(ask(from, leftMs), signal);
    } catch (error) {
      const isOver = performance.now() + RETRY_MS >= deadlineMs;
      if (!(error instanceof NoReport) || !mayCome(error) || isOver) throw error;
    }
    await sleep(RETRY_MS, signal);
  }
  return undefined;
}

function mayCome({ outcome }: NoReport): boolean {
  return outcome.kind === 'refused' && outcome.code !== 'BAD_REQUEST';
}

/** Undefined as soon as the signal is aborted. */
async function unlessAborted<Value>(
  promise: Promise<Value>, signal: AbortSignal,
): Promise<Value | undefined> {
  const ended = Promise.withResolvers<undefined>();
  const onAbort = (): void => ended.resolve(undefined);
  signal.addEventListener('abort', onAbort);
  promise.catch(() => {});
  try {
    return await Promise.race([promise, ended.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
