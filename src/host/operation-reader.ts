/**
 * Reads single operations from wherever they stand in the journal, for whoever follows the links of
 * postings (`core/posting-link.ts`).
 *
 * A small entry, and one of which very many operations are wanted in a row, is read and checked as
 * a whole. Of a large one only what is asked for is read, and its checksum says nothing of that:
 * who follows links checks that each posting leads to the next.
 *
 * Keeps true: whatever the entries are like, others have a turn every few milliseconds.
 */
import { assert } from '../core/assert.ts';
import type { ExecutedEntry } from '../core/entry.ts';
import type { Seq } from '../core/ids.ts';
import { RECORD_BYTES, recordsOf, RESULT_BYTES, viewOf } from '../core/operation.ts';
import { LINKS_BYTES } from '../core/posting-link.ts';
import { ENTRY_HEADER_BYTES } from '../wire/journal-entry.ts';
import { readFully } from './file-system.ts';
import { decodeEntryAt } from './journal-reader.ts';
import type { DecidedOperation, DecidedOperations, Machine } from './ports.ts';
import { RecordPlaces } from './record-places.ts';
import { corrupt, type SegmentFile } from './segment-file.ts';
import type { IndexedEntry } from './segment-index.ts';
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
}

/** Up to here an entry is read as a whole: that takes about as long as reading parts of it. */
const SMALL_BYTES = 32 * 1024;
/** Where so many of a large entry's operations are read in a row, it is worth it, too. */
const IN_ROW = 64;
/** As much as may be read in place (`sync-pace.ts`). */
const PIECE_BYTES = 64 * 1024;
/** So many reads of the files in a row, or so long, and others have a turn. */
const TURN_READS = 500;
const TURN_MS = 4;

export class OperationReader implements DecidedOperations {
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
  #turnMs: number;

  constructor(machine: Pick<Machine, 'io' | 'nowMs' | 'yield'>, finder: EntryFinder) {
    this.#machine = machine;
    this.#finder = finder;
    this.#turnMs = machine.nowMs();
  }

  async read(
    seq: Seq, index: number, isChecked = false,
  ): Promise<DecidedOperation | undefined> {
    if (this.#machine.nowMs() - this.#turnMs >= TURN_MS) await this.#yield();
    this.#inRow = seq === this.#lastSeq ? this.#inRow + 1 : 0;
    this.#lastSeq = seq;
    if (this.#whole?.seq === seq) return this.#take(this.#whole, index);
    const at = await this.#finder.find(seq);
    if (at.kind === 'queued') return this.#take(at.entry, index);
    const { segment, place } = at;
    const isSmall = place.to - place.from <= SMALL_BYTES;
    if (!isSmall && !isChecked && this.#inRow < IN_ROW) {
      return this.#readParts(seq, segment, place, index);
    }
    const bytes = await this.#bytes(segment, place.from, place.to - place.from);
    return this.#take(decodeEntryAt(segment, bytes, place.from, seq), index);
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
    return { timestamp, records, result, links: pairOf(own), isChecked: true };
  }

  #beginPlaces(seq: Seq): void {
    if (this.#placesSeq === seq) return;
    this.#placesSeq = seq;
    this.#places.clear();
  }

  async #readParts(
    seq: Seq, segment: SegmentFile, place: IndexedEntry, index: number,
  ): Promise<DecidedOperation | undefined> {
    const { from, timestamp, linksBytes, batchBytes, resultsBytes } = place;
    if ((index + 1) * RESULT_BYTES > resultsBytes) return undefined;
    const linksAt = from + ENTRY_HEADER_BYTES;
    const batchAt = linksAt + linksBytes;
    const resultAt = batchAt + batchBytes + index * RESULT_BYTES;
    const ownLinksBytes = Math.min(linksBytes, LINKS_BYTES);
    const links = await this.#bytes(segment, linksAt + index * LINKS_BYTES, ownLinksBytes);
    const result = await this.#bytes(segment, resultAt, RESULT_BYTES);
    const first = await this.#bytes(segment, batchAt, RECORD_BYTES);
    const guess = await this.#bytes(segment, batchAt + (1 + index) * RECORD_BYTES, RECORD_BYTES);
    const isGuessed = isPlainChunk(first, index) && recordsOf(guess[1] ?? 0) === 1;
    const records = isGuessed ? guess : await this.#search(seq, segment, place, index);
    return records && { timestamp, records, result, links: pairOf(links), isChecked: false };
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
    this.#pace.note(this.#machine.nowMs() - startMs);
    if (read < length) throw corrupt(segment.path, at + read, 'the file ends too early');
    return bytes;
  }

  async #yield(): Promise<void> {
    await this.#machine.yield();
    this.#turnMs = this.#machine.nowMs();
  }
}

/** The batch begins with a chunk that has it, and whose operations have no extensions. */
function isPlainChunk(first: Uint8Array, index: number): boolean {
  const view = viewOf(first);
  const [operations, records] = [view.getUint32(4, true), view.getUint32(24, true)];
  return operations === records && index < operations;
}

/** Undefined where the entry has none. */
function pairOf(links: Uint8Array): readonly [number, number] | undefined {
  if (links.byteLength === 0) return undefined;
  const view = viewOf(links);
  return [view.getFloat64(0, true), view.getFloat64(8, true)];
}
