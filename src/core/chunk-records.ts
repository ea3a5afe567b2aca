/**
 * Steps from chunk to chunk of a batch, and from record to record of a chunk, whose bytes may be
 * anything.
 *
 * `end` is where the chunk ends: an operation that the header counts and that has no record stands
 * there.
 */
import { KIND_MAX, readChunkHeader, RECORD_BYTES, recordsOf, viewOf } from './operation.ts';

/** The kind of the record at `at`; 0 where it is unknown, or the chunk's records have run out. */
export function kindAt(batch: DataView, at: number, end: number): number {
  const kind = at < end ? batch.getUint8(at) : 0;
  return kind <= KIND_MAX ? kind : 0;
}

/** Where the operation after the one at `at` stands: behind its extensions. */
export function nextAfter(batch: DataView, at: number, end: number): number {
  return at < end ? at + recordsOf(batch.getUint8(at + 1)) * RECORD_BYTES : at;
}

/** How many operations, and so results, the batch has. */
export function countOperations(batch: Uint8Array): number {
  const view = viewOf(batch);
  let count = 0;
  for (let offset = 0; offset < batch.byteLength; ) {
    const header = readChunkHeader(view, offset);
    if (header === undefined) return count;
    count += header.operations;
    offset += header.bytes;
  }
  return count;
}
