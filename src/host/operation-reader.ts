/**
 * Reads single operations from wherever they stand in the journal, for whoever follows the links of
 * postings (`core/posting-link.ts`).
 *
 * A small entry, and one of which very many operations are wanted in a row, is read and checked as
 * a whole. Of a large one only what is asked for is read, and its checksum says nothing of that:
 * who follows links checks that each posting leads to the next. Files are kept open for one walk.
 */
import { findRecords } from '../core/chunk-records.ts';
import type { ExecutedEntry } from '../core/entry.ts';
import type { Seq } from '../core/ids.ts';
import { RECORD_BYTES, recordsOf, RESULT_BYTES, viewOf } from '../core/operation.ts';
import { LINKS_BYTES } from '../core/posting-link.ts';
import { ENTRY_HEADER_BYTES } from '../wire/journal-entry.ts';
import { readFully } from './file-system.ts';
import { decodeEntryAt } from './journal-reader.ts';
import type { DecidedOperation, Machine } from './ports.ts';
import { corrupt, openSegment, type SegmentFile } from './segment-file.ts';
import type { IndexedEntry } from './segment-index.ts';
import { SyncPace } from './sync-pace.ts';

/** Where an entry is: not written yet, or in a file. */
export type EntryAt =
  | { readonly kind: 'queued'; readonly entry: ExecutedEntry }
  | { readonly kind: 'written'; readonly segment: SegmentFile; readonly place: IndexedEntry };

/** Up to here an entry is read as a whole: that takes about as long as reading parts of it. */
const SMALL_BYTES = 32 * 1024;
/** Where so many of a large entry's operations are read in a row, it is worth it, too. */
const IN_ROW = 64;
/** So many reads in a row, and others have a turn. */
const TURN_READS = 500;

export class OperationReader implements AsyncDisposable {
  readonly #machine: Pick<Machine, 'io' | 'nowMs' | 'yield'>;
  readonly #find: (seq: Seq) => Promise<EntryAt>;
  readonly #open = new Map<string, number>();
  readonly #pace = new SyncPace();
  #whole: ExecutedEntry | undefined;
  #lastSeq = 0;
  /** How many were read of that entry before. */
  #inRow = 0;
  #reads = 0;

  constructor(
    machine: Pick<Machine, 'io' | 'nowMs' | 'yield'>, find: (seq: Seq) => Promise<EntryAt>,
  ) {
    this.#machine = machine;
    this.#find = find;
  }

  /** Undefined where the entry, which is there, has no operation of this index. */
  async read(seq: Seq, index: number): Promise<DecidedOperation | undefined> {
    this.#inRow = seq === this.#lastSeq ? this.#inRow + 1 : 0;
    this.#lastSeq = seq;
    if (this.#whole?.seq === seq) return takeFrom(this.#whole, index);
    const at = await this.#find(seq);
    if (at.kind === 'queued') return takeFrom(at.entry, index);
    const { segment, place } = at;
    const isWanted = this.#inRow >= IN_ROW || place.to - place.from <= SMALL_BYTES;
    if (!isWanted) return this.#readParts(segment, place, index);
    const bytes = await this.#bytes(segment, place.from, place.to - place.from);
    this.#whole = decodeEntryAt(segment, bytes, place.from, seq);
    return takeFrom(this.#whole, index);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const fd of this.#open.values()) await this.#machine.io.close(fd);
  }

  async #readParts(
    segment: SegmentFile, place: IndexedEntry, index: number,
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
    const records = isGuessed ? guess : await this.#search(segment, place, index);
    return records && { timestamp, records, result, links: pairOf(links) };
  }

  /** The records, wherever they are among the chunks of a large batch. */
  async #search(
    segment: SegmentFile, { from, linksBytes, batchBytes }: IndexedEntry, index: number,
  ): Promise<Uint8Array | undefined> {
    const batchAt = from + ENTRY_HEADER_BYTES + linksBytes;
    const batch = await this.#bytes(segment, batchAt, batchBytes);
    const found = findRecords(viewOf(batch), index);
    return found && batch.subarray(found.from, found.to);
  }

  /**
   * In place, as long as the disk is quick: what is asked for is little, and mostly in memory,
   * where a hop to another thread would take ten times as long (as with `sync-pace.ts`).
   */
  async #bytes(segment: SegmentFile, at: number, length: number): Promise<Uint8Array> {
    const { io } = this.#machine;
    const fd = await this.#fileOf(segment);
    const bytes = new Uint8Array(length);
    this.#reads += 1;
    if (this.#reads % TURN_READS === 0) await this.#machine.yield();
    const startMs = this.#machine.nowMs();
    const read = this.#pace.isInPlace(length)
      ? io.readInPlace(fd, bytes, at) : await readFully(io, fd, bytes, at);
    this.#pace.note(this.#machine.nowMs() - startMs);
    if (read < length) throw corrupt(segment.path, at + read, 'the file ends too early');
    return bytes;
  }

  async #fileOf(segment: SegmentFile): Promise<number> {
    const known = this.#open.get(segment.path);
    if (known !== undefined) return known;
    const fd = await openSegment(this.#machine.io, segment.path);
    this.#open.set(segment.path, fd);
    return fd;
  }
}

/** The batch begins with a chunk that has it, and whose operations have no extensions. */
function isPlainChunk(first: Uint8Array, index: number): boolean {
  const view = viewOf(first);
  const [operations, records] = [view.getUint32(4, true), view.getUint32(24, true)];
  return operations === records && index < operations;
}

function takeFrom(
  { timestamp, batch, results, links }: ExecutedEntry, index: number,
): DecidedOperation | undefined {
  const found = findRecords(viewOf(batch), index);
  if (found === undefined) return undefined;
  const records = batch.subarray(found.from, found.to);
  const result = results.subarray(index * RESULT_BYTES, (index + 1) * RESULT_BYTES);
  const own = links.subarray(index * LINKS_BYTES, (index + 1) * LINKS_BYTES);
  return { timestamp, records, result, links: pairOf(own) };
}

/** Undefined where the entry has none. */
function pairOf(links: Uint8Array): readonly [number, number] | undefined {
  if (links.byteLength === 0) return undefined;
  const view = viewOf(links);
  return [view.getFloat64(0, true), view.getFloat64(8, true)];
}
