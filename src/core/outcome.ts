/**
 * What becomes of a client's operation. Every failure is definite or indefinite, in its type: it
 * did not happen, or it may have (compare Jepsen's Maelstrom, "definite" errors).
 */
import type { HistoryPage } from './history-page.ts';
import type { Seq, Timestamp } from './ids.ts';
import type { Original, RefusalCode } from './message.ts';
import type { Result } from './operation.ts';
import type { WriteDetails } from './write-details.ts';

/** Decided and durable; the result may be a refusal of the ledger, such as a missing account. */
export interface AnsweredOutcome {
  readonly kind: 'answered';
  readonly result: Result;
  /** Of the entry that it ran in, the first time; for QUERY, of the state that it saw. */
  readonly seq: Seq;
  /** Undefined for QUERY. */
  readonly timestamp: Timestamp | undefined;
  /** `<session>-<number>`, or `q-<number>`. */
  readonly request: string;
  /** Of a write that was done, where they were asked for, also at its first execution. */
  readonly details?: WriteDetails;
  /** JSON, where a report was asked for. */
  readonly report?: string | undefined;
  /** Where a page of the history was asked for. */
  readonly page?: HistoryPage | undefined;
}

/** Nothing happened, and nothing will. */
export interface RefusedOutcome {
  readonly kind: 'refused';
  readonly definite: true;
  readonly code: RefusalCode;
  /** A sentence without a full stop. */
  readonly detail: string;
  /** Undefined where it was never sent, and so never numbered. */
  readonly request: string | undefined;
}

/** Sent and not answered: it may have happened, or may still. OUTCOME of the request tells. */
export interface UnknownOutcome {
  readonly kind: 'unknown';
  readonly definite: false;
  readonly detail: string;
  readonly request: string;
}

export type Outcome = AnsweredOutcome | RefusedOutcome | UnknownOutcome;

/** A prepared chunk was answered. One whose operations were passed over says so in its results. */
export interface BulkAnsweredOutcome {
  readonly kind: 'answered';
  /** RESULT_BYTES for each operation, in order; read them with `decodeResult`. */
  readonly results: Uint8Array;
  readonly originals: readonly Original[];
  readonly seq: Seq;
  readonly timestamp: Timestamp | undefined;
  /** Of the chunk's first operation. */
  readonly request: string;
}

export type BulkOutcome = BulkAnsweredOutcome | RefusedOutcome | UnknownOutcome;

export function refused(
  code: RefusalCode,
  detail: string,
  request: string | undefined,
): RefusedOutcome {
  return { kind: 'refused', definite: true, code, detail, request };
}

export function unknown(detail: string, request: string): UnknownOutcome {
  return { kind: 'unknown', definite: false, detail, request };
}
