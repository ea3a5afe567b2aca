/** Cuts the results of a batch into the answers of the clients whose chunks it was made of. */
import type { AdmittedItem } from './admission.ts';
import type { Batch } from './in-flight.ts';
import type { SessionId } from './ids.ts';
import type { Answered, Original, Results } from './message.ts';
import { RESULT_BYTES } from './operation.ts';

const NONE: readonly Original[] = [];

export function answerBatch(
  batch: Batch,
  { results, originals }: Results,
  answer: (item: AdmittedItem, message: Answered) => void,
): void {
  const hasOriginals = originals.length > 0;
  const patched = hasOriginals ? patch(results, originals) : results;
  const lastFirst = [...originals].sort((one, other) => other.index - one.index);
  let index = 0;
  for (const item of batch.items) {
    const { session, number, operations } = item;
    const own = hasOriginals ? takeOwn(lastFirst, index, index + operations) : NONE;
    answer(item, {
      type: 'answered',
      session: session as SessionId,
      firstRequest: number,
      seq: batch.seq,
      timestamp: batch.timestamp,
      results: patched.subarray(index * RESULT_BYTES, (index + operations) * RESULT_BYTES),
      originals: own,
    });
    index += operations;
  }
}

/**
 * The first answers within one item, taken from the end of the list; their places are the item's.
 */
function takeOwn(originals: Original[], from: number, to: number): Original[] {
  const own: Original[] = [];
  for (;;) {
    const next = originals.at(-1);
    if (next === undefined || next.index >= to) return own;
    own.push({ ...next, index: next.index - from });
    originals.pop();
  }
}

/** First answers in the place of those that came again. */
function patch(results: Uint8Array, originals: readonly Original[]): Uint8Array {
  const patched = results.slice();
  for (const { index, result } of originals) patched.set(result, index * RESULT_BYTES);
  return patched;
}
