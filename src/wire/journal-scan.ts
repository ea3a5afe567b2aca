/**
 * The recovery scan: what a start, the scrub and `verify` make of a segment's bytes. Pure.
 *
 * Keeps true: an entry that something later vouches for is never taken for a torn tail, and nothing
 * is handed on that was not checked (checksums, hash, place in the chain). What follows the last
 * intact record is either zeros (the end), or bytes that nothing vouches for (a torn tail, to be
 * cut: no vote was given on their strength that other copies would not bear out), or damage.
 */
import { assert } from '../core/assert.ts';
import type { EntryId, ExecutedEntry } from '../core/entry.ts';
import type { Seq } from '../core/ids.ts';
import { viewOf } from '../core/operation.ts';
import {
  decodeEntry, ENTRY_HEADER_BYTES, MARK_BYTES, readRecordHead, type RecordHead,
} from './journal-entry.ts';
import { recordsEnd, SEGMENT_HEADER_BYTES, type SegmentHeader } from './journal-segment.ts';

/** Called for each intact entry in order; its bytes are views of what was scanned. */
export type OnEntry = (entry: ExecutedEntry, offset: number) => void;

/** Why a walk over records stopped. `incomplete`: the record reaches beyond the bytes at hand. */
export interface WalkStop {
  readonly reason: 'zeros' | 'incomplete' | 'broken';
  readonly offset: number;
  readonly last: EntryId;
  /**
   * The group or mark written last begins here: what is before it was durable when it was written.
   */
  readonly doubtfulFrom: number;
  /** What is broken, or undefined. */
  readonly detail: string | undefined;
}

/**
 * Walks the records from `offset` on, which must follow `last` in the chain, checking each fully.
 */
export function walkRecords(
  bytes: Uint8Array,
  offset: number,
  seed: number,
  last: EntryId,
  onEntry: OnEntry,
): WalkStop {
  const view = viewOf(bytes);
  let at = offset;
  let chain = last;
  let doubtfulFrom = offset;
  let before: RecordHead | undefined;
  const stop = (reason: WalkStop['reason'], detail?: string): WalkStop => (
    { reason, offset: at, last: chain, doubtfulFrom, detail }
  );
  for (;;) {
    if (at + MARK_BYTES > bytes.byteLength) return stop('incomplete');
    if (isZero(bytes, at, at + MARK_BYTES)) return stop('zeros');
    const head = readRecordHead(bytes, view, at, seed);
    if (head === undefined) {
      // An entry's head is longer than a mark: it may reach beyond the bytes at hand.
      if (at + ENTRY_HEADER_BYTES > bytes.byteLength) return stop('incomplete');
      return stop('broken', 'the checksum of the record does not match');
    }
    if (head.kind === 'mark') {
      if (head.seq !== chain.seq) {
        return stop('broken', `a mark for entry ${head.seq} is out of place`);
      }
      doubtfulFrom = at;
      before = head;
      at += head.length;
      continue;
    }
    if (head.seq !== chain.seq + 1) return stop('broken', `entry ${head.seq} is out of place`);
    if (at + head.length > bytes.byteLength) return stop('incomplete');
    const entry = decodeEntry(bytes, view, at, head);
    if (typeof entry === 'string') return stop('broken', entry);
    if (entry.previousHash !== chain.hash) {
      return stop('broken', 'it does not follow the entry before');
    }
    onEntry(entry, at);
    if (before?.kind === 'mark' || head.fsyncedSeq !== before?.fsyncedSeq) doubtfulFrom = at;
    before = head;
    chain = entry;
    at += head.length;
  }
}

/** What became of a segment's records. */
export interface SegmentScan {
  /** Where the intact records end, and the last of them. */
  readonly end: number;
  readonly last: EntryId;
  /** The group or mark written last begins here. */
  readonly doubtfulFrom: number;
  readonly outcome:
    /** Nothing but zeros follows. */
    | { readonly kind: 'whole' }
    /** So many bytes follow that nothing vouches for. */
    | { readonly kind: 'torn'; readonly bytes: number }
    /** Damage: at `end`, where the entry `seq` was expected. */
    | { readonly kind: 'corrupt'; readonly seq: Seq; readonly detail: string };
}

/**
 * Scans the whole segment. `vouchedSeq`: everything up to there is known from elsewhere to have
 * been durable (a later segment, the seal, the checkpoint).
 */
export function scanSegment(
  bytes: Uint8Array,
  header: SegmentHeader,
  seed: number,
  vouchedSeq: Seq,
  onEntry: OnEntry,
): SegmentScan {
  assert(bytes.byteLength === header.bytes, 'the whole segment is scanned');
  const records = bytes.subarray(0, recordsEnd(header.bytes));
  const stop = walkRecords(records, SEGMENT_HEADER_BYTES, seed, header.previous, onEntry);
  const { offset: end, last, doubtfulFrom } = stop;
  const rest = lastNonZero(records, end) + 1;
  const expected = (last.seq + 1) as Seq;
  if (rest <= end) {
    if (vouchedSeq < expected) return { end, last, doubtfulFrom, outcome: { kind: 'whole' } };
    const detail = 'the entry is missing';
    return { end, last, doubtfulFrom, outcome: { kind: 'corrupt', seq: expected, detail } };
  }
  if (vouchedSeq >= expected || isVouchedLater(records, end, seed, expected)) {
    const detail = stop.detail ?? 'the entry is missing';
    return { end, last, doubtfulFrom, outcome: { kind: 'corrupt', seq: expected, detail } };
  }
  return { end, last, doubtfulFrom, outcome: { kind: 'torn', bytes: rest - end } };
}

/**
 * Whether a record at or after `from` tells that the entry `expected`, broken at `from`, was
 * durable. The broken record's length can't be trusted: every place where a record may stand is
 * tried.
 */
function isVouchedLater(bytes: Uint8Array, from: number, seed: number, expected: Seq): boolean {
  const view = viewOf(bytes);
  for (let at = from; at + MARK_BYTES <= bytes.byteLength; at += MARK_BYTES) {
    const head = readRecordHead(bytes, view, at, seed);
    if (head !== undefined && vouches(head, at > from, expected)) return true;
  }
  return false;
}

function vouches(head: RecordHead, later: boolean, expected: Seq): boolean {
  if (head.fsyncedSeq >= expected) return true;
  // Between an entry and the one before it only a mark can stand, and it was durable before.
  return later && head.kind === 'entry' && head.seq <= expected;
}

const ZEROS = new Uint8Array(64 * 1024);

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (bytes[at] !== 0) return false;
  return true;
}

/** The offset of the last byte from `from` on that is not zero; -1 where all are. */
export function lastNonZero(bytes: Uint8Array, from: number): number {
  for (let end = bytes.byteLength; end > from; ) {
    const start = Math.max(from, end - ZEROS.byteLength);
    const slice = bytes.subarray(start, end);
    if (Buffer.compare(slice, ZEROS.subarray(0, slice.byteLength)) !== 0) {
      for (let at = end - 1; ; at -= 1) if (bytes[at] !== 0) return at;
    }
    end = start;
  }
  return -1;
}
