/** Accounts and the trial balance as they are printed: a line in a pipe, a table for people. */
import type { ChalkInstance } from 'chalk';
import type { Account, AccountsPage, TrialLine } from '../host/account-reports.ts';
import { oneLine } from './quote.ts';
import { alignColumns, cellOf } from './table.ts';

/** `50.00 held=20.00 available=30.00 name=alice currency=EUR …`. */
export function accountLine(account: Account): string {
  const { balance, name, currency, floor, ceiling, frozen, closed, version } = account;
  return [
    balance,
    `held=${account.held}`,
    `available=${account.available}`,
    `name=${name === null ? NONE : value(name)}`,
    `currency=${currency ?? NONE}`,
    `floor=${floor}`,
    `ceiling=${ceiling ?? NONE}`,
    `frozen=${yes(frozen)}`,
    `closed=${yes(closed)}`,
    `version=${version}`,
    `created=${account.createdAt}`,
    `changed=${account.changedAt}`,
  ].join(' ');
}

export function accountTable(account: Account): readonly string[] {
  const { name, currency, balance, floor, ceiling, version, createdAt, changedAt } = account;
  return alignColumns([
    ['account', String(account.account)],
    ['name', cellOf(name)],
    ['currency', cellOf(currency)],
    ['balance', balance],
    ['held', account.held],
    ['available', account.available],
    ['floor', floor],
    ['ceiling', cellOf(ceiling)],
    ['state', stateOf(account)],
    ['version', String(version)],
    ['created', createdAt],
    ['changed', changedAt],
  ]);
}

/** `100=50.00 101=20.00 next=102`. */
export function accountsWords({ accounts, next }: AccountsPage): readonly string[] {
  const words = accounts.map(({ account, balance }) => `${account}=${balance}`);
  return next === null ? words : [...words, `next=${next}`];
}

export function accountsTable(
  { accounts, next }: AccountsPage, paint: ChalkInstance,
): readonly string[] {
  const rows = accounts.map((account) => [
    String(account.account), cellOf(account.name), cellOf(account.currency), account.balance,
    account.floor, cellOf(account.ceiling), stateOf(account), account.changedAt,
  ]);
  const headings = [
    'account', 'name', 'currency', 'balance', 'floor', 'ceiling', 'state', 'changed',
  ];
  const more = next === null ? [] : [`--from ${next} shows more`];
  if (accounts.length === 0) return ['no accounts', ...more];
  return [...underHeadings([headings, ...rows], [3, 4, 5], paint), ...more];
}

/** `- accounts=2 balance=70.00 system=-70.00 EUR accounts=1 …`. */
export function trialWords(lines: readonly TrialLine[]): readonly string[] {
  return lines.flatMap(({ currency, accounts, balance, system }) =>
    [currency ?? '-', `accounts=${accounts}`, `balance=${balance}`, `system=${system}`]);
}

export function trialTable(lines: readonly TrialLine[], paint: ChalkInstance): readonly string[] {
  const rows = lines.map(({ currency, accounts, balance, system, difference }) =>
    [cellOf(currency), String(accounts), balance, system, difference]);
  const headings = ['currency', 'accounts', 'balance', 'system', 'difference'];
  return underHeadings([headings, ...rows], [1, 2, 3, 4], paint);
}

const NONE = 'none';

function yes(flag: boolean): string {
  return flag ? 'yes' : 'no';
}

/** In quotes where it would not be one word, or be taken for the word that says that it is none. */
function value(text: string): string {
  if (/^[^\s"\\]+$/u.test(text) && text !== NONE) return text;
  return `"${oneLine(text).replaceAll(/["\\]/g, '\\$&')}"`;
}

function stateOf({ frozen, closed }: Account): string {
  if (closed) return 'closed';
  return frozen ? 'frozen' : 'open';
}

function underHeadings(
  rows: readonly (readonly string[])[], numbers: readonly number[], paint: ChalkInstance,
): readonly string[] {
  const [headings = '', ...lines] = alignColumns(rows, numbers);
  return [paint.bold(headings), ...lines];
}
