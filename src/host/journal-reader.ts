/**
 * Reads single entries of a journal from its files, each checked in full before it is handed on.
 *
 * Keeps the places of the entries of the segments read last; older ones are found by walking the
 * heads of a segment's records once. Whoever reads does so within `exclusive`: the files may change
 * between two reads, never within one.
 */
import type { ExecutedEntry } from '../core/entry.ts';
import type { Seq } from '../core/ids.ts';
import { viewOf } from '../core/operation.ts';
import { decodeEntry, readRecordHead } from '../wire/journal-entry.ts';
import { lastNonZero } from '../wire/journal-scan.ts';
import { recordsEnd, SEGMENT_HEADER_BYTES } from '../wire/journal-segment.ts';
import { readFully, type FileSystem } from './file-system.ts';
import { SegmentIndex } from './segment-index.ts';
import { corrupt, type SegmentFile } from './segment-file.ts';

const INDEXES_MAX = 8;
const WALK_BYTES = 128 * 1024;

export class JournalReader {
  readonly #io: FileSystem;
  /** By first seq, the least recently used first. */
  readonly #indexes = new Map<Seq, SegmentIndex>();
  #lane: Promise<unknown> = Promise.resolve();

  constructor(io: FileSystem) {
    this.#io = io;
  }

  /** Waits for the reads under way, then runs `task` before any other. */
  exclusive<Value>(task: () => Promise<Value>): Promise<Value> {
    const turn = this.#lane.then(task);
    this.#lane = turn.catch(() => undefined); // its asker hears of it
    return turn;
  }

  /** The files have changed: nothing that was known of them counts. */
  forget(): void {
    this.#indexes.clear();
  }

  /** The entry `seq` of the segment; `index` where the caller has one. Throws EnvironmentError. */
  async read(
    segment: SegmentFile,
    index: SegmentIndex | undefined,
    seq: Seq,
  ): Promise<ExecutedEntry> {
    const fd = await this.#io.open(segment.path, 'r');
    try {
      const place = (index ?? (await this.#indexOf(fd, segment))).find(seq);
      if (place === undefined) throw corrupt(segment.path, 0, `entry ${seq} is missing`);
      return await this.#readAt(fd, segment, seq, place.from, place.to);
    } finally {
      await this.#io.close(fd);
    }
  }

  /** Where the segment's entries stand. */
  async indexOf(segment: SegmentFile): Promise<SegmentIndex> {
    const fd = await this.#io.open(segment.path, 'r');
    try {
      return await this.#indexOf(fd, segment);
    } finally {
      await this.#io.close(fd);
    }
  }

  async #readAt(
    fd: number,
    segment: SegmentFile,
    seq: Seq,
    from: number,
    to: number,
  ): Promise<ExecutedEntry> {
    const bytes = new Uint8Array(to - from);
    const read = await readFully(this.#io, fd, bytes, from);
    const view = viewOf(bytes);
    const head = readRecordHead(bytes, view, 0, segment.seed);
    if (
      read < bytes.byteLength ||
      head?.kind !== 'entry' ||
      head.seq !== seq ||
      head.length > read
    ) {
      throw corrupt(segment.path, from, `entry ${seq}: the checksum of the record does not match`);
    }
    const entry = decodeEntry(bytes, view, 0, head);
    if (typeof entry === 'string') throw corrupt(segment.path, from, `entry ${seq}: ${entry}`);
    return entry;
  }

  async #indexOf(fd: number, segment: SegmentFile): Promise<SegmentIndex> {
    const { first } = segment.header;
    const index = this.#indexes.get(first) ?? (await this.#walk(fd, segment));
    this.#indexes.delete(first);
    this.#indexes.set(first, index);
    for (const oldest of this.#indexes.keys()) {
      if (this.#indexes.size <= INDEXES_MAX) break;
      this.#indexes.delete(oldest);
    }
    return index;
  }

  /** Finds the entries by the heads of the records, up to the first zeros. */
  async #walk(fd: number, segment: SegmentFile): Promise<SegmentIndex> {
    const index = new SegmentIndex(segment.header.first);
    const limit = recordsEnd(segment.header.bytes);
    const chunk = new Uint8Array(WALK_BYTES);
    let at = SEGMENT_HEADER_BYTES;
    for (;;) {
      const room = chunk.subarray(0, Math.min(chunk.byteLength, limit - at));
      const read = await readFully(this.#io, fd, room, at);
      const bytes = chunk.subarray(0, read);
      const walked = walkHeads(bytes, at, segment.seed, index);
      at += walked;
      index.end = Math.min(at, limit);
      const isUnwritten = lastNonZero(bytes.subarray(walked, walked + 64), 0) < 0;
      if (at >= limit || (walked < read && isUnwritten)) return index;
      if (walked === 0) {
        throw corrupt(segment.path, at, 'the checksum of the record does not match');
      }
    }
  }
}

/** Adds the entries whose heads are within the bytes; tells how far the walk came. */
function walkHeads(bytes: Uint8Array, base: number, seed: number, index: SegmentIndex): number {
  const view = viewOf(bytes);
  let at = 0;
  while (at < bytes.byteLength) {
    const head = readRecordHead(bytes, view, at, seed);
    if (head === undefined) break;
    if (head.kind === 'entry') index.push(base + at);
    at += head.length;
  }
  return at;
}
