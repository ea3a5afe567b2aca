/**
 * Accounts and the trial balance in the words in which ACCOUNT and TRIAL are answered: of the
 * ledger as it is, and of what the history has made of it (`books/`).
 */
import type { AccountDetails } from './account.ts';
import { formatAmount } from './amount.ts';
import { CURRENCY_LIMIT, currencyCode, scaleOf } from './currency.ts';
import { FIRST_ACCOUNT } from './ids.ts';
import { AMOUNT_MAX } from './operation.ts';
import type { CurrencyTotal } from './system-accounts.ts';
import { utcText } from './utc-text.ts';

/** Amounts are decimals, such as `'50.00'`. */
export interface Account {
  readonly account: number;
  readonly name: string | null;
  /** As in ISO 4217. */
  readonly currency: string | null;
  readonly balance: string;
  /** Of the balance, by holds. */
  readonly held: string;
  /** The balance without that. */
  readonly available: string;
  readonly floor: string;
  /** Null where there is none. */
  readonly ceiling: string | null;
  readonly frozen: boolean;
  readonly closed: boolean;
  /** How often it was written: 1 when it is new. */
  readonly version: number;
  /** ISO 8601, to the microsecond. */
  readonly createdAt: string;
  readonly changedAt: string;
}

/** The sums of one currency: in order where the difference is zero. */
export interface TrialLine {
  readonly currency: string | null;
  /** How many have the currency. */
  readonly accounts: number;
  /** What they hold together. */
  readonly balance: string;
  /** What the system account holds, through which money enters and leaves. */
  readonly system: string;
  /** What the two differ by from zero. */
  readonly difference: string;
}

/** Accounts by their numbers, from FIRST_ACCOUNT on without gaps. */
interface Balances {
  readonly count: number;
  currency(account: number): number;
  balance(account: number): number;
}

interface Totals {
  totals(): Iterable<CurrencyTotal>;
}

export function describeAccount(details: AccountDetails, name: string | undefined): Account {
  const { account, balance, held, scale, currency, floor, ceiling, version } = details;
  const { isFrozen, isClosed, createdAt, changedAt } = details;
  return {
    account,
    name: name ?? null,
    currency: currencyCode(currency) ?? null,
    balance: formatAmount(balance, scale),
    held: formatAmount(held, scale),
    available: formatAmount(balance - held, scale),
    floor: formatAmount(floor, scale),
    ceiling: ceiling === AMOUNT_MAX ? null : formatAmount(ceiling, scale),
    frozen: isFrozen,
    closed: isClosed,
    version,
    createdAt: utcText(createdAt),
    changedAt: utcText(changedAt),
  };
}

/** What the accounts hold, and what each currency's system account holds against all of them. */
export function describeTrial(accounts: Balances, system: Totals): TrialLine[] {
  const sums = sumsByCurrency(accounts, system);
  return [...system.totals()].map(({ currency, accounts: count, total }) => {
    const held = sums.get(currency) ?? 0n;
    const text = (units: bigint): string => formatAmount(units, scaleOf(currency));
    return {
      currency: currencyCode(currency) ?? null, accounts: count, balance: text(held),
      system: text(-total), difference: text(held - total),
    };
  });
}

/**
 * Every account is looked at while everything else waits: no more than an addition for each. What a
 * number can't hold exactly any more is put aside as a bigint.
 */
function sumsByCurrency(accounts: Balances, system: Totals): ReadonlyMap<number, bigint> {
  const sums = new Map<number, bigint>();
  const parts = new Float64Array(CURRENCY_LIMIT);
  const putAside = (currency: number): void => {
    sums.set(currency, (sums.get(currency) ?? 0n) + BigInt(parts[currency] as number));
  };
  for (let at = FIRST_ACCOUNT; at < FIRST_ACCOUNT + accounts.count; at += 1) {
    const [currency, balance] = [accounts.currency(at), accounts.balance(at)];
    const part = (parts[currency] as number) + balance;
    const isExact = Math.abs(part) <= AMOUNT_MAX;
    if (!isExact) putAside(currency);
    parts[currency] = isExact ? part : balance;
  }
  for (const { currency } of system.totals()) putAside(currency);
  return sums;
}
