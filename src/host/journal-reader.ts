/**
 * Reads single entries of a journal from its files, each checked in full before it is handed on.
 *
 * Keeps the places of the entries of the segments read last, and their files open; older ones are
 * found by walking the heads of a segment's records once. Entries that are read one after the other
 * (for a backend that catches up, or to rebuild the account table) are read many at once. Whoever
 * reads does so within `exclusive`: the files may change between two reads, never within one.
 */
import type { ExecutedEntry } from '../core/entry.ts';
import type { Seq } from '../core/ids.ts';
import { viewOf } from '../core/operation.ts';
import { decodeEntry, ENTRY_HEADER_BYTES, readRecordHead } from '../wire/journal-entry.ts';
import { lastNonZero } from '../wire/journal-scan.ts';
import { recordsEnd, SEGMENT_HEADER_BYTES } from '../wire/journal-segment.ts';
import { readFully, type FileSystem } from './file-system.ts';
import { SegmentIndex } from './segment-index.ts';
import { corrupt, openSegment, type SegmentFile } from './segment-file.ts';

/** So many segments are known at once, unless they have more entries than that together. */
const INDEXES_MAX = 64;
const INDEXED_MAX = 1_000_000;
/** Where a segment that has just become full has more, it takes the room of many. */
const ADOPTED_ENTRIES_MAX = 4_096;
/** So many are open: far more than are read from at the same time (`operation-reader.ts`). */
const FILES_MAX = 64;
const WALK_BYTES = 128 * 1024;
/** So much is read at once where entries are read in a row. */
const AHEAD_BYTES = 256 * 1024;

/** Bytes of a segment that were read before they were asked for. */
interface Ahead {
  readonly segment: SegmentFile;
  readonly from: number;
  readonly bytes: Uint8Array;
}

export class JournalReader {
  readonly #io: FileSystem;
  /** By first seq, the least recently used first. */
  readonly #indexes = new Map<Seq, SegmentIndex>();
  /** Descriptors, the least recently used first. */
  readonly #files = new Map<SegmentFile, number>();
  #lane: Promise<unknown> = Promise.resolve();
  #lastSeq = 0;
  #ahead: Ahead | undefined;

  constructor(io: FileSystem) {
    this.#io = io;
  }

  /** Waits for the reads under way, then runs `task` before any other. */
  exclusive<Value>(task: () => Promise<Value>): Promise<Value> {
    const turn = this.#lane.then(task);
    this.#lane = turn.catch(() => undefined); // its asker hears of it
    return turn;
  }

