/**
 * What the rules have in common: verdicts, and money that moves between two accounts.
 *
 * Keeps true: what is available of an account (its balance less what is held) is never below its
 * floor, its balance never above its ceiling.
 */
import type { AccountTable } from './account-table.ts';
import { CURRENCY_NONE, scaleOf } from './currency.ts';
import { AMOUNT_MAX, CODE, REASON } from './operation.ts';
import type { CodeByte, ReasonNumber } from './result-writer.ts';

/** Why it is a bad request. */
export interface Objection {
  readonly reason: ReasonNumber;
}

/** What the result says. */
export interface Done {
  readonly code: CodeByte;
  readonly account: number;
  readonly balance: number;
  readonly toBalance?: number;
  /** To be told with the account, both in the place of one (`operation.ts`). */
  readonly toAccount?: number;
  readonly detail?: number;
  /** Of the balances; otherwise that of the account. */
  readonly scale?: number;
}

/** What became of an operation. */
export type Verdict = Objection | Done;

export const MALFORMED: Verdict = { reason: REASON.malformed };

export class Postings {
  readonly #accounts: AccountTable;
  /** Of the present operation: twice its index in the entry. */
  #place = 0;

  constructor(accounts: AccountTable) {
    this.#accounts = accounts;
  }

  /** The operation of this index begins. */
  begin(index: number): void {
    this.#place = 2 * index;
  }

  /** Of an account that is not there, the one of those without a currency. */
  scaleAt(account: number): number {
    return scaleOf(this.#accounts.has(account) ? this.#accounts.currency(account) : CURRENCY_NONE);
  }

  available(account: number): number {
    return this.#accounts.balance(account) - this.#accounts.held(account);
  }

  refuse(code: CodeByte, account: number): Verdict {
    return { code, account, balance: this.#accounts.balance(account) };
  }

  refuseMissing(...accounts: readonly number[]): Verdict | undefined {
    const account = accounts.find((each) => !this.#accounts.has(each));
    if (account === undefined) return undefined;
    return { code: CODE.accountNotFound, account, balance: 0 };
  }

  /** Nothing passes in or out of it. */
  refuseStanding(account: number): Verdict | undefined {
    const { isClosed, isFrozen } = this.#accounts.terms(account);
    if (isClosed) return this.refuse(CODE.accountClosed, account);
    return isFrozen ? this.refuse(CODE.accountFrozen, account) : undefined;
  }

  /** What speaks against moving so much, whose accounts are there; `isCovered`: it is held. */
  refuseMove(from: number, to: number, units: number, isCovered = false): Verdict | undefined {
    const standing = this.refuseStanding(from) ?? this.refuseStanding(to);
    if (standing !== undefined) return standing;
    if (this.#accounts.currency(from) !== this.#accounts.currency(to)) {
      return this.refuse(CODE.currencyMismatch, to);
    }
    if (!isCovered && this.available(from) - units < this.#accounts.terms(from).floor) {
      return this.refuse(CODE.insufficientFunds, from);
    }
    const isAbove = this.#accounts.balance(to) + units > this.#accounts.terms(to).ceiling;
    return isAbove ? this.refuse(CODE.limitExceeded, to) : undefined;
  }

  /** Opens the next account; its number. */
  open(units: number): number {
    return this.#accounts.create(units, this.#place);
  }

  /**
   * `refuseMove` has nothing against it. The account told first is that which the money leaves, or,
   * where it goes back, that which it comes to.
   */
  move(from: number, to: number, units: number, isBack = false): Done {
    const [account, toAccount, change] = isBack ? [to, from, units] : [from, to, -units];
    const done = this.post(account, this.#accounts.balance(account) + change);
    const toBalance = this.#accounts.balance(toAccount) - change;
    this.#accounts.post(toAccount, toBalance, this.#place + 1);
    return { ...done, toBalance };
  }

  post(account: number, balance: number): Done {
    const version = this.#accounts.post(account, balance, this.#place);
    return { code: CODE.ok, account, balance, detail: version };
  }

  /** A change of the account that leaves its balance as it is. */
  touch(account: number): Done {
    const balance = this.#accounts.balance(account);
    const version = this.#accounts.change(account, balance);
    return { code: CODE.ok, account, balance, detail: version };
  }

  /** More, or, below zero, less of what the account has is held. A change of the account. */
  hold(account: number, units: number): Done {
    this.#accounts.setHeld(account, this.#accounts.held(account) + units);
    return this.touch(account);
  }
}

/** The amount in the smallest unit, or why it is none. Exact: refused before it could round. */
export function toUnits(amount: number, digits: number, scale: number): number | Objection {
  if (digits > scale) return { reason: REASON.tooManyDigits };
  const units = amount * 10 ** (scale - digits);
  return Math.abs(units) <= AMOUNT_MAX ? units : { reason: REASON.amountTooLarge };
}
