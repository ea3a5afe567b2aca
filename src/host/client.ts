/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The client library: what a program may ask of a bank (`client-connection.ts` carries it there).
 *
 *     const client = await Client.connect({ port: 8023 });
 *     const outcome = await client.transfer(100, 101, '10.00');
 *     if (outcome.kind === 'answered' && outcome.result.code === 'ok') …
 *     // outcome.result.balance, outcome.details?.before
 *     await client.quit();
 *
 * Operations may be submitted without waiting for each other: their order is kept, and they share
 * frames. Each promise resolves within its time, whatever happens, and says whether the operation
 * happened, did not, or may have (`Outcome`); none rejects. A lost connection is made again, and
 * what was unanswered sent again under the same request ids, so that nothing happens twice.
 */
import type { Change } from '../books/change.ts';
import type { CutMode } from '../core/chaos-message.ts';
import { checkOperation } from '../core/check-operation.ts';
import type { HistoryPage, Position } from '../core/history-page.ts';
import type { Operation } from '../core/operation.ts';
import type { BulkOutcome, Outcome } from '../core/outcome.ts';
import { parseRequestId } from '../core/request-id.ts';
import {
  eachAccount, NoReport, readAccount, readHistory, readTrial, type Account, type TrialBalance,
} from './account-reports.ts';
import {
  readPastBalance, readStatement, type PastBalance, type PastOptions as PastBalanceOptions,
  type Statement, type StatementOptions,
} from './account-statement.ts';
import { readMoment, type AskedMoment } from './asked-moment.ts';
import { eachChange, type ChangesOptions } from './changes.ts';
import { badRequest, ClientConnection, type ClientOptions } from './client-connection.ts';
import {
  accountsOperation, createOperation, holdOperation, writeOperation,
  type AccountsOptions, type AmendOptions, type Amount, type CreateOptions, type HoldOptions,
  type PostingOptions, type ReadOptions, type RequestOptions, type TransferOptions,
  type WriteOptions,
} from './client-operations.ts';
import type { CutAnswer } from './cut-orders.ts';
import { prepareGroup, readGroup, type GroupOutcome } from './group-outcome.ts';
import type { AskPage } from './history-pages.ts';
import { trialAt, type OnProgress } from './past-trial.ts';
import { prepareChunk } from './prepared-chunk.ts';

export { formatAmount, parseAmount } from '../core/amount.ts';
export {
  CHUNK_OPERATIONS_MAX, decodeResult, encodeChunk, GROUP_OPERATIONS_MAX, RESULT_BYTES, viewOf,
  type Operation, type Result,
} from '../core/operation.ts';
export type { HistoryItem, HistoryPage, Position } from '../core/history-page.ts';
export type { Change, ChangeKind } from '../books/change.ts';
export type { BulkOutcome, Outcome } from '../core/outcome.ts';
export type { WriteDetails } from '../core/write-details.ts';
export type { ClientOptions } from './client-connection.ts';
export {
  NoReport, type Account, type TrialBalance, type TrialLine,
} from './account-reports.ts';
export type { PastBalance, Statement, StatementOptions } from './account-statement.ts';
export type { Moment } from '../core/moment.ts';
export type { StatementLine } from './statement-page.ts';
export {
  holdId, type AccountsOptions, type AmendOptions, type Amount, type CreateOptions,
  type HoldOptions, type PostingOptions, type ReadOptions, type RequestOptions,
  type TransferOptions, type WriteOptions,
} from './client-operations.ts';
export type { AskedMoment } from './asked-moment.ts';
export type { ChangesOptions } from './changes.ts';
export { BeyondHistory } from './history-pages.ts';
export type { GroupDoneOutcome, GroupOutcome, GroupRefusedOutcome } from './group-outcome.ts';
export { Unreachable } from './unreachable.ts';

const START: Position = { seq: 1, index: 0 };

export interface TrialOptions extends ReadOptions {
  /** Of the past. */
  readonly at?: AskedMoment;
  /** Told now and then how far the history has been read. */
  readonly onProgress?: OnProgress;
}

export class Client implements AsyncDisposable {
  readonly #connection: ClientConnection;
  readonly #askPage: AskPage = (from, timeoutMs) => this.history(from, { timeoutMs });

  private constructor(connection: ClientConnection) {
    this.#connection = connection;
  }

