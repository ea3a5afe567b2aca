/**
 * What carries a client's operations: hosts a `ClientSession` over a link to the frontend that
 * makes itself anew, and lets time pass for both while something is waited for.
 *
 * Keeps true: each promise resolves within its time, whatever happens; nothing that is idle keeps
 * the process alive.
 */
import type { CutMode } from '../core/chaos-message.ts';
import { ClientSession } from '../core/client-session.ts';
import type { Message } from '../core/message.ts';
import type { Operation } from '../core/operation.ts';
import { refused, type BulkOutcome, type Outcome, type RefusedOutcome } from '../core/outcome.ts';
import { isToClient } from '../wire/codec.ts';
import { CutOrders, type CutAnswer } from './cut-orders.ts';
import { flushAtEndOfTurn, type Flushable } from './end-of-turn.ts';
import { FrontendLink } from './frontend-link.ts';
import type { PreparedChunk } from './prepared-chunk.ts';
import { Settlers } from './settlers.ts';
import { StatusQuestions } from './status-questions.ts';
import { Unreachable } from './unreachable.ts';

export interface ClientOptions {
  readonly host?: string;
  readonly port?: number;
  /** How long an operation is tried, unless it says otherwise. */
  readonly timeoutMs?: number;
  /** How long the first connection is tried. */
  readonly connectTimeoutMs?: number;
}

const DEFAULTS: Required<ClientOptions> = {
  host: '127.0.0.1', port: 8023, timeoutMs: 10_000, connectTimeoutMs: 1000,
};
/** How exactly deadlines are kept. */
const TICK_MS = 25;
const CLOSED = 'the client is closed';

export class ClientConnection implements Flushable {
  /** How long an operation is tried, unless it says otherwise. */
  readonly timeoutMs: number;
  readonly #link: FrontendLink;
  readonly #session: ClientSession;
  readonly #status: StatusQuestions;
  readonly #cuts: CutOrders;
  readonly #settlers = new Settlers();
  readonly #opening = Promise.withResolvers<void>();
  #ticker: NodeJS.Timeout | undefined;
  #isFlushing = false;
  #isWelcome = false;
  #isClosed = false;
  /** The time for the first connection is over: it must not be lost any more. */
  #isImpatient = false;
  #lastDetail = 'no answer';

