/**
 * What operations do to accounts. Those without extensions, on plain accounts that nothing speaks
 * against, go a short way that makes no object: transfers, many in a row, by a loop of their own
 * (`transfer-loop.ts`), what is of one account here. All else, each refusal too, is left to the
 * rules (`account-rules.ts`), which know everything.
 *
 * Keeps true: it does what the rules would do; every operation gets a result.
 */
import { AccountRules } from './account-rules.ts';
import type { AccountTable, EntryContext } from './account-table.ts';
import { CURRENCY_NONE, scaleOf } from './currency.ts';
import { type AskedMovement, MovementRules, type Place } from './movement-rules.ts';
import type { MovementTable } from './movement-table.ts';
import {
  AMOUNT_MAX, CODE, DEFAULT_SCALE, KIND, readI64, REASON, RECORD_BYTES, RESULT_BYTES, writeI64,
} from './operation.ts';
import { Postings, type Verdict } from './postings.ts';
import { UNITS_OF_DIGITS } from './record.ts';
import { writeAccount, writeBadRequest, writeDone } from './result-writer.ts';
import type { SystemAccounts } from './system-accounts.ts';
import type { ReadTerms } from './terms.ts';

/** From where a result stands to the place of its postings. */
const RESULT_BYTES_OF_A_SIDE = RESULT_BYTES / 2;

export class AccountOperations {
  readonly #accounts: AccountTable;
  readonly #system: SystemAccounts;
  readonly #postings: Postings;
  readonly #rules: AccountRules;
  readonly #movements: MovementRules;
  #batch: DataView = new DataView(new ArrayBuffer(0));
  #results: DataView = new DataView(new ArrayBuffer(0));

  constructor(accounts: AccountTable, system: SystemAccounts, movements: MovementTable) {
    this.#accounts = accounts;
    this.#system = system;
    this.#postings = new Postings(accounts);
    this.#rules = new AccountRules(accounts, system, this.#postings);
    this.#movements = new MovementRules(accounts, movements, this.#postings);
  }

  /** What the calls that follow read, write and stamp changes with. */
  begin(batch: DataView, results: DataView, entry: EntryContext): void {
    this.#batch = batch;
    this.#results = results;
    this.#accounts.begin(entry);
    this.#accounts.transfers.begin(batch, results, entry.links);
  }

