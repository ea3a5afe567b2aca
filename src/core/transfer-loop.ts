/**
 * The hot loop: transfers without extensions between plain accounts that nothing speaks against,
 * many in a row. It makes no object, and boxes no number: what it hands to a function that may not
 * be inlined is within 32 bits. It stops at whatever is not of that kind; from there on the rules
 * (`account-rules.ts`), which know everything, decide.
 *
 * Accounts are read some way ahead, many together: with many accounts, nearly each is missing in
 * the processor's caches, and a dozen reads that do not wait for each other take about as long as
 * one (group prefetching; Chen, Ailamaki, Gibbons and Mowry, ICDE 2004).
 *
 * Keeps true: it does what the rules would do.
 */
import { highBits, type AccountDigest } from './account-digest.ts';
import { BALANCE, CHANGED_AT, POSTED, TERMS, VERSION } from './account-record.ts';
import { FIRST_ACCOUNT } from './ids.ts';
import {
  AMOUNT_MAX, CODE, DEFAULT_SCALE, KIND, RECORD_BYTES, RESULT_BYTES,
} from './operation.ts';
import type { PagedTable } from './paged-table.ts';
import { TWO_32, UNITS_OF_DIGITS, writeI64 } from './record.ts';

/** The first two bytes of a record: the kind, and no flags. */
const PLAIN_TRANSFER = KIND.transfer;
/** The first four bytes of a result. */
const DONE = CODE.ok | (KIND.transfer << 8) | (DEFAULT_SCALE << 16);
/** So many operations' accounts are read ahead: their records fill half of a first-level cache. */
const AHEAD = 128;

/** What the loop works on: parts of the table of accounts. */
export interface HotAccounts {
  readonly table: PagedTable;
  readonly digest: AccountDigest;
  /** The time of the entry, and its first link. */
  readonly now: Float64Array;
  /** Of the last change but one, then of the last: the account, and its balance before. */
  readonly changes: Float64Array;
}

export class TransferLoop {
  readonly #accounts: HotAccounts;
  #batch: DataView = new DataView(new ArrayBuffer(0));
  #results: DataView = new DataView(new ArrayBuffer(0));
  #links: Float64Array = new Float64Array(0);
  /** What the read-ahead read, so that it is not left out as if it were for nothing. */
  readonly #read = new Float64Array(1);

  constructor(accounts: HotAccounts) {
    this.#accounts = accounts;
  }

  /** What the calls that follow read and write. */
  begin(batch: DataView, results: DataView, links: Float64Array): void {
    this.#batch = batch;
    this.#results = results;
    this.#links = links;
  }

  /** Executes records from `at` on, at most so many. How many it was. */
  run(at: number, index: number, most: number): number {
    for (let done = 0; done < most; ) {
      const here = Math.min(most - done, AHEAD);
      const recordAt = at + done * RECORD_BYTES;
      this.#readAhead(recordAt, here);
      const ran = this.#execute(recordAt, index + done, here);
      done += ran;
      if (ran < here) return done;
    }
    return most;
  }

