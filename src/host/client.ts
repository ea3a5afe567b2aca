/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The client library: hosts a `ClientSession` over a link to the frontend that makes itself anew.
 *
 *     const client = await Client.connect({ port: 8023 });
 *     const outcome = await client.transfer(100, 101, '10.00');
 *     if (outcome.kind === 'answered' && outcome.result.code === 'ok') …
 *     await client.quit();
 *
 * Operations may be submitted without waiting for each other: their order is kept, and they share
 * frames. Each promise resolves within its time, whatever happens, and says whether the operation
 * happened, did not, or may have (`Outcome`); none rejects. A lost connection is made again, and
 * what was unanswered sent again under the same request ids, so that nothing happens twice.
 */
import type { CutMode } from '../core/chaos-message.ts';
import { checkOperation } from '../core/check-operation.ts';
import { ClientSession } from '../core/client-session.ts';
import type { Message } from '../core/message.ts';
import type { Operation } from '../core/operation.ts';
import { refused, type BulkOutcome, type Outcome, type RefusedOutcome } from '../core/outcome.ts';
import { parseRequestId } from '../core/request-id.ts';
import { isToClient } from '../wire/codec.ts';
import {
  eachAccount, NoReport, readAccount, readTrial, type Account, type TrialBalance,
} from './account-reports.ts';
import {
  accountsOperation, createOperation, holdOperation, writeOperation,
  type AccountsOptions, type AmendOptions, type Amount, type CreateOptions, type HoldOptions,
  type ReadOptions, type RequestOptions, type TransferOptions, type WriteOptions,
} from './client-operations.ts';
import { CutOrders, type CutAnswer } from './cut-orders.ts';
import { FrontendLink } from './frontend-link.ts';
import { prepareGroup, readGroup, type GroupOutcome } from './group-outcome.ts';
import { prepareChunk, type PreparedChunk } from './prepared-chunk.ts';
import { Settlers } from './settlers.ts';
import { StatusQuestions } from './status-questions.ts';
import { Unreachable } from './unreachable.ts';

export { formatAmount, parseAmount } from '../core/amount.ts';
export {
  CHUNK_OPERATIONS_MAX, decodeResult, encodeChunk, GROUP_OPERATIONS_MAX, RESULT_BYTES, viewOf,
  type Operation, type Result,
} from '../core/operation.ts';
export type { BulkOutcome, Outcome } from '../core/outcome.ts';
export {
  NoReport, type Account, type TrialBalance, type TrialLine,
} from './account-reports.ts';
export {
  holdId, type AccountsOptions, type AmendOptions, type Amount, type CreateOptions,
  type HoldOptions, type ReadOptions, type RequestOptions, type TransferOptions, type WriteOptions,
} from './client-operations.ts';
export type { GroupDoneOutcome, GroupOutcome, GroupRefusedOutcome } from './group-outcome.ts';
export { Unreachable } from './unreachable.ts';

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

export class Client implements AsyncDisposable {
  readonly #timeoutMs: number;
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
    this.#timeoutMs = options.timeoutMs;
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

  /**
   * Resolves when the frontend has welcomed the client. Throws `Unreachable` where no connection
   * could be made within `connectTimeoutMs`, or the frontend refuses it.
   */
  static async connect(options: ClientOptions = {}): Promise<Client> {
    const all = { ...DEFAULTS, ...options };
    const client = new Client(all);
    await client.#open(all.connectTimeoutMs);
    return client;
  }

  create(amount: Amount, options: CreateOptions = {}): Promise<Outcome> {
    return this.#submitMade(createOperation(amount, options), options);
  }

  /** Sets the balance. */
  update(account: number, amount: Amount, options?: WriteOptions): Promise<Outcome> {
    return this.#write({ kind: 'update', account }, amount, options);
  }

  query(account: number, options?: RequestOptions): Promise<Outcome> {
    return this.submit({ kind: 'query', account }, options);
  }

