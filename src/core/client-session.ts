/**
 * The client's side: numbers what is submitted, packs it into frames, sends it again after a lost
 * connection under the same numbers, and settles each submission exactly once.
 *
 * What it keeps true:
 * - Frames leave in submission order, writes and QUERYs alike; repetitions before anything new.
 * - A write leaves only when every QUERY before it is answered: one that is lost and sent again
 *   must not see what was submitted after it. A QUERY's answer counts only when every write before
 *   it is answered: should that write have to be sent to another session, the QUERY follows it.
 * - A number names one operation for ever: it is never given to another, whatever became of it.
 * - `refused` is said only of what did not and never will happen: it never left, or its only
 *   sending was refused, or the ledger said that its number was passed over. The rest is `unknown`.
 *
 * The host calls the `on…` methods, then `flush` at the end of the turn; time comes with `onTick`
 * only. (Request ids in a session: RIFL, Lee et al., SOSP 2015.)
 */
import { assert } from './assert.ts';
import { BusyBackoff } from './busy-backoff.ts';
import { ClientAnswer, type FrameAnswer } from './client-answer.ts';
import { ClientFrame, type Placed } from './client-frame.ts';
import { ClientQueue, type Submission, type Thing, type Ticket } from './client-queue.ts';
import { FramesInFlight } from './frames-in-flight.ts';
import { CLUSTER_NONE, type ClusterId } from './ids.ts';
import type {
  Answered, FromClient, QueryAnswered, Refusal, RefusalCode, Refused, ToClient,
} from './message.ts';
import {
  CHUNK_OPERATIONS_MAX, isRead, isWrite, KIND, readChunkHeader, viewOf, type Operation,
} from './operation.ts';
import { refused, type BulkOutcome, type Outcome } from './outcome.ts';

/** How long a repetition that was refused waits, lest something overtakes it. */
export const REFUSED_PAUSE_MS = 100;

/** What the session asks of its host. None is called within `submit`. */
export interface ClientSessionHost {
  /** Over the present connection, in this order. */
  send(message: FromClient): void;
  /** Exactly once for each ticket of `submit`. */
  settle(ticket: Ticket, outcome: Outcome): void;
  /** Exactly once for each ticket of `submitBulk`. */
  settleBulk(ticket: Ticket, outcome: BulkOutcome): void;
  /** The frontend took the hello. */
  welcomed(): void;
  /** This connection is of no use: end it (`onDisconnected`), and make another. */
  drop(detail: string): void;
  /** Nothing can be done any more: everything was settled, and what comes will be at once. */
  failed(detail: string): void;
}

export class ClientSession {
  readonly #host: ClientSessionHost;
  #link: 'down' | 'greeting' | 'open' = 'down';
  #cluster: ClusterId = CLUSTER_NONE;
  /** Why nothing works any more. */
  #failure: string | undefined;
  #session: number | undefined;
  #sessionAsked = false;
  #nextTicket = 1;
  #nextRequest = 1;
  #nextQuery = 1;
  readonly #backoff = new BusyBackoff();
  readonly #queue = new ClientQueue(this.#backoff);
  readonly #frames = new FramesInFlight();
  #nowMs = 0;
  /** A repetition was refused: nothing is sent until then. */
  #pausedUntilMs = 0;

  constructor(host: ClientSessionHost) {
    this.#host = host;
  }

  /** Nothing waits for anything. */
  get isIdle(): boolean {
    return this.#frames.isEmpty && this.#queue.isEmpty;
  }

  /** There is one to be ended. */
  get hasSession(): boolean {
    return this.#session !== undefined;
  }

