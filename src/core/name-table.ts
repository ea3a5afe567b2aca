/**
 * The names of accounts, each at most once in the bank.
 *
 * Keeps true: a name leads to one account, and an account has one name at most. A record is made
 * when an account first gets a name, and stays with it. Which record heads a bucket, and which
 * account has which record, is derived and rebuilt; typed arrays, because a Map of ten million
 * strings would weigh more than all else.
 */
import { FIRST_ACCOUNT } from './ids.ts';
import { PagedTable, type TableImage } from './paged-table.ts';

/** Fields of a record: whose name it is, and its 32 bytes, 6 to a field, zeros behind its end. */
const ACCOUNT = 0;
const WORD = 1;
const WORDS = 6;
const WORD_BYTES = 6;
const FIELDS = 8;
const NAME = 'names';
const BUCKETS_MIN = 1_024;
const TWO_32 = 4294967296;
const MULTIPLIER = 0x9e3779b1;

export class NameTable {
  readonly #table: PagedTable;
  /** Record number + 1 of each bucket's newest; 0 where it has none. */
  #heads = new Uint32Array(0);
  /** By record: that of its bucket before it, + 1. */
  #links = new Uint32Array(0);
  /** By account: its record + 1; 0 where it has none. */
  #records = new Uint32Array(0);

  constructor(table = new PagedTable(NAME, FIELDS)) {
    this.#table = table;
  }

  /** Of a bank with so many accounts. Throws an Error that names what does not fit. */
  static restore(image: TableImage | undefined, accounts: number): NameTable {
    const names = new NameTable(PagedTable.restore(image, NAME, FIELDS));
    for (let record = 0; record < names.#table.records; record += 1) {
      const account = names.#table.get(record, ACCOUNT);
      const exists = account >= FIRST_ACCOUNT && account < FIRST_ACCOUNT + accounts;
      if (!exists || !Number.isSafeInteger(account) || names.#recordOf(account) !== undefined) {
        throw new Error(`the name ${record} is that of account ${account}`);
      }
      names.#note(record);
    }
    names.#rebuild();
    return names;
  }

  /** The account of this name; undefined where nobody has it. */
  find(name: string): number | undefined {
    if (this.#heads.length === 0) return undefined;
    const words = wordsOf(name);
    let at = this.#heads[this.#bucketOf(words)] as number;
    while (at !== 0) {
      if (this.#holds(at - 1, words)) return this.#table.get(at - 1, ACCOUNT);
      at = this.#links[at - 1] as number;
    }
    return undefined;
  }

  /** Gives the account a name that nobody has, in the place of the one it may have had. */
  set(account: number, name: string): void {
    const words = wordsOf(name);
    let record = this.#recordOf(account);
    if (record === undefined) {
      record = this.#table.append();
      this.#table.set(record, ACCOUNT, account);
      this.#note(record);
    } else this.#unlink(record);
    for (const [at, word] of words.entries()) this.#table.set(record, WORD + at, word);
    if (record >= this.#heads.length) this.#rebuild();
    else this.#link(record);
  }

  /** Undefined where the account has none. */
  nameOf(account: number): string | undefined {
    const words = this.wordsOf(account);
    if (words === undefined) return undefined;
    const bytes = new Uint8Array(WORDS * WORD_BYTES);
    for (const [at, word] of words.entries()) {
      let value = word;
      for (let byte = WORD_BYTES - 1; byte >= 0; byte -= 1) {
        bytes[at * WORD_BYTES + byte] = value % 256;
        value = Math.floor(value / 256);
      }
    }
    const end = bytes.indexOf(0);
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, end));
  }

  /** The bytes of its name, as numbers; undefined where the account has none. */
  wordsOf(account: number): readonly number[] | undefined {
    const record = this.#recordOf(account);
    return record === undefined ? undefined : this.#wordsAt(record);
  }

  snapshot(): TableImage {
    return this.#table.snapshot();
  }

  release(): void {
    this.#table.release();
  }

  #holds(record: number, words: readonly number[]): boolean {
    return words.every((word, at) => this.#table.get(record, WORD + at) === word);
  }

  #wordsAt(record: number): number[] {
    return Array.from({ length: WORDS }, (_, at) => this.#table.get(record, WORD + at));
  }

  #bucketOf(words: readonly number[]): number {
    let hash = 0;
    for (const word of words) {
      hash = Math.imul(hash ^ (word | 0) ^ ((word / TWO_32) | 0), MULTIPLIER);
      hash ^= hash >>> 15;
    }
    return (hash >>> 0) % this.#heads.length;
  }

  #link(record: number): void {
    this.#links = withRoom(this.#links, record);
    const bucket = this.#bucketOf(this.#wordsAt(record));
    this.#links[record] = this.#heads[bucket] as number;
    this.#heads[bucket] = record + 1;
  }

  #unlink(record: number): void {
    const bucket = this.#bucketOf(this.#wordsAt(record));
    const next = this.#links[record] as number;
    let at = this.#heads[bucket] as number;
    if (at === record + 1) {
      this.#heads[bucket] = next;
      return;
    }
    while (this.#links[at - 1] !== record + 1) at = this.#links[at - 1] as number;
    this.#links[at - 1] = next;
  }

  /** All buckets anew: twice as many as there are records. */
  #rebuild(): void {
    this.#heads = new Uint32Array(Math.max(BUCKETS_MIN, 2 * this.#table.records));
    for (let record = 0; record < this.#table.records; record += 1) this.#link(record);
  }

  #recordOf(account: number): number | undefined {
    const record = this.#records[account - FIRST_ACCOUNT] ?? 0;
    return record === 0 ? undefined : record - 1;
  }

  #note(record: number): void {
    const at = this.#table.get(record, ACCOUNT) - FIRST_ACCOUNT;
    this.#records = withRoom(this.#records, at);
    this.#records[at] = record + 1;
  }
}

/** The array, or a larger one with its contents, which has a place for this index. */
function withRoom(array: Uint32Array<ArrayBuffer>, index: number): Uint32Array<ArrayBuffer> {
  if (index < array.length) return array;
  const larger = new Uint32Array(Math.max(BUCKETS_MIN, 2 * index));
  larger.set(array);
  return larger;
}

function wordsOf(name: string): number[] {
  const bytes = new Uint8Array(WORDS * WORD_BYTES);
  new TextEncoder().encodeInto(name, bytes);
  return Array.from({ length: WORDS }, (_, word) => {
    let value = 0;
    for (let byte = 0; byte < WORD_BYTES; byte += 1) {
      value = value * 256 + (bytes[word * WORD_BYTES + byte] as number);
    }
    return value;
  });
}
