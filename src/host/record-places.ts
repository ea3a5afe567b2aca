/**
 * Where in a batch its operations stand: by index, from one pass over its records, which may come
 * in pieces. For whoever wants many operations of a batch, or one of a batch that is too large to
 * be read as a whole.
 *
 * Keeps true: of a batch it finds what `findRecords` finds; bytes that are none it refuses.
 */
import { readChunkLengths, RECORD_BYTES, recordsOf, BATCH_BYTES_MAX } from '../core/operation.ts';

/** As many operations as the largest batch has. */
const PLACES_MAX = BATCH_BYTES_MAX / RECORD_BYTES;
/** No operation stands there: a batch begins with the header of a chunk. */
const NOWHERE = 0;

export class RecordPlaces {
  /** How far the pieces go. */
  bytes = 0;
  /** Operations that were found, from the first one on. */
  count = 0;
  readonly #from = new Uint32Array(PLACES_MAX);
  readonly #to = new Uint32Array(PLACES_MAX);
  /** The record that is looked at next. */
  #next = 0;
  #chunkEnd = 0;
  /** Operations that the chunk still has. */
  #left = 0;

  /** Another batch. */
  clear(): void {
    this.bytes = this.count = this.#next = this.#chunkEnd = this.#left = 0;
  }

  /** The next whole records of the batch; false where they can't belong to one. */
  add(piece: DataView): boolean {
    const base = this.bytes;
    this.bytes += piece.byteLength;
    while (this.#next < this.bytes) {
      const at = this.#next - base;
      if (this.#next < this.#chunkEnd) this.#addOperation(piece.getUint8(at + 1));
      else if (!this.#beginChunk(piece, at)) return false;
    }
    return true;
  }

  /** Undefined where the operation is not known, or has no records of its own. */
  find(index: number): { readonly from: number; readonly to: number } | undefined {
    const from = index < this.count ? this.#from[index] as number : NOWHERE;
    return from === NOWHERE ? undefined : { from, to: this.#to[index] as number };
  }

  #beginChunk(piece: DataView, at: number): boolean {
    const lengths = readChunkLengths(piece, at);
    if (lengths === undefined || this.count + lengths.operations > PLACES_MAX) return false;
    this.#left = lengths.operations;
    this.#chunkEnd = this.#next + lengths.bytes;
    this.#advance(this.#next + RECORD_BYTES);
    return true;
  }

  #addOperation(flags: number): void {
    const to = this.#next + recordsOf(flags) * RECORD_BYTES;
    if (this.#left > 0) this.#push(to <= this.#chunkEnd ? this.#next : NOWHERE, to);
    this.#advance(to);
  }

  /** What the chunk counts beyond its records stands nowhere. */
  #advance(to: number): void {
    this.#next = Math.min(to, this.#chunkEnd);
    while (this.#next === this.#chunkEnd && this.#left > 0) this.#push(NOWHERE, NOWHERE);
  }

  #push(from: number, to: number): void {
    this.#from[this.count] = from;
    this.#to[this.count] = to;
    this.count += 1;
    this.#left -= 1;
  }
}
