/**
 * First answers of requests that came again: results with the code `duplicate` name the seq and the
 * index of the first one, which is read from the journal.
 *
 * What stands there may be a `duplicate` itself: a write under a key that was used before is
 * answered so, and so is an OUTCOME; a retry of either finds that answer. Every step leads to an
 * earlier operation, and the last one to an answer. So all are followed together, from the newest
 * place back: each entry is read once, each place looked at once, however many lead there. A chunk
 * of thousands of OUTCOMEs, each of the one before it, costs no more than any other.
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

/** Where an answer is looked for. */
interface Place {
  readonly seq: Seq;
  /** Of a result among those of its entry. */
  readonly index: number;
  /** What is meant is so many operations behind that one, details not counted. */
  readonly behind: number;
  /** What is asked for are the details of the write that stands there. */
  readonly isOfDetails: boolean;
}

/** What is looked for in one entry. */
interface Search extends Place {
  /** The results that are to be replaced by what is found: their indexes. */
  readonly askers: number[];
}

export async function findOriginals(results: Uint8Array, read: ReadEntry): Promise<Original[]> {
  const searches = new Searches();
  for (let index = 0; index * RESULT_BYTES < results.length; index += 1) {
    const place = firstAnswerOf(results, index);
    if (place !== undefined) searches.add({ ...place, askers: [index] });
  }
  const originals: Original[] = [];
  for (let seq = searches.newest; seq !== undefined; seq = searches.newest) {
    const entry = present(await read(seq), 'a first answer is in the journal');
    lookThrough(entry, searches, originals);
  }
  return originals.sort((one, other) => one.index - other.index);
}

/** What is still looked for, by the entry where it may be. */
class Searches {
  readonly #bySeq = new Map<Seq, Search[]>();

  get newest(): Seq | undefined {
    let newest: Seq | undefined;
    for (const seq of this.#bySeq.keys()) if (newest === undefined || seq > newest) newest = seq;
    return newest;
  }

  add(search: Search): void {
    const others = this.#bySeq.get(search.seq);
    if (others === undefined) this.#bySeq.set(search.seq, [search]);
    else others.push(search);
  }

  take(seq: Seq): readonly Search[] {
    const all = this.#bySeq.get(seq) ?? [];
    this.#bySeq.delete(seq);
    return all;
  }
}

/** Finds all that is looked for in this entry, or where to look further: in earlier ones. */
function lookThrough(
  { seq, timestamp, results }: ExecutedEntry, searches: Searches, originals: Original[],
): void {
  // Askers by what they are led to: twice its index, and one more where its details are meant.
  const wanted = new Map<number, number[]>();
  const want = (search: Search, below: number): void => {
    const index = indexOf(search, results);
    assert((index + 1) * RESULT_BYTES <= results.length,
      'the first answer stands where the session says');
    assert(index < below, 'a first answer was given before');
    const key = 2 * index + (search.isOfDetails ? 1 : 0);
    wanted.set(key, merge(wanted.get(key), search.askers));
  };
  for (const search of searches.take(seq)) want(search, Infinity);
  const last = 2 * (results.length / RESULT_BYTES) - 1;
  for (let key = last; wanted.size > 0; key -= 1) {
    const askers = wanted.get(key);
    if (askers === undefined) continue;
    wanted.delete(key);
    const [index, isOfDetails] = [Math.floor(key / 2), key % 2 === 1];
    const next = firstAnswerOf(results, index);
    if (next === undefined) {
      const at = index * RESULT_BYTES;
      const result = isOfDetails
        ? detailsBehind(results, index) : results.slice(at, at + RESULT_BYTES);
      for (const asker of askers) originals.push({ index: asker, seq, timestamp, result });
      continue;
    }
    assert(next.seq <= seq, 'a first answer was given before');
    const search = { ...next, isOfDetails: next.isOfDetails || isOfDetails, askers };
    if (next.seq === seq) want(search, index);
    else searches.add(search);
  }
}

/** The shorter one is added to the longer one, so that a long way costs little. */
function merge(some: number[] | undefined, others: number[]): number[] {
  if (some === undefined) return others;
  const [longer, shorter] = some.length < others.length ? [others, some] : [some, others];
  for (const each of shorter) longer.push(each);
  return longer;
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
