/**
 * The names of accounts, each at most once in the bank.
 *
 * Keeps true: a name leads to one account, and an account has one name at most. A record is made
 * when an account first gets a name, and stays with it. Where a name, and an account, leads is
 * derived and rebuilt.
 */
import { SALT } from './hash.ts';
import { HashIndex, withRoom } from './hash-index.ts';
import { FIRST_ACCOUNT } from './ids.ts';
import { PagedTable, type TableImage } from './paged-table.ts';

/** Fields of a record: whose name it is, and its 32 bytes, 6 to a field, zeros behind its end. */
const ACCOUNT = 0;
const WORD = 1;
const WORDS = 6;
const WORD_BYTES = 6;
const FIELDS = 8;
const NAME = 'names';
const TWO_32 = 4294967296;
const MULTIPLIER = 0x9e3779b1;

/** Fields of the bytes of names, with the least and the greatest behind what they begin with. */
export interface NameRange {
  readonly first: readonly number[];
  readonly last: readonly number[];
}

/** All names that begin with these bytes: for a report, which looks at very many names. */
export function namesFrom(prefix: string): NameRange {
  return { first: wordsOf(prefix), last: wordsOf(prefix, 0xff) };
}

export class NameTable {
  readonly #table: PagedTable;
  readonly #index = new HashIndex((record) => hashOf(this.#wordsAt(record)));
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
      names.#index.add(record);
    }
    return names;
  }

  /** The account of this name; undefined where nobody has it. */
  find(name: string): number | undefined {
    const words = wordsOf(name);
    const record = this.#index.find(hashOf(words), (each) => this.#holds(each, words));
    return record === undefined ? undefined : this.#table.get(record, ACCOUNT);
  }

  /** Gives the account a name that nobody has, in the place of the one it may have had. */
  set(account: number, name: string): void {
    let record = this.#recordOf(account);
    if (record === undefined) {
      record = this.#table.append();
      this.#table.set(record, ACCOUNT, account);
      this.#note(record);
    } else this.#index.remove(record);
    for (const [at, word] of wordsOf(name).entries()) this.#table.set(record, WORD + at, word);
    this.#index.add(record);
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

  /** Whether the account's name lies between the two, their bytes compared field by field. */
  isWithin(account: number, { first, last }: NameRange): boolean {
    const record = this.#recordOf(account);
    if (record === undefined) return false;
    for (let at = 0; at < WORDS; at += 1) {
      const word = this.#table.get(record, WORD + at);
      if (word < (first[at] as number) || word > (last[at] as number)) return false;
    }
    return true;
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

/** One word into the hash: multiply by odd numbers that depend on the salt, and fold. */
function step(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, (SALT ^ MULTIPLIER) | 1);
  const folded = product ^ (product >>> 15);
  const again = Math.imul(folded, MULTIPLIER);
  return again ^ (again >>> 13);
}

/** Salted, since names are chosen by clients. */
function hashOf(words: readonly number[]): number {
  let hash = SALT | 0;
  for (const word of words) {
    hash = step(step(hash, word | 0), (word / TWO_32) | 0);
  }
  return hash;
}

function wordsOf(name: string, behind = 0): number[] {
  const bytes = new Uint8Array(WORDS * WORD_BYTES).fill(behind);
  new TextEncoder().encodeInto(name, bytes);
  return Array.from({ length: WORDS }, (_, word) => {
    let value = 0;
    for (let byte = 0; byte < WORD_BYTES; byte += 1) {
      value = value * 256 + (bytes[word * WORD_BYTES + byte] as number);
    }
    return value;
  });
}
