/**
 * The accounts of the books: what is in every account in typed arrays, and on the side what only
 * some have (a name, limits of their own, frozen, closed), so that ten million accounts fit.
 */
import { CURRENCY_LIMIT, scaleOf } from '../core/currency.ts';
import { FIRST_ACCOUNT } from '../core/ids.ts';
import { AMOUNT_MAX } from '../core/operation.ts';
import { PagedTable } from '../core/paged-table.ts';

/** Fields of a record. */
const BALANCE = 0;
/** version * CURRENCY_LIMIT + the number of its currency. */
const VERSION_AND_CURRENCY = 1;
const CREATED_AT = 2;
const CHANGED_AT = 3;
const FIELDS = 4;

/** What is out of the ordinary in an account. Limits in the smallest unit. */
export interface Standing {
  readonly name: string | undefined;
  readonly floor: number;
  readonly ceiling: number;
  readonly isFrozen: boolean;
  readonly isClosed: boolean;
}

export const ORDINARY: Standing = {
  name: undefined, floor: 0, ceiling: AMOUNT_MAX, isFrozen: false, isClosed: false,
};

/** All about an account but what is held of it. Amounts in the smallest unit. */
export interface BookAccount extends Standing {
  readonly account: number;
  readonly balance: number;
  readonly version: number;
  readonly currency: number;
  readonly scale: number;
  /** Microseconds since 1970. */
  readonly createdAt: number;
  readonly changedAt: number;
}

export class AccountBook {
  readonly #table = new PagedTable('books', FIELDS);
  readonly #standings = new Map<number, Standing>();

  get count(): number {
    return this.#table.records;
  }

  has(account: number): boolean {
    return account >= FIRST_ACCOUNT && account - FIRST_ACCOUNT < this.#table.records;
  }

  balance(account: number): number {
    return this.#table.get(account - FIRST_ACCOUNT, BALANCE);
  }

  currency(account: number): number {
    return this.#table.get(account - FIRST_ACCOUNT, VERSION_AND_CURRENCY) % CURRENCY_LIMIT;
  }

  standing(account: number): Standing {
    return this.#standings.get(account) ?? ORDINARY;
  }

  details(account: number): BookAccount {
    const record = account - FIRST_ACCOUNT;
    const currency = this.currency(account);
    const version = Math.floor(this.#table.get(record, VERSION_AND_CURRENCY) / CURRENCY_LIMIT);
    return {
      account, balance: this.balance(account), version, currency, scale: scaleOf(currency),
      ...this.standing(account), createdAt: this.#table.get(record, CREATED_AT),
      changedAt: this.#table.get(record, CHANGED_AT),
    };
  }

  /** The next account. */
  open(balance: number, currency: number, timestamp: number): void {
    const record = this.#table.append();
    this.#table.set(record, VERSION_AND_CURRENCY, currency);
    this.#table.set(record, CREATED_AT, timestamp);
    this.change(FIRST_ACCOUNT + record, balance, timestamp);
  }

  /** A write of the account, which there is; what it held before. */
  change(account: number, balance: number, timestamp: number): number {
    const record = account - FIRST_ACCOUNT;
    const page = this.#table.pageToWrite(record);
    const at = this.#table.offsetInPage(record);
    const before = page[at + BALANCE] as number;
    page[at + BALANCE] = balance;
    page[at + VERSION_AND_CURRENCY] = (page[at + VERSION_AND_CURRENCY] as number) + CURRENCY_LIMIT;
    page[at + CHANGED_AT] = timestamp;
    return before;
  }

  setStanding(account: number, standing: Standing): void {
    this.#standings.set(account, standing);
  }

  /** The next account, as it was kept elsewhere. */
  restore(account: BookAccount): void {
    const { balance, version, currency, createdAt, changedAt } = account;
    const { name, floor, ceiling, isFrozen, isClosed } = account;
    const record = this.#table.append();
    const fields = [balance, version * CURRENCY_LIMIT + currency, createdAt, changedAt];
    for (const [field, value] of fields.entries()) this.#table.set(record, field, value);
    const isOrdinary = name === undefined && floor === 0 && ceiling === AMOUNT_MAX;
    if (isOrdinary && !isFrozen && !isClosed) return;
    this.#standings.set(FIRST_ACCOUNT + record, { name, floor, ceiling, isFrozen, isClosed });
  }
}
