/**
 * What operations do to accounts: the rules of the bank, and the hot loop.
 *
 * Keeps true: an operation does all that it says or, refused, nothing; every one gets a result.
 * Checks come in this order: malformed, same account, the amount, account not found (from before
 * to), insufficient funds, limit exceeded. The loop makes no object: it reads and writes records in
 * place.
 */
import type { AccountTable } from './account-table.ts';
import { assert } from './assert.ts';
import {
  AMOUNT_MAX, CODE, DEFAULT_SCALE, KIND, readI64, REASON, RECORD_BYTES, RESULT_BYTES, writeI64,
} from './operation.ts';
import { type ReasonNumber, writeAccount, writeBadRequest, writeDone } from './result-writer.ts';

/** 10^(DEFAULT_SCALE - digits given). */
const UNITS_OF_DIGITS = [100, 10, 1] as const;

export class AccountOperations {
  readonly #accounts: AccountTable;
  #batch: DataView = new DataView(new ArrayBuffer(0));
  #results: DataView = new DataView(new ArrayBuffer(0));

  constructor(accounts: AccountTable) {
    this.#accounts = accounts;
  }

  /** What the calls that follow read, write and stamp changes with. */
  begin(batch: DataView, results: DataView, timestamp: number): void {
    this.#batch = batch;
    this.#results = results;
    this.#accounts.begin(timestamp);
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
      if (this.#batch.getUint8(record + 1) !== 0) break;
      if (!this.execute(record, (index + done) * RESULT_BYTES)) break;
      done += 1;
    }
    return done;
  }

  /**
   * Executes the record at `at`, whatever its flags; false, and no result, if it changes no
   * account.
   */
  execute(at: number, resultAt: number): boolean {
    switch (this.#batch.getUint8(at)) {
      case KIND.transfer:
        this.#transfer(at, resultAt);
        return true;
      case KIND.deposit:
        this.#deposit(at, resultAt);
        return true;
      case KIND.withdraw:
        this.#withdraw(at, resultAt);
        return true;
      case KIND.create:
        this.#create(at, resultAt);
        return true;
      case KIND.update:
        this.#update(at, resultAt);
        return true;
    }
    return false;
  }

