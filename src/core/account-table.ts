/**
 * The accounts: numbers from 100 upward without gaps, assigned here, by the replicas.
 *
 * Keeps true: balances are whole and within 0..AMOUNT_MAX; a version counts the changes of its
 * account, from 1; the digest is that of the records (each change takes the old state out and
 * counts the new in).
 */
import { assert } from './assert.ts';
import { AccountDigest } from './account-digest.ts';
import type { StateDigest } from './message.ts';
import { AMOUNT_MAX, DEFAULT_SCALE } from './operation.ts';
import { PagedTable, type TableImage } from './paged-table.ts';

export const FIRST_ACCOUNT = 100;

/** Fields of a record. 3, 4 and 5 (held, floor, ceiling) are 0, reserved for what comes next. */
const BALANCE = 0;
const VERSION = 1;
const SCALE = 2;
/** Timestamps of the entries that created and last changed it, microseconds. */
const CREATED_AT = 6;
const CHANGED_AT = 7;
const FIELDS = 8;
const NAME = 'accounts';

/** An account, spelled out: for exports and tests. */
export interface AccountBalance {
  readonly account: number;
  /** In units of 10^-scale. */
  readonly balance: number;
  readonly scale: number;
}

export class AccountTable {
  readonly #table: PagedTable;
  /** The time of the entry that is being executed; in a typed array so that it is never boxed. */
  readonly #now = new Float64Array(1);
  #digest = new AccountDigest();

  constructor(table = new PagedTable(NAME, FIELDS)) {
    this.#table = table;
  }

  /** Throws an Error that names what does not fit: an impossible record, or another digest. */
  static restore(image: TableImage | undefined, low: number, high: number): AccountTable {
    const accounts = new AccountTable(PagedTable.restore(image, NAME, FIELDS));
    for (let record = 0; record < accounts.count; record += 1) accounts.#checkRecord(record);
    const digest = accounts.#scan();
    if (digest.low !== low || digest.high !== high) {
      throw new Error(`the accounts' digest is ${digest.text}, not the one recorded with them`);
    }
    accounts.#digest = digest;
    return accounts;
  }

  get count(): number {
    return this.#table.records;
  }

  get digest(): AccountDigest {
    return this.#digest;
  }

  has(account: number): boolean {
    return account >= FIRST_ACCOUNT && account - FIRST_ACCOUNT < this.#table.records;
  }

  balance(account: number): number {
    return this.#table.get(account - FIRST_ACCOUNT, BALANCE);
  }

  version(account: number): number {
    return this.#table.get(account - FIRST_ACCOUNT, VERSION);
  }

  /** What is created and changed from now on carries this timestamp. */
  begin(timestamp: number): void {
    this.#now[0] = timestamp;
  }

  /** Opens the next account; its number. */
  create(balance: number): number {
    const record = this.#table.append();
    const page = this.#table.pageToWrite(record);
    const at = this.#table.offsetInPage(record);
    page[at + BALANCE] = balance;
    page[at + VERSION] = 1;
    page[at + SCALE] = DEFAULT_SCALE;
    page[at + CREATED_AT] = this.#now[0] as number;
    page[at + CHANGED_AT] = this.#now[0] as number;
    this.#digest.add(FIRST_ACCOUNT + record, balance, 1);
    return FIRST_ACCOUNT + record;
  }

  /** Gives an account that exists another balance; its new version. */
  change(account: number, balance: number): number {
    assert(balance >= 0 && balance <= AMOUNT_MAX, 'a balance is within its bounds');
    const record = account - FIRST_ACCOUNT;
    const page = this.#table.pageToWrite(record);
    const at = this.#table.offsetInPage(record);
    const version = (page[at + VERSION] as number) + 1;
    this.#digest.replace(account, page[at + BALANCE] as number, balance, version);
    page[at + BALANCE] = balance;
    page[at + VERSION] = version;
    page[at + CHANGED_AT] = this.#now[0] as number;
    return version;
  }

  /** The digest by a scan of every account: what `verify` and tests compare with the kept one. */
  recomputeDigest(): StateDigest {
    return this.#scan().text;
  }

  *balances(): IterableIterator<AccountBalance> {
    for (let record = 0; record < this.count; record += 1) {
      const balance = this.#table.get(record, BALANCE);
      const scale = this.#table.get(record, SCALE);
      yield { account: FIRST_ACCOUNT + record, balance, scale };
    }
  }

  snapshot(): TableImage {
    return this.#table.snapshot();
  }

  release(): void {
    this.#table.release();
  }

  #scan(): AccountDigest {
    const digest = new AccountDigest();
    for (let record = 0; record < this.count; record += 1) {
      const account = FIRST_ACCOUNT + record;
      digest.add(account, this.balance(account), this.version(account));
    }
    return digest;
  }

  #checkRecord(record: number): void {
    const balance = this.#table.get(record, BALANCE);
    const version = this.#table.get(record, VERSION);
    const sane =
      Number.isSafeInteger(balance) && balance >= 0 &&
      Number.isSafeInteger(version) && version >= 1 &&
      this.#table.get(record, SCALE) === DEFAULT_SCALE;
    if (!sane) throw new Error(`account ${FIRST_ACCOUNT + record} makes no sense`);
  }
}
