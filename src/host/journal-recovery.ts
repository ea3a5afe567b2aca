/**
 * What stands in a journal's directory: read at a start and by `verify`, never changed here.
 *
 * Keeps true: the segments are all there and chained to each other; of those before the checkpoint
 * the header and the seal are read, from there on every record is checked. What can't be so is an
 * EnvironmentError `corrupt` that names the file and the place; a torn tail is told, for the caller
 * to cut.
 */
import { assert, present } from '../core/assert.ts';
import type { EntryId, ExecutedEntry } from '../core/entry.ts';
import { EPOCH_NONE, HASH_NONE, SEQ_NONE, type Incarnation, type Seq } from '../core/ids.ts';
import type { View } from '../core/view.ts';
import { entryHeadOf } from '../wire/journal-entry.ts';
import { lastNonZero, scanSegment, type SegmentScan } from '../wire/journal-scan.ts';
import { recordsEnd, SEGMENT_HEADER_BYTES, type Seal } from '../wire/journal-segment.ts';
import { EnvironmentError } from './environment-error.ts';
import type { FileSystem } from './file-system.ts';
import type { Cut } from './journal-cut.ts';
import { join } from './paths.ts';
import { SegmentIndex } from './segment-index.ts';
import {
  corrupt, parseSegmentName, readSeal, readSegment, readWhole, type SegmentFile,
} from './segment-file.ts';

export const ENTRY_NONE: EntryId = { seq: SEQ_NONE, entryEpoch: EPOCH_NONE, hash: HASH_NONE };

export interface RecoveryOptions {
  readonly io: FileSystem;
  readonly directory: string;
  /** Whose journal it must be; undefined: whosever it is. */
  readonly incarnation: Incarnation | undefined;
  /**
   * Where the checkpoint stands; ENTRY_NONE where there is none. Only later entries are handed on.
   */
  readonly checkpoint: EntryId;
  /** A cut that was begun: what it drops is not looked at. */
  readonly cut: Cut | undefined;
  /** In order; the bytes are views of a whole segment: copy what is to be kept for long. */
  readonly onEntry: (entry: ExecutedEntry, place: EntryPlace) => void;
}

/** Where an entry's record stands: in the file, and in the bytes of its whole segment. */
export interface EntryPlace {
  readonly segment: SegmentFile;
  readonly bytes: Uint8Array;
  readonly offset: number;
}

/** A tail that nothing vouches for. */
export interface TornTail {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
  /** The last intact entry. */
  readonly afterSeq: Seq;
}

export interface RecoveredJournal {
  /** Oldest first; empty where there is no journal yet. */
  readonly segments: readonly SegmentFile[];
  readonly tail: EntryId;
  /** Where the records of the last segment end, and where its entries begin. */
  readonly end: number;
  readonly index: SegmentIndex;
  /** Of the last entry. */
  readonly view: View | undefined;
  readonly torn: TornTail | undefined;
  /**
   * Where the records of the last segment begin that were written last: they are seen, but a
   * process that ended before its fsync, or whose fsync failed, may have left them in the page
   * cache only.
   */
  readonly doubtfulFrom: number;
  /** Of the last segment but one; a crash may have come before it was durable, or written. */
  readonly lastSeal: { readonly segment: SegmentFile; readonly seal: Seal } | undefined;
}

