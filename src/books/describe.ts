/** What the books say, in the words in which the bank itself answers ACCOUNT and TRIAL. */
import { formatAmount } from '../core/amount.ts';
import { CURRENCY_LIMIT, currencyCode, scaleOf } from '../core/currency.ts';
import { FIRST_ACCOUNT } from '../core/ids.ts';
import { AMOUNT_MAX } from '../core/operation.ts';
import { utcText } from '../core/utc-text.ts';
import type { BookAccount } from './account-book.ts';
import type { Books } from './books.ts';

/** As the answer to ACCOUNT. Amounts are decimals. */
export interface DescribedAccount {
  readonly account: number;
  readonly name: string | null;
  readonly currency: string | null;
  readonly balance: string;
  readonly held: string;
  readonly available: string;
  readonly floor: string;
  readonly ceiling: string | null;
  readonly frozen: boolean;
  readonly closed: boolean;
  readonly version: number;
  readonly createdAt: string;
  readonly changedAt: string;
}

/** As a line of the answer to TRIAL. */
export interface DescribedTotal {
  readonly currency: string | null;
  readonly accounts: number;
  readonly balance: string;
  readonly system: string;
  readonly difference: string;
}

export function describeAccount(account: BookAccount, held: number): DescribedAccount {
  const { balance, scale, currency, floor, ceiling, version } = account;
  return {
    account: account.account,
    name: account.name ?? null,
    currency: currencyCode(currency) ?? null,
    balance: formatAmount(balance, scale),
    held: formatAmount(held, scale),
    available: formatAmount(balance - held, scale),
    floor: formatAmount(floor, scale),
    ceiling: ceiling === AMOUNT_MAX ? null : formatAmount(ceiling, scale),
    frozen: account.isFrozen,
    closed: account.isClosed,
    version,
    createdAt: utcText(account.createdAt),
    changedAt: utcText(account.changedAt),
  };
}

/** By currency: every account looked at, and what its system account holds against all of them. */
export function describeTrial(books: Books): readonly DescribedTotal[] {
  const sums = sumsByCurrency(books);
  return [...books.system.totals()].map(({ currency, accounts, total }) => {
    const held = sums.get(currency) ?? 0n;
    const text = (units: bigint): string => formatAmount(units, scaleOf(currency));
    return {
      currency: currencyCode(currency) ?? null, accounts, balance: text(held),
      system: text(-total), difference: text(held - total),
    };
  });
}

/** What a number can't hold exactly any more is put aside as a bigint. */
function sumsByCurrency({ accounts, system }: Books): ReadonlyMap<number, bigint> {
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