  /**
   * Resolves when the frontend has welcomed the client. Throws `Unreachable` where no connection
   * could be made within `connectTimeoutMs`, or the frontend refuses it.
   */
  static async connect(options: ClientOptions = {}): Promise<Client> {
    return new Client(await ClientConnection.open(options));
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
  capture(id: string, amount?: Amount, options?: PostingOptions): Promise<Outcome> {
    return this.#write({ kind: 'capture', id }, amount, options);
  }

  /** VOID: what is held is available again. */
  release(id: string, options: RequestOptions = {}): Promise<Outcome> {
    return this.#submitMade({ kind: 'void', id }, options);
  }

  /** Takes back what was moved under the id, or a part; in all never more than the whole. */
  reverse(id: string, amount?: Amount, options?: PostingOptions): Promise<Outcome> {
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

  /** All about the account of exactly this name; undefined: nobody has it. Throws `NoReport`. */
  async accountNamed(name: string, options?: ReadOptions): Promise<Account | undefined> {
    return readAccount(await this.submit({ kind: 'account', terms: { name } }, options));
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

  /**
   * The sums of all accounts at one seq, looked at one by one. Throws `NoReport`; of a moment of
   * the past, for which all history up to it is read, also `BeyondHistory`.
   */
  async trialBalance(options: TrialOptions = {}): Promise<TrialBalance> {
    if (options.at === undefined) return readTrial(await this.submit({ kind: 'trial' }, options));
    const at = readMoment(options.at);
    if (typeof at === 'string') throw new NoReport(badRequest(at));
    return trialAt(this.#askPage, at, { timeoutMs: this.#connection.timeoutMs, ...options });
  }

  /**
   * The account's postings, oldest first, with opening, running and closing balance; undefined
   * where it does not exist. Without a limit, all of them. Throws `NoReport`, and `BeyondHistory`
   * for a seq that is not there yet.
   */
  statement(account: number, options: StatementOptions = {}): Promise<Statement | undefined> {
    return readStatement((operation) => this.submit(operation, options), account, options);
  }

  /**
   * The balance as it was then; undefined where the account did not exist. Throws `NoReport`, and
   * `BeyondHistory` for a seq that is not there yet.
   */
  balanceAt(
    account: number, moment: AskedMoment, options: PastBalanceOptions = {},
  ): Promise<PastBalance | undefined> {
    const submit = (operation: Operation): Promise<Outcome> => this.submit(operation, options);
    return readPastBalance(submit, account, moment, options);
  }

  /**
   * A page of all that was ever decided, from there on: operations and what each was answered, in
   * the order in which they happened. Go on from its `next`. Throws `NoReport`.
   */
  async history(from: Position = START, options?: ReadOptions): Promise<HistoryPage> {
    const { seq: account, index: toAccount } = from;
    return readHistory(await this.submit({ kind: 'history', account, toAccount }, options));
  }

  /**
   * Each operation that changed something, in order, and then those that come. The bank may be away
   * for as long as the timeout. Throws `BeyondHistory` for a position that it has not, `NoReport`.
   */
  changes(options: ChangesOptions = {}): AsyncGenerator<Change, void> {
    return eachChange(this.#askPage, { timeoutMs: this.#connection.timeoutMs, ...options });
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
    return this.#connection.submit(keyed, options.timeoutMs, options.details);
  }

  /**
   * Many operations at once, without an object for each: writes, or QUERYs, not both. Takes a list,
   * or a chunk made by `encodeChunk(0, 0, operations)`, which must not change until the promise
   * resolves. At most CHUNK_OPERATIONS_MAX operations; several calls may be in flight.
   */
  bulk(
    operations: readonly Operation[] | Uint8Array,
    { timeoutMs = this.#connection.timeoutMs }: ReadOptions = {},
  ): Promise<BulkOutcome> {
    return this.#connection.submitChunk(prepareChunk(operations), timeoutMs);
  }

  /**
   * All of these are done, each seeing those before it, or none: 1 to GROUP_OPERATIONS_MAX of
   * update, deposit, withdraw and transfer, with conditions, without keys and ids. The key is that
   * of the whole: the same group under it gets the first answers, refusals too; another one, code
   * `keyReused`.
   */
  async group(
    operations: readonly Operation[],
    { key, timeoutMs = this.#connection.timeoutMs, details = true }: RequestOptions = {},
  ): Promise<GroupOutcome> {
    const prepared = prepareGroup(operations, { details, ...(key === undefined ? {} : { key }) });
    return readGroup(await this.#connection.submitChunk(prepared, timeoutMs));
  }

  /** The report of `bankd status --json`. Throws `Unreachable` where none comes in time. */
  status({ timeoutMs = this.#connection.timeoutMs }: ReadOptions = {}): Promise<unknown> {
    return this.#connection.status(timeoutMs);
  }

  /**
   * Chaos: cuts a backend off from the frontend for so long. Resolves when it begins, or to why it
   * does not. Throws `Unreachable` where nobody answers in time.
   */
  cut(
    backend: number,
    mode: CutMode,
    forMs: number,
    { timeoutMs = this.#connection.timeoutMs }: ReadOptions = {},
  ): Promise<CutAnswer> {
    return this.#connection.cut(backend, mode, forMs, timeoutMs);
  }

  /** Waits for everything submitted, ends the session where one was opened, and closes. */
  quit(): Promise<void> {
    return this.#connection.quit();
  }

  /** At once: what is unanswered becomes `unknown`. Nothing is left to keep the process alive. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #write(
    operation: Operation, amount: Amount | undefined, options: WriteOptions & AmendOptions = {},
  ): Promise<Outcome> {
    return this.#submitMade(writeOperation(operation, amount, options), options);
  }

  /** Or why there is nothing to submit. */
  #submitMade(made: Operation | string, options: RequestOptions): Promise<Outcome> {
    if (typeof made === 'string') return Promise.resolve(badRequest(made));
    return this.submit(made, { details: true, ...options });
  }
}