export async function recoverJournal(options: RecoveryOptions): Promise<RecoveredJournal> {
  const segments = await listSegments(options);
  const seals = await readSeals(options, segments);
  const last = segments.at(-1);
  if (last === undefined) return nothing(options.checkpoint);
  const from = await firstToScan(options, segments, seals, last);
  let view: View | undefined;
  let bytes: Uint8Array | undefined;
  let lastSeal: RecoveredJournal['lastSeal'] = sealBefore(segments, seals);
  const { checkpoint } = options;
  checkPlaceOfCheckpoint(present(segments[from], 'the first to scan is there'), checkpoint);
  for (let at = from; at < segments.length; at += 1) {
    const segment = present(segments[at], 'listed');
    const next = segments[at + 1];
    const seal = seals[at] ?? 'absent';
    const index = new SegmentIndex(segment.header.first);
    bytes = await readWhole(options.io, segment, bytes);
    const scan = scanFile(options, segment, bytes, seal, next, (entry, place) => {
      index.push(place.offset, entryHeadOf(entry));
      view = entry.view;
      if (entry.seq > checkpoint.seq) options.onEntry(entry, place);
      else if (entry.seq === checkpoint.seq) checkHash(segment, checkpoint, entry.hash);
    });
    index.end = scan.end;
    const { end, last: tail } = scan;
    if (next !== undefined) {
      const found = checkSealed(segment, next, scan);
      if (seal === 'absent') lastSeal = found;
      continue;
    }
    const isSealMissing = seals.at(-2) === 'absent';
    if (isSealMissing && lastSeal !== undefined && end + tornBytes(scan) > SEGMENT_HEADER_BYTES) {
      throw sealMissing(lastSeal.segment);
    }
    const torn = scan.outcome.kind === 'torn'
      ? { path: segment.path, offset: end, bytes: scan.outcome.bytes, afterSeq: tail.seq }
      : undefined;
    const { doubtfulFrom } = scan;
    return { segments, tail, end, index, view, torn, doubtfulFrom, lastSeal };
  }
  throw new Error('unreachable: the last segment ends the loop');
}

function nothing(checkpoint: EntryId): RecoveredJournal {
  if (checkpoint.seq > 0) {
    throw new EnvironmentError(
      'corrupt', `the journal is missing: the checkpoint is of ${checkpoint.seq}`
    );
  }
  return {
    segments: [], tail: ENTRY_NONE, end: 0, index: new SegmentIndex(1 as Seq), view: undefined,
    torn: undefined, doubtfulFrom: 0, lastSeal: undefined,
  };
}

/** The segments with their headers, oldest first: from entry 1 on and of the one incarnation. */
async function listSegments(options: RecoveryOptions): Promise<SegmentFile[]> {
  const { io, directory, cut } = options;
  const segments: SegmentFile[] = [];
  for (const name of (await io.list(directory)).sort()) {
    const first = parseSegmentName(name);
    if (first === undefined || (cut !== undefined && first > cut.first)) continue;
    const segment = await readSegment(io, join(directory, name), first);
    const { incarnation } = segment.header;
    const owner = options.incarnation ?? segments[0]?.header.incarnation ?? incarnation;
    if (incarnation !== owner) {
      throw corrupt(segment.path, 24, `it belongs to backend incarnation ${incarnation}`);
    }
    segments.push(segment);
  }
  const oldest = segments[0];
  if (oldest !== undefined && oldest.header.first !== 1) {
    throw new EnvironmentError(
      'corrupt', `${directory}: the segments before ${oldest.path} are missing`
    );
  }
  if (oldest !== undefined && oldest.header.previous.hash !== HASH_NONE) {
    throw corrupt(oldest.path, 40, 'the first segment names an entry before it');
  }
  return segments;
}

/** The seal of each, checked against the segment behind it. The last but one may still lack it. */
async function readSeals(
  options: RecoveryOptions,
  segments: readonly SegmentFile[],
): Promise<(Seal | 'absent')[]> {
  const seals: (Seal | 'absent')[] = [];
  for (const [at, segment] of segments.entries()) {
    const next = segments[at + 1];
    const cutHere = options.cut?.first === segment.header.first;
    const seal = cutHere ? 'absent' : await readSeal(options.io, segment);
    const place = recordsEnd(segment.header.bytes);
    if (next === undefined) {
      if (seal === 'broken') throw corrupt(segment.path, place, 'the seal is damaged');
      if (seal !== 'absent') {
        throw corrupt(
          segment.path, place, `the segment behind it, from entry ${seal.last.seq + 1}, is missing`
        );
      }
    } else if (seal === 'broken' || seal === 'absent') {
      // Tolerated where the crash that caused it can have been: nothing was written behind it yet.
      if (at !== segments.length - 2) throw sealMissing(segment);
      seals.push('absent');
      continue;
    } else if (seal.first !== segment.header.first || !follows(seal.last, next)) {
      throw corrupt(
        next.path, 0, `it does not follow ${segment.path}, which ends with entry ${seal.last.seq}`
      );
    }
    seals.push(seal);
  }
  return seals;
}

function follows(last: EntryId, next: SegmentFile): boolean {
  const { previous } = next.header;
  return previous.seq === last.seq && previous.hash === last.hash;
}

