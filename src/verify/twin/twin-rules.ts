/**
 * The rules of the bank in BigInt. What speaks against an operation is found in the order that
 * `core/account-rules.ts` states; the first objection is the answer, and then nothing is done.
 */
import { CODE, FLAG_ID, FLAG_REFERENCE, FLAG_TERMS, KIND, REASON } from '../../core/operation.ts';
import { CONDITIONS, TERM } from '../../core/terms.ts';
import { isExact, isNatural } from './amounts.ts';
import { ORDINARY, TwinAccounts, type Account, type Agreed } from './twin-accounts.ts';
import { digitsOf, NO_CURRENCY } from './twin-currencies.ts';
import type { Answer, TwinOperation } from './twin-records.ts';
import type { TwinTerms } from './twin-terms.ts';

type Objection = Answer | undefined;

export const MALFORMED: Answer = { code: CODE.badRequest, detail: REASON.malformed };

const LIMITS = TERM.floor | TERM.ceiling;
/** The terms that each kind of write may have. */
const ALLOWED: Readonly<Record<number, number>> = {
  [KIND.create]: LIMITS | TERM.currency | TERM.name,
  [KIND.update]: CONDITIONS,
  [KIND.deposit]: CONDITIONS,
  [KIND.withdraw]: CONDITIONS,
  [KIND.transfer]: CONDITIONS,
  [KIND.amend]: LIMITS | TERM.name | TERM.frozen | TERM.closed | CONDITIONS,
};

export function isWrite(kind: number): boolean {
  return kind in ALLOWED;
}

/** What a group may consist of. */
export function isPosting({ kind, flags }: TwinOperation): boolean {
  return ALLOWED[kind] === CONDITIONS && (flags & ~(FLAG_TERMS | FLAG_REFERENCE)) === 0;
}

/** The fields that the kind uses are exact, the amount is not below zero, the terms are its own. */
export function isWellFormed(operation: TwinOperation): boolean {
  const { kind, flags, account, toAccount, amount, terms } = operation;
  const given = terms?.given ?? 0;
  if ((flags & FLAG_ID) !== 0) return false;
  if ((given & ~(ALLOWED[kind] ?? 0)) !== 0) return false;
  if (kind === KIND.amend) return (given & ~CONDITIONS) !== 0 && isExact(account);
  if (!isNatural(amount)) return false;
  if (kind !== KIND.create && !isExact(account)) return false;
  return kind !== KIND.transfer || isExact(toAccount);
}

/** Does what the write asks for, or nothing. */
export function write(accounts: TwinAccounts, operation: TwinOperation): Answer {
  const { kind, account, toAccount, amount, scale } = operation;
  if (!isWellFormed(operation)) return MALFORMED;
  if (kind === KIND.create) return create(accounts, operation);
  if (kind === KIND.transfer && account === toAccount) return bad(REASON.sameAccount);
  const one = accounts.find(account);
  const digits = one?.digits ?? digitsOf(NO_CURRENCY) ?? 0;
  if (kind !== KIND.amend) {
    const objection = objectToAmount(amount, scale, digits);
    if (objection !== undefined) return objection;
  }
  if (one === undefined) return { code: CODE.accountNotFound, account };
  if (kind === KIND.amend) return amend(accounts, operation, one);
  const units = unitsOf(amount, scale, digits);
  if (kind !== KIND.transfer) return writeOne(accounts, operation, one, units);
  const other = accounts.find(toAccount);
  if (other === undefined) return { code: CODE.accountNotFound, account: toAccount };
  return transfer(accounts, operation, [one, other], units);
}

function create(accounts: TwinAccounts, { amount, scale, terms }: TwinOperation): Answer {
  const currency = terms?.currency ?? NO_CURRENCY;
  const digits = digitsOf(currency);
  if (digits === undefined || terms?.currency === NO_CURRENCY) return bad(REASON.unknownCurrency);
  const objection = objectToAmount(amount, scale, digits)
    ?? objectToLimits(ORDINARY, terms, digits) ?? objectToName(accounts, terms);
  if (objection !== undefined) return objection;
  const units = unitsOf(amount, scale, digits);
  const agreed = agree(ORDINARY, terms, digits);
  const newcomer = { account: 0, balance: units, scale: digits };
  if (units < agreed.floor) return { code: CODE.insufficientFunds, ...newcomer };
  if (units > agreed.ceiling) return { code: CODE.limitExceeded, ...newcomer };
  return done(accounts.open(units, currency, agreed, terms?.name));
}

function amend(accounts: TwinAccounts, { terms }: TwinOperation, one: Account): Answer {
  const objection = objectToCondition(terms, one)
    ?? (one.closed ? refusal(CODE.accountClosed, one) : undefined)
    ?? objectToLimits(one, terms, one.digits) ?? objectToName(accounts, terms, one);
  if (objection !== undefined) return objection;
  const agreed = agree(one, terms, one.digits);
  const { balance } = one;
  const misfit = objectToBalance({ ...one, ...agreed }, balance);
  if (misfit !== undefined) return misfit;
  if (agreed.closed && (balance !== 0n || one.held !== 0n)) return refusal(CODE.notEmpty, one);
  return done(accounts.change(one, { agreed, name: terms?.name }));
}

