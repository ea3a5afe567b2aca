/**
 * Which idempotency keys were used, for what, and where they were first answered.
 *
 * Keeps true: a key stays until `keysMax` newer ones were added; that number may change, and a key
 * that was dropped never comes back. Positions count up for ever from 1. Records stand in the order
 * of their positions, and go by whole pages from the front: another `keysMax` moves none of them,
 * so that it costs no time, however many there are. The records of one hash bucket form a chain,
 * newest first; what was dropped ends it. Which record heads a bucket is derived and rebuilt from
 * the records; a typed array, because ten million entries of a Map would weigh more than the
 * records, and stall the replica each time that it grows. There are as many buckets as the first
 * `keysMax` asks for, for ever: with ten times as many keys, chains are ten times as long, and
 * still of a few dozen records.
 */
import { assert } from './assert.ts';
import type { KeyHash } from './idempotency-key.ts';
import { PAGE_FIELDS, PagedTable, type TableImage } from './paged-table.ts';

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
/** Position of the bucket's record before this, perhaps dropped since; 0: there was none. */
const LINK = 7;
const FIELDS = 8;
const NAME = 'keys';
const NONE = 0;
const RECORDS_PER_PAGE = PAGE_FIELDS / FIELDS;
/** Records of a bucket, on average, when as many keys are kept as at first. */
const RECORDS_PER_BUCKET = 4;

/** What a key was used for, and where the first answer stands. */
export interface KeyUse {
  readonly content: number;
  readonly seq: number;
  /** Of the result in the entry's results. */
  readonly index: number;
  readonly sealed: boolean;
}

/** What is not in the records. */
export interface KeyCounts {
  /** So many keys are kept. */
  readonly keysMax: number;
  /** Position of the oldest key that is kept; 1 where there never was one. */
  readonly first: number;
  /** The position that the next key will get. */
  readonly next: number;
}

export class KeyTable implements KeyCounts {
  #keysMax: number;
  #first: number;
  #next: number;
  readonly #table: PagedTable;
  readonly #bucketMask: number;
  /** Position of each bucket's newest, perhaps dropped since; empty until there is a key. */
  #heads = new Float64Array(0);

  /** `foundingMax`: how many were kept at first. */
  constructor(
    foundingMax: number,
    counts: KeyCounts = { keysMax: foundingMax, first: 1, next: 1 },
    table = new PagedTable(NAME, FIELDS),
  ) {
    this.#keysMax = counts.keysMax;
    this.#first = counts.first;
    this.#next = counts.next;
    this.#table = table;
    const buckets = Math.max(1, foundingMax / RECORDS_PER_BUCKET);
    this.#bucketMask = 2 ** Math.ceil(Math.log2(buckets)) - 1;
  }

  /** Throws an Error that names what does not fit. */
  static restore(
    image: TableImage | undefined, foundingMax: number, counts: KeyCounts,
  ): KeyTable {
    const { keysMax, first, next } = counts;
    const keys = new KeyTable(foundingMax, counts, PagedTable.restore(image, NAME, FIELDS));
    const isSane = next === 1 ? first === 1 : first < next && next - first <= keysMax;
    if (!isSane) throw new Error(`of keys up to ${next}, those from ${first} are kept`);
    if (keys.#table.records !== next - 1 - keys.#dropped) {
      throw new Error(`there are ${keys.#table.records} records of keys ${first} to ${next - 1}`);
    }
    for (let position = first; position < next; position += 1) keys.#rebuildHead(position);
    return keys;
  }

  get keysMax(): number {
    return this.#keysMax;
  }

  get first(): number {
    return this.#first;
  }

  get next(): number {
    return this.#next;
  }

  /** Whether keys were dropped: one that is not found may have been used all the same. */
  get hasForgotten(): boolean {
    return this.#first > 1;
  }

  /** From now on so many are kept: the newest of those that are there now. */
  remember(keysMax: number): void {
    assert(Number.isSafeInteger(keysMax) && keysMax >= 1, 'one key at least is kept');
    this.#keysMax = keysMax;
    this.#dropBefore(this.#next - keysMax);
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
    this.#dropBefore(position + 1 - this.#keysMax);
    const bucket = this.#bucketOf(hash.high);
    const link = this.#headOf(bucket);
    const record = this.#table.append();
    assert(record === this.#recordOf(position), 'records stand in the order of positions');
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
    this.#setHead(bucket, position);
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
    return position >= this.#first;
  }

  /** Of how many keys the records are gone: whole pages. */
  get #dropped(): number {
    return (this.#first - 1) - ((this.#first - 1) % RECORDS_PER_PAGE);
  }

  #recordOf(position: number): number {
    return position - 1 - this.#dropped;
  }

  #dropBefore(first: number): void {
    if (first <= this.#first) return;
    const before = this.#dropped;
    this.#first = first;
    if (this.#dropped > before) {
      this.#table.dropPages((this.#dropped - before) / RECORDS_PER_PAGE);
    }
  }

  #bucketOf(high: number): number {
    return high & this.#bucketMask;
  }

  /** Position of the bucket's newest key; NONE where it has none that is kept. */
  #headOf(bucket: number): number {
    const position = this.#heads[bucket] ?? NONE;
    return this.#isKept(position) ? position : NONE;
  }

  #setHead(bucket: number, position: number): void {
    if (this.#heads.length === 0) this.#heads = new Float64Array(this.#bucketMask + 1);
    this.#heads[bucket] = position;
  }

  #rebuildHead(position: number): void {
    const record = this.#recordOf(position);
    const bucket = this.#bucketOf(this.#table.get(record, HASH_HIGH));
    const link = this.#table.get(record, LINK);
    const expected = this.#headOf(bucket);
    if (this.#isKept(link) ? link !== expected : expected !== NONE) {
      throw new Error(`key ${position} does not lead to the key of its bucket before it`);
    }
    this.#setHead(bucket, position);
  }
}
