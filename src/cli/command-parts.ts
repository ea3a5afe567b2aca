/**
 * The parts of a command: how each parameter, option and condition is read from a word, and how
 * they are put together to an operation. A string, where a part or an operation is expected, says
 * why there is none.
 */
import { formatAmount, isAmountOf, parseDecimal, type ScaledAmount } from '../core/amount.ts';
import { currencyNumber, scaleOf } from '../core/currency.ts';
import type { Moment } from '../core/moment.ts';
import { isAssignedId, isId } from '../core/movement-id.ts';
import { AMOUNT_MAX, DEFAULT_SCALE, type Kind, type Operation } from '../core/operation.ts';
import { isReference, REFERENCE_BYTES_MAX } from '../core/reference.ts';
import { PAGE_ACCOUNTS_MAX } from '../core/reports.ts';
import { parseRequestId } from '../core/request-id.ts';
import { isName, NAME_BYTES_MAX, type Terms } from '../core/terms.ts';
import { alignLimits } from '../host/client-operations.ts';
import { quote } from './quote.ts';
import type { StatementParts } from './statement-parts.ts';

/** What the words after a command say. */
export interface Parts extends StatementParts {
  readonly account?: number;
  readonly toAccount?: number;
  readonly amount?: ScaledAmount;
  readonly key?: string;
  readonly name?: string;
  readonly currency?: string;
  readonly floor?: ScaledAmount;
  readonly ceiling?: ScaledAmount;
  readonly ifVersion?: number;
  readonly ifBalance?: ScaledAmount;
  readonly limit?: number;
  readonly id?: string;
  readonly forSeconds?: number;
  readonly reference?: string;
  readonly at?: Moment;
}

export type Reader = (text: string) => Parts | string;

export interface Parameter {
  readonly name: string;
  /** It may be left out, and then so are those behind it. */
  readonly isOptional?: boolean;
  readonly read: Reader;
}

/** A word and its value: `--name alice`, or in a condition `VERSION 7`. */
export interface Option {
  readonly word: string;
  /** How the value is called in the usage; undefined where the word stands alone. */
  readonly value?: string;
  readonly read: Reader;
}

export const KEY = /^@[\x21-\x7e]{1,64}$/;

export const ACCOUNT: Parameter = {
  name: 'account', read: (text) => part(readAccount(text), (account) => ({ account })),
};
/** Where the account may be told by its name instead. */
export const ACCOUNT_UNLESS_NAMED: Parameter = { ...ACCOUNT, isOptional: true };
export const FROM: Parameter = { ...ACCOUNT, name: 'from' };
export const TO: Parameter = {
  name: 'to', read: (text) => part(readAccount(text), (toAccount) => ({ toAccount })),
};
export const AMOUNT: Parameter = {
  name: 'amount', read: (text) => part(readAmount(text, false), (amount) => ({ amount })),
};
/** Without it, all that is left. */
export const PART: Parameter = { ...AMOUNT, isOptional: true };
export const MOVEMENT: Parameter = { name: 'id', read: readId };
export const REQUEST: Parameter = { name: '@key or request', read: readRequest };

export const FOR: Option = { word: '--for', value: '10m', read: readTerm };
export const ID: Option = { word: '--id', value: 'ID', read: readOwnId };
export const REFERENCE: Option = { word: '--ref', value: 'TEXT', read: readReference };
export const NAME: Option = { word: '--name', value: 'N', read: readName };
export const WHOSE: Option = { ...NAME, value: 'name' };
export const PREFIX: Option = { word: '--name', value: 'prefix', read: readName };
export const CURRENCY: Option = { word: '--currency', value: 'EUR', read: readCurrency };
export const FLOOR: Option = {
  word: '--floor', value: 'X', read: (text) => part(readAmount(text, true), (floor) => ({ floor })),
};
export const CEILING: Option = {
  word: '--ceiling', value: 'Y',
  read: (text) => part(readAmount(text, true), (ceiling) => ({ ceiling })),
};
export const MIN: Option = { ...FLOOR, word: '--min' };
export const MAX: Option = { ...CEILING, word: '--max' };
export const LIMIT: Option = { word: '--limit', value: 'N', read: readLimit };
/** Where to begin: with this account, or with the one after it. */
export const START: Option = {
  word: '--from', value: 'account',
  read: (text) => part(readAccount(text), (account) => ({ account })),
};
export const AFTER: Option = {
  ...START, word: '--after',
  read: (text) => part(readAccount(text), (last) => ({ account: Math.min(last + 1, AMOUNT_MAX) })),
};

/** What may follow IF. */
export const CONDITIONS: readonly Option[] = [
  {
    word: 'VERSION', value: 'n',
    read: (text) => part(readCount(text, 'a version'), (ifVersion) => ({ ifVersion })),
  },
  {
    word: 'BALANCE', value: 'x',
    read: (text) => part(readAmount(text, true), (ifBalance) => ({ ifBalance })),
  },
];

/** `fixed` are terms that the command's word says by itself. */
export function makeOperation(kind: Kind, parts: Parts, fixed: Terms = {}): Operation | string {
  const { account, toAccount, amount, key, id, forSeconds, reference } = parts;
  const terms = makeTerms(parts, fixed);
  if (typeof terms === 'string') return terms;
  return {
    kind,
    ...(account === undefined ? {} : { account }),
    ...(toAccount === undefined ? {} : { toAccount }),
    ...amount,
    ...(key === undefined ? {} : { key }),
    ...(id === undefined ? {} : { id }),
    ...(forSeconds === undefined ? {} : { forSeconds }),
    ...(reference === undefined ? {} : { reference }),
    ...(Object.keys(terms).length === 0 ? {} : { terms }),
  };
}