function writeOne(
  accounts: TwinAccounts, { kind, terms }: TwinOperation, one: Account, units: bigint,
): Answer {
  const { balance, currency } = one;
  const [how, difference] =
    kind === KIND.update ? ['adjusted', units - balance] as const
    : kind === KIND.deposit ? ['deposited', units] as const
    : ['withdrawn', units] as const;
  const after = how === 'withdrawn' ? balance - difference : balance + difference;
  const objection = objectToCondition(terms, one) ?? objectToStanding(one)
    ?? objectToBalance(one, after);
  if (objection !== undefined) return objection;
  accounts.currencies.post(currency, how, difference);
  return done(accounts.change(one, { balance: after }));
}

function transfer(
  accounts: TwinAccounts, { terms }: TwinOperation, [from, to]: readonly [Account, Account],
  units: bigint,
): Answer {
  return objectToCondition(terms, from) ?? objectToMove(from, to, units)
    ?? move(accounts, [from, to], units);
}

/** What speaks against any transfer of so much. */
export function objectToMove(from: Account, to: Account, units: bigint): Objection {
  const objection = objectToStanding(from) ?? objectToStanding(to);
  if (objection !== undefined) return objection;
  if (from.currency !== to.currency) return refusal(CODE.currencyMismatch, to);
  if (from.balance - from.held - units < from.floor) return refusal(CODE.insufficientFunds, from);
  return to.balance + units > to.ceiling ? refusal(CODE.limitExceeded, to) : undefined;
}

export function move(
  accounts: TwinAccounts, [from, to]: readonly [Account, Account], units: bigint,
): Answer {
  const toBalance = accounts.change(to, { balance: to.balance + units }).balance;
  return { ...done(accounts.change(from, { balance: from.balance - units })), toBalance };
}

export function objectToAmount(
  amount: bigint | undefined, scale: number, digits: number,
): Objection {
  if (amount === undefined) return undefined;
  if (scale > digits) return bad(REASON.tooManyDigits);
  return isExact(unitsOf(amount, scale, digits)) ? undefined : bad(REASON.amountTooLarge);
}

function objectToCondition(terms: TwinTerms | undefined, one: Account): Objection {
  if (terms === undefined || (terms.given & CONDITIONS) === 0) return undefined;
  const { ifVersion, ifBalance, digits } = terms;
  const objection = objectToAmount(ifBalance, digits, one.digits);
  if (objection !== undefined) return objection;
  const holds = ifBalance === undefined
    ? ifVersion === BigInt(one.version)
    : unitsOf(ifBalance, digits, one.digits) === one.balance;
  return holds ? undefined : { ...refusal(CODE.conditionFailed, one), detail: one.version };
}

/** Nothing passes in or out of it. */
function objectToStanding(one: Account): Objection {
  if (one.closed) return refusal(CODE.accountClosed, one);
  return one.frozen ? refusal(CODE.accountFrozen, one) : undefined;
}

function objectToLimits(
  before: Agreed, terms: TwinTerms | undefined, digits: number,
): Objection {
  if (terms === undefined) return undefined;
  const objection = objectToAmount(terms.floor, terms.digits, digits)
    ?? objectToAmount(terms.ceiling, terms.digits, digits);
  if (objection !== undefined) return objection;
  const { floor, ceiling } = agree(before, terms, digits);
  return floor > ceiling ? bad(REASON.floorAboveCeiling) : undefined;
}

function objectToName(
  accounts: TwinAccounts, terms: TwinTerms | undefined, bearer?: Account,
): Objection {
  const holder = terms?.name === undefined ? undefined : accounts.ofName(terms.name);
  if (holder === undefined || holder.number === bearer?.number) return undefined;
  return refusal(CODE.nameTaken, holder);
}

function objectToBalance(one: Account, balance: bigint): Objection {
  if (balance - one.held < one.floor) return refusal(CODE.insufficientFunds, one);
  return balance > one.ceiling ? refusal(CODE.limitExceeded, one) : undefined;
}

/** What was, and in its place what is given. */
function agree(before: Agreed, terms: TwinTerms | undefined, digits: number): Agreed {
  const inUnits = (limit: bigint | undefined) =>
    limit === undefined ? undefined : unitsOf(limit, terms?.digits ?? 0, digits);
  return {
    floor: inUnits(terms?.floor) ?? before.floor,
    ceiling: inUnits(terms?.ceiling) ?? before.ceiling,
    frozen: terms?.frozen ?? before.frozen,
    closed: terms?.closed ?? before.closed,
  };
}

export function unitsOf(amount: bigint, scale: number, digits: number): bigint {
  return amount * 10n ** BigInt(digits - scale);
}

export function bad(reason: number): Answer {
  return { code: CODE.badRequest, detail: reason };
}

export function refusal(code: number, { number, balance, digits }: Account): Answer {
  return { code, account: number, balance, scale: digits };
}

export function done({ number, balance, version, digits }: Account): Answer {
  return { code: CODE.ok, account: number, balance, detail: version, scale: digits };
}
