/**
 * Request ids as people see them, and as they give them back to OUTCOME: `1088-3` is the third
 * write of session 1088, `q-7` a client's seventh frame of QUERYs, which leave no trace.
 */
export type RequestId =
  | { readonly kind: 'write'; readonly session: number; readonly number: number }
  | { readonly kind: 'query'; readonly number: number };

export function formatRequestId(session: number, number: number): string {
  return `${session}-${number}`;
}

export function formatQueryId(number: number): string {
  return `q-${number}`;
}

const WRITE = /^([1-9][0-9]{0,15})-([1-9][0-9]{0,15})$/;
const QUERY = /^q-([1-9][0-9]{0,15})$/;

/** Undefined where the text is no request id. Each id has exactly one text. */
export function parseRequestId(text: string): RequestId | undefined {
  const write = WRITE.exec(text);
  if (write !== null) {
    const session = Number(write[1]);
    const number = Number(write[2]);
    if (!Number.isSafeInteger(session) || !Number.isSafeInteger(number)) return undefined;
    return { kind: 'write', session, number };
  }
  const number = Number(QUERY.exec(text)?.[1]);
  return Number.isSafeInteger(number) ? { kind: 'query', number } : undefined;
}
