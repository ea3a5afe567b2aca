/**
 * A page of the history as clients read it: what stands in the journal, operation by operation,
 * with what each was answered. For feeds and exports; nothing is made of it here.
 *
 * A page is a head and pieces: a piece is one chunk of a batch, or, where the page ends, the first
 * operations of one. Whoever wants more asks again from where the page ended, to the operation. All
 * lengths are multiples of RESULT_BYTES, since a page travels in the place of results.
 *
 * | head, 64 bytes               | piece                                           |
 * | ---------------------------- | ----------------------------------------------- |
 * |  0 i64 seq to go on from     |  0 i64 seq of the entry                         |
 * |  8 i64 index there           |  8 i64 its timestamp, microseconds              |
 * | 16 i64 last seq there is     | 16 i64 session; 0: the frontend's own           |
 * |                              | 24 i64 number of the chunk's first request      |
 * |                              | 32 u32 index of the piece's first operation     |
 * |                              | 36 u32 its place in the chunk                   |
 * |                              | 40 u32 operations, 44 u32 their records         |
 * |                              | 48 u32 1: the chunk is a group; else 0          |
 * |                              | 64 the records, then a result for each operation|
 */
import { assert, present } from './assert.ts';
import type { ExecutedEntry } from './entry.ts';
import { HISTORY_HEAD_BYTES, HistoryCursor } from './history-cursor.ts';
import type { Seq, Timestamp } from './ids.ts';
import {
  CHUNK_ATOMIC, decodeResult, readChunkHeader, readI64, RECORD_BYTES, recordsOf, RESULT_BYTES,
  viewOf, writeI64, type ChunkHeader, type Operation, type Result,
} from './operation.ts';
import { decodeOperation } from './spell-operation.ts';

/** As much as the results of the largest batch. */
export const HISTORY_PAGE_BYTES_MAX = 1024 * 1024;

/** Where in the history: the operation `index` of the entry `seq`, or the next that there is. */
export interface Position {
  readonly seq: number;
  readonly index: number;
}

/** An operation that was decided, and what it was answered. */
export interface HistoryItem extends Position {
  readonly timestamp: Timestamp;
  /** 0: the frontend's own. */
  readonly session: number;
  readonly request: number;
  /** Of an operation of a group: the number of the group's first request. */
  readonly group: number | undefined;
  /** Undefined where the record makes no sense; it was refused then. */
  readonly operation: Operation | undefined;
  readonly result: Result;
}

export interface HistoryPage {
  /** Spelled out when they are first asked for. */
  readonly items: readonly HistoryItem[];
  readonly next: Position;
  /** The last of the history when the page was read: where `next` is behind it, this was all. */
  readonly lastSeq: Seq;
  /** The page as it came, for a `HistoryCursor`. */
  readonly bytes: Uint8Array;
}

/** Fills one page with entries, as they are handed to it in the order of their seqs. */
export class HistoryPageWriter {
  readonly #parts: Uint8Array[] = [];
  readonly #lastSeq: number;
  #bytes = HISTORY_HEAD_BYTES;
  #next: Position;
  #isFull = false;

  /** A page that begins there, of a history that goes up to `lastSeq`. */
  constructor(from: Position, lastSeq: number) {
    this.#next = from;
    this.#lastSeq = lastSeq;
  }

  /** The entry that it can be given next; undefined: it is finished. */
  get wanted(): number | undefined {
    return this.#isFull || this.#next.seq > this.#lastSeq ? undefined : this.#next.seq;
  }

  add({ seq, timestamp, batch, results }: ExecutedEntry): void {
    assert(seq === this.wanted, 'a page is filled in order');
    const from = this.#next.index;
    const view = viewOf(batch);
    let index = 0;
    for (let at = 0; at < batch.byteLength; ) {
      const header = present(readChunkHeader(view, at), 'a batch consists of whole chunks');
      const end = index + header.operations;
      if (end > from) {
        const skipped = Math.max(0, from - index);
        const piece = this.#cut(view, header, at, skipped);
        if (piece.operations > 0) {
          const place = { seq, timestamp, header, index: index + skipped, skipped };
          this.#push(place, piece, batch, results);
        }
        if (skipped + piece.operations < header.operations) {
          this.#next = { seq, index: index + skipped + piece.operations };
          this.#isFull = true;
          return;
        }
      }
      index = end;
      at += header.bytes;
    }
    this.#next = { seq: seq + 1, index: 0 };
  }

