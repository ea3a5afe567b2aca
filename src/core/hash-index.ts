/**
 * Which records of a table have a hash: chains of records in buckets. Derived from the table, and
 * rebuilt from it; typed arrays, because a Map of ten million entries would weigh more than the
 * records themselves.
 */
import { SALT } from './hash.ts';

const BUCKETS_MIN = 1_024;
const MULTIPLIER = 0x9e3779b1;

export class HashIndex {
  readonly #hashOf: (record: number) => number;
  /** Record number + 1 of each bucket's newest; 0 where it has none. */
  #heads = new Uint32Array(BUCKETS_MIN);
  /** By record: the one of its bucket before it, + 1. */
  #links = new Uint32Array(BUCKETS_MIN);
  #count = 0;

  /** `hashOf`: 32 bits of what the record is found by, as it stands in the table. */
  constructor(hashOf: (record: number) => number) {
    this.#hashOf = hashOf;
  }

  /** The record that matches, among those with this hash; undefined where none does. */
  find(hash: number, matches: (record: number) => boolean): number | undefined {
    let at = this.#heads[this.#bucketOf(hash)] as number;
    while (at !== 0) {
      if (matches(at - 1)) return at - 1;
      at = this.#links[at - 1] as number;
    }
    return undefined;
  }

  add(record: number): void {
    this.#links = withRoom(this.#links, record);
    this.#count += 1;
    if (this.#count > this.#heads.length) this.#spread();
    this.#link(record);
  }

  /** Before what the record is found by changes. */
  remove(record: number): void {
    const bucket = this.#bucketOf(this.#hashOf(record));
    const next = this.#links[record] as number;
    this.#count -= 1;
    let at = this.#heads[bucket] as number;
    if (at === record + 1) {
      this.#heads[bucket] = next;
      return;
    }
    while (this.#links[at - 1] !== record + 1) at = this.#links[at - 1] as number;
    this.#links[at - 1] = next;
  }

  #link(record: number): void {
    const bucket = this.#bucketOf(this.#hashOf(record));
    this.#links[record] = this.#heads[bucket] as number;
    this.#heads[bucket] = record + 1;
  }

  /** Into twice as many buckets. */
  #spread(): void {
    const old = this.#heads;
    this.#heads = new Uint32Array(2 * old.length);
    for (const head of old) {
      for (let at = head; at !== 0; ) {
        const next = this.#links[at - 1] as number;
        this.#link(at - 1);
        at = next;
      }
    }
  }

  #bucketOf(hash: number): number {
    const salted = hash ^ SALT;
    const mixed = Math.imul(salted ^ (salted >>> 16), MULTIPLIER);
    const again = Math.imul(mixed ^ (mixed >>> 15), MULTIPLIER);
    return ((again ^ (again >>> 16)) >>> 0) % this.#heads.length;
  }
}

/** The array, or a larger one with its contents, which has a place for this index. */
export function withRoom(
  array: Uint32Array<ArrayBuffer>, index: number,
): Uint32Array<ArrayBuffer> {
  if (index < array.length) return array;
  const larger = new Uint32Array(Math.max(BUCKETS_MIN, 2 * index));
  larger.set(array);
  return larger;
}