  get #isPaused(): boolean {
    return this.#nowMs < this.#pausedUntilMs || this.#backoff.isPaused(this.#nowMs);
  }

  /** The deadline is on the clock of `onTick`, called before. Details are asked of writes only. */
  submit(operation: Operation, deadlineMs: number, asksDetails = false): Ticket {
    const ticket = this.#nextTicket++;
    const thing: Thing = isRead(operation) ? 'query' : 'request';
    const operations = asksDetails && isWrite(KIND[operation.kind]) ? 2 : 1;
    const single = { kind: 'single', ticket, thing, deadlineMs, operations, operation } as const;
    this.#queue.submit(single, this.#nowMs);
    return ticket;
  }

  /** A chunk as `encodeChunk(0, 0, operations)` makes it, all of one thing; it must not change. */
  submitBulk(thing: Thing, chunk: Uint8Array, deadlineMs: number): Ticket {
    const header = readChunkHeader(viewOf(chunk), 0);
    assert(header?.bytes === chunk.byteLength, 'a prepared chunk is whole');
    const ticket = this.#nextTicket++;
    const { operations } = header;
    const bulk = { kind: 'bulk', ticket, thing, deadlineMs, operations, chunk } as const;
    this.#queue.submit(bulk, this.#nowMs);
    return ticket;
  }

  onConnected(): void {
    assert(this.#link === 'down', 'one connection at a time');
    this.#link = 'greeting';
    this.#pausedUntilMs = 0;
    this.#host.send({ type: 'client-hello', cluster: this.#cluster });
  }

  onDisconnected(): void {
    this.#link = 'down';
    this.#backoff.onDisconnected();
    this.#sessionAsked = false;
    for (const frame of this.#frames) {
      frame.state = 'held';
      frame.earlyAnswer = undefined;
    }
  }

  onMessage(message: ToClient): void {
    if (this.#link === 'down' || this.#failure !== undefined) return;
    const isInTurn = (message.type === 'welcome') === (this.#link === 'greeting');
    if (!isInTurn && message.type !== 'refused') {
      this.#host.drop(`the frontend said ${message.type} out of turn`);
      return;
    }
    switch (message.type) {
      case 'welcome': return this.#onWelcome(message.cluster);
      case 'refused': return this.#onRefused(message);
      case 'session': return this.#onSession(message.session);
      case 'answered': return this.#onAnswered(message);
      case 'query-answered': return this.#onQueryAnswered(message);
      case 'refusal': return this.#onRefusal(message);
      case 'status-report':
      case 'chaos-answer': return;
    }
  }

  onTick(nowMs: number): void {
    this.#nowMs = nowMs;
    for (const frame of this.#frames) {
      const due = frame.takeDue(nowMs);
      if (due.length > 0) this.#giveUp(frame, due, 'was not answered in time');
    }
    this.#takeEarlyAnswers();
    const why = this.#link === 'open' ? 'the frontend gave no answer' : 'no connection';
    const detail = `${why} in time, so nothing was sent`;
    this.#refuseAll(this.#queue.takeDue(nowMs), detail);
  }

  /** The host ends it: everything is settled, as far as is known. */
  abandon(detail: string): void {
    if (this.#failure === undefined) this.#fail(detail);
  }

  /** Sends what may be sent: first what was sent before, then what waits. */
  flush(): void {
    if (this.#failure !== undefined) return this.#refuseAll(this.#queue.takeAll(), this.#failure);
    this.#refuseAll(this.#queue.takeShed(), 'more is asked for than the bank can do', 'BUSY');
    if (this.#link !== 'open' || this.#isPaused) return;
    for (const frame of this.#frames) {
      if (frame.state === 'flying') continue;
      frame.state = 'flying';
      frame.resent = true;
      this.#host.send(frame.message());
    }
    while (this.#room > 0 && this.#sendNext());
    this.#queue.onFlushed(this.#room, this.#nowMs);
  }

  /** So many more operations may be sent. */
  get #room(): number {
    return this.#backoff.windowAt(this.#nowMs) - this.#frames.operations;
  }

  /** False where nothing more can be sent now. */
  #sendNext(): boolean {
    const first = this.#queue.first;
    if (first === undefined) return false;
    if (first.thing === 'request' && this.#session === undefined) {
      this.#askSession();
      return false;
    }
    if (first.thing === 'request' && this.#frames.hasQueries) return false;
    const run = this.#queue.takeRun(Math.min(CHUNK_OPERATIONS_MAX, this.#room));
    if (run.length === 0) return false;
    const frame = first.thing === 'request' ? this.#frameRequest(run) : this.#frameQuery(run);
    this.#frames.add(frame);
    this.#host.send(frame.message());
    return true;
  }

  #frameRequest(run: readonly Submission[]): ClientFrame {
    assert(this.#session !== undefined, 'a write needs a session');
    const frame = new ClientFrame('request', this.#session, this.#nextRequest, run);
    this.#nextRequest += frame.operations;
    return frame;
  }

  #frameQuery(run: readonly Submission[]): ClientFrame {
    return new ClientFrame('query', 0, this.#nextQuery++, run);
  }

  /** Not before all of a lost session are answered: numbers begin anew in the next. */
  #askSession(): void {
    if (this.#sessionAsked || this.#frames.hasRequests) return;
    this.#sessionAsked = true;
    this.#host.send({ type: 'open-session' });
  }

  #onWelcome(cluster: ClusterId): void {
    if (this.#cluster !== CLUSTER_NONE && cluster !== this.#cluster) {
      // One that has no bank yet may get ours, or another: nothing is repeated to it.
      if (cluster === CLUSTER_NONE) return this.#host.drop('the frontend has no bank yet');
      return this.#fail('another bank answers at this address now');
    }
    this.#cluster = cluster;
    this.#link = 'open';
    this.#host.welcomed();
  }

  #onRefused({ retry, detail }: Refused): void {
    if (retry) this.#host.drop(detail);
    else this.#fail(detail);
  }

  #onSession(session: number): void {
    if (!this.#sessionAsked) return;
    assert(this.#session === undefined, 'a session is asked for only where there is none');
    this.#sessionAsked = false;
    this.#session = session;
    this.#nextRequest = 1;
  }

  #onAnswered(message: Answered): void {
    const frame = this.#frames.request(message.session, message.firstRequest);
    // Undefined for a late repetition of an answer, and for a session that was given up.
    if (frame === undefined) return;
    this.#answer(frame, message);
    this.#takeEarlyAnswers();
  }

  #onQueryAnswered(message: QueryAnswered): void {
    const frame = this.#frames.query(message.query);
    if (frame === undefined) return;
    frame.earlyAnswer = message;
    this.#takeEarlyAnswers();
  }

  /** Of the QUERYs that no write is before any more. */
  #takeEarlyAnswers(): void {
    for (const frame of this.#frames) {
      if (frame.thing === 'request') return;
      if (frame.earlyAnswer === undefined) continue;
      const { seq, results } = frame.earlyAnswer;
      this.#answer(frame, { seq, results, timestamp: undefined, originals: [] });
    }
  }

  #answer(frame: ClientFrame, message: FrameAnswer): void {
    this.#backoff.onServed(this.#nowMs);
    const answer = new ClientAnswer(frame, message);
    if (!answer.fits) {
      this.#host.drop(`the answer to ${frame.requestId(0)} has the wrong length`);
      return;
    }
    if (!answer.hasExpired) return this.#settleFrame(frame, answer);
    const all = frame.takeAll();
    const isLost = all.some((placed) => answer.provesLoss(placed));
    const expired: Placed[] = [];
    for (const placed of all) {
      if (isLost && answer.isExpired(placed)) expired.push(placed);
      else this.#settleAnswered(placed.submission, placed.index, answer);
    }
    if (isLost) this.#onExpired(frame, expired);
    else this.#frames.delete(frame);
    if (all.some((placed) => answer.isExpired(placed))) this.#doubtSession();
  }

  #settleFrame(frame: ClientFrame, answer: ClientAnswer): void {
    for (let index = 0; index < frame.places; index += 1) {
      const submission = frame.take(index);
      if (submission !== undefined) this.#settleAnswered(submission, index, answer);
    }
    this.#frames.delete(frame);
  }

  #settleAnswered(submission: Submission, index: number, answer: ClientAnswer): void {
    if (submission.kind === 'bulk') {
      this.#host.settleBulk(submission.ticket, answer.bulkOutcome());
      return;
    }
    if (submission.operation.kind === 'end') this.#session = undefined;
    this.#host.settle(submission.ticket, answer.outcome(index, submission.operations === 2));
  }

  /**
   * An OUTCOME that is answered `sessionExpired` leaves open whether the session that it asks about
   * has expired, or its own. Where nothing hangs on its own, the next write opens another, so that
   * a second OUTCOME gets at the truth.
   */
  #doubtSession(): void {
    if (this.isIdle) this.#session = undefined;
  }

  /**
   * The session is gone. What was sent once only did not happen, nor did anything behind it (the
   * frontend keeps the order of a connection): all of it is submitted again to a new session. What
   * was sent before may have happened while the session lived.
   */
  #onExpired(expired: ClientFrame, placed: readonly Placed[]): void {
    this.#session = undefined;
    if (expired.resent) {
      this.#giveUp(expired, placed, 'was sent twice, and its session has expired since');
      return;
    }
    this.#recall(this.#frames.behind(expired));
    this.#queue.putBack(placed.map(({ submission }) => submission));
    this.#frames.delete(expired);
  }

  #onRefusal(refusal: Refusal): void {
    if (refusal.thing === 'session') return this.#onSessionRefused(refusal);
    const isRequest = refusal.thing === 'request';
    const frame = isRequest
      ? this.#frames.request(refusal.session, refusal.number)
      : this.#frames.query(refusal.number);
    if (frame === undefined || frame.state === 'held') return;
    if (isRequest && frame.resent) this.#hold(frame);
    else this.#refuseFrame(frame, refusal);
    // They were submitted to see the held write. Those behind a later write that is on its way are
    // left: should that one run, the held one can't any more.
    this.#recall(this.#frames.queriesBehindHeldWrites());
  }

  #onSessionRefused({ code, detail }: Refusal): void {
    if (!this.#sessionAsked) return;
    this.#sessionAsked = false;
    this.#refuseAll(this.#queue.takeWhere(({ thing }) => thing === 'request'), detail, code);
  }

  /** Its number will tell: its first sending ran, or never can once a later one has run. */
  #hold(frame: ClientFrame): void {
    frame.state = 'held';
    this.#pausedUntilMs = this.#nowMs + REFUSED_PAUSE_MS;
  }

  #refuseFrame(frame: ClientFrame, { code, detail }: Refusal): void {
    if (code === 'BUSY') this.#queue.onBusy(this.#nowMs);
    for (const { submission, index } of frame.takeAll()) {
      this.#settle(submission, refused(code, detail, frame.requestId(index)));
    }
    this.#frames.delete(frame);
  }

  /** Back into the queue, for another number; what is answered to the old one is ignored. */
  #recall(frames: readonly ClientFrame[]): void {
    if (frames.length === 0) return;
    const recalled: Submission[] = [];
    for (const frame of frames) {
      for (const { submission } of frame.takeAll()) recalled.push(submission);
      this.#frames.delete(frame);
    }
    this.#queue.putBack(recalled);
  }

  /** These of a frame that was sent are waited for no longer. */
  #giveUp(frame: ClientFrame, placed: readonly Placed[], why: string): void {
    for (const { submission, index } of placed) {
      this.#settle(submission, frame.outcomeUnanswered(index, why));
    }
    if (frame.isSettled) this.#frames.delete(frame);
  }

  #fail(detail: string): void {
    this.#failure = detail;
    for (const frame of this.#frames) {
      this.#giveUp(frame, frame.takeAll(), `can't be asked about any more: ${detail}`);
    }
    this.#refuseAll(this.#queue.takeAll(), detail);
    this.#host.failed(detail);
  }

  /** What waited, and was never sent. */
  #refuseAll(all: readonly Submission[], detail: string, code: RefusalCode = 'UNAVAILABLE'): void {
    for (const one of all) this.#settle(one, refused(code, detail, undefined));
  }

  #settle(submission: Submission, outcome: Outcome & BulkOutcome): void {
    if (submission.kind === 'bulk') this.#host.settleBulk(submission.ticket, outcome);
    else this.#host.settle(submission.ticket, outcome);
  }
}
