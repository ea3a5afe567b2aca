/** What the answer to a client's frame says of each operation in it. */
import type { ClientFrame, Placed } from './client-frame.ts';
import { readHistoryPage } from './history-page.ts';
import type { Seq, Timestamp } from './ids.ts';
import type { Original } from './message.ts';
import {
  CODE, decodeResult, REASON, RESULT_BYTES, viewOf, type Kind, type Result,
} from './operation.ts';
import { refused, type BulkOutcome, type Outcome } from './outcome.ts';
import { readDetails } from './write-details.ts';

/** What answers to requests and to queries have in common. */
export interface FrameAnswer {
  readonly seq: Seq;
  /** Undefined for queries. */
  readonly timestamp: Timestamp | undefined;
  readonly results: Uint8Array;
  readonly originals: readonly Original[];
}

export class ClientAnswer {
  readonly #frame: ClientFrame;
  readonly #answer: FrameAnswer;
  /** First answers of what came again, by their place; undefined: nothing did. */
  readonly #firsts: ReadonlyMap<number, Original> | undefined;
  readonly #view: DataView;
  readonly #report: Kind | undefined;

  constructor(frame: ClientFrame, answer: FrameAnswer) {
    this.#frame = frame;
    this.#answer = answer;
    this.#view = viewOf(answer.results);
    this.#report = frame.report;
    if (answer.originals.length === 0) return;
    this.#firsts = new Map(answer.originals.map((original) => [original.index, original]));
  }

  /** Answers every operation of the frame, and nothing else. */
  get fits(): boolean {
    if (this.#report !== undefined) return true;
    return this.#view.byteLength === this.#frame.operations * RESULT_BYTES;
  }

  /** Some operation found its session gone: seldom, and then there is more to be looked at. */
  get hasExpired(): boolean {
    if (this.#report !== undefined) return false;
    const { results } = this.#answer;
    for (let at = 0; at < results.length; at += RESULT_BYTES) {
      if (results[at] === CODE.sessionExpired) return true;
    }
    return false;
  }

  isExpired({ submission, index }: Placed): boolean {
    if (this.#report !== undefined) return false;
    if (submission.kind === 'single') return this.#isExpiredAt(index);
    for (let at = 0; at < submission.operations; at += 1) {
      if (this.#isExpiredAt(at)) return true;
    }
    return false;
  }

  /**
   * Whether the session that it ran in is gone. OUTCOME may mean the session that it asks about,
   * and after END none is needed.
   */
  provesLoss(placed: Placed): boolean {
    if (this.#frame.thing === 'query' || !this.isExpired(placed)) return false;
    if (placed.submission.kind === 'bulk') return true;
    const { kind } = placed.submission.operation;
    return kind !== 'outcome' && kind !== 'end';
  }

  /** Of the operation at the index; `hasDetails`: which is followed by its details. */
  outcome(index: number, hasDetails = false): Outcome {
    const request = this.#frame.requestId(index);
    if (this.#report !== undefined) return this.#reportOutcome(this.#report, request);
    const result = decodeResult(this.#view, index);
    const first = this.#firsts?.get(index);
    const isPassedOver = result.code === 'badRequest' && result.detail === REASON.passedOver;
    if (isPassedOver && this.#frame.resent && first === undefined) {
      return refused('UNAVAILABLE', `${request} was lost on its way and did not happen`, request);
    }
    const { seq, timestamp } = first ?? this.#answer;
    const answered: Outcome = { kind: 'answered', result, seq, timestamp, request };
    if (!hasDetails) return answered;
    const details = readDetails(result, decodeResult(this.#view, index + 1));
    return details === undefined ? answered : { ...answered, details };
  }

  bulkOutcome(): BulkOutcome {
    return { kind: 'answered', ...this.#answer, request: this.#frame.requestId(0) };
  }

  #reportOutcome(kind: Kind, request: string): Outcome {
    const { seq, timestamp, results } = this.#answer;
    const page = kind === 'history' ? readHistoryPage(results) : undefined;
    const isAnswer = kind === 'history' ? page !== undefined : results.byteLength > 0;
    const result: Result = {
      code: isAnswer ? 'ok' : 'badRequest', kind, scale: 0, detail: REASON.malformed,
      account: 0, balance: 0, toBalance: 0,
    };
    const isText = isAnswer && page === undefined;
    const report = isText ? new TextDecoder().decode(results).trimEnd() : undefined;
    return { kind: 'answered', result, seq, timestamp, request, report, page };
  }

  #isExpiredAt(index: number): boolean {
    const code = this.#view.getUint8(index * RESULT_BYTES);
    return code === CODE.sessionExpired && this.#firsts?.has(index) !== true;
  }
}
