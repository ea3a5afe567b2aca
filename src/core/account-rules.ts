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
import type { AccountTerms } from './account.ts';
import type { AccountTable } from './account-table.ts';
import { CURRENCY_NONE, isCurrency, scaleOf } from './currency.ts';
import { AMOUNT_MAX, CODE, KIND, readI64, REASON } from './operation.ts';
import { MALFORMED, type Objection, type Postings, toUnits, type Verdict } from './postings.ts';
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

const CREATE_TERMS = TERM.floor | TERM.ceiling | TERM.currency | TERM.name;
const AMEND_TERMS = TERM.floor | TERM.ceiling | TERM.name | TERM.frozen | TERM.closed | CONDITIONS;
const NO_TERMS: AccountTerms = {
  currency: CURRENCY_NONE, floor: 0, ceiling: AMOUNT_MAX, isFrozen: false, isClosed: false,
};

export class AccountRules {
  readonly #accounts: AccountTable;
  readonly #system: SystemAccounts;
  readonly #postings: Postings;

  constructor(accounts: AccountTable, system: SystemAccounts, postings: Postings) {
    this.#accounts = accounts;
    this.#system = system;
    this.#postings = postings;
  }

  /** Of the write at `at`, which may have these terms. */
  decide(batch: DataView, at: number, terms: ReadTerms | undefined): Verdict {
    const asked: Asked = {
      kind: batch.getUint8(at),
      account: readI64(batch, at + 8),
      toAccount: readI64(batch, at + 16),
      amount: readI64(batch, at + 24),
      digits: batch.getUint8(at + 2),
      terms,
    };
    const { kind, amount } = asked;
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
    if (holder !== undefined) return this.#postings.refuse(CODE.nameTaken, holder);
    const newcomer = { account: 0, balance: units, scale: scaleOf(currency) };
    if (units < agreed.floor) return { code: CODE.insufficientFunds, ...newcomer };
    if (units > agreed.ceiling) return { code: CODE.limitExceeded, ...newcomer };
    const account = this.#postings.open(units);
    this.#accounts.setTerms(account, agreed);
    if (terms?.name !== undefined) this.#accounts.setName(account, terms.name);
    this.#system.open(currency);
    this.#system.post(currency, 0, units);
    return { code: CODE.ok, account, balance: units, detail: 1 };
  }

  #amend(asked: Asked, terms: ReadTerms): Verdict {
    const { account } = asked;
    if (Number.isNaN(account)) return MALFORMED;
    const refusal = this.#postings.refuseMissing(account) ?? this.#refuseCondition(asked);
    if (refusal !== undefined) return refusal;
    const before = this.#accounts.terms(account);
    if (before.isClosed) return this.#postings.refuse(CODE.accountClosed, account);
    const agreed = withTerms(before, terms);
    if ('reason' in agreed) return agreed;
    const holder = terms.name === undefined ? undefined : this.#accounts.find(terms.name);
    if (holder !== undefined && holder !== account) {
      return this.#postings.refuse(CODE.nameTaken, holder);
    }
    const balance = this.#accounts.balance(account);
    const isEmpty = balance === 0 && this.#accounts.held(account) === 0;
    const code = this.#postings.available(account) < agreed.floor ? CODE.insufficientFunds
      : balance > agreed.ceiling ? CODE.limitExceeded
      : agreed.isClosed && !isEmpty ? CODE.notEmpty : CODE.ok;
    if (code !== CODE.ok) return this.#postings.refuse(code, account);
    this.#accounts.setTerms(account, agreed);
    if (terms.name !== undefined) this.#accounts.setName(account, terms.name);
    return this.#postings.touch(account);
  }

  #writeOne(asked: Asked): Verdict {
    const { kind, account, amount, digits } = asked;
    if (Number.isNaN(account)) return MALFORMED;
    const units = toUnits(amount, digits, this.#postings.scaleAt(account));
    if (typeof units !== 'number') return units;
    const refusal = this.#postings.refuseMissing(account) ?? this.#refuseCondition(asked)
      ?? this.#postings.refuseStanding(account);
    if (refusal !== undefined) return refusal;
    const { currency, floor, ceiling } = this.#accounts.terms(account);
    const before = this.#accounts.balance(account);
    const balance = kind === KIND.update ? units
      : kind === KIND.deposit ? before + units : before - units;
    const available = balance - this.#accounts.held(account);
    if (available < floor) return this.#postings.refuse(CODE.insufficientFunds, account);
    if (balance > ceiling) return this.#postings.refuse(CODE.limitExceeded, account);
    this.#system.post(currency, before, balance);
    return this.#postings.post(account, balance);
  }

  #transfer(asked: Asked): Verdict {
    const { account: from, toAccount: to, amount, digits } = asked;
    if (Number.isNaN(from) || Number.isNaN(to)) return MALFORMED;
    if (from === to) return { reason: REASON.sameAccount };
    const units = toUnits(amount, digits, this.#postings.scaleAt(from));
    if (typeof units !== 'number') return units;
    const refusal = this.#postings.refuseMissing(from, to) ?? this.#refuseCondition(asked)
      ?? this.#postings.refuseMove(from, to, units);
    return refusal ?? this.#postings.move(from, to, units);
  }

  #refuseCondition({ account, terms }: Asked): Verdict | undefined {
    if (terms === undefined || (terms.given & CONDITIONS) === 0) return undefined;
    const isVersion = (terms.given & TERM.ifVersion) !== 0;
    const [balance, version] = [this.#accounts.balance(account), this.#accounts.version(account)];
    const expected = isVersion
      ? terms.expected : toUnits(terms.expected, terms.scale, this.#postings.scaleAt(account));
    if (typeof expected !== 'number') return expected;
    if (expected === (isVersion ? version : balance)) return undefined;
    return { code: CODE.conditionFailed, account, balance, detail: version };
  }
}

/** Whether a write of this kind may have such terms, or none. AMEND changes something. */
export function mayHave(kind: number, terms: ReadTerms | undefined): boolean {
  if (kind === KIND.amend && ((terms?.given ?? 0) & ~CONDITIONS) === 0) return false;
  if (terms === undefined) return true;
  const known =
    kind === KIND.create ? CREATE_TERMS
    : kind === KIND.amend ? AMEND_TERMS
    : CONDITIONS;
  return (terms.given & ~known) === 0;
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