  deposit(account: number, amount: Amount, options?: WriteOptions): Promise<Outcome> {
    return this.#write({ kind: 'deposit', account }, amount, options);
  }

  withdraw(account: number, amount: Amount, options?: WriteOptions): Promise<Outcome> {
    return this.#write({ kind: 'withdraw', account }, amount, options);
  }

  transfer(
    account: number, toAccount: number, amount: Amount, options: TransferOptions = {},
  ): Promise<Outcome> {
    const { id } = options;
    const named = id === undefined ? {} : { id };
    return this.#write({ kind: 'transfer', account, toAccount, ...named }, amount, options);
  }

  /** Sets money aside for a transfer: until it is captured, released, or its time is over. */
  hold(
    account: number, toAccount: number, amount: Amount, options: HoldOptions = {},
  ): Promise<Outcome> {
    return this.#submitMade(holdOperation(account, toAccount, amount, options), options);
  }

  /** Moves what is held, or less; the rest is released. */
  capture(id: string, amount?: Amount, options?: RequestOptions): Promise<Outcome> {
    return this.#write({ kind: 'capture', id }, amount, options);
  }

  /** VOID: what is held is available again. */
  release(id: string, options: RequestOptions = {}): Promise<Outcome> {
    return this.submit({ kind: 'void', id }, options);
  }

  /** Takes back what was moved under the id, or a part; in all never more than the whole. */
  reverse(id: string, amount?: Amount, options?: RequestOptions): Promise<Outcome> {
    return this.#write({ kind: 'reverse', id }, amount, options);
  }

  /** Gives the account another name or other limits, freezes, unfreezes or closes it. */
  amend(account: number, options: AmendOptions): Promise<Outcome> {
    return this.#write({ kind: 'amend', account }, undefined, options);
  }

  /** All about an account; undefined where it does not exist. Throws `NoReport`. */
  async account(account: number, options?: ReadOptions): Promise<Account | undefined> {
    return readAccount(await this.submit({ kind: 'account', account }, options));
  }

  /**
   * Accounts, in the order of their numbers. They are asked for as the iteration needs them: of
   * those that change meanwhile, each is as it was when its page was read. Throws `NoReport`.
   */
  async *accounts(options: AccountsOptions = {}): AsyncGenerator<Account> {
    const asked = accountsOperation(options);
    if (typeof asked === 'string') throw new NoReport(badRequest(asked));
    yield* eachAccount((operation) => this.submit(operation, options), asked);
  }

  /** The sums of all accounts at one seq, looked at one by one. Throws `NoReport`. */
  async trialBalance(options?: ReadOptions): Promise<TrialBalance> {
    return readTrial(await this.submit({ kind: 'trial' }, options));
  }

  /** What became of a request: `1088-3`, or `@key`. One never seen is sealed for ever. */
  outcome(requestOrKey: string, options: { readonly timeoutMs?: number } = {}): Promise<Outcome> {
    if (requestOrKey.startsWith('@')) {
      return this.submit({ kind: 'outcome', key: requestOrKey.slice(1) }, options);
    }
    const id = parseRequestId(requestOrKey);
    if (id?.kind === 'write') {
      return this.submit({ kind: 'outcome', account: id.session, toAccount: id.number }, options);
    }
    return Promise.resolve(badRequest('OUTCOME takes the id of a write, such as 1088-3, or @key'));
  }

  /** The operation after everything that was submitted before. */
  submit(operation: Operation, options: RequestOptions = {}): Promise<Outcome> {
    const keyed = options.key === undefined ? operation : { ...operation, key: options.key };
    const trouble = checkOperation(keyed);
    if (trouble !== undefined) return Promise.resolve(badRequest(trouble));
    return this.#submitUnchecked(keyed, options.timeoutMs);
  }

