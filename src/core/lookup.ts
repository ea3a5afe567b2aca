/**
 * Reads that the journal answers, not the ledger: asked and confirmed like any read (linearizable),
 * but looked up by the participant's host. They travel alone, as reports do.
 */
import { present } from './assert.ts';
import type { Position } from './history-page.ts';
import type { Seq } from './ids.ts';
import { KIND, readChunkHeader, readI64, RECORD_BYTES, viewOf } from './operation.ts';

/** What is to be looked up, in the history up to `lastSeq`. */
export interface Lookup {
  readonly kind: 'history';
  readonly from: Position;
  readonly lastSeq: Seq;
}

/** Undefined where the batch asks for no lookup, or for one that makes no sense. */
export function readLookup(batch: Uint8Array, lastSeq: Seq): Lookup | undefined {
  const view = viewOf(batch);
  if (batch[RECORD_BYTES] !== KIND.history) return undefined;
  const header = present(readChunkHeader(view, 0), 'a lookup is asked for by a whole chunk');
  const isAlone = header.bytes === 2 * RECORD_BYTES && batch.byteLength === header.bytes;
  const from = { seq: readI64(view, RECORD_BYTES + 8), index: readI64(view, RECORD_BYTES + 16) };
  if (!isAlone || batch[RECORD_BYTES + 1] !== 0 || !(from.seq >= 1) || !(from.index >= 0)) {
    return undefined;
  }
  return { kind: 'history', from, lastSeq };
}
