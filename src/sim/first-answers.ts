/**
 * What a request must have been answered, by the entries on a disk: results as they stand there, or
 * in the place of `duplicate` what was answered the first time.
 */
import type { ExecutedEntry } from '../core/entry.ts';
import type { Seq } from '../core/ids.ts';
import type { Answered } from '../core/message.ts';
import {
  CODE, decodeResult, encodeResult, OF_THE_WRITE, readChunkHeader, RESULT_BYTES, viewOf,
  type Result,
} from '../core/operation.ts';
import type { DurableJournal } from './durable-journal.ts';

const NO_DETAILS: Result = {
  code: 'neverHappened', kind: 'details', scale: 2, detail: 0, account: 0, balance: 0, toBalance: 0,
};

/** What the entry on this disk says that the request was answered, first answers in their place. */
export function resultsFor(
  journal: DurableJournal,
  entry: ExecutedEntry,
  message: Answered,
): Uint8Array | undefined {
  const { session, firstRequest, results } = message;
  const batch = viewOf(entry.batch);
  let index = 0;
  for (let start = 0; start < entry.batch.length;) {
    const header = readChunkHeader(batch, start);
    if (header === undefined) return undefined;
    const isIt = header.session === session && header.firstRequest === firstRequest;
    const fits = header.operations * RESULT_BYTES === results.length;
    if (isIt && fits) {
      const own = entry.results.slice(
        index * RESULT_BYTES,
        (index + header.operations) * RESULT_BYTES,
      );
      if (!own.includes(CODE.duplicate)) return own;
      for (const original of firstAnswers(journal, own)) {
        own.set(original.result, original.index * RESULT_BYTES);
      }
      return own;
    }
    index += header.operations;
    start += header.bytes;
  }
  return undefined;
}

interface FirstAnswer {
  readonly index: number;
  readonly result: Uint8Array;
}

function firstAnswers(journal: DurableJournal, results: Uint8Array): FirstAnswer[] {
  const answers: FirstAnswer[] = [];
  for (let index = 0; index * RESULT_BYTES < results.length; index += 1) {
    if (results[index * RESULT_BYTES] !== CODE.duplicate) continue;
    answers.push({ index, result: firstAnswer(journal, decodeResult(viewOf(results), index)) });
  }
  return answers;
}

function firstAnswer(journal: DurableJournal, told: Result): Uint8Array {
  let { account: seq, balance: first, toBalance: behind } = told;
  let wantsDetails = isOfTheWrite(told);
  for (;;) {
    const entry = journal.at(seq as Seq);
    if (entry === undefined) return new Uint8Array(RESULT_BYTES);
    const index = first + (behind === 0 ? 0 : indexBehind(entry.results, first, behind));
    const found = decodeResult(viewOf(entry.results), index);
    if (found.code !== 'duplicate') {
      const at = (wantsDetails ? index + 1 : index) * RESULT_BYTES;
      if (!wantsDetails || hasDetails(entry, index)) {
        return entry.results.slice(at, at + RESULT_BYTES);
      }
      const none = new Uint8Array(RESULT_BYTES);
      encodeResult(viewOf(none), 0, NO_DETAILS);
      return none;
    }
    wantsDetails ||= isOfTheWrite(found);
    ({ account: seq, balance: first, toBalance: behind } = found);
  }
}

/** How far it is to the so manyth result that is none of details. */
function indexBehind(results: Uint8Array, first: number, count: number): number {
  const kinds = Array.from({ length: results.length / RESULT_BYTES - first }, (_, at) =>
    decodeResult(viewOf(results), first + at).kind);
  const others = [...kinds.keys()].filter((at) => at > 0 && kinds[at] !== 'details');
  return others[count - 1] ?? 0;
}

function isOfTheWrite({ kind, detail }: Result): boolean {
  return kind === 'details' && detail === OF_THE_WRITE;
}

/** Whether the chunk of the write at the index goes on, with its details. */
function hasDetails({ batch, results }: ExecutedEntry, index: number): boolean {
  const view = viewOf(batch);
  let end = 0;
  for (let at = 0; at < batch.length && end <= index;) {
    const header = readChunkHeader(view, at);
    if (header === undefined) return false;
    end += header.operations;
    at += header.bytes;
  }
  if (index + 1 >= end) return false;
  const { code, kind } = decodeResult(viewOf(results), index + 1);
  return code === 'ok' && kind === 'details';
}