  finish(): Uint8Array {
    const page = new Uint8Array(this.#bytes);
    const view = viewOf(page);
    writeI64(view, 0, this.#next.seq);
    writeI64(view, 8, this.#next.index);
    writeI64(view, 16, this.#lastSeq);
    let at = HISTORY_HEAD_BYTES;
    for (const part of this.#parts) {
      page.set(part, at);
      at += part.byteLength;
    }
    return page;
  }

  /** As many operations behind the skipped ones as fit. A group is whole where it can be. */
  #cut(batch: DataView, header: ChunkHeader, chunkAt: number, skipped: number): Piece {
    const end = chunkAt + header.bytes;
    const room = HISTORY_PAGE_BYTES_MAX - this.#bytes - RECORD_BYTES;
    let at = chunkAt + RECORD_BYTES;
    let from = at;
    let operations = 0;
    for (let done = 0; done < header.operations; done += 1) {
      if (done === skipped) from = at;
      const next = at < end ? at + recordsOf(batch.getUint8(at + 1)) * RECORD_BYTES : at;
      const to = Math.min(next, end);
      const isFitting = to - from + (operations + 1) * RESULT_BYTES <= room;
      if (done >= skipped && !isFitting) {
        const isLater = header.isAtomic && this.#parts.length > 0;
        return isLater ? { from, to: from, operations: 0 } : { from, to: at, operations };
      }
      if (done >= skipped) operations += 1;
      at = to;
    }
    return { from, to: at, operations };
  }

  #push(
    { seq, timestamp, header, index, skipped }: Place, { from, to, operations }: Piece,
    batch: Uint8Array, results: Uint8Array,
  ): void {
    const head = new Uint8Array(RECORD_BYTES);
    const view = viewOf(head);
    writeI64(view, 0, seq);
    writeI64(view, 8, timestamp);
    writeI64(view, 16, header.session);
    writeI64(view, 24, header.firstRequest);
    view.setUint32(32, index, true);
    view.setUint32(36, skipped, true);
    view.setUint32(40, operations, true);
    view.setUint32(44, (to - from) / RECORD_BYTES, true);
    view.setUint32(48, header.isAtomic ? CHUNK_ATOMIC : 0, true);
    const answers = results.subarray(index * RESULT_BYTES, (index + operations) * RESULT_BYTES);
    this.#parts.push(head, batch.subarray(from, to), answers);
    this.#bytes += RECORD_BYTES + (to - from) + answers.byteLength;
  }
}

/** Where a chunk, or the part of it that is told, stands. */
interface Place {
  readonly seq: number;
  readonly timestamp: number;
  readonly header: ChunkHeader;
  /** Of the first operation that is told. */
  readonly index: number;
  readonly skipped: number;
}

/** Records from and to, in the batch, of so many operations. */
interface Piece {
  readonly from: number;
  readonly to: number;
  readonly operations: number;
}

/** Undefined where the bytes are no page. */
export function readHistoryPage(page: Uint8Array): HistoryPage | undefined {
  return HistoryCursor.isWhole(page) ? new ReadPage(page) : undefined;
}

class ReadPage implements HistoryPage {
  readonly bytes: Uint8Array;
  readonly next: Position;
  readonly lastSeq: Seq;
  #items: readonly HistoryItem[] | undefined;

  constructor(bytes: Uint8Array) {
    const view = viewOf(bytes);
    this.bytes = bytes;
    this.next = { seq: readI64(view, 0), index: readI64(view, 8) };
    this.lastSeq = readI64(view, 16) as Seq;
  }

  get items(): readonly HistoryItem[] {
    this.#items ??= readItems(this.bytes);
    return this.#items;
  }
}

function readItems(page: Uint8Array): readonly HistoryItem[] {
  const items: HistoryItem[] = [];
  for (const cursor = new HistoryCursor(page); cursor.next(); ) items.push(readItem(cursor));
  return items;
}

/** The operation that the cursor is at, spelled out. */
export function readItem(cursor: HistoryCursor): HistoryItem {
  const { view, seq, index, session, request, recordAt, resultAt } = cursor;
  const timestamp = cursor.timestamp as Timestamp;
  const group = cursor.group < 0 ? undefined : cursor.group;
  const decoded = recordAt < 0 ? undefined : decodeOperation(view, recordAt);
  const operation = decoded?.operation;
  const results = new DataView(view.buffer, view.byteOffset + resultAt, RESULT_BYTES);
  const result = decodeResult(results, 0);
  return { seq, index, timestamp, session, request, group, operation, result };
}
