/** What a report says, from the twin's accounts: JSON, put together by hand. */
import { FLAG_TERMS, KIND } from '../../src/core/operation.ts';
import { CONDITIONS, TERM } from '../../src/core/terms.ts';
import type { LedgerTwin } from '../../src/verify/twin/ledger-twin.ts';
import { isExact, LARGEST } from '../../src/verify/twin/amounts.ts';
import type { Account } from '../../src/verify/twin/twin-accounts.ts';
import { codeOf, digitsOf } from '../../src/verify/twin/twin-currencies.ts';
import { readChunks, type TwinOperation } from '../../src/verify/twin/twin-records.ts';
import type { TwinTerms } from '../../src/verify/twin/twin-terms.ts';

const PAGE = 500n;
const NO_FILTER = TERM.frozen | TERM.closed | CONDITIONS;

/** Undefined where the batch does not begin with a report. */
export function reportTwin(twin: LedgerTwin, batch: Uint8Array): Uint8Array | undefined {
  const kind = batch[64] ?? 0;
  if (kind < KIND.account || kind > KIND.trial) return undefined;
  const chunks = readChunks(batch);
  const [operation] = chunks.flatMap(({ operations }) => operations);
  const flags = operation?.flags ?? 0;
  const records = 2 + (flags & 1) + (flags & 2) / 2 + (flags & 8) / 8;
  const isAlone = chunks.length === 1 && chunks[0]?.operations.length === 1
    && batch.length === 64 * records;
  if (operation === undefined || !isAlone) return new Uint8Array();
  const text = new TextEncoder().encode(reportOf(twin, operation) ?? '');
  // Whole results, blanks behind it.
  const padded = new Uint8Array(32 * Math.ceil(text.length / 32)).fill(0x20);
  padded.set(text);
  return padded;
}

function reportOf(twin: LedgerTwin, operation: TwinOperation): string | undefined {
  const { kind, flags, account, amount, terms } = operation;
  const hasTerms = flags === FLAG_TERMS && terms !== undefined;
  if (!isExact(account) || (flags !== 0 && !hasTerms)) return undefined;
  if (kind === KIND.accounts) {
    if (terms !== undefined && (terms.given & NO_FILTER) !== 0) return undefined;
    return amount >= 1n && amount <= PAGE ? page(twin, account, amount, terms) : undefined;
  }
  if (kind === KIND.account && hasTerms) {
    if (terms.given !== TERM.name || account !== 0n) return undefined;
    const named = [...twin.accounts()].find(({ number }) => twin.nameOf(number) === terms.name);
    return `{"account":${named === undefined ? null : describe(twin, named)}}`;
  }
  if (hasTerms) return undefined;
  if (kind === KIND.trial) return trial(twin);
  const one = twin.find(account);
  return `{"account":${one === undefined ? null : describe(twin, one)}}`;
}

function page(
  twin: LedgerTwin, from: bigint, limit: bigint, terms: TwinTerms | undefined,
): string {
  const shown: string[] = [];
  let next: number | null = null;
  for (const account of twin.accounts()) {
    if (account.number < from) continue;
    if (shown.length === Number(limit)) {
      next = account.number;
      break;
    }
    if (passes(twin, account, terms)) shown.push(describe(twin, account));
  }
  return `{"accounts":[${shown.join()}],"next":${next}}`;
}

function passes(twin: LedgerTwin, account: Account, terms: TwinTerms | undefined): boolean {
  if (terms === undefined) return true;
  const { floor, ceiling, currency, name, digits } = terms;
  const balance = account.balance * 10n ** BigInt(digits);
  const unit = 10n ** BigInt(account.digits);
  return (currency === undefined || currency === account.currency)
    && (name === undefined || (twin.nameOf(account.number) ?? '').startsWith(name))
    && (floor === undefined || balance >= floor * unit)
    && (ceiling === undefined || balance <= ceiling * unit);
}

function trial(twin: LedgerTwin): string {
  const counts = new Map<number, number>();
  for (const { currency } of twin.accounts()) {
    counts.set(currency, (counts.get(currency) ?? 0) + 1);
  }
  const rows = twin.totals().map(({ currency, total }) => {
    const text = (units: bigint) => JSON.stringify(decimal(units, digitsOf(currency) ?? NaN));
    return `{"currency":${quoted(codeOf(currency))},"accounts":${counts.get(currency)},`
      + `"balance":${text(total)},"system":${text(-total)},"difference":${text(0n)}}`;
  });
  return `{"currencies":[${rows.join()}]}`;
}

function describe(twin: LedgerTwin, account: Account): string {
  const { number, currency, digits, balance, held, floor, ceiling, version } = account;
  const { frozen, closed } = account;
  const record = number - 100;
  const [accounts, creations] = twin.tables();
  const [created, changed] = [creations?.get(record, 0) ?? NaN, accounts?.get(record, 7) ?? NaN];
  const limit = ceiling === LARGEST ? null : JSON.stringify(decimal(ceiling, digits));
  return `{"account":${number},"name":${quoted(twin.nameOf(number))},`
    + `"currency":${quoted(codeOf(currency))},"balance":"${decimal(balance, digits)}",`
    + `"held":"${decimal(held, digits)}","available":"${decimal(balance - held, digits)}",`
    + `"floor":"${decimal(floor, digits)}","ceiling":${limit},"frozen":${frozen},`
    + `"closed":${closed},"version":${version},"createdAt":"${timeOf(created)}",`
    + `"changedAt":"${timeOf(changed)}"}`;
}

function quoted(text: string | undefined): string {
  return JSON.stringify(text ?? null);
}

function decimal(units: bigint, digits: number): string {
  const unit = 10n ** BigInt(digits);
  const [sign, size] = units < 0n ? ['-', -units] : ['', units];
  const fraction = digits === 0 ? '' : `.${String(unit + (size % unit)).slice(1)}`;
  return `${sign}${size / unit}${fraction}`;
}

function timeOf(microseconds = NaN): string {
  const text = new Date(Math.floor(microseconds / 1000)).toISOString();
  return text.replace('Z', `${String(microseconds % 1000).padStart(3, '0')}Z`);
}
