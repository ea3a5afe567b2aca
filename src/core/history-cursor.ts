/**
 * Goes through the operations of a page of the history (`history-page.ts`) where they stand in its
 * bytes, without an object for any of them: for whoever looks at millions.
 *
 *     for (const cursor = new HistoryCursor(page); cursor.next(); ) … cursor.recordAt …
 */
import {
  CHUNK_ATOMIC, readI64, RECORD_BYTES, recordsOf, RESULT_BYTES, viewOf,
} from './operation.ts';

/** Of a page. */
export const HISTORY_HEAD_BYTES = RECORD_BYTES;

export class HistoryCursor {
  readonly view: DataView;
  seq = 0;
  index = 0;
  /** Microseconds since 1970. */
  timestamp = 0;
  /** 0: the frontend's own. */
  session = 0;
  request = 0;
  /** Of an operation of a group: the number of the group's first request; else -1. */
  group = -1;
  /** Where the operation's record stands; -1 where the chunk's records have run out. */
  recordAt = -1;
  resultAt = 0;
  readonly #end: number;
  #left = 0;
  #nextRecordAt = 0;
  #recordsEnd = 0;
  #nextPieceAt = HISTORY_HEAD_BYTES;

  /** The page is whole (`isWhole`). */
  constructor(page: Uint8Array) {
    this.view = viewOf(page);
    this.#end = page.byteLength;
  }

  /** Whether the bytes are a head and whole pieces. */
  static isWhole(page: Uint8Array): boolean {
    if (page.byteLength < HISTORY_HEAD_BYTES) return false;
    const view = viewOf(page);
    let at = HISTORY_HEAD_BYTES;
    while (at + RECORD_BYTES <= page.byteLength) at = endOfPiece(view, at);
    return at === page.byteLength;
  }

  /** To the next operation; false where there is none. */
  next(): boolean {
    if (this.#left === 0) return this.#nextPiece();
    this.#left -= 1;
    this.index += 1;
    this.request += 1;
    this.resultAt += RESULT_BYTES;
    this.#toRecord();
    return true;
  }

  /** A piece has an operation at least; one that has none is passed over. */
  #nextPiece(): boolean {
    while (this.#nextPieceAt < this.#end) {
      this.#beginPiece(this.#nextPieceAt);
      if (this.#left === 0) continue;
      this.#left -= 1;
      this.#toRecord();
      return true;
    }
    return false;
  }

  #beginPiece(at: number): void {
    const { view } = this;
    this.seq = readI64(view, at);
    this.timestamp = readI64(view, at + 8);
    this.session = readI64(view, at + 16);
    const first = readI64(view, at + 24);
    this.index = view.getUint32(at + 32, true);
    this.request = first + view.getUint32(at + 36, true);
    this.#left = view.getUint32(at + 40, true);
    this.#nextRecordAt = at + RECORD_BYTES;
    this.#recordsEnd = at + (1 + view.getUint32(at + 44, true)) * RECORD_BYTES;
    this.resultAt = this.#recordsEnd;
    this.group = view.getUint32(at + 48, true) === CHUNK_ATOMIC ? first : -1;
    this.#nextPieceAt = endOfPiece(view, at);
  }

  #toRecord(): void {
    const at = this.#nextRecordAt;
    if (at >= this.#recordsEnd) {
      this.recordAt = -1;
      return;
    }
    this.recordAt = at;
    this.#nextRecordAt = at + recordsOf(this.view.getUint8(at + 1)) * RECORD_BYTES;
  }
}

/** Behind the piece at `at`. */
function endOfPiece(view: DataView, at: number): number {
  const operations = view.getUint32(at + 40, true);
  return at + (1 + view.getUint32(at + 44, true)) * RECORD_BYTES + operations * RESULT_BYTES;
}
