/**
 * Reads that the journal answers, not the ledger: asked and confirmed like any read (linearizable),
 * but looked up by the participant's host. They travel alone, as reports do.
 *
 * A STATEMENT is told from its newest line back. Its record has the account, the link to go on from
 * in the place of the other account (0: from the account's last posting), how many lines to tell in
 * the place of the amount, and moments.
 */
import { present } from './assert.ts';
import type { Position } from './history-page.ts';
import type { Seq } from './ids.ts';
import type { FoundAccount, Ledger } from './ledger.ts';
import { readSpan, type Span } from './moment.ts';
import { KIND, readChunkHeader, readI64, RECORD_BYTES, viewOf } from './operation.ts';

/** The most lines of a statement that are told at once. */
export const STATEMENT_LINES_MAX = 500;

/** What is to be looked up, in the history up to `lastSeq`. */
export type Lookup = HistoryLookup | StatementLookup;

export interface HistoryLookup {
  readonly kind: 'history';
  readonly from: Position;
  readonly lastSeq: Seq;
}

export interface StatementLookup {
  readonly kind: 'statement';
  readonly lastSeq: Seq;
  /** As it is now; undefined where there is none of the number. */
  readonly account: FoundAccount | undefined;
  /** To go on from: anything that a client may say; 0: from the last. */
  readonly link: number;
  readonly linesMax: number;
  readonly span: Span;
}

/** Undefined where the batch asks for no lookup, or for one that makes no sense. */
export function readLookup(
  batch: Uint8Array, ledger: Ledger, lastSeq: Seq,
): Lookup | undefined {
  const kind = batch[RECORD_BYTES] ?? 0;
  if (kind !== KIND.history && kind !== KIND.statement) return undefined;
  const view = viewOf(batch);
  const header = present(readChunkHeader(view, 0), 'a lookup is asked for by a whole chunk');
  const isAlone = header.bytes === 2 * RECORD_BYTES && batch.byteLength === header.bytes;
  if (!isAlone || batch[RECORD_BYTES + 1] !== 0) return undefined;
  const record = new DataView(view.buffer, view.byteOffset + RECORD_BYTES, RECORD_BYTES);
  return kind === KIND.history
    ? readHistoryLookup(record, lastSeq) : readStatementLookup(record, ledger, lastSeq);
}

function readHistoryLookup(record: DataView, lastSeq: Seq): HistoryLookup | undefined {
  const from = { seq: readI64(record, 8), index: readI64(record, 16) };
  return from.seq >= 1 && from.index >= 0 ? { kind: 'history', from, lastSeq } : undefined;
}

function readStatementLookup(
  record: DataView, ledger: Ledger, lastSeq: Seq,
): StatementLookup | undefined {
  const [link, linesMax] = [readI64(record, 16), readI64(record, 24)];
  const span = readSpan(record);
  const isSane = linesMax >= 1 && linesMax <= STATEMENT_LINES_MAX && link >= 0;
  if (!isSane || span === undefined) return undefined;
  const account = ledger.find(readI64(record, 8));
  return { kind: 'statement', lastSeq, account, link, linesMax, span };
}