  /** Executes the QUERY at `at`, which changes nothing. */
  query(at: number, resultAt: number): void {
    const account = readI64(this.#batch, at + 8);
    if (!this.#accounts.has(account)) {
      const reason = Number.isNaN(account) ? REASON.malformed : undefined;
      return this.#writeRefusal(resultAt, KIND.query, reason, account);
    }
    const balance = this.#accounts.balance(account);
    const version = this.#accounts.version(account);
    writeDone(this.#results, resultAt, KIND.query, account, balance, version);
  }

  #create(at: number, resultAt: number): void {
    const units = this.#unitsAt(at);
    if (!(units <= AMOUNT_MAX)) return this.#refuse(at, resultAt, KIND.create, 0);
    const account = this.#accounts.create(units);
    writeDone(this.#results, resultAt, KIND.create, account, units, 1);
  }

  #update(at: number, resultAt: number): void {
    const account = readI64(this.#batch, at + 8);
    const units = this.#unitsAt(at);
    if (!(this.#accounts.has(account) && units <= AMOUNT_MAX)) {
      return this.#refuse(at, resultAt, KIND.update, account);
    }
    this.#change(resultAt, KIND.update, account, units);
  }

  #deposit(at: number, resultAt: number): void {
    const account = readI64(this.#batch, at + 8);
    const units = this.#unitsAt(at);
    if (!(this.#accounts.has(account) && units <= AMOUNT_MAX)) {
      return this.#refuse(at, resultAt, KIND.deposit, account);
    }
    const balance = this.#accounts.balance(account);
    if (units > AMOUNT_MAX - balance) {
      const results = this.#results;
      return writeAccount(results, resultAt, CODE.limitExceeded, KIND.deposit, account, balance);
    }
    this.#change(resultAt, KIND.deposit, account, balance + units);
  }

  #withdraw(at: number, resultAt: number): void {
    const account = readI64(this.#batch, at + 8);
    const units = this.#unitsAt(at);
    if (!(this.#accounts.has(account) && units <= AMOUNT_MAX)) {
      return this.#refuse(at, resultAt, KIND.withdraw, account);
    }
    const balance = this.#accounts.balance(account);
    if (units > balance) {
      const results = this.#results;
      return writeAccount(
        results, resultAt, CODE.insufficientFunds, KIND.withdraw, account, balance,
      );
    }
    this.#change(resultAt, KIND.withdraw, account, balance - units);
  }

  #transfer(at: number, resultAt: number): void {
    const results = this.#results;
    const accounts = this.#accounts;
    const from = readI64(this.#batch, at + 8);
    const to = readI64(this.#batch, at + 16);
    const units = this.#unitsAt(at);
    if (!(accounts.has(from) && accounts.has(to) && from !== to && units <= AMOUNT_MAX)) {
      return this.#refuseTransfer(at, resultAt, from, to);
    }
    const fromBalance = accounts.balance(from);
    const toBalance = accounts.balance(to);
    if (units > fromBalance) {
      return writeAccount(
        results, resultAt, CODE.insufficientFunds, KIND.transfer, from, fromBalance,
      );
    }
    if (units > AMOUNT_MAX - toBalance) {
      return writeAccount(results, resultAt, CODE.limitExceeded, KIND.transfer, to, toBalance);
    }
    this.#change(resultAt, KIND.transfer, from, fromBalance - units);
    accounts.change(to, toBalance + units);
    writeI64(results, resultAt + 24, toBalance + units);
  }

  #change(resultAt: number, kind: number, account: number, balance: number): void {
    const version = this.#accounts.change(account, balance);
    writeDone(this.#results, resultAt, kind, account, balance, version);
  }

  /**
   * The amount in units of 10^-DEFAULT_SCALE, exact up to AMOUNT_MAX. NaN or above AMOUNT_MAX where
   * the amount is to be refused: the loop asks only `units <= AMOUNT_MAX`, and `#reasonAgainst`
   * says why not.
   */
  #unitsAt(at: number): number {
    const amount = readI64(this.#batch, at + 24);
    const digits = this.#batch.getUint8(at + 2);
    if (!(amount >= 0 && digits <= DEFAULT_SCALE)) return NaN;
    return amount * (UNITS_OF_DIGITS[digits] as number);
  }

  /**
   * Why an operation on one account (`create`: on none, 0) is refused before any balance is looked
   * at.
   */
  #refuse(at: number, resultAt: number, kind: number, account: number): void {
    const reason = Number.isNaN(account) ? REASON.malformed : this.#reasonAgainstAmount(at);
    this.#writeRefusal(resultAt, kind, reason, account);
  }

  #refuseTransfer(at: number, resultAt: number, from: number, to: number): void {
    let reason = this.#reasonAgainstAmount(at);
    if (Number.isNaN(from) || Number.isNaN(to)) reason = REASON.malformed;
    if (from === to && reason !== REASON.malformed) reason = REASON.sameAccount;
    this.#writeRefusal(resultAt, KIND.transfer, reason, this.#accounts.has(from) ? to : from);
  }

  #reasonAgainstAmount(at: number): ReasonNumber | undefined {
    if (!(readI64(this.#batch, at + 24) >= 0)) return REASON.malformed;
    if (this.#batch.getUint8(at + 2) > DEFAULT_SCALE) return REASON.tooManyDigits;
    return this.#unitsAt(at) > AMOUNT_MAX ? REASON.amountTooLarge : undefined;
  }

  /** The request is bad for the reason, or, where there is none, the account is missing. */
  #writeRefusal(
    at: number, kind: number, reason: ReasonNumber | undefined, account: number,
  ): void {
    if (reason !== undefined) return writeBadRequest(this.#results, at, kind, reason);
    assert(!this.#accounts.has(account), 'only what is wrong is refused');
    writeAccount(this.#results, at, CODE.accountNotFound, kind, account, 0);
  }
}
