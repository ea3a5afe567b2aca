/**
 * Opens a journal's directory for writing: recovers it, and brings about what a crash left undone
 * (a cut begun, a torn tail, the seal of the segment before the last, the very first segment).
 *
 * Keeps true: what is found is durable when it is handed on. A process that was killed before its
 * fsync leaves names and bytes that its successor sees and a power loss takes away; after an fsync
 * that failed they even count as clean, so that a mere fsync does not write them (Rebello et al.,
 * "Can Applications Recover from fsync Failures?", ATC 2020). So they are written again.
 */
import type { EntryId, ExecutedEntry } from '../core/entry.ts';
import type { Incarnation, Seq } from '../core/ids.ts';
import { SEGMENT_HEADER_BYTES } from '../wire/journal-segment.ts';
import { EnvironmentError } from './environment-error.ts';
import {
  readFully, syncDirectory, syncParent, writeFully, type FileSystem,
} from './file-system.ts';
import { allocateSpare } from './journal-allocator.ts';
import { finishCut, readCut } from './journal-cut.ts';
import { ENTRY_NONE, recoverJournal, type RecoveredJournal } from './journal-recovery.ts';
import { join } from './paths.ts';
import type { Machine } from './ports.ts';
import { SegmentIndex } from './segment-index.ts';
import { activateSegment, sealSegment, zeroRange, type SegmentFile } from './segment-file.ts';
import type { Sizes } from './sizes.ts';

export interface OpenOptions {
  readonly machine: Machine;
  readonly sizes: Sizes;
  readonly directory: string;
  readonly incarnation: Incarnation;
  readonly checkpoint: EntryId;
  readonly onEntry: (entry: ExecutedEntry) => void;
  readonly mayBeMissing: boolean;
}

/** Where appending goes on. */
export interface WritePosition {
  /** Oldest first; the last is written to. */
  readonly segments: readonly SegmentFile[];
  /** Of the last segment. */
  readonly index: SegmentIndex;
  /** ENTRY_NONE where there is none. */
  readonly tail: EntryId;
}

export interface OpenedJournal {
  readonly position: WritePosition;
  readonly recovered: RecoveredJournal;
}

export async function openJournal(options: OpenOptions): Promise<OpenedJournal> {
  const { machine: { io }, directory, mayBeMissing } = options;
  if (!(await io.exists(directory))) {
    if (!mayBeMissing) throw missing(directory);
    await io.makeDirectory(directory);
  }
  const cut = await readCut(io, directory);
  if (cut !== undefined) {
    await syncDirectory(io, directory); // the cut's own name, before anything is dropped for it
    await finishCut(io, directory, cut);
  }
  const recovered = await recoverJournal({ ...options, io, cut: undefined });
  const last = recovered.segments.at(-1);
  if (last === undefined) {
    if (!mayBeMissing) throw missing(directory);
    await syncParent(io, directory);
    return { position: await createJournal(options), recovered };
  }
  await repair(io, directory, last, recovered);
  const { segments, index, tail } = recovered;
  return { position: { segments, index, tail }, recovered };
}

async function repair(
  io: FileSystem,
  directory: string,
  last: SegmentFile,
  recovered: RecoveredJournal,
): Promise<void> {
  const { torn, lastSeal, doubtfulFrom, end, index } = recovered;
  const fd = await io.open(last.path, 'r+');
  try {
    if (doubtfulFrom < end) await writeAgain(io, fd, doubtfulFrom, end);
    if (torn !== undefined) await zeroRange(io, fd, torn.offset, torn.offset + torn.bytes);
  } finally {
    await io.close(fd);
  }
  // An entry is written only when its segment's name, and the seal of the one before, are durable.
  if (index.count > 0) return;
  await syncParent(io, directory);
  await syncDirectory(io, directory);
  if (lastSeal !== undefined) await sealSegment(io, lastSeal.segment, lastSeal.seal);
}

async function writeAgain(io: FileSystem, fd: number, from: number, to: number): Promise<void> {
  const bytes = new Uint8Array(to - from);
  await readFully(io, fd, bytes, from);
  await writeFully(io, fd, bytes, from);
  await io.fdatasync(fd);
}

/** The first segment of all, small, so that it takes no time. */
async function createJournal(options: OpenOptions): Promise<WritePosition> {
  const { machine, directory, incarnation } = options;
  const first = 1 as Seq;
  const bytes = options.sizes.segmentBytesMin;
  const path = join(directory, 'spare-0');
  await allocateSpare(machine.io, path, bytes);
  const header = { first, bytes, incarnation, previous: ENTRY_NONE };
  const segment = await activateSegment(machine, directory, path, header);
  const index = new SegmentIndex(first);
  index.end = SEGMENT_HEADER_BYTES;
  return { segments: [segment], index, tail: ENTRY_NONE };
}

function missing(directory: string): EnvironmentError {
  return new EnvironmentError('corrupt', `the journal ${directory} is missing`);
}
