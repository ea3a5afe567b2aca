/**
 * First answers of requests that came again: results with the code `duplicate` name the seq and the
 * index of the first one, which is read from the journal.
 */
import type { Seq } from '../core/ids.ts';
import { assert, present } from '../core/assert.ts';
import type { ExecutedEntry } from '../core/entry.ts';
import type { Original } from '../core/message.ts';
import { CODE, RESULT_BYTES, readI64, viewOf } from '../core/operation.ts';

type ReadEntry = (seq: Seq) => Promise<ExecutedEntry | undefined>;

export async function findOriginals(results: Uint8Array, read: ReadEntry): Promise<Original[]> {
  const view = viewOf(results);
  // Requests that come again come in a row: one entry is mostly enough, and memory stays bounded.
  let entry: ExecutedEntry | undefined;
  const originals: Original[] = [];
  for (let index = 0; index * RESULT_BYTES < results.length; index += 1) {
    const offset = index * RESULT_BYTES;
    if (results[offset] !== CODE.duplicate) continue;
    const seq = readI64(view, offset + 8) as Seq;
    if (entry?.seq !== seq) entry = present(await read(seq), 'a first answer is in the journal');
    const at = readI64(view, offset + 16) * RESULT_BYTES;
    const result = entry.results.slice(at, at + RESULT_BYTES);
    assert(result.length === RESULT_BYTES, 'the first answer stands where the session says');
    assert(result[0] !== CODE.duplicate, 'a first answer is no duplicate itself');
    originals.push({ index, seq, timestamp: entry.timestamp, result });
  }
  return originals;
}
