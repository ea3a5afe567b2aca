/**
 * Steps from chunk to chunk of a batch, and from record to record of a chunk, whose bytes may be
 * anything.
 *
 * `end` is where the chunk ends: an operation that the header counts and that has no record stands
 * there.
 */
import { present } from './assert.ts';
import { KIND_MAX, readChunkHeader, RECORD_BYTES, recordsOf, viewOf } from './operation.ts';

/** The kind of the record at `at`; 0 where it is unknown, or the chunk's records have run out. */
export function kindAt(batch: DataView, at: number, end: number): number {
  const kind = at < end ? batch.getUint8(at) : 0;
  return kind <= KIND_MAX ? kind : 0;
}

/**
 * The records of an operation of a batch, by its index: where they begin and where they end.
 * Undefined where it has none.
 */
export function findRecords(
  batch: DataView, index: number,
): { readonly from: number; readonly to: number } | undefined {
  let first = 0;
  for (let at = 0; at < batch.byteLength; ) {
    const header = present(readChunkHeader(batch, at), 'a batch consists of whole chunks');
    const end = at + header.bytes;
    if (index < first + header.operations) {
      let from = at + RECORD_BYTES;
      for (let skip = index - first; skip > 0; skip -= 1) from = nextAfter(batch, from, end);
      const to = nextAfter(batch, from, end);
      return from < end && to <= end ? { from, to } : undefined;
    }
    first += header.operations;
    at = end;
  }
  return undefined;
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