/**
 * The segment of the checkpoint's successor; before it one that lacks its seal, or, where there is
 * no entry in the last, the one whose last entry tells the view.
 */
async function firstToScan(
  options: RecoveryOptions,
  segments: readonly SegmentFile[],
  seals: readonly (Seal | 'absent')[],
  last: SegmentFile,
): Promise<number> {
  const wanted = options.checkpoint.seq + 1;
  const at = segments.findLastIndex((segment) => segment.header.first <= wanted);
  assert(at >= 0, 'the first segment begins with entry 1');
  if (at < segments.length - 1 || at === 0) return at;
  return seals[at - 1] === 'absent' || (await isEmpty(options.io, last)) ? at - 1 : at;
}

async function isEmpty(io: FileSystem, segment: SegmentFile): Promise<boolean> {
  const fd = await io.open(segment.path, 'r');
  try {
    const record = new Uint8Array(64);
    await io.read(fd, record, SEGMENT_HEADER_BYTES);
    return lastNonZero(record, 0) < 0;
  } finally {
    await io.close(fd);
  }
}

function checkPlaceOfCheckpoint(segment: SegmentFile, checkpoint: EntryId): void {
  const { previous } = segment.header;
  if (checkpoint.seq === previous.seq) checkHash(segment, checkpoint, previous.hash);
}

function checkHash(segment: SegmentFile, checkpoint: EntryId, hash: string): void {
  if (hash === checkpoint.hash) return;
  throw corrupt(
    segment.path, 0, `entry ${checkpoint.seq} is not the one that the checkpoint was taken at`
  );
}

function scanFile(
  options: RecoveryOptions,
  segment: SegmentFile,
  bytes: Uint8Array,
  seal: Seal | 'absent',
  next: SegmentFile | undefined,
  onEntry: (entry: ExecutedEntry, place: EntryPlace) => void,
): SegmentScan {
  const { header, seed, path } = segment;
  const { cut } = options;
  if (cut?.first === header.first) bytes.fill(0, cut.offset);
  const vouched = Math.max(options.checkpoint.seq, (next?.header.first ?? 1) - 1);
  const scan = scanSegment(bytes, header, seed, vouchedWithin(vouched, next), (entry, offset) => {
    onEntry(entry, { segment, bytes, offset });
  });
  if (scan.outcome.kind === 'corrupt') {
    throw corrupt(path, scan.end, `entry ${scan.outcome.seq}: ${scan.outcome.detail}`);
  }
  if (seal !== 'absent' && (scan.end !== seal.end || scan.last.hash !== seal.last.hash)) {
    throw corrupt(
      path, scan.end, `the seal says that entry ${seal.last.seq} ends at byte ${seal.end}`
    );
  }
  return scan;
}

/** A segment that has a next one is vouched for up to that one's first entry, and no further. */
function vouchedWithin(vouched: number, next: SegmentFile | undefined): Seq {
  return (next === undefined ? vouched : next.header.first - 1) as Seq;
}

function sealBefore(
  segments: readonly SegmentFile[],
  seals: readonly (Seal | 'absent')[],
): RecoveredJournal['lastSeal'] {
  const segment = segments.at(-2);
  const seal = seals.at(-2);
  if (segment === undefined || seal === undefined || seal === 'absent') return undefined;
  return { segment, seal };
}

/** A segment with one behind it must be whole and end where that one begins. */
function checkSealed(
  segment: SegmentFile,
  next: SegmentFile,
  scan: SegmentScan,
): RecoveredJournal['lastSeal'] {
  if (scan.outcome.kind !== 'whole') {
    throw corrupt(segment.path, scan.end, 'there are bytes behind the last entry');
  }
  if (!follows(scan.last, next)) {
    throw corrupt(
      next.path, 0, `it does not follow ${segment.path}, which ends with entry ${scan.last.seq}`
    );
  }
  return { segment, seal: { first: segment.header.first, last: scan.last, end: scan.end } };
}

function tornBytes(scan: SegmentScan): number {
  return scan.outcome.kind === 'torn' ? scan.outcome.bytes : 0;
}

function sealMissing(segment: SegmentFile): EnvironmentError {
  return corrupt(segment.path, recordsEnd(segment.header.bytes), 'the seal is missing or damaged');
}
