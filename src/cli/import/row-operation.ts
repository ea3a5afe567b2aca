/** A row to the operation that it asks for, with the key under which it happens once. */
import { parseDecimal } from '../../core/amount.ts';
import { checkOperation } from '../../core/check-operation.ts';
import type { Operation } from '../../core/operation.ts';
import { createOperation } from '../../host/client-operations.ts';
import { quote } from '../quote.ts';
import type { Refused } from '../refusal.ts';
import type { Fields, RowKind } from './columns.ts';

/** Whoever tells a name and not a number, where the name could be taken for one. */
const NAME_PREFIX = 'name:';
/** Stands in the place of bytes that are no UTF-8: nobody means it. */
const NO_UTF_8 = '\ufffd';

/** How a row names an account: by its number, or by its name. */
export type AccountReference = number | string;

/** The number behind a name; null: nobody has it. */
export type FindAccount = (name: string) => number | null;

/** Digits alone are a number; `name:` before it, or anything else, makes it a name. */
export function readReference(text: string): AccountReference {
  if (!/^[0-9]+$/.test(text)) {
    return text.startsWith(NAME_PREFIX) ? text.slice(NAME_PREFIX.length) : text;
  }
  const digits = text.replace(/^0+(?=[0-9])/, '');
  return digits.length > 16 ? Infinity : Number(digits);
}

/** The names that a posting tells. */
export function namesIn({ from, to }: Fields): readonly string[] {
  const names: string[] = [];
  for (const text of [from, to]) {
    const reference = text === undefined ? undefined : readReference(text);
    if (typeof reference === 'string') names.push(reference);
  }
  return names;
}

/** Or why there is none. */
export function operationOf(
  kind: RowKind, fields: Fields, key: string, find: FindAccount,
): Operation | Refused {
  const made = kind === 'accounts' ? makeAccount(fields) : makePosting(fields, find);
  if (typeof made === 'string') return badRow(made);
  if ('word' in made) return made;
  const operation = { ...made, key: fields.key ?? key };
  const trouble = checkOperation(operation);
  return trouble === undefined ? operation : badRow(trouble);
}

export function badRow(sentence: string): Refused {
  return { word: 'BAD_REQUEST', sentence };
}

function makeAccount(fields: Fields): Operation | string {
  const { name, currency, balance = '0', floor, ceiling } = fields;
  if (name?.includes(NO_UTF_8) === true) return `the name ${quote(name)} is no text in UTF-8`;
  for (const [what, text] of Object.entries({ balance, floor, ceiling })) {
    if (text !== undefined && parseDecimal(text) === undefined) return noAmount(what, text);
  }
  return createOperation(balance, {
    ...(name === undefined ? {} : { name }),
    ...(currency === undefined ? {} : { currency: currency.toUpperCase() }),
    ...(floor === undefined ? {} : { floor }),
    ...(ceiling === undefined ? {} : { ceiling }),
  });
}

function makePosting(fields: Fields, find: FindAccount): Operation | Refused | string {
  const { from, to, amount: text, id, reference } = fields;
  if (reference?.includes(NO_UTF_8) === true) {
    return `the reference ${quote(reference)} is no text in UTF-8`;
  }
  if (text === undefined) return 'it has no amount';
  const amount = parseDecimal(text);
  if (amount === undefined || text.startsWith('-')) return noAmount('amount', text);
  const account = from === undefined ? undefined : resolve(from, find);
  if (typeof account === 'object') return account;
  const toAccount = to === undefined ? undefined : resolve(to, find);
  if (typeof toAccount === 'object') return toAccount;
  const common = { ...amount, ...(reference === undefined ? {} : { reference }) };
  if (account !== undefined && toAccount !== undefined) {
    const named = id === undefined ? {} : { id };
    return { kind: 'transfer', account, toAccount, ...common, ...named };
  }
  if (id !== undefined) return 'only what has both from and to takes an id';
  if (account !== undefined) return { kind: 'withdraw', account, ...common };
  return toAccount === undefined
    ? 'it has neither from nor to' : { kind: 'deposit', account: toAccount, ...common };
}

function resolve(text: string, find: FindAccount): number | Refused {
  const reference = readReference(text);
  if (typeof reference === 'number') {
    if (Number.isSafeInteger(reference)) return reference;
    return badRow(`there is no account number above 2^53 - 1`);
  }
  const account = find(reference);
  if (account !== null) return account;
  const sentence = `no account has the name ${quote(reference)}`;
  return { word: 'ACCT_NOT_FOUND', sentence };
}

function noAmount(what: string, text: string): string {
  return `the ${what} ${quote(text)} is not a decimal such as 50 or 50.00`;
}
