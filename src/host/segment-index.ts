/** Where the entries of one segment stand, and of what lengths: seq → place in the file. */
import { assert } from '../core/assert.ts';
import type { Seq, Timestamp } from '../core/ids.ts';
import type { EntryHead } from '../wire/journal-entry.ts';

/** Fields of an entry. */
const OFFSET = 0;
const TIMESTAMP = 1;
const LINKS_BYTES = 2;
const BATCH_BYTES = 3;
const RESULTS_BYTES = 4;
const FIELDS = 5;
/** Up to here an entry is read as a whole: that takes about as long as reading parts of it. */
const SMALL_BYTES = 32 * 1024;

/** An entry's record in the file, and its parts. */
export interface IndexedEntry extends EntryHead {
  readonly from: number;
  /** Where it ends at the latest. */
  readonly to: number;
}

export class SegmentIndex {
  readonly first: Seq;
  /** Where the last record ends. */
  end = 0;
  #fields = new Float64Array(64 * FIELDS);
  #count = 0;

  constructor(first: Seq) {
    this.first = first;
  }

  get count(): number {
    return this.#count;
  }

  /** The next entry stands at the end, and takes so many bytes. */
  append(head: EntryHead, bytes: number): void {
    this.push(this.end, head);
    this.end += bytes;
  }

  /** The next entry stands here. */
  push(offset: number, head: EntryHead): void {
    const at = this.#count * FIELDS;
    assert(this.#count === 0 || offset > this.#get(this.#count - 1, OFFSET), 'offsets grow');
    if (at === this.#fields.length) {
      const grown = new Float64Array(2 * at);
      grown.set(this.#fields);
      this.#fields = grown;
    }
    const { timestamp, linksBytes, batchBytes, resultsBytes } = head;
    this.#fields.set([offset, timestamp, linksBytes, batchBytes, resultsBytes], at);
    this.#count += 1;
  }

  /** Undefined where it is not here. */
  find(seq: Seq): IndexedEntry | undefined {
    const at = seq - this.first;
    if (at < 0 || at >= this.#count) return undefined;
    return {
      from: this.#get(at, OFFSET),
      to: at + 1 < this.#count ? this.#get(at + 1, OFFSET) : this.end,
      timestamp: this.#get(at, TIMESTAMP) as Timestamp,
      linksBytes: this.#get(at, LINKS_BYTES),
      batchBytes: this.#get(at, BATCH_BYTES),
      resultsBytes: this.#get(at, RESULTS_BYTES),
    };
  }

  #get(at: number, field: number): number {
    return this.#fields[at * FIELDS + field] as number;
  }
}

/** It is worth while to read only what is wanted of it. */
export function isLarge({ from, to }: IndexedEntry): boolean {
  return to - from > SMALL_BYTES;
}
