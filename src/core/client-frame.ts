/**
 * One frame of a client that has been sent and not wholly answered: its bytes, which never change,
 * since a repetition must carry the same numbers, and whom its answers are for.
 */
import { assert } from './assert.ts';
import type { Submission, Thing } from './client-queue.ts';
import type { FromClient, QueryAnswered } from './message.ts';
import {
  encodeChunk, isReport, KIND, viewOf, writeI64, type Kind, type Operation,
} from './operation.ts';
import { refused, unknown, type RefusedOutcome, type UnknownOutcome } from './outcome.ts';
import { formatQueryId, formatRequestId } from './request-id.ts';
import { ASK_DETAILS } from './write-details.ts';

const SESSION_AT = 8;
const FIRST_REQUEST_AT = 16;

/** An unsettled submission and its place in the frame. */
export interface Placed {
  readonly submission: Submission;
  readonly index: number;
}

export class ClientFrame {
  readonly thing: Thing;
  /** 0 for QUERYs. */
  readonly session: number;
  /** The first request's number, or the query's. */
  readonly number: number;
  readonly operations: number;
  /** `flying`: on the present connection. `held`: to be sent again. */
  state: 'flying' | 'held' = 'flying';
  /** Of a QUERY that was answered before a write that it follows. */
  earlyAnswer: QueryAnswered | undefined;
  /** It was on an earlier connection too: a refusal of this sending says nothing of the first. */
  resent = false;
  readonly #chunk: Uint8Array;
  /**
   * By the index of their operations. Undefined where settled, and at the place of the details of
   * the one before. A prepared chunk is one item, whatever its operations.
   */
  readonly #items: (Submission | undefined)[];
  #unsettled: number;
  #earliestDeadlineMs = Infinity;

  constructor(thing: Thing, session: number, number: number, run: readonly Submission[]) {
    assert(run.length > 0, 'a frame carries something');
    this.thing = thing;
    this.session = session;
    this.number = number;
    this.#chunk = encodeRun(session, thing === 'request' ? number : 0, run);
    const items: (Submission | undefined)[] = [];
    let operations = 0;
    for (const submission of run) {
      items.push(submission);
      if (submission.kind === 'single' && submission.operations === 2) items.push(undefined);
      operations += submission.operations;
      if (submission.deadlineMs < this.#earliestDeadlineMs) {
        this.#earliestDeadlineMs = submission.deadlineMs;
      }
    }
    this.#items = items;
    this.operations = operations;
    this.#unsettled = run.length;
  }

  /** Of a frame with a report, which goes alone; else undefined. */
  get report(): Kind | undefined {
    const [only] = this.#items;
    if (only?.kind !== 'single') return undefined;
    const { kind } = only.operation;
    return isReport(KIND[kind]) ? kind : undefined;
  }

  /** How many there are to be taken, by their index, settled or not. */
  get places(): number {
    return this.#items.length;
  }

  get isSettled(): boolean {
    return this.#unsettled === 0;
  }

  message(): FromClient {
    if (this.thing === 'request') return { type: 'request', chunk: this.#chunk };
    return { type: 'query', query: this.number, chunk: this.#chunk };
  }

  /** A query's operations share the query's id. */
  requestId(index: number): string {
    if (this.thing === 'query') return formatQueryId(this.number);
    return formatRequestId(this.session, this.number + index);
  }

  /** Of what nobody waits for any longer. */
  outcomeUnanswered(index: number, why: string): UnknownOutcome | RefusedOutcome {
    const request = this.requestId(index);
    if (this.thing === 'request') return unknown(`${request} ${why}`, request);
    return refused('UNAVAILABLE', `the question ${why}`, request);
  }

  /** Takes the submission at the index, to be settled; undefined where it is already. */
  take(index: number): Submission | undefined {
    const submission = this.#items[index];
    if (submission === undefined) return undefined;
    this.#items[index] = undefined;
    this.#unsettled -= 1;
    return submission;
  }

  takeAll(): readonly Placed[] {
    return this.#takeWhere(() => true);
  }

  takeDue(nowMs: number): readonly Placed[] {
    if (nowMs < this.#earliestDeadlineMs) return [];
    const due = this.#takeWhere((submission) => submission.deadlineMs <= nowMs);
    this.#earliestDeadlineMs = Infinity;
    for (const submission of this.#items) {
      const deadlineMs = submission?.deadlineMs ?? Infinity;
      this.#earliestDeadlineMs = Math.min(this.#earliestDeadlineMs, deadlineMs);
    }
    return due;
  }

  #takeWhere(condition: (submission: Submission) => boolean): readonly Placed[] {
    const taken: Placed[] = [];
    for (let index = 0; index < this.#items.length; index += 1) {
      const submission = this.#items[index];
      if (submission === undefined || !condition(submission)) continue;
      this.take(index);
      taken.push({ submission, index });
    }
    return taken;
  }
}

function encodeRun(session: number, firstRequest: number, run: readonly Submission[]): Uint8Array {
  const operations: Operation[] = [];
  for (const submission of run) {
    if (submission.kind === 'bulk') return renumber(submission.chunk, session, firstRequest);
    operations.push(submission.operation);
    if (submission.operations === 2) operations.push(ASK_DETAILS);
  }
  return encodeChunk(session, firstRequest, operations);
}

/** In a copy: the bytes of an earlier numbering may still be on their way out. */
function renumber(chunk: Uint8Array, session: number, firstRequest: number): Uint8Array {
  const copy = chunk.slice();
  const view = viewOf(copy);
  writeI64(view, SESSION_AT, session);
  writeI64(view, FIRST_REQUEST_AT, firstRequest);
  return copy;
}
