/**
 * The rules of the bank, whole: what the hot loop of `account-operations.ts` does not do at once is
 * decided here, refusals included.
 *
 * Keeps true: an operation does all that it says or, refused, nothing. Checks come in this order:
 * malformed (terms too), same account, currency unknown, the amount (its digits, then its size),
 * account not found (from before to), the condition (its amount, then whether it holds), closed or
 * frozen (from before to, closed before frozen; AMEND: closed only), currency mismatch, the limits
 * (the floor's amount, the ceiling's, floor above ceiling), name taken, insufficient funds (below
 * the floor), limit exceeded (above the ceiling), not empty. A field of the record for which a kind
 * has no use is not looked at; terms for which it has none are malformed.
 */
import type { AccountTable, AccountTerms } from './account-table.ts';
import { CURRENCY_NONE, isCurrency, scaleOf } from './currency.ts';
import { AMOUNT_MAX, CODE, KIND, readI64, REASON, writeI64 } from './operation.ts';
import {
  type CodeByte, type ReasonNumber, writeAccount, writeBadRequest,
} from './result-writer.ts';
import type { SystemAccounts } from './system-accounts.ts';
import { CONDITIONS, type ReadTerms, TERM } from './terms.ts';

/** A write as it stands in a batch. */
interface Asked {
  readonly kind: number;
  readonly account: number;
  readonly toAccount: number;
  readonly amount: number;
  /** Digits after the point, as given. */
  readonly digits: number;
  readonly terms: ReadTerms | undefined;
}

/** Why it is a bad request. */
interface Objection {
  readonly reason: ReasonNumber;
}

/** What became of it. */
type Verdict =
  | Objection
  | {
    readonly code: CodeByte;
    readonly account: number;
    readonly balance: number;
    readonly toBalance?: number;
    readonly version?: number;
  };

const MALFORMED: Verdict = { reason: REASON.malformed };
const CREATE_TERMS = TERM.floor | TERM.ceiling | TERM.currency | TERM.name;
const AMEND_TERMS = TERM.floor | TERM.ceiling | TERM.name | TERM.frozen | TERM.closed | CONDITIONS;
const NO_TERMS: AccountTerms = {
  currency: CURRENCY_NONE, floor: 0, ceiling: AMOUNT_MAX, isFrozen: false, isClosed: false,
};

export class AccountRules {
  readonly #accounts: AccountTable;
  readonly #system: SystemAccounts;

  constructor(accounts: AccountTable, system: SystemAccounts) {
    this.#accounts = accounts;
    this.#system = system;
  }

  /** Executes the write at `at`, which may have these terms, and writes its result. */
  write(
    batch: DataView, at: number, terms: ReadTerms | undefined, results: DataView, resultAt: number,
  ): void {
    const asked: Asked = {
      kind: batch.getUint8(at),
      account: readI64(batch, at + 8),
      toAccount: readI64(batch, at + 16),
      amount: readI64(batch, at + 24),
      digits: batch.getUint8(at + 2),
      terms,
    };
    const verdict = this.#decide(asked);
    if ('reason' in verdict) return writeBadRequest(results, resultAt, asked.kind, verdict.reason);
    const { code, account, balance, toBalance = 0, version = 0 } = verdict;
    writeAccount(results, resultAt, code, asked.kind, account, balance);
    results.setUint8(resultAt + 2, this.#scaleFor(asked, account));
    results.setUint32(resultAt + 4, version, true);
    writeI64(results, resultAt + 24, toBalance);
  }

  #decide(asked: Asked): Verdict {
    const { kind, amount, terms } = asked;
    switch (kind) {
      case KIND.create:
        return amount >= 0 ? this.#create(asked) : MALFORMED;
      case KIND.amend:
        return terms === undefined ? MALFORMED : this.#amend(asked, terms);
    }
    if (!(amount >= 0)) return MALFORMED;
    return kind === KIND.transfer ? this.#transfer(asked) : this.#writeOne(asked);
  }

