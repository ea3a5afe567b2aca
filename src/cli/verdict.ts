/** What `bankd verify` says of one directory: as one JSON object, or in lines for people. */
import { formatAmount } from '../core/amount.ts';
import { currencyCode, scaleOf } from '../core/currency.ts';
import { DEFAULT_SCALE } from '../core/operation.ts';
import type { ControlVerdict } from '../verify/directory/control.ts';
import type { AccountRow, DirectoryVerdict } from '../verify/directory/directory.ts';
import type { CurrencyTotal } from '../verify/twin/twin-accounts.ts';
import { NO_CURRENCY, type Books } from '../verify/twin/twin-currencies.ts';
import { oneLine } from './quote.ts';

/** As in interface.md. */
export function verdictJson(verdict: DirectoryVerdict): object {
  const { directory, ok, lastSeq, commitSeq, digest, hash, head, fault, torn, accounts } = verdict;
  const currencies = verdict.currencies?.map(({ currency, total, books }) => {
    const scale = scaleOf(currency);
    const sums = { total: formatAmount(total, scale), ...formatBooks(books, scale) };
    return [currencyCode(currency), sums] as const;
  });
  return {
    directory,
    ok,
    lastSeq,
    commitSeq,
    digest,
    head: { seq: lastSeq, hash },
    total: formatUnits(verdict.total),
    ...formatBooks(verdict.books, DEFAULT_SCALE),
    ...(currencies === undefined ? {} : { currencies: Object.fromEntries(currencies) }),
    ...(head === undefined ? {} : { containsHead: head.found, headDetail: head.sentence }),
    ...(fault === undefined ? {} : { fault }),
    ...(torn === undefined ? {} : { torn }),
    ...(accounts === undefined ? {} : { accounts: Object.fromEntries(accounts.map(row)) }),
  };
}

export function verdictLines(verdict: DirectoryVerdict): readonly string[] {
  const { directory, lastSeq, commitSeq, digest, hash, fault, torn } = verdict;
  const counts = `${verdict.operations} operations, ${verdict.accountCount} accounts`;
  const tail = torn === undefined ? [] : [`  torn tail, no fault: ${oneLine(torn)}`];
  return [
    `${directory}: ${stateOf(fault)}`,
    `  seq ${lastSeq} (${commitSeq} known committed), ${counts}, digest ${digest}`,
    `  head ${lastSeq}:${hash}`,
    ...totalsOf(verdict).map(totalLine),
    ...tail,
    ...(verdict.accounts ?? []).map((account) => `  ${row(account).join('  ')}`),
  ];
}

/** Of a frontend's directory. */
export function controlJson({ directory, ok, record, fault }: ControlVerdict): object {
  if (record === undefined) return { directory, ok, fault };
  const { cluster, epoch, view, commitFloor } = record;
  const members = view.members.map(({ id }) => id);
  return { directory, ok, cluster, epoch, view: view.number, members, commitFloor };
}

export function controlLines({ directory, record, fault }: ControlVerdict): readonly string[] {
  if (record === undefined) return [`${directory}: ${stateOf(fault)}`];
  const { epoch, view, commitFloor } = record;
  const members = view.members.map(({ id }) => id).join(', ');
  return [
    `${directory}: intact`,
    `  control record: epoch ${epoch}, view ${view.number} (backends ${members}), `
      + `decided at least up to seq ${commitFloor}`,
  ];
}

function stateOf(fault: string | undefined): string {
  return fault === undefined ? 'intact' : `DAMAGED: ${oneLine(fault)}`;
}

/** Without a currency. Exact, also where it is more than any one account can hold. */
export function formatUnits(units: bigint): string {
  return formatAmount(units, DEFAULT_SCALE);
}

/** One for each currency in use; that of accounts without one where there are any, or no other. */
function totalsOf({ total, books, currencies = [] }: DirectoryVerdict): readonly CurrencyTotal[] {
  const isUnused = Object.values(books).every((sum) => sum === 0n);
  if (isUnused && currencies.length > 0) return currencies;
  return [{ currency: NO_CURRENCY, total, books }, ...currencies];
}

function totalLine({ currency, total, books }: CurrencyTotal): string {
  const { created, adjusted, deposited, withdrawn } = formatBooks(books, scaleOf(currency));
  return `  total ${formatMoney(total, currency)} = created ${created} + adjusted ${adjusted}`
    + ` + deposited ${deposited} - withdrawn ${withdrawn}`;
}

function formatBooks({ created, adjusted, deposited, withdrawn }: Books, scale: number) {
  return {
    created: formatAmount(created, scale),
    adjusted: formatAmount(adjusted, scale),
    deposited: formatAmount(deposited, scale),
    withdrawn: formatAmount(withdrawn, scale),
  };
}

/** `50.00`, or `50.00 EUR`. */
function formatMoney(units: number | bigint, currency: number): string {
  const code = currencyCode(currency);
  const amount = formatAmount(units, scaleOf(currency));
  return code === undefined ? amount : `${amount} ${code}`;
}

function row([account, balance, currency]: AccountRow): readonly [string, string] {
  return [String(account), formatMoney(balance, currency ?? NO_CURRENCY)];
}
