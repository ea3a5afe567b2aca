/**
 * Currencies as the twin knows them: the digits of each (only the list is that of the core), what
 * all accounts of one hold together, and how it came in and went out.
 */
import { CURRENCIES } from '../../core/currency.ts';
import { TwinTable } from './twin-table.ts';

/** That of an account without one. */
export const NO_CURRENCY = 0;
const DIGITS_WITHOUT = 2;

/** How money came in and went out, in the smallest unit. */
export interface Books {
  readonly created: bigint;
  /** What UPDATEs added, less what they took. */
  readonly adjusted: bigint;
  readonly deposited: bigint;
  readonly withdrawn: bigint;
}

export const EMPTY_BOOKS: Books = { created: 0n, adjusted: 0n, deposited: 0n, withdrawn: 0n };

const CODES = new Map<number, string>();
const DIGITS = new Map([[NO_CURRENCY, DIGITS_WITHOUT]]);
for (const [digits, codes] of CURRENCIES) {
  for (const [code] of codes.matchAll(/[A-Z]{3}/g)) {
    CODES.set(numberOf(code), code);
    DIGITS.set(numberOf(code), digits);
  }
}

/** After the point; undefined for what is no currency. */
export function digitsOf(currency: number): number | undefined {
  return DIGITS.get(currency);
}

/** Undefined for NO_CURRENCY, too. */
export function codeOf(currency: number): string | undefined {
  return CODES.get(currency);
}

/** A number of base 26 with the digits A to Z, and one more: AAA is 1. */
function numberOf(code: string): number {
  const digits = [...code].map((letter) => (Number.parseInt(letter, 36) - 10).toString(26));
  return Number.parseInt(digits.join(''), 26) + 1;
}

interface Currency {
  readonly record: number;
  sum: bigint;
  accounts: number;
  books: Books;
}

/** Those in use. */
export class TwinCurrencies {
  readonly table: TwinTable = new TwinTable('currencies', [
    'currency', 'accounts', 'total, bits from 52', 'total, bits 0 to 51',
  ]);
  readonly #currencies = new Map<number, Currency>();
  /** How each was before an attempt. */
  #before: readonly Currency[] = [];

  /** In the order in which they came into use. */
  get all(): readonly number[] {
    return [...this.#currencies.keys()];
  }

  /** How money of the currency came in and went out. */
  books(currency: number): Books {
    return this.#currencies.get(currency)?.books ?? EMPTY_BOOKS;
  }

  /** One more account has it, with so much in it. */
  open(currency: number, amount: bigint): void {
    if (!this.#currencies.has(currency)) {
      const record = this.table.append([currency, 0, 0, 0]);
      this.#currencies.set(currency, { record, sum: 0n, accounts: 0, books: EMPTY_BOOKS });
    }
    this.#of(currency).accounts += 1;
    this.post(currency, 'created', amount);
  }

  /** So much more is created, adjusted, deposited or withdrawn. */
  post(currency: number, how: keyof Books, amount: bigint): void {
    const one = this.#of(currency);
    one.books = { ...one.books, [how]: one.books[how] + amount };
    one.sum += how === 'withdrawn' ? -amount : amount;
    const low = BigInt.asUintN(52, one.sum);
    const high = (one.sum - low) / 2n ** 52n;
    this.table.fill(one.record, [currency, one.accounts, Number(high), Number(low)]);
  }

  /** What is posted from now on may be taken back. */
  attempt(): void {
    this.#before = [...this.#currencies.values()].map((one) => ({ ...one }));
    this.table.attempt();
  }

  /** It stays, or all is as it was. */
  settle(isDone: boolean): void {
    this.table.settle(isDone);
    if (isDone) return;
    for (const one of this.#before) this.#currencies.set(this.table.get(one.record, 0), one);
  }

  #of(currency: number): Currency {
    const one = this.#currencies.get(currency);
    if (one === undefined) throw new Error(`no account is in the currency ${currency}`);
    return one;
  }
}
