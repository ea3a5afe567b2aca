/** What became of one submission of a client, as the client saw it. */
import type { Thing } from '../core/client-queue.ts';
import { decodeResult, viewOf, type Operation, type Result } from '../core/operation.ts';
import type { BulkAnsweredOutcome } from '../core/outcome.ts';

/** What one operation was answered; of one that came again, the first answer and its seq. */
export interface Answer {
  readonly result: Result;
  readonly seq: number;
}

export interface Observed {
  readonly client: number;
  /** A client that crashes begins another life, with another session. */
  readonly life: number;
  /** Its place among the submissions of this client. */
  readonly place: number;
  readonly thing: Thing;
  /** One, or those of a bulk chunk. */
  readonly operations: readonly Operation[];
  /** How many request numbers it takes: details have one, too. */
  readonly numbers: number;
  readonly invokedMs: number;
  completedMs: number;
  /** `open`: the client died meanwhile. `refused`: it did not happen, and never will. */
  outcome: 'open' | 'answered' | 'refused' | 'unknown';
  detail: string;
  /** Of its first operation, `<session>-<number>`; undefined where it was never sent. */
  request: string | undefined;
  /** One for each operation that was answered. */
  answers: readonly Answer[];
}

/** The answers to a bulk chunk, spelled out. */
export function answersOf(outcome: BulkAnsweredOutcome, operations: number): Answer[] {
  const firsts = new Map(outcome.originals.map((original) => [original.index, original]));
  const view = viewOf(outcome.results);
  return Array.from({ length: operations }, (_, index) => ({
    result: decodeResult(view, index),
    seq: firsts.get(index)?.seq ?? outcome.seq,
  }));
}