  /** The files change, or are read no more: nothing that was known of them counts. */
  async forget(): Promise<void> {
    this.#indexes.clear();
    this.#ahead = undefined;
    for (const segment of [...this.#files.keys()]) await this.#closeFile(segment);
  }

  /** Where the entries of a segment stand that has just become full. */
  adopt(index: SegmentIndex): void {
    if (index.count <= ADOPTED_ENTRIES_MAX) this.#remember(index);
  }

  /** To be read within the same `exclusive`. */
  async fileOf(segment: SegmentFile): Promise<number> {
    const fd = this.#files.get(segment) ?? (await openSegment(this.#io, segment.path));
    this.#files.delete(segment);
    this.#files.set(segment, fd);
    const [oldest = segment] = this.#files.keys();
    if (this.#files.size > FILES_MAX) await this.#closeFile(oldest);
    return fd;
  }

  /** The entry `seq` of the segment; `index` where the caller has one. Throws EnvironmentError. */
  async read(
    segment: SegmentFile,
    index: SegmentIndex | undefined,
    seq: Seq,
  ): Promise<ExecutedEntry> {
    const known = index ?? (await this.indexOf(segment));
    const place = known.find(seq);
    if (place === undefined) throw corrupt(segment.path, 0, `entry ${seq} is missing`);
    const { from, to } = place;
    const isInRow = seq === this.#lastSeq + 1;
    this.#lastSeq = seq;
    let bytes = this.#takeAhead(segment, from, to);
    if (bytes === undefined) {
      const end = isInRow ? Math.min(known.end, Math.max(to, from + AHEAD_BYTES)) : to;
      bytes = await this.#readBytes(segment, from, end);
      this.#ahead = isInRow ? { segment, from, bytes } : undefined;
    }
    return decodeEntryAt(segment, bytes.subarray(0, to - from), from, seq);
  }

  /** Where the segment's entries stand. */
  async indexOf(segment: SegmentFile): Promise<SegmentIndex> {
    const index = this.#indexes.get(segment.header.first) ?? (await this.#walk(segment));
    this.#remember(index);
    return index;
  }

  /** Undefined where somebody would have to look. */
  knownIndexOf({ header }: SegmentFile): SegmentIndex | undefined {
    return this.#indexes.get(header.first);
  }

  #remember(index: SegmentIndex): void {
    const { first } = index;
    this.#indexes.delete(first);
    this.#indexes.set(first, index);
    let entries = 0;
    for (const { count } of this.#indexes.values()) entries += count;
    for (const [oldest, { count }] of this.#indexes) {
      const isBounded = this.#indexes.size <= INDEXES_MAX && entries <= INDEXED_MAX;
      if (isBounded || oldest === first) break;
      this.#indexes.delete(oldest);
      entries -= count;
    }
  }

  async #closeFile(segment: SegmentFile): Promise<void> {
    const fd = this.#files.get(segment);
    this.#files.delete(segment);
    if (fd !== undefined) await this.#io.close(fd);
  }

  /** What was read before of these bytes, where it is all of them. */
  #takeAhead(segment: SegmentFile, from: number, to: number): Uint8Array | undefined {
    const ahead = this.#ahead;
    if (ahead === undefined || ahead.segment !== segment) return undefined;
    const isHere = from >= ahead.from && to <= ahead.from + ahead.bytes.byteLength;
    return isHere ? ahead.bytes.subarray(from - ahead.from) : undefined;
  }

  /** As many as there are. */
  async #readBytes(segment: SegmentFile, from: number, end: number): Promise<Uint8Array> {
    const fd = await this.fileOf(segment);
    const bytes = new Uint8Array(end - from);
    return bytes.subarray(0, await readFully(this.#io, fd, bytes, from));
  }

  /** Finds the entries by the heads of the records, up to the first zeros. */
  async #walk(segment: SegmentFile): Promise<SegmentIndex> {
    const fd = await this.fileOf(segment);
    const index = new SegmentIndex(segment.header.first);
    const limit = recordsEnd(segment.header.bytes);
    const chunk = new Uint8Array(WALK_BYTES);
    let at = SEGMENT_HEADER_BYTES;
    // Of large records only the heads are read: the next one is taken to be like the last.
    for (let isLarge = true; ; ) {
      const wanted = isLarge ? ENTRY_HEADER_BYTES : WALK_BYTES;
      const room = chunk.subarray(0, Math.min(wanted, limit - at));
      const read = await readFully(this.#io, fd, room, at);
      const bytes = chunk.subarray(0, read);
      const walked = walkHeads(bytes, at, segment.seed, index);
      at += walked;
      isLarge = walked > 2 * WALK_BYTES;
      index.end = Math.min(at, limit);
      const isUnwritten = lastNonZero(bytes.subarray(walked, walked + 64), 0) < 0;
      if (at >= limit || (walked < read && isUnwritten)) return index;
      if (walked === 0) {
        throw corrupt(segment.path, at, 'the checksum of the record does not match');
      }
    }
  }
}

/** The entry `seq`, whose record begins at `from`, and its bytes; checked in full. */
export function decodeEntryAt(
  segment: SegmentFile, bytes: Uint8Array, from: number, seq: Seq,
): ExecutedEntry {
  const view = viewOf(bytes);
  const head = readRecordHead(bytes, view, 0, segment.seed);
  const isThere = head?.kind === 'entry' && head.seq === seq && head.length <= bytes.byteLength;
  if (!isThere) {
    throw corrupt(segment.path, from, `entry ${seq}: the checksum of the record does not match`);
  }
  const entry = decodeEntry(bytes, view, 0, head);
  if (typeof entry === 'string') throw corrupt(segment.path, from, `entry ${seq}: ${entry}`);
  return entry;
}

/** Adds the entries whose heads are within the bytes; tells how far the walk came. */
function walkHeads(bytes: Uint8Array, base: number, seed: number, index: SegmentIndex): number {
  const view = viewOf(bytes);
  let at = 0;
  while (at < bytes.byteLength) {
    const head = readRecordHead(bytes, view, at, seed);
    if (head === undefined) break;
    if (head.entry !== undefined) index.push(base + at, head.entry);
    at += head.length;
  }
  return at;
}