/** Here the currency is known, and so what its amounts look like. */
export function makeCreate(parts: Parts): Operation | string {
  const { amount, currency, floor, ceiling } = parts;
  const trouble = amount && refuseAmount(amount, currency, false);
  if (trouble !== undefined) return trouble;
  for (const limit of [floor, ceiling]) {
    const refusal = limit && refuseAmount(limit, currency, true);
    if (refusal !== undefined) return refusal;
  }
  return makeOperation('create', parts);
}

function makeTerms(parts: Parts, fixed: Terms): Terms | string {
  const { name, currency, ifVersion } = parts;
  const limits = alignLimits(parts);
  if (limits === undefined) return 'the amounts of the options are too far apart in size';
  return {
    ...fixed,
    ...limits,
    ...(name === undefined ? {} : { name }),
    ...(currency === undefined ? {} : { currency }),
    ...(ifVersion === undefined ? {} : { ifVersion }),
  };
}

function part<Value>(value: Value | string, name: (value: Value) => Parts): Parts | string {
  return typeof value === 'string' ? value : name(value);
}

function readAccount(text: string): number | string {
  return readCount(text, 'an account number');
}

/** An integer from 0 to 2^53 - 1. */
function readCount(text: string, what: 'an account number' | 'a version'): number | string {
  if (!/^[0-9]+$/.test(text)) return `${quote(text)} is not ${what}`;
  const digits = text.replace(/^0+(?=[0-9])/, '');
  // More than 16 digits are above 2^53; of up to 16, what rounds to 2^53 or more is not safe.
  const count = digits.length > 16 ? Infinity : Number(digits);
  if (Number.isSafeInteger(count)) return count;
  return `there is no ${what.replace(/^an? /, '')} above 2^53 - 1`;
}

/** For an account whose currency only the ledger knows. */
function readAmount(text: string, isSigned: boolean): ScaledAmount | string {
  const amount = !isSigned && text.startsWith('-') ? undefined : parseDecimal(text);
  if (amount !== undefined) return amount;
  const rule = describeAmounts(DEFAULT_SCALE, isSigned);
  return `${quote(text)} is not an amount: ${rule} (more or fewer where its currency has them)`;
}

function refuseAmount(
  amount: ScaledAmount, currency: string | undefined, isSigned: boolean,
): string | undefined {
  const digits = currency === undefined ? DEFAULT_SCALE : scaleOf(currencyNumber(currency) ?? 0);
  if (isAmountOf(amount, digits)) return undefined;
  const text = quote(formatAmount(amount.amount, amount.scale));
  const where = currency === undefined ? '' : ` in ${currency}`;
  return `${text} is not an amount${where}: ${describeAmounts(digits, isSigned)}`;
}

function describeAmounts(digits: number, isSigned: boolean): string {
  const most = formatAmount(AMOUNT_MAX, digits);
  const count = ['no digits', 'at most one digit', 'at most two digits', 'at most three digits',
    'at most four digits'][digits];
  return `a decimal from ${isSigned ? `-${most}` : 0} to ${most}, ${count} after the point`;
}

function readName(name: string): Parts | string {
  // The sign for bytes that are no UTF-8: nobody means it.
  if (isName(name) && !name.includes('\ufffd')) return { name };
  const rule = `1 to ${NAME_BYTES_MAX} bytes of UTF-8, without control characters`;
  return `${quote(name)} is not a name: ${rule}, or blanks at its ends`;
}

function readReference(reference: string): Parts | string {
  if (isReference(reference) && !reference.includes('\ufffd')) return { reference };
  const rule = `1 to ${REFERENCE_BYTES_MAX} bytes of UTF-8, without control characters`;
  return `${quote(reference)} is not a reference: ${rule}, or blanks at its ends`;
}

function readCurrency(text: string): Parts | string {
  const currency = /^[A-Za-z]{3}$/.test(text) ? text.toUpperCase() : '';
  if (currencyNumber(currency) !== undefined) return { currency };
  return `${quote(text)} is not a currency: a code of ISO 4217, such as EUR`;
}

function readLimit(text: string): Parts | string {
  const limit = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= PAGE_ACCOUNTS_MAX) return { limit };
  return `${quote(text)} is not a number of accounts from 1 to ${PAGE_ACCOUNTS_MAX}`;
}

function readId(text: string): Parts | string {
  if (isId(text)) return { id: text };
  return `${quote(text)} is not an id: 1 to 16 visible ASCII characters`;
}

/** One that a user gives. */
function readOwnId(text: string): Parts | string {
  if (isAssignedId(text)) return `${quote(text)} is an id as only the bank gives them`;
  return readId(text);
}

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
const SECONDS_MAX = 2 ** 32 - 1;

/** How long a hold holds. */
function readTerm(text: string): Parts | string {
  const [, digits, unit] = /^([0-9]{1,12})(ms|s|m|h|d)$/.exec(text) ?? [];
  const seconds = unit === 'ms'
    ? Number(digits) / 1_000 : Number(digits) * SECONDS[unit as keyof typeof SECONDS];
  const isWhole = Number.isInteger(seconds) && seconds >= 1 && seconds <= SECONDS_MAX;
  if (isWhole) return { forSeconds: seconds };
  return `${quote(text)} is not how long a hold holds: whole seconds, such as 10s, 5m, 2h or 7d`;
}

function readRequest(text: string): Parts | string {
  if (KEY.test(text)) return { key: text.slice(1) };
  const request = parseRequestId(text);
  if (request === undefined) {
    return `${quote(text)} is neither a request id such as 1088-3 nor an @key`;
  }
  if (request.kind === 'query') return 'a QUERY changes nothing: ask it again';
  return { account: request.session, toAccount: request.number };
}