  #create(asked: Asked): Verdict {
    const { amount, digits, terms } = asked;
    const currency = terms?.currency ?? CURRENCY_NONE;
    if (terms !== undefined && (terms.given & TERM.currency) !== 0 &&
      (currency === CURRENCY_NONE || !isCurrency(currency))) {
      return { reason: REASON.unknownCurrency };
    }
    const units = toUnits(amount, digits, scaleOf(currency));
    if (typeof units !== 'number') return units;
    const agreed = withTerms({ ...NO_TERMS, currency }, terms);
    if ('reason' in agreed) return agreed;
    const holder = terms?.name === undefined ? undefined : this.#accounts.find(terms.name);
    if (holder !== undefined) return this.#refuse(CODE.nameTaken, holder);
    const newcomer = { account: 0, balance: units };
    if (units < agreed.floor) return { code: CODE.insufficientFunds, ...newcomer };
    if (units > agreed.ceiling) return { code: CODE.limitExceeded, ...newcomer };
    const account = this.#accounts.create(units);
    this.#accounts.setTerms(account, agreed);
    if (terms?.name !== undefined) this.#accounts.setName(account, terms.name);
    this.#system.open(currency);
    this.#system.post(currency, 0, units);
    return { code: CODE.ok, account, balance: units, version: 1 };
  }

  #amend(asked: Asked, terms: ReadTerms): Verdict {
    const { account } = asked;
    if (Number.isNaN(account)) return MALFORMED;
    if (!this.#accounts.has(account)) return notFound(account);
    const refusal = this.#refuseCondition(asked);
    if (refusal !== undefined) return refusal;
    const before = this.#accounts.terms(account);
    if (before.isClosed) return this.#refuse(CODE.accountClosed, account);
    const agreed = withTerms(before, terms);
    if ('reason' in agreed) return agreed;
    const holder = terms.name === undefined ? undefined : this.#accounts.find(terms.name);
    if (holder !== undefined && holder !== account) return this.#refuse(CODE.nameTaken, holder);
    const balance = this.#accounts.balance(account);
    if (balance < agreed.floor) return this.#refuse(CODE.insufficientFunds, account);
    if (balance > agreed.ceiling) return this.#refuse(CODE.limitExceeded, account);
    if (agreed.isClosed && balance !== 0) return this.#refuse(CODE.notEmpty, account);
    this.#accounts.setTerms(account, agreed);
    if (terms.name !== undefined) this.#accounts.setName(account, terms.name);
    return this.#change(account, balance);
  }

  #writeOne(asked: Asked): Verdict {
    const { kind, account, amount, digits } = asked;
    if (Number.isNaN(account)) return MALFORMED;
    const units = toUnits(amount, digits, this.#scaleAt(account));
    if (typeof units !== 'number') return units;
    if (!this.#accounts.has(account)) return notFound(account);
    const refusal = this.#refuseCondition(asked) ?? this.#refuseStanding(account);
    if (refusal !== undefined) return refusal;
    const { currency, floor, ceiling } = this.#accounts.terms(account);
    const before = this.#accounts.balance(account);
    const balance = kind === KIND.update ? units
      : kind === KIND.deposit ? before + units : before - units;
    if (balance < floor) return this.#refuse(CODE.insufficientFunds, account);
    if (balance > ceiling) return this.#refuse(CODE.limitExceeded, account);
    this.#system.post(currency, before, balance);
    return this.#change(account, balance);
  }

  #transfer(asked: Asked): Verdict {
    const { account: from, toAccount: to, amount, digits } = asked;
    if (Number.isNaN(from) || Number.isNaN(to)) return MALFORMED;
    if (from === to) return { reason: REASON.sameAccount };
    const units = toUnits(amount, digits, this.#scaleAt(from));
    if (typeof units !== 'number') return units;
    if (!this.#accounts.has(from)) return notFound(from);
    if (!this.#accounts.has(to)) return notFound(to);
    const refusal = this.#refuseCondition(asked) ?? this.#refuseStanding(from)
      ?? this.#refuseStanding(to);
    if (refusal !== undefined) return refusal;
    const source = this.#accounts.terms(from);
    const target = this.#accounts.terms(to);
    if (source.currency !== target.currency) return this.#refuse(CODE.currencyMismatch, to);
    const balance = this.#accounts.balance(from) - units;
    const toBalance = this.#accounts.balance(to) + units;
    if (balance < source.floor) return this.#refuse(CODE.insufficientFunds, from);
    if (toBalance > target.ceiling) return this.#refuse(CODE.limitExceeded, to);
    const done = this.#change(from, balance);
    this.#accounts.change(to, toBalance);
    return { ...done, toBalance };
  }

  #refuseCondition({ account, terms }: Asked): Verdict | undefined {
    if (terms === undefined || (terms.given & CONDITIONS) === 0) return undefined;
    const isVersion = (terms.given & TERM.ifVersion) !== 0;
    const present = isVersion ? this.#accounts.version(account) : this.#accounts.balance(account);
    const expected = isVersion
      ? terms.expected : toUnits(terms.expected, terms.scale, this.#scaleAt(account));
    if (typeof expected !== 'number') return expected;
    if (present === expected) return undefined;
    const balance = this.#accounts.balance(account);
    const version = this.#accounts.version(account);
    return { code: CODE.conditionFailed, account, balance, version };
  }

  /** Nothing passes in or out of it. */
  #refuseStanding(account: number): Verdict | undefined {
    const { isClosed, isFrozen } = this.#accounts.terms(account);
    if (isClosed) return this.#refuse(CODE.accountClosed, account);
    return isFrozen ? this.#refuse(CODE.accountFrozen, account) : undefined;
  }

  #refuse(code: CodeByte, account: number): Verdict {
    return { code, account, balance: this.#accounts.balance(account) };
  }

  #change(account: number, balance: number): Verdict & { readonly code: CodeByte } {
    const version = this.#accounts.change(account, balance);
    return { code: CODE.ok, account, balance, version };
  }

  /** Of an account that is not there, the one of those without a currency. */
  #scaleAt(account: number): number {
    return scaleOf(this.#accounts.has(account) ? this.#accounts.currency(account) : CURRENCY_NONE);
  }

  #scaleFor({ kind, terms }: Asked, account: number): number {
    const isNobody = kind === KIND.create && account === 0;
    return isNobody ? scaleOf(terms?.currency ?? CURRENCY_NONE) : this.#scaleAt(account);
  }
}

