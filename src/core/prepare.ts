/** The message of the first phase, from an entry: a new one, or one that somebody lacks. */
import type { Entry } from './entry.ts';
import type { BackendId, Epoch, Seq } from './ids.ts';
import type { Prepare } from './message.ts';

export function prepareOf(
  entry: Entry, epoch: Epoch, commitSeq: Seq, answerer: BackendId,
): Prepare {
  const { seq, entryEpoch, timestamp, view, previousHash, batch } = entry;
  return {
    type: 'prepare', epoch, seq, entryEpoch, timestamp, view, previousHash, commitSeq, answerer,
    batch,
  };
}