  /**
   * Many operations at once, without an object for each: writes, or QUERYs, not both. Takes a list,
   * or a chunk made by `encodeChunk(0, 0, operations)`, which must not change until the promise
   * resolves. At most CHUNK_OPERATIONS_MAX operations; several calls may be in flight.
   */
  bulk(
    operations: readonly Operation[] | Uint8Array,
    { timeoutMs = this.#timeoutMs }: { readonly timeoutMs?: number } = {},
  ): Promise<BulkOutcome> {
    return this.#submitChunk(prepareChunk(operations), timeoutMs);
  }

  /**
   * All of these are done, each seeing those before it, or none: 1 to GROUP_OPERATIONS_MAX of
   * update, deposit, withdraw and transfer, with conditions, without keys and ids.
   */
  async group(
    operations: readonly Operation[],
    { timeoutMs = this.#timeoutMs }: { readonly timeoutMs?: number } = {},
  ): Promise<GroupOutcome> {
    return readGroup(await this.#submitChunk(prepareGroup(operations), timeoutMs));
  }

  /** The report of `bankd status --json`. Throws `Unreachable` where none comes in time. */
  status({ timeoutMs = this.#timeoutMs }: { readonly timeoutMs?: number } = {}): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(new Unreachable('no-connection', CLOSED));
    const report = this.#status.add(performance.now() + timeoutMs);
    this.#awake();
    return report;
  }

  /**
   * Chaos: cuts a backend off from the frontend for so long. Resolves when it begins, or to why it
   * does not. Throws `Unreachable` where nobody answers in time.
   */
  cut(
    backend: number,
    mode: CutMode,
    forMs: number,
    { timeoutMs = this.#timeoutMs }: { readonly timeoutMs?: number } = {},
  ): Promise<CutAnswer> {
    if (!this.#isWelcome) return Promise.reject(new Unreachable('no-connection', 'no connection'));
    const answer = this.#cuts.add(backend, mode, forMs, performance.now() + timeoutMs);
    this.#awake();
    return answer;
  }

  /** Waits for everything submitted, ends the session where one was opened, and closes. */
  async quit(): Promise<void> {
    await this.#settlers.idle();
    if (this.#session.hasSession && !this.#isClosed) await this.#submitUnchecked({ kind: 'end' });
    await this.close();
  }

  /** At once: what is unanswered becomes `unknown`. Nothing is left to keep the process alive. */
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

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
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

  #write(
    operation: Operation, amount: Amount | undefined, options: AmendOptions = {},
  ): Promise<Outcome> {
    return this.#submitMade(writeOperation(operation, amount, options), options);
  }

  /** Or why there is nothing to submit. */
  #submitMade(made: Operation | string, options: RequestOptions): Promise<Outcome> {
    if (typeof made === 'string') return Promise.resolve(badRequest(made));
    return this.submit(made, options);
  }

  #submitUnchecked(operation: Operation, timeoutMs = this.#timeoutMs): Promise<Outcome> {
    const ticket = this.#session.submit(operation, performance.now() + timeoutMs);
    const outcome = this.#settlers.wait<Outcome>(ticket);
    this.#awake();
    return outcome;
  }

  /** Or why there is nothing to submit. */
  #submitChunk(prepared: PreparedChunk | string, timeoutMs: number): Promise<BulkOutcome> {
    if (typeof prepared === 'string') return Promise.resolve(badRequest(prepared));
    const deadlineMs = performance.now() + timeoutMs;
    const ticket = this.#session.submitBulk(prepared.thing, prepared.chunk, deadlineMs);
    const outcome = this.#settlers.wait<BulkOutcome>(ticket);
    this.#awake();
    return outcome;
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

  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    process.nextTick(() => {
      this.#isFlushing = false;
      this.#session.flush();
    });
  }

  #onMessage(message: Message): void {
    if (!isToClient(message)) return this.#link.drop(`a frontend does not say ${message.type}`);
    if (message.type === 'status-report' && this.#isWelcome) this.#status.onReport(message.json);
    if (message.type === 'chaos-answer') this.#cuts.onAnswer(message);
    this.#session.onMessage(message);
    this.#flushSoon();
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

function badRequest(detail: string): RefusedOutcome {
  return refused('BAD_REQUEST', detail, undefined);
}
