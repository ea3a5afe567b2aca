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

/** What became of an operation. */
export type Verdict =
  | Objection
  | {
    readonly code: CodeByte;
    readonly account: number;
    readonly balance: number;
    readonly toBalance?: number;
    /** To be told with the account, both in the place of one (`operation.ts`). */
    readonly toAccount?: number;
    readonly detail?: number;
    /** Of the balances; otherwise that of the account. */
    readonly scale?: number;
  };

export const MALFORMED: Verdict = { reason: REASON.malformed };

export class Postings {
  readonly #accounts: AccountTable;

  constructor(accounts: AccountTable) {
    this.#accounts = accounts;
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

  /** `refuseMove` has nothing against it. */
  move(from: number, to: number, units: number): Verdict {
    const done = this.change(from, this.#accounts.balance(from) - units);
    const toBalance = this.#accounts.balance(to) + units;
    this.#accounts.change(to, toBalance);
    return { ...done, toBalance };
  }

  change(account: number, balance: number): Verdict & { readonly code: CodeByte } {
    const version = this.#accounts.change(account, balance);
    return { code: CODE.ok, account, balance, detail: version };
  }

  /** More, or, below zero, less of what the account has is held. A change of the account. */
  hold(account: number, units: number): Verdict & { readonly code: CodeByte } {
    this.#accounts.setHeld(account, this.#accounts.held(account) + units);
    return this.change(account, this.#accounts.balance(account));
  }
}

/** The amount in the smallest unit, or why it is none. Exact: refused before it could round. */
export function toUnits(amount: number, digits: number, scale: number): number | Objection {
  if (digits > scale) return { reason: REASON.tooManyDigits };
  const units = amount * 10 ** (scale - digits);
  return Math.abs(units) <= AMOUNT_MAX ? units : { reason: REASON.amountTooLarge };
}