  private constructor(options: Required<ClientOptions>) {
    this.timeoutMs = options.timeoutMs;
    this.#link = new FrontendLink({
      onUp: () => this.#session.onConnected(),
      onMessage: (message) => this.#onMessage(message),
      onDown: (detail) => this.#onDown(detail),
    }, options);
    this.#session = new ClientSession({
      send: (message) => this.#link.send(message),
      settle: (ticket, outcome) => this.#settlers.settle(ticket, outcome),
      settleBulk: (ticket, outcome) => this.#settlers.settle(ticket, outcome),
      welcomed: () => this.#onWelcomed(),
      drop: (detail) => this.#link.drop(detail),
      failed: (detail) => this.#failOpening('refused', detail),
    });
    this.#status = new StatusQuestions(() => {
      if (this.#isWelcome) this.#link.send({ type: 'ask-status' });
    });
    this.#cuts = new CutOrders((order) => this.#link.send(order));
  }

  /** As `Client.connect`. */
  static async open(options: ClientOptions): Promise<ClientConnection> {
    const all = { ...DEFAULTS, ...options };
    const connection = new ClientConnection(all);
    await connection.#open(all.connectTimeoutMs);
    return connection;
  }

  /** It was checked before. */
  submit(
    operation: Operation, timeoutMs = this.timeoutMs, asksDetails = false,
  ): Promise<Outcome> {
    this.#awake();
    const ticket = this.#session.submit(operation, performance.now() + timeoutMs, asksDetails);
    return this.#settlers.wait<Outcome>(ticket);
  }

  /** Or why there is nothing to submit. */
  submitChunk(prepared: PreparedChunk | string, timeoutMs: number): Promise<BulkOutcome> {
    if (typeof prepared === 'string') return Promise.resolve(badRequest(prepared));
    this.#awake();
    const deadlineMs = performance.now() + timeoutMs;
    const ticket = this.#session.submitBulk(prepared.thing, prepared.chunk, deadlineMs);
    return this.#settlers.wait<BulkOutcome>(ticket);
  }

  /** As `Client.status`. */
  status(timeoutMs: number): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(new Unreachable('no-connection', CLOSED));
    const report = this.#status.add(performance.now() + timeoutMs);
    this.#awake();
    return report;
  }

  /** As `Client.cut`. */
  cut(backend: number, mode: CutMode, forMs: number, timeoutMs: number): Promise<CutAnswer> {
    if (!this.#isWelcome) return Promise.reject(new Unreachable('no-connection', 'no connection'));
    const answer = this.#cuts.add(backend, mode, forMs, performance.now() + timeoutMs);
    this.#awake();
    return answer;
  }

  /** As `Client.quit`. */
  async quit(): Promise<void> {
    await this.#settlers.idle();
    if (this.#session.hasSession && !this.#isClosed) await this.submit({ kind: 'end' });
    await this.close();
  }

  /** As `Client.close`. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isWelcome = false;
    this.#session.abandon(CLOSED);
    this.#status.abandon(CLOSED);
    this.#cuts.abandon(CLOSED);
    clearInterval(this.#ticker);
    await this.#link.close();
  }

  async #open(connectTimeoutMs: number): Promise<void> {
    this.#link.open();
    const patience = setTimeout(() => {
      // Where there is a connection, its handshake's own timeout decides.
      this.#isImpatient = true;
      if (!this.#link.isUp) this.#failOpening('no-connection', this.#lastDetail);
    }, connectTimeoutMs);
    try {
      await this.#opening.promise;
    } catch (error) {
      await this.close();
      throw error;
    } finally {
      clearTimeout(patience);
    }
  }

  /** Something is waited for: time passes, and what the turn submits leaves at its end. */
  #awake(): void {
    this.#flushSoon();
    if (this.#ticker !== undefined || this.#isClosed) return;
    this.#session.onTick(performance.now());
    this.#ticker = setInterval(() => this.#onTick(), TICK_MS);
  }

  #onTick(): void {
    const nowMs = performance.now();
    this.#session.onTick(nowMs);
    this.#status.onTick(nowMs);
    this.#cuts.onTick(nowMs);
    this.#session.flush();
    if (!this.#session.isIdle || !this.#status.isEmpty || !this.#cuts.isEmpty) return;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
  }

  /** At the end of the turn. */
  flush(): void {
    this.#isFlushing = false;
    this.#session.flush();
  }

  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    flushAtEndOfTurn(this);
  }

  #onMessage(message: Message): void {
    if (!isToClient(message)) return this.#link.drop(`a frontend does not say ${message.type}`);
    if (message.type === 'status-report' && this.#isWelcome) this.#status.onReport(message.json);
    if (message.type === 'chaos-answer') this.#cuts.onAnswer(message);
    this.#session.onMessage(message);
    if (!this.#session.isIdle) this.#flushSoon();
  }

  #onWelcomed(): void {
    this.#isWelcome = true;
    this.#link.approve();
    this.#status.onWelcome();
    this.#opening.resolve();
  }

  #onDown(detail: string): void {
    this.#lastDetail = detail;
    this.#isWelcome = false;
    this.#cuts.abandon(detail);
    this.#session.onDisconnected();
    if (this.#isImpatient) this.#failOpening('no-connection', detail);
  }

  /** Without effect once the client was welcomed. */
  #failOpening(reason: Unreachable['reason'], detail: string): void {
    this.#opening.reject(new Unreachable(reason, detail));
  }
}

export function badRequest(detail: string): RefusedOutcome {
  return refused('BAD_REQUEST', detail, undefined);
}
