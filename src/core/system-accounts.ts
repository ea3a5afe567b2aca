/**
 * The other side of every posting that is no transfer: one system account for each currency, from
 * which CREATE, UPDATE and DEPOSIT bring money in, and to which it leaves. So the books always sum
 * to zero (double entry).
 *
 * Keeps true: a system account's balance is minus the sum of all accounts of its currency. That sum
 * may be beyond what one number holds exactly, so it is kept in two: high * 2^52 + low.
 */
import { present } from './assert.ts';
import { PagedTable, type TableImage } from './paged-table.ts';

const CURRENCY = 0;
/** Accounts of the currency. */
const ACCOUNTS = 1;
/** What they hold together. Low is from 0 to 2^52 - 1. */
const HIGH = 2;
const LOW = 3;
const FIELDS = 4;
const NAME = 'currencies';
const TWO_52 = 2 ** 52;

export interface CurrencyTotal {
  readonly currency: number;
  readonly accounts: number;
  /** In the smallest unit. */
  readonly total: bigint;
}

export class SystemAccounts {
  readonly #table: PagedTable;
  /** Derived: the record of each currency in use. */
  readonly #records = new Map<number, number>();
  /** Postings of an open group, to be posted back. */
  #undo: (readonly [currency: number, before: number, after: number])[] | undefined;

  constructor(table = new PagedTable(NAME, FIELDS)) {
    this.#table = table;
  }

  /** Throws an Error that names what does not fit. */
  static restore(image: TableImage | undefined): SystemAccounts {
    const system = new SystemAccounts(PagedTable.restore(image, NAME, FIELDS));
    for (let record = 0; record < system.#table.records; record += 1) {
      system.#records.set(system.#table.get(record, CURRENCY), record);
    }
    if (system.#records.size !== system.#table.records) throw new Error('two of one currency');
    return system;
  }

  /**
   * Throws an Error that names a currency whose total is not that of `counted`, which the accounts
   * were opened in one by one. An account keeps its currency: both have the same order.
   */
  mustBe(counted: SystemAccounts): void {
    const records = Math.max(this.#table.records, counted.#table.records);
    for (let record = 0; record < records; record += 1) {
      const [found, right] = [this, counted].map((each) => each.#describe(record));
      if (found === right) continue;
      throw new Error(`the books have ${found}, the accounts ${right}`);
    }
  }

  /** An account of the currency is opened. */
  open(currency: number): void {
    let record = this.#records.get(currency);
    if (record === undefined) {
      record = this.#table.append();
      this.#table.set(record, CURRENCY, currency);
      this.#records.set(currency, record);
    }
    this.#table.set(record, ACCOUNTS, this.#table.get(record, ACCOUNTS) + 1);
  }

  /** An account of the currency changed its balance, and no other account did. */
  post(currency: number, before: number, after: number): void {
    const record = this.#records.get(currency) as number;
    if (this.#undo !== undefined) this.#undo.push([currency, before, after]);
    this.#add(record, -before);
    this.#add(record, after);
  }

  beginGroup(): void {
    this.#undo = [];
  }

  commitGroup(): void {
    this.#undo = undefined;
  }

  /** Everything since `beginGroup` is as it was. */
  rollBackGroup(): void {
    const postings = present(this.#undo, 'a group is open');
    this.#undo = undefined;
    for (const [currency, before, after] of postings) this.post(currency, after, before);
  }

  *totals(): IterableIterator<CurrencyTotal> {
    for (let record = 0; record < this.#table.records; record += 1) {
      const high = BigInt(this.#table.get(record, HIGH));
      yield {
        currency: this.#table.get(record, CURRENCY),
        accounts: this.#table.get(record, ACCOUNTS),
        total: high * BigInt(TWO_52) + BigInt(this.#table.get(record, LOW)),
      };
    }
  }

  snapshot(): TableImage {
    return this.#table.snapshot();
  }

  release(): void {
    this.#table.release();
  }

  #describe(record: number): string {
    if (record >= this.#table.records) return 'no more currencies';
    const [currency, accounts, high, low] = [CURRENCY, ACCOUNTS, HIGH, LOW].map((field) =>
      this.#table.get(record, field));
    return `${accounts} accounts of the currency ${currency} and ${high} * 2^52 + ${low} in them`;
  }

  #add(record: number, amount: number): void {
    let low = this.#table.get(record, LOW) + (amount % TWO_52);
    let high = this.#table.get(record, HIGH) + Math.trunc(amount / TWO_52);
    if (low < 0) {
      low += TWO_52;
      high -= 1;
    } else if (low >= TWO_52) {
      low -= TWO_52;
      high += 1;
    }
    this.#table.set(record, HIGH, high);
    this.#table.set(record, LOW, low);
  }
}
