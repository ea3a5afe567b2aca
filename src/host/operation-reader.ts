/**
 * Reads single operations from wherever they stand in the journal, for whoever follows the links of
 * postings (`core/posting-link.ts`).
 *
 * A small entry, and one of which very many operations are wanted in a row, is read and checked as
 * a whole. Of a large one only what is asked for is read, and its checksum says nothing of that:
 * who follows links checks that each posting leads to the next. Its links are read first: while
 * they are followed, the records are read on other threads, where the disk has to be asked.
 *
 * Keeps true: whatever the entries are like, others have a turn every few milliseconds.
 */
import { assert } from '../core/assert.ts';
import type { ExecutedEntry } from '../core/entry.ts';
import type { Seq } from '../core/ids.ts';
import { RECORD_BYTES, RESULT_BYTES, RESULT_KIND_AT, viewOf } from '../core/operation.ts';
import { LINKS_BYTES } from '../core/posting-link.ts';
import { ENTRY_HEADER_BYTES } from '../wire/journal-entry.ts';
import { readFully } from './file-system.ts';
import { decodeEntryAt } from './journal-reader.ts';
import type { DecidedOperation, DecidedOperations, Machine } from './ports.ts';
import { RecordPlaces } from './record-places.ts';
import { corrupt, type SegmentFile } from './segment-file.ts';
import { isLarge, type IndexedEntry } from './segment-index.ts';
import { SyncPace } from './sync-pace.ts';

/** Where an entry is: not written yet, or in a file. */
export type EntryAt =
  | { readonly kind: 'queued'; readonly entry: ExecutedEntry }
  | { readonly kind: 'written'; readonly segment: SegmentFile; readonly place: IndexedEntry };

/** The journal that they are read from. */
export interface EntryFinder {
  find(seq: Seq): Promise<EntryAt>;
  /** Its descriptor. */
  fileOf(segment: SegmentFile): Promise<number>;
  /** The disk had to be asked for a link of a large entry. */
  onSlowLink(seq: Seq): void;
}

/** Where so many of a large entry's operations are read in a row, it is worth it, too. */
const IN_ROW = 64;
/** As much as may be read in place (`sync-pace.ts`). */
const PIECE_BYTES = 64 * 1024;
/** So many reads of the files in a row, or so long, and others have a turn. */
const TURN_READS = 500;
const TURN_MS = 4;
/** A read that took longer asked the disk: so many records that follow are taken to, too. */
const MEMORY_MS = 0.02;
const ASIDE = 16;

export class OperationReader implements AsyncDisposable, DecidedOperations {
  bytes = 0;
  readonly #machine: Pick<Machine, 'io' | 'nowMs' | 'yield'>;
  readonly #finder: EntryFinder;
  readonly #pace = new SyncPace();
  #whole: ExecutedEntry | undefined;
  /** Where the operations of the entry `#placesSeq` stand, as far as they were looked for. */
  readonly #places = new RecordPlaces();
  #placesSeq = 0;
  readonly #piece = new Uint8Array(PIECE_BYTES);
  #lastSeq = 0;
  /** How many were read of that entry before. */
  #inRow = 0;
  #reads = 0;
  /** So many records are read on other threads. */
  #asideLeft = 0;
  /** How long the last one in place took. */
  #lastMs = 0;
  /** What was begun: the files have to stay until it is read. */
  readonly #begun: Promise<unknown>[] = [];
  #turnMs: number;

  constructor(machine: Pick<Machine, 'io' | 'nowMs' | 'yield'>, finder: EntryFinder) {
    this.#machine = machine;
    this.#finder = finder;
    this.#turnMs = machine.nowMs();
  }

