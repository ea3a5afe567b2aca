/**
 * What a client has submitted and not yet put on a connection: in submission order, always, also
 * when something comes back. Tickets count up with submission, so the order can be restored.
 */
import { isReport, KIND, type Operation } from './operation.ts';

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

/** So many taken items are kept before the array is cut. */
const SLACK_MAX = 16_384;

export class ClientQueue {
  #items: Submission[] = [];
  /** Everything before it is taken. */
  #head = 0;
  /** None is due before; may be too early, never too late. */
  #earliestDeadlineMs = Infinity;

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** What goes next. */
  get first(): Submission | undefined {
    return this.#items[this.#head];
  }

  push(submission: Submission): void {
    this.#items.push(submission);
    this.#earliestDeadlineMs = Math.min(this.#earliestDeadlineMs, submission.deadlineMs);
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
    return run;
  }

  /** Returns what was taken to its place in the order. */
  putBack(submissions: readonly Submission[]): void {
    for (const submission of submissions) this.push(submission);
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
    return taken;
  }

  #moveHead(head: number): void {
    this.#head = head;
    if (head < this.#items.length && head < SLACK_MAX) return;
    this.#items = this.#items.slice(head);
    this.#head = 0;
  }
}

/** Whether they may share a frame: a report goes alone. */
function isLike(submission: Submission, first: SingleSubmission): boolean {
  return submission.kind === 'single' && submission.thing === first.thing
    && !isReport(KIND[submission.operation.kind]) && !isReport(KIND[first.operation.kind]);
}
