/**
 * First answers of requests that came again: results with the code `duplicate` name the seq and the
 * index of the first one, which is read from the journal.
 *
 * What stands there may be a `duplicate` itself: a write under a key that was used before is
 * answered so, and so is an OUTCOME; a retry of either finds that answer. Every step leads to an
 * earlier operation, and the last one to an answer.
 *
 * Details of such a write are those of its first execution, where whoever asked for that asked for
 * them, too. `ok` is said only of details directly behind their write, in its chunk: those that
 * begin another chunk never happened, or are a `duplicate`. So what stands behind the write and is
 * `ok` is told of it; where nothing does, there are none, and that is the answer.
 */
import type { Seq } from '../core/ids.ts';
import { assert, present } from '../core/assert.ts';
import type { ExecutedEntry } from '../core/entry.ts';
import type { Original } from '../core/message.ts';
import {
  CODE, DEFAULT_SCALE, encodeResult, KIND, OF_THE_WRITE, readI64, RESULT_BYTES, viewOf,
} from '../core/operation.ts';

type ReadEntry = (seq: Seq) => Promise<ExecutedEntry | undefined>;

/** Requests that come again come in a row: a few entries are enough, and memory stays bounded. */
const ENTRIES_KEPT = 4;

/** Where a result stands: the seq of its entry, and its place in the entry's results. */
interface Answered {
  readonly seq: Seq;
  readonly index: number;
}

interface Place extends Answered {
  /** What is meant is so many operations behind that one, details not counted. */
  readonly behind: number;
  /** What is asked for are the details of the write that stands there. */
  readonly isOfDetails: boolean;
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
  let last: Answered | undefined;
  for (let place = from; ; ) {
    const { seq, timestamp, results } = await entryAt(place.seq);
    const index = indexOf(place, results);
    const at = index * RESULT_BYTES;
    assert(at + RESULT_BYTES <= results.length, 'the first answer stands where the session says');
    assert(last === undefined || isBefore({ seq, index }, last), 'a first answer was given before');
    const next = firstAnswerOf(results, index);
    if (next === undefined) {
      const result = place.isOfDetails
        ? detailsBehind(results, index) : results.slice(at, at + RESULT_BYTES);
      return { seq, timestamp, result };
    }
    last = { seq, index };
    place = { ...next, isOfDetails: next.isOfDetails || place.isOfDetails };
  }
}

/** Undefined where the result is an answer of its own. */
function firstAnswerOf(results: Uint8Array, index: number): Place | undefined {
  const offset = index * RESULT_BYTES;
  if (results[offset] !== CODE.duplicate) return undefined;
  const view = viewOf(results);
  const isOfDetails = results[offset + 1] === KIND.details
    && view.getUint32(offset + 4, true) === OF_THE_WRITE;
  const seq = readI64(view, offset + 8) as Seq;
  const [at, behind] = [readI64(view, offset + 16), readI64(view, offset + 24)];
  return { seq, index: at, behind, isOfDetails };
}

/** Where it stands among the results of its entry; behind them where there are too few. */
function indexOf({ index, behind }: Place, results: Uint8Array): number {
  let at = index;
  for (let left = behind; left > 0 && at * RESULT_BYTES < results.length; ) {
    at += 1;
    if (results[at * RESULT_BYTES + 1] !== KIND.details) left -= 1;
  }
  return at;
}

/** What was told of the write at the index when it was executed; or that nobody asked. */
function detailsBehind(results: Uint8Array, index: number): Uint8Array {
  const at = (index + 1) * RESULT_BYTES;
  const isTold = results[at] === CODE.ok && results[at + 1] === KIND.details;
  if (isTold) return results.slice(at, at + RESULT_BYTES);
  const none = new Uint8Array(RESULT_BYTES);
  encodeResult(viewOf(none), 0, {
    code: 'neverHappened', kind: 'details', scale: DEFAULT_SCALE, detail: 0, account: 0, balance: 0,
    toBalance: 0,
  });
  return none;
}

function isBefore(one: Answered, other: Answered): boolean {
  return one.seq < other.seq || (one.seq === other.seq && one.index < other.index);
}