  /**
   * Executes the records from `at`, as long as they are plain (no flags, a kind that changes
   * accounts), at most `limit` of them and none that reaches beyond `end`. How many it was.
   */
  executePlain(at: number, end: number, index: number, limit: number): number {
    const most = Math.min(limit, (end - at) / RECORD_BYTES);
    let done = 0;
    while (done < most) {
      const record = at + done * RECORD_BYTES;
      const transfers = this.#accounts.transfers.run(record, index + done, most - done);
      done += transfers;
      if (transfers > 0) continue;
      if (this.#batch.getUint8(record + 1) !== 0) break;
      if (!this.#execute(record, (index + done) * RESULT_BYTES)) break;
      done += 1;
    }
    return done;
  }

  /** What is due by then expires: first of all in its entry. */
  expire(timestamp: number): void {
    this.#movements.expire(timestamp);
  }

  /** Postings from now on stay together: all of them, or none. */
  beginGroup(): void {
    this.#accounts.beginGroup();
    this.#system.beginGroup();
  }

  endGroup(isDone: boolean): void {
    for (const part of [this.#accounts, this.#system]) {
      if (isDone) part.commitGroup();
      else part.rollBackGroup();
    }
  }

  /** Executes the write at `at`, under these terms. */
  executeUnder(terms: ReadTerms | undefined, at: number, resultAt: number): void {
    this.#postings.begin(resultAt / RESULT_BYTES);
    this.#write(at, resultAt, this.#rules.decide(this.#batch, at, terms));
  }

  /** Executes what stands at `at`. */
  executeMovement(asked: AskedMovement, place: Place, at: number, resultAt: number): void {
    this.#postings.begin(place.index);
    this.#write(at, resultAt, this.#movements.decide(asked, place));
  }

  /** More about the write whose result stands at `writeAt`: the last to be executed, and done. */
  tellDetails(writeAt: number, resultAt: number): void {
    const results = this.#results;
    const kind = results.getUint8(writeAt + 1);
    // A result that names two accounts has both in the place of one.
    const account = kind === KIND.capture || kind === KIND.reverse
      ? results.getUint32(writeAt + 8, true) : readI64(results, writeAt + 8);
    const changes = kind === KIND.create ? [] : this.#accounts.lastChanges;
    const before = changes.find((change) => change.account === account)?.before ?? 0;
    const other = movesBetweenTwo(kind)
      ? changes.find((change) => change.account !== account)?.account : undefined;
    const available = this.#postings.available(account);
    writeAccount(results, resultAt, CODE.ok, KIND.details, before, available);
    results.setUint8(resultAt + 2, this.#postings.scaleAt(account));
    if (other === undefined) return;
    results.setUint32(resultAt + 4, this.#accounts.version(other), true);
    writeI64(results, resultAt + 24, this.#postings.available(other));
  }

  /** Executes the QUERY at `at`, which changes nothing. */
  query(at: number, resultAt: number): void {
    const account = readI64(this.#batch, at + 8);
    if (Number.isNaN(account)) {
      return writeBadRequest(this.#results, resultAt, KIND.query, REASON.malformed);
    }
    this.#tell(account, resultAt);
  }

  /** The same of the account of exactly this name; of account 0, where nobody has it. */
  queryNamed(name: string, resultAt: number): void {
    this.#tell(this.#accounts.find(name) ?? 0, resultAt);
  }

  #tell(account: number, resultAt: number): void {
    const results = this.#results;
    if (!this.#accounts.has(account)) {
      return writeAccount(results, resultAt, CODE.accountNotFound, KIND.query, account, 0);
    }
    const balance = this.#accounts.balance(account);
    const version = this.#accounts.version(account);
    writeDone(results, resultAt, KIND.query, account, balance, version);
    results.setUint8(resultAt + 2, scaleOf(this.#accounts.currency(account)));
  }

  /** Executes the record at `at`, which has no flags; false, and no result, if it is no write. */
  #execute(at: number, resultAt: number): boolean {
    const kind = this.#batch.getUint8(at);
    switch (kind) {
      case KIND.deposit:
      case KIND.withdraw:
      case KIND.update:
        this.#writeOne(kind, at, resultAt);
        return true;
      case KIND.create:
      case KIND.transfer:
        this.executeUnder(undefined, at, resultAt);
        return true;
    }
    return false;
  }

  #write(at: number, resultAt: number, verdict: Verdict): void {
    const results = this.#results;
    const kind = this.#batch.getUint8(at);
    if ('reason' in verdict) return writeBadRequest(results, resultAt, kind, verdict.reason);
    const { code, account, toAccount, balance, toBalance = 0, detail = 0 } = verdict;
    writeAccount(results, resultAt, code, kind, account, balance);
    if (toAccount !== undefined) results.setUint32(resultAt + 12, toAccount, true);
    results.setUint8(resultAt + 2, verdict.scale ?? this.#postings.scaleAt(account));
    results.setUint32(resultAt + 4, detail, true);
    writeI64(results, resultAt + 24, toBalance);
  }

  /** A deposit, a withdrawal, or an UPDATE. */
  #writeOne(kind: number, at: number, resultAt: number): void {
    const account = readI64(this.#batch, at + 8);
    const units = this.#unitsAt(at);
    const before = this.#accounts.plainBalance(account);
    const isAllowed = kind === KIND.deposit ? units <= AMOUNT_MAX - before
      : kind === KIND.withdraw ? units <= before : units <= AMOUNT_MAX && before >= 0;
    if (!isAllowed) return this.executeUnder(undefined, at, resultAt);
    const balance = kind === KIND.deposit ? before + units
      : kind === KIND.withdraw ? before - units : units;
    this.#system.post(CURRENCY_NONE, before, balance);
    const version = this.#accounts.post(account, balance, resultAt / RESULT_BYTES_OF_A_SIDE);
    writeDone(this.#results, resultAt, kind, account, balance, version);
  }

  /** The amount in units of 10^-DEFAULT_SCALE; NaN, or more than any balance, where it is none. */
  #unitsAt(at: number): number {
    const amount = readI64(this.#batch, at + 24);
    const digits = this.#batch.getUint8(at + 2);
    if (!(amount >= 0 && digits <= DEFAULT_SCALE)) return NaN;
    return amount * (UNITS_OF_DIGITS[digits] as number);
  }
}

function movesBetweenTwo(kind: number): boolean {
  return kind === KIND.transfer || kind === KIND.capture || kind === KIND.reverse;
}
