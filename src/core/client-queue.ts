/**
 * What a client has submitted and not yet put on a connection: in submission order, always, also
 * when something comes back. Tickets count up with submission, so the order can be restored.
 *
 * The frontend reads no more of one connection than it answers, so what a client asks for beyond
 * that would wait here until its time is over. What would wait too long is shed at once instead.
 */
import type { BusyBackoff } from './busy-backoff.ts';
import { isReport, KIND, type Operation } from './operation.ts';
import { ServiceRate } from './service-rate.ts';

/** Names a submission to whoever made it. */
export type Ticket = number;
/** Writes and QUERYs travel in different frames. */
export type Thing = 'request' | 'query';

interface Submitted {
  readonly ticket: Ticket;
  readonly thing: Thing;
  readonly deadlineMs: number;
  /** How many operations it is, each with a number of its own. */
  readonly operations: number;
}

/** One operation, or two: with the question for its details right behind it. */
export interface SingleSubmission extends Submitted {
  readonly kind: 'single';
  readonly operation: Operation;
  readonly operations: 1 | 2;
}

/** A chunk that was prepared elsewhere and goes as one frame, its header filled when it is sent. */
export interface BulkSubmission extends Submitted {
  readonly kind: 'bulk';
  readonly chunk: Uint8Array;
}

export type Submission = SingleSubmission | BulkSubmission;

/** Of its time, what a submission may wait until it is sent: enough must be left to be served. */
const WAIT_PART = 1 / 4;
/** Where it has many clients, the bank may serve one of them no more often than that. */
const OUTAGE_MS = 1_000;
/** So many taken items are kept before the array is cut. */
const SLACK_MAX = 16_384;

export class ClientQueue {
  readonly #backoff: BusyBackoff;
  #items: Submission[] = [];
  /** Everything before it is taken. */
  #head = 0;
  /** None is due before; may be too early, never too late. */
  #earliestDeadlineMs = Infinity;
  #operations = 0;
  /** Operations taken to be sent, since `onFlushed`. */
  #taken = 0;
  readonly #rate = new ServiceRate(OUTAGE_MS);
  #shed: Submission[] = [];

  constructor(backoff: BusyBackoff) {
    this.#backoff = backoff;
  }

  get isEmpty(): boolean {
    return this.#items.length === this.#head && this.#shed.length === 0;
  }

  /** What goes next. */
  get first(): Submission | undefined {
    return this.#items[this.#head];
  }

  /** Queues it, or sheds it. */
  submit(submission: Submission, nowMs: number): void {
    const waitMs = this.#operations / this.#rate.perMs(nowMs);
    const waitMsMax = WAIT_PART * Math.max(0, submission.deadlineMs - nowMs);
    const isUnwanted = submission.kind === 'bulk'
      && !this.#backoff.takesBulk(this.#operations, nowMs);
    if (waitMs > waitMsMax || isUnwanted) this.#shed.push(submission);
    else {
      this.#push(submission);
      this.#shortenPause(submission, nowMs);
    }
  }

  /**
   * What was sent was refused: a pause. Single operations wait for its end, and share a frame then;
   * of chunks there would only be more.
   */
  onBusy(nowMs: number): void {
    this.#rate.onPutBack();
    this.#backoff.onBusy(nowMs);
    for (let at = this.#head; at < this.#items.length; at += 1) {
      const submission = this.#items[at];
      if (submission !== undefined) this.#shortenPause(submission, nowMs);
    }
  }

  takeShed(): readonly Submission[] {
    return this.#shed.length === 0 ? this.#shed : this.#shed.splice(0);
  }

  takeAll(): readonly Submission[] {
    return this.takeShed().concat(this.takeWhere(() => true));
  }

  /** All was taken that could be; there is room for so many more operations in flight. */
  onFlushed(room: number, nowMs: number): void {
    // The room is below nothing where a BUSY has narrowed the window since.
    const isFull = this.first !== undefined && this.first.operations > room;
    this.#rate.onTaken(this.#taken, isFull, nowMs);
    this.#taken = 0;
  }

  /**
   * Takes what makes up the next frame: a run of single operations of one thing, at most
   * `operationsMax`, or one prepared chunk. Empty where that chunk is larger.
   */
  takeRun(operationsMax: number): readonly Submission[] {
    const first = this.first;
    if (first === undefined || first.operations > operationsMax) return [];
    let end = this.#head + 1;
    if (first.kind === 'single') {
      let room = operationsMax - first.operations;
      for (; end < this.#items.length; end += 1) {
        const next = this.#items[end];
        if (next === undefined || next.operations > room || !isLike(next, first)) break;
        room -= next.operations;
      }
    }
    const run = this.#items.slice(this.#head, end);
    this.#moveHead(end);
    const operations = operationsOf(run);
    this.#operations -= operations;
    this.#taken += operations;
    return run;
  }

  /** Returns what was taken to its place in the order. */
  putBack(submissions: readonly Submission[]): void {
    for (const submission of submissions) this.#push(submission);
    this.#items = this.#items.slice(this.#head).sort((one, other) => one.ticket - other.ticket);
    this.#head = 0;
  }

  takeDue(nowMs: number): readonly Submission[] {
    if (nowMs < this.#earliestDeadlineMs) return [];
    const due = this.takeWhere((submission) => submission.deadlineMs <= nowMs);
    this.#earliestDeadlineMs = Infinity;
    for (const { deadlineMs } of this.#items) {
      this.#earliestDeadlineMs = Math.min(this.#earliestDeadlineMs, deadlineMs);
    }
    return due;
  }

  takeWhere(condition: (submission: Submission) => boolean): readonly Submission[] {
    const taken: Submission[] = [];
    const kept: Submission[] = [];
    for (let at = this.#head; at < this.#items.length; at += 1) {
      const submission = this.#items[at];
      if (submission !== undefined) (condition(submission) ? taken : kept).push(submission);
    }
    this.#items = kept;
    this.#head = 0;
    this.#operations -= operationsOf(taken);
    return taken;
  }

  /** Else it would be due before it is sent. */
  #shortenPause({ deadlineMs }: Submission, nowMs: number): void {
    this.#backoff.endPauseBy(nowMs + WAIT_PART * (deadlineMs - nowMs));
  }

  #push(submission: Submission): void {
    this.#items.push(submission);
    this.#operations += submission.operations;
    this.#earliestDeadlineMs = Math.min(this.#earliestDeadlineMs, submission.deadlineMs);
  }

  #moveHead(head: number): void {
    this.#head = head;
    if (head < this.#items.length && head < SLACK_MAX) return;
    this.#items = this.#items.slice(head);
    this.#head = 0;
  }
}

function operationsOf(submissions: readonly Submission[]): number {
  let sum = 0;
  for (const { operations } of submissions) sum += operations;
  return sum;
}

/** Whether they may share a frame: a report goes alone. */
function isLike(submission: Submission, first: SingleSubmission): boolean {
  return submission.kind === 'single' && submission.thing === first.thing
    && !isReport(KIND[submission.operation.kind]) && !isReport(KIND[first.operation.kind]);
}