  /** Both ends of each account's record: it seldom begins where a cache line does. */
  #readAhead(at: number, count: number): void {
    const { table } = this.#accounts;
    const { records } = table;
    const batch = this.#batch;
    const end = at + count * RECORD_BYTES;
    let sum = 0;
    for (let recordAt = at; recordAt < end; recordAt += RECORD_BYTES) {
      if (batch.getUint16(recordAt, true) !== PLAIN_TRANSFER) break;
      const from = batch.getInt32(recordAt + 8, true) - FIRST_ACCOUNT;
      const to = batch.getInt32(recordAt + 16, true) - FIRST_ACCOUNT;
      if (from < 0 || from >= records || to < 0 || to >= records) continue;
      const fromPage = table.pageToRead(from);
      const fromAt = table.offsetInPage(from);
      const toPage = table.pageToRead(to);
      const toAt = table.offsetInPage(to);
      sum += (fromPage[fromAt] as number) + (fromPage[fromAt + CHANGED_AT] as number)
        + (toPage[toAt] as number) + (toPage[toAt + CHANGED_AT] as number);
    }
    this.#read[0] = sum;
  }

  #execute(at: number, index: number, most: number): number {
    const { table, digest, now, changes } = this.#accounts;
    const { records } = table;
    const batch = this.#batch;
    const results = this.#results;
    const links = this.#links;
    const changedAt = now[0] as number;
    const firstLink = now[1] as number;
    for (let done = 0; done < most; done += 1) {
      const recordAt = at + done * RECORD_BYTES;
      const head = batch.getUint32(recordAt, true);
      const digits = head >>> 16;
      const from = batch.getInt32(recordAt + 8, true) - FIRST_ACCOUNT;
      const to = batch.getInt32(recordAt + 16, true) - FIRST_ACCOUNT;
      const high = batch.getInt32(recordAt + 12, true) | batch.getInt32(recordAt + 20, true);
      const isPlain = (head & 0xffff) === PLAIN_TRANSFER && digits <= DEFAULT_SCALE
        && from >= 0 && from < records && to >= 0 && to < records && from !== to && high === 0;
      if (!isPlain) return done;
      const fromPage = table.pageToWrite(from);
      const fromAt = table.offsetInPage(from);
      const toPage = table.pageToWrite(to);
      const toAt = table.offsetInPage(to);
      const amount =
        batch.getInt32(recordAt + 28, true) * TWO_32 + batch.getUint32(recordAt + 24, true);
      const units = amount * (UNITS_OF_DIGITS[digits] as number);
      const fromBefore = fromPage[fromAt + BALANCE] as number;
      const toBefore = toPage[toAt + BALANCE] as number;
      const isAllowed = fromPage[fromAt + TERMS] === 0 && toPage[toAt + TERMS] === 0
        && amount >= 0 && units <= fromBefore && units <= AMOUNT_MAX - toBefore;
      if (!isAllowed) return done;

      const place = 2 * (index + done);
      const fromBalance = fromBefore - units;
      const fromVersion = (fromPage[fromAt + VERSION] as number) + 1;
      links[place] = fromPage[fromAt + POSTED] as number;
      fromPage[fromAt + BALANCE] = fromBalance;
      fromPage[fromAt + VERSION] = fromVersion;
      fromPage[fromAt + POSTED] = firstLink + place;
      fromPage[fromAt + CHANGED_AT] = changedAt;
      digest.replaceWords(
        from + FIRST_ACCOUNT, fromBefore | 0, highBits(fromBefore, fromVersion - 1),
        fromBalance | 0, highBits(fromBalance, fromVersion), fromVersion | 0,
      );
      const toBalance = toBefore + units;
      const toVersion = (toPage[toAt + VERSION] as number) + 1;
      links[place + 1] = toPage[toAt + POSTED] as number;
      toPage[toAt + BALANCE] = toBalance;
      toPage[toAt + VERSION] = toVersion;
      toPage[toAt + POSTED] = firstLink + place + 1;
      toPage[toAt + CHANGED_AT] = changedAt;
      digest.replaceWords(
        to + FIRST_ACCOUNT, toBefore | 0, highBits(toBefore, toVersion - 1),
        toBalance | 0, highBits(toBalance, toVersion), toVersion | 0,
      );

      const resultAt = (index + done) * RESULT_BYTES;
      results.setUint32(resultAt, DONE, true);
      results.setUint32(resultAt + 4, fromVersion, true);
      results.setUint32(resultAt + 8, from + FIRST_ACCOUNT, true);
      writeI64(results, resultAt + 16, fromBalance);
      writeI64(results, resultAt + 24, toBalance);
      changes[0] = from + FIRST_ACCOUNT;
      changes[1] = fromBefore;
      changes[2] = to + FIRST_ACCOUNT;
      changes[3] = toBefore;
    }
    return most;
  }
}
