/**
 * Which idempotency keys were used, for what, and where they were first answered.
 *
 * Keeps true: a key stays until `capacity` newer ones were added. Positions count up for ever from
 * 1. The records of one hash bucket form a chain, newest first; what was overwritten ends it. Which
 * record heads a bucket is derived and rebuilt from the records; a typed array, because ten million
 * entries of a Map would weigh more than the records, and stall the replica each time that it
 * grows.
 */
import type { KeyHash } from './idempotency-key.ts';
import { PagedTable, type TableImage } from './paged-table.ts';

/** Fields of a record. */
const HASH_HIGH = 0;
const HASH_MIDDLE = 1;
const HASH_LOW = 2;
/** Hash of the operation that the key was used for; 0 where sealed. */
const CONTENT = 3;
const SEQ = 4;
const INDEX = 5;
/** 1: never to be used for anything. */
const SEALED = 6;
/** Position of the bucket's record before this, perhaps overwritten since; 0: there was none. */
const LINK = 7;
const FIELDS = 8;
const NAME = 'keys';
const NONE = 0;
/** Records of a bucket, on average, when the ring is full. */
const RECORDS_PER_BUCKET = 4;

/** What a key was used for, and where the first answer stands. */
export interface KeyUse {
  readonly content: number;
  readonly seq: number;
  /** Of the result in the entry's results. */
  readonly index: number;
  readonly sealed: boolean;
}

export class KeyTable {
  readonly #capacity: number;
  readonly #table: PagedTable;
  readonly #bucketMask: number;
  /** Record number + 1 of each bucket's newest; empty until there is a key. */
  #heads = new Uint32Array(0);
  #next: number;

  constructor(capacity: number, table = new PagedTable(NAME, FIELDS), next = 1) {
    this.#capacity = capacity;
    this.#table = table;
    this.#next = next;
    const buckets = Math.max(1, capacity / RECORDS_PER_BUCKET);
    this.#bucketMask = 2 ** Math.ceil(Math.log2(buckets)) - 1;
  }

  /** Throws an Error that names what does not fit. */
  static restore(image: TableImage | undefined, capacity: number, next: number): KeyTable {
    const keys = new KeyTable(capacity, PagedTable.restore(image, NAME, FIELDS), next);
    if (keys.#table.records !== Math.min(next - 1, capacity)) {
      throw new Error(`the ring of keys holds ${keys.#table.records} of ${next - 1}`);
    }
    for (let position = Math.max(1, next - capacity); position < next; position += 1) {
      keys.#rebuildHead(position);
    }
    return keys;
  }

  /** The position that the next key will get. */
  get next(): number {
    return this.#next;
  }

  /** Whether keys were dropped: one that is not found may have been used all the same. */
  get hasForgotten(): boolean {
    return this.#next - 1 > this.#capacity;
  }

  find(hash: KeyHash): KeyUse | undefined {
    let position = this.#headOf(this.#bucketOf(hash.high));
    while (this.#isKept(position)) {
      const record = this.#recordOf(position);
      if (this.#matches(record, hash)) return this.#useAt(record);
      position = this.#table.get(record, LINK);
    }
    return undefined;
  }

  /** Adds a key that `find` does not find. */
  add(hash: KeyHash, use: KeyUse): void {
    const position = this.#next;
    if (position <= this.#capacity) this.#table.append();
    else this.#forget(position - this.#capacity);
    const bucket = this.#bucketOf(hash.high);
    const link = this.#headOf(bucket);
    const record = this.#recordOf(position);
    const page = this.#table.pageToWrite(record);
    const at = this.#table.offsetInPage(record);
    page[at + HASH_HIGH] = hash.high;
    page[at + HASH_MIDDLE] = hash.middle;
    page[at + HASH_LOW] = hash.low;
    page[at + CONTENT] = use.content;
    page[at + SEQ] = use.seq;
    page[at + INDEX] = use.index;
    page[at + SEALED] = use.sealed ? 1 : 0;
    page[at + LINK] = link;
    this.#next = position + 1;
    this.#setHead(bucket, record + 1);
  }

  snapshot(): TableImage {
    return this.#table.snapshot();
  }

  release(): void {
    this.#table.release();
  }

  #matches(record: number, hash: KeyHash): boolean {
    const page = this.#table.pageToRead(record);
    const at = this.#table.offsetInPage(record);
    return (
      page[at + HASH_HIGH] === hash.high &&
      page[at + HASH_MIDDLE] === hash.middle &&
      page[at + HASH_LOW] === hash.low
    );
  }

  #useAt(record: number): KeyUse {
    return {
      content: this.#table.get(record, CONTENT),
      seq: this.#table.get(record, SEQ),
      index: this.#table.get(record, INDEX),
      sealed: this.#table.get(record, SEALED) === 1,
    };
  }

  #isKept(position: number): boolean {
    return position > NONE && position >= this.#next - this.#capacity;
  }

  #recordOf(position: number): number {
    return (position - 1) % this.#capacity;
  }

  /** The position of the kept key in this record. */
  #positionOf(record: number): number {
    const newest = this.#next - 1;
    const age = (((newest - 1 - record) % this.#capacity) + this.#capacity) % this.#capacity;
    return newest - age;
  }

  #bucketOf(high: number): number {
    return high & this.#bucketMask;
  }

  /** Position of the bucket's newest key; NONE where it has none. */
  #headOf(bucket: number): number {
    const head = this.#heads[bucket] ?? 0;
    return head === 0 ? NONE : this.#positionOf(head - 1);
  }

  #setHead(bucket: number, head: number): void {
    if (this.#heads.length === 0) this.#heads = new Uint32Array(this.#bucketMask + 1);
    this.#heads[bucket] = head;
  }

  /** The oldest key is about to be overwritten. It ends its chain, or it is the whole of it. */
  #forget(oldest: number): void {
    const record = this.#recordOf(oldest);
    const bucket = this.#bucketOf(this.#table.get(record, HASH_HIGH));
    if (this.#heads[bucket] === record + 1) this.#setHead(bucket, 0);
  }

  #rebuildHead(position: number): void {
    const record = this.#recordOf(position);
    const bucket = this.#bucketOf(this.#table.get(record, HASH_HIGH));
    const link = this.#table.get(record, LINK);
    const expected = this.#headOf(bucket);
    if (this.#isKept(link) ? link !== expected : expected !== NONE) {
      throw new Error(`key ${position} does not lead to the key of its bucket before it`);
    }
    this.#setHead(bucket, record + 1);
  }
}
