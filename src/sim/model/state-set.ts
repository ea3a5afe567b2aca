/**
 * A set of states, each a row of so many 32-bit words, numbered in the order of their coming.
 *
 * Exact: whole rows are compared, so that two different states are never taken for one (unlike
 * hash compaction, Wolper & Leroy 1993).
 */
const ROWS_FIRST = 1 << 12;

export class StateSet {
  readonly #width: number;
  #rows: Int32Array;
  /** Open addressing: 1 + the number of a row, or 0. */
  #table: Int32Array;
  #count = 0;

  constructor(width: number) {
    this.#width = width;
    this.#rows = new Int32Array(ROWS_FIRST * width);
    this.#table = new Int32Array(4 * ROWS_FIRST);
  }

  get size(): number {
    return this.#count;
  }

  /** The row's number; as -1 - number where it was there before. */
  add(row: Int32Array): number {
    const mask = this.#table.length - 1;
    let at = hashOf(row) & mask;
    for (;;) {
      const found = this.#table[at] as number;
      if (found === 0) break;
      if (this.#equals(found - 1, row)) return -found;
      at = (at + 1) & mask;
    }
    const number = this.#count;
    this.#count += 1;
    this.#table[at] = this.#count;
    if (this.#count * this.#width > this.#rows.length) this.#growRows();
    this.#rows.set(row, number * this.#width);
    if (2 * this.#count > this.#table.length) this.#growTable();
    return number;
  }

  has(row: Int32Array): boolean {
    const mask = this.#table.length - 1;
    for (let at = hashOf(row) & mask; ; at = (at + 1) & mask) {
      const found = this.#table[at] as number;
      if (found === 0) return false;
      if (this.#equals(found - 1, row)) return true;
    }
  }

  read(number: number, into: Int32Array): void {
    const start = number * this.#width;
    for (let word = 0; word < this.#width; word += 1) {
      into[word] = this.#rows[start + word] as number;
    }
  }

  #equals(number: number, row: Int32Array): boolean {
    const start = number * this.#width;
    for (let word = 0; word < this.#width; word += 1) {
      if (this.#rows[start + word] !== row[word]) return false;
    }
    return true;
  }

  #growRows(): void {
    const rows = new Int32Array(2 * this.#rows.length);
    rows.set(this.#rows);
    this.#rows = rows;
  }

  #growTable(): void {
    const table = new Int32Array(2 * this.#table.length);
    const mask = table.length - 1;
    const row = new Int32Array(this.#width);
    for (let number = 0; number < this.#count; number += 1) {
      this.read(number, row);
      let at = hashOf(row) & mask;
      while (table[at] !== 0) at = (at + 1) & mask;
      table[at] = number + 1;
    }
    this.#table = table;
  }
}

/** FNV-1a over the words, mixed at the end (MurmurHash3's finalizer). */
function hashOf(row: Int32Array): number {
  let hash = 0x811c9dc5;
  for (const word of row) hash = Math.imul(hash ^ word, 0x01000193) ^ (hash >>> 15);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