  async find(
    seq: Seq, index: number, isChecked = false,
  ): Promise<DecidedOperation | undefined> {
    if (this.#machine.nowMs() - this.#turnMs >= TURN_MS) await this.#yield();
    this.#inRow = seq === this.#lastSeq ? this.#inRow + 1 : 0;
    this.#lastSeq = seq;
    if (this.#whole?.seq === seq) return this.#take(this.#whole, index);
    const at = await this.#finder.find(seq);
    if (at.kind === 'queued') return this.#take(at.entry, index);
    const { segment, place } = at;
    const { from, to } = place;
    if (isLarge(place) && !isChecked && this.#inRow < IN_ROW) {
      return this.#findParts(seq, segment, place, index);
    }
    const bytes = await this.#bytes(segment, from, to - from);
    return this.#take(decodeEntryAt(segment, bytes, from, seq), index);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#begun);
  }

  /** Of an entry that is known as a whole, and has been checked. */
  #take(entry: ExecutedEntry, index: number): DecidedOperation | undefined {
    const { seq, timestamp, batch, results, links } = entry;
    this.#whole = entry;
    this.#beginPlaces(seq);
    if (this.#places.bytes < batch.byteLength) {
      const isBatch = this.#places.add(viewOf(batch.subarray(this.#places.bytes)));
      assert(isBatch, 'a batch consists of whole chunks');
    }
    const found = this.#places.find(index);
    if (found === undefined) return undefined;
    const records = batch.subarray(found.from, found.to);
    const result = results.subarray(index * RESULT_BYTES, (index + 1) * RESULT_BYTES);
    const own = links.subarray(index * LINKS_BYTES, (index + 1) * LINKS_BYTES);
    return {
      timestamp, links: pairOf(own), isChecked: true,
      records: () => Promise.resolve(records), result: () => Promise.resolve(result),
    };
  }

  #beginPlaces(seq: Seq): void {
    if (this.#placesSeq === seq) return;
    this.#placesSeq = seq;
    this.#places.clear();
  }

  /** Reads the links, and begins to read the record where it is known to stand. */
  async #findParts(
    seq: Seq, segment: SegmentFile, place: IndexedEntry, index: number,
  ): Promise<DecidedOperation | undefined> {
    const { from, timestamp, linksBytes, batchBytes, resultsBytes } = place;
    if ((index + 1) * RESULT_BYTES > resultsBytes) return undefined;
    const linksAt = from + ENTRY_HEADER_BYTES;
    const batchAt = linksAt + linksBytes;
    const resultAt = batchAt + batchBytes + index * RESULT_BYTES;
    const ownLinksBytes = Math.min(linksBytes, LINKS_BYTES);
    const links = await this.#bytes(segment, linksAt + index * LINKS_BYTES, ownLinksBytes);
    if (this.#lastMs > MEMORY_MS) this.#finder.onSlowLink(seq);
    const plain = looksPlain(place) ? this.#beginPlain(segment, place, index) : undefined;
    return {
      timestamp, links: pairOf(links), isChecked: false,
      records: async () => (await plain) ?? this.#search(seq, segment, place, index),
      result: () => this.#bytes(segment, resultAt, RESULT_BYTES),
    };
  }

  /**
   * Begins to read the record that stands where the operation's index says. Undefined where there
   * are extensions after all: then the last operation has no record, and its result no kind.
   */
  #beginPlain(
    segment: SegmentFile, { from, linksBytes, batchBytes, resultsBytes }: IndexedEntry,
    index: number,
  ): Promise<Uint8Array | undefined> {
    const batchAt = from + ENTRY_HEADER_BYTES + linksBytes;
    const lastAt = batchAt + batchBytes + resultsBytes - RESULT_BYTES;
    const isAside = this.#asideLeft > 0;
    this.#asideLeft -= 1;
    const record = this.#begin(
      isAside, segment, batchAt + (1 + index) * RECORD_BYTES, RECORD_BYTES,
    );
    const last = this.#begin(isAside, segment, lastAt, RESULT_BYTES);
    const plain = last.then((result) => (result[RESULT_KIND_AT] === 0 ? undefined : record));
    plain.catch(() => undefined); // whoever asks for it hears of it
    return plain;
  }

  /** On another thread, unless it is likely to be in memory. */
  #begin(
    isAside: boolean, segment: SegmentFile, at: number, length: number,
  ): Promise<Uint8Array> {
    const begun = isAside
      ? this.#bytesAside(segment, at, length) : this.#bytes(segment, at, length);
    this.#begun.push(begun);
    begun.catch(() => undefined); // whoever asks for it hears of it
    return begun;
  }

  /** The records, wherever they are among the chunks of a large batch. */
  async #search(
    seq: Seq, segment: SegmentFile, { from, linksBytes, batchBytes }: IndexedEntry, index: number,
  ): Promise<Uint8Array | undefined> {
    const batchAt = from + ENTRY_HEADER_BYTES + linksBytes;
    const places = this.#places;
    this.#beginPlaces(seq);
    while (places.count <= index && places.bytes < batchBytes) {
      const [at, length] = [places.bytes, Math.min(PIECE_BYTES, batchBytes - places.bytes)];
      const piece = await this.#bytes(segment, batchAt + at, length, this.#piece);
      if (!places.add(viewOf(piece))) throw corrupt(segment.path, batchAt + at, 'no chunk begins');
    }
    const found = places.find(index);
    if (found === undefined || found.to > batchBytes) return undefined;
    return this.#bytes(segment, batchAt + found.from, found.to - found.from);
  }

  /**
   * In place, as long as the disk is quick: what is asked for is little, and mostly in memory,
   * where a hop to another thread would take ten times as long (as with `sync-pace.ts`).
   */
  async #bytes(
    segment: SegmentFile, at: number, length: number, room = new Uint8Array(length),
  ): Promise<Uint8Array> {
    const { io } = this.#machine;
    const fd = await this.#finder.fileOf(segment);
    const bytes = room.subarray(0, length);
    this.#reads += 1;
    this.bytes += length;
    if (this.#reads % TURN_READS === 0) await this.#yield();
    const startMs = this.#machine.nowMs();
    let read = this.#pace.isInPlace(length) ? io.readInPlace(fd, bytes, at) : 0;
    if (read < length) read += await readFully(io, fd, bytes.subarray(read), at + read);
    this.#lastMs = this.#machine.nowMs() - startMs;
    this.#pace.note(this.#lastMs);
    if (this.#lastMs > MEMORY_MS) this.#asideLeft = ASIDE;
    if (read < length) throw corrupt(segment.path, at + read, 'the file ends too early');
    return bytes;
  }

  /** On another thread. */
  async #bytesAside(segment: SegmentFile, at: number, length: number): Promise<Uint8Array> {
    const fd = await this.#finder.fileOf(segment);
    const bytes = new Uint8Array(length);
    this.bytes += length;
    const read = await readFully(this.#machine.io, fd, bytes, at);
    if (read < length) throw corrupt(segment.path, at + read, 'the file ends too early');
    return bytes;
  }

  async #yield(): Promise<void> {
    await this.#machine.yield();
    this.#turnMs = this.#machine.nowMs();
  }
}

/**
 * As many records as operations: one chunk, and each stands where its index says, unless the chunk
 * counts operations that have no records of their own, beside extensions.
 */
function looksPlain({ batchBytes, resultsBytes }: IndexedEntry): boolean {
  return batchBytes === (1 + resultsBytes / RESULT_BYTES) * RECORD_BYTES;
}

/** Undefined where the entry has none. */
function pairOf(links: Uint8Array): readonly [number, number] | undefined {
  if (links.byteLength === 0) return undefined;
  const view = viewOf(links);
  return [view.getFloat64(0, true), view.getFloat64(8, true)];
}
