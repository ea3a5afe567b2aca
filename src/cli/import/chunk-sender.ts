/**
 * Brings chunks of keyed writes, or of reads, to the bank, and says what became of each operation.
 *
 * Keeps true: what is tried again carries the same keys, so that it happens once; what is unknown
 * is never taken for refused.
 */
import {
  decodeResult, REASON, RESULT_BYTES, viewOf, type Operation, type Result,
} from '../../core/operation.ts';
import type { BulkAnsweredOutcome, BulkOutcome } from '../../core/outcome.ts';
import type { Client } from '../../host/client.ts';
import { oneLine } from '../quote.ts';
import { Patience } from './patience.ts';
import { Stopped } from './stopped.ts';

export type BulkWriter = Pick<Client, 'bulk'>;

export interface Answer {
  readonly result: Result;
  /** Of the entry in which it happened first. */
  readonly seq: number;
}

export class ChunkSender {
  readonly #writer: BulkWriter;
  readonly #timeoutMs: number;

  constructor(writer: BulkWriter, timeoutMs: number) {
    this.#writer = writer;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * An answer for each, in their order; 1 to CHUNK_OPERATIONS_MAX operations. Throws Stopped:
   * `unreachable` where none of those that are not answered happened, `unknown` where they may
   * have.
   */
  async send(operations: readonly Operation[]): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    const patience = new Patience(this.#timeoutMs);
    let open = operations.map((_, index) => index);
    for (;;) {
      const asked = open.map((index) => operations[index] as Operation);
      const outcome = await this.#sendUntilAnswered(asked, patience);
      const read = readAnswers(outcome);
      for (const [at, index] of open.entries()) answers[index] = read[at] as Answer;
      open = open.filter((_, at) => neverRan((read[at] as Answer).result));
      if (open.length === 0) return answers;
      if (patience.isOver) throw new Stopped('unreachable', 'the bank does not get to it');
      await patience.pause();
    }
  }

  async #sendUntilAnswered(
    operations: readonly Operation[], patience: Patience,
  ): Promise<BulkAnsweredOutcome> {
    let mayHaveHappened = false;
    for (;;) {
      const outcome = await this.#writer.bulk(operations, { timeoutMs: patience.leftMs });
      if (outcome.kind === 'answered') return outcome;
      mayHaveHappened ||= outcome.kind === 'unknown';
      if (patience.isOver || isHopeless(outcome)) {
        throw new Stopped(mayHaveHappened ? 'unknown' : 'unreachable', oneLine(outcome.detail));
      }
      await patience.pause();
    }
  }
}

function readAnswers({ results, originals, seq }: BulkAnsweredOutcome): Answer[] {
  const view = viewOf(results);
  const answers: Answer[] = [];
  for (let at = 0; at < results.length / RESULT_BYTES; at += 1) {
    answers.push({ result: decodeResult(view, at), seq });
  }
  for (const original of originals) {
    const answer = answers[original.index];
    if (answer !== undefined) answers[original.index] = { ...answer, seq: original.seq };
  }
  return answers;
}

/** Its number was passed over, or its session is gone: it waits for another. */
function neverRan({ code, detail }: Result): boolean {
  return code === 'sessionExpired' || (code === 'badRequest' && detail === REASON.passedOver);
}

/** No bank will ever take it. */
function isHopeless(outcome: BulkOutcome): boolean {
  return outcome.kind === 'refused' && outcome.code === 'BAD_REQUEST';
}
