/**
 * First answers of requests that came again: results with the code `duplicate` name the seq and the
 * index of the first one, which is read from the journal.
 *
 * What stands there may be a `duplicate` itself: a write under a key that was used before is
 * answered so, and so is an OUTCOME; a retry of either finds that answer. Every step leads to an
 * earlier operation, and the last one to an answer.
 */
import type { Seq } from '../core/ids.ts';
import { assert, present } from '../core/assert.ts';
import type { ExecutedEntry } from '../core/entry.ts';
import type { Original } from '../core/message.ts';
import { CODE, RESULT_BYTES, readI64, viewOf } from '../core/operation.ts';

type ReadEntry = (seq: Seq) => Promise<ExecutedEntry | undefined>;

/** Requests that come again come in a row: a few entries are enough, and memory stays bounded. */
const ENTRIES_KEPT = 4;

/** Where a result stands: the seq of its entry, and its place in the entry's results. */
interface Place {
  readonly seq: Seq;
  readonly index: number;
}

export async function findOriginals(results: Uint8Array, read: ReadEntry): Promise<Original[]> {
  const entryAt = keepLatest(read);
  const originals: Original[] = [];
  for (let index = 0; index * RESULT_BYTES < results.length; index += 1) {
    const place = firstAnswerOf(results, index);
    if (place !== undefined) originals.push({ index, ...(await follow(place, entryAt)) });
  }
  return originals;
}

/** Reads an entry once while it is among those read last. */
function keepLatest(read: ReadEntry): (seq: Seq) => Promise<ExecutedEntry> {
  const kept = new Map<Seq, ExecutedEntry>();
  return async (seq) => {
    const known = kept.get(seq);
    if (known !== undefined) return known;
    const entry = present(await read(seq), 'a first answer is in the journal');
    kept.set(seq, entry);
    for (const oldest of kept.keys()) {
      if (kept.size <= ENTRIES_KEPT) break;
      kept.delete(oldest);
    }
    return entry;
  };
}

async function follow(
  from: Place,
  entryAt: (seq: Seq) => Promise<ExecutedEntry>,
): Promise<Omit<Original, 'index'>> {
  for (let place = from; ; ) {
    const { seq, timestamp, results } = await entryAt(place.seq);
    const at = place.index * RESULT_BYTES;
    assert(at + RESULT_BYTES <= results.length, 'the first answer stands where the session says');
    const next = firstAnswerOf(results, place.index);
    if (next === undefined) {
      return { seq, timestamp, result: results.slice(at, at + RESULT_BYTES) };
    }
    assert(isBefore(next, place), 'a first answer was given before');
    place = next;
  }
}

/** Undefined where the result is an answer of its own. */
function firstAnswerOf(results: Uint8Array, index: number): Place | undefined {
  const offset = index * RESULT_BYTES;
  if (results[offset] !== CODE.duplicate) return undefined;
  const view = viewOf(results);
  return { seq: readI64(view, offset + 8) as Seq, index: readI64(view, offset + 16) };
}

function isBefore(one: Place, other: Place): boolean {
  return one.seq < other.seq || (one.seq === other.seq && one.index < other.index);
}