/** Whether a write of this kind may have such terms, or none. */
export function mayHave(kind: number, terms: ReadTerms | undefined): boolean {
  if (terms === undefined) return kind !== KIND.amend;
  const known =
    kind === KIND.create ? CREATE_TERMS
    : kind === KIND.amend ? AMEND_TERMS
    : CONDITIONS;
  return (terms.given & ~known) === 0;
}

function notFound(account: number): Verdict {
  return { code: CODE.accountNotFound, account, balance: 0 };
}

/** The amount in the smallest unit, or why it is none. Exact: refused before it could round. */
function toUnits(amount: number, digits: number, scale: number): number | Objection {
  if (digits > scale) return { reason: REASON.tooManyDigits };
  const units = amount * 10 ** (scale - digits);
  return Math.abs(units) <= AMOUNT_MAX ? units : { reason: REASON.amountTooLarge };
}

/** With what is given in the place of what was. */
function withTerms(
  before: AccountTerms, terms: ReadTerms | undefined,
): AccountTerms | Objection {
  if (terms === undefined) return before;
  const { given, isSet } = terms;
  const has = (term: number): boolean => (given & term) !== 0;
  const scale = scaleOf(before.currency);
  const floor = has(TERM.floor) ? toUnits(terms.floor, terms.scale, scale) : before.floor;
  if (typeof floor !== 'number') return floor;
  const ceiling = has(TERM.ceiling) ? toUnits(terms.ceiling, terms.scale, scale) : before.ceiling;
  if (typeof ceiling !== 'number') return ceiling;
  if (floor > ceiling) return { reason: REASON.floorAboveCeiling };
  return {
    currency: before.currency, floor, ceiling,
    isFrozen: has(TERM.frozen) ? isSet : before.isFrozen,
    isClosed: has(TERM.closed) ? isSet : before.isClosed,
  };
}
