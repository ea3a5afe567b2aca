/**
 * Dropping the journal's tail: durable as a whole, though it touches several files.
 *
 * What is dropped was fsynced, and its records vouch for one another: a crash in the middle of it
 * would look like damage. So the intention is made durable first (the file `journal/cut`), and a
 * start that finds it finishes the work before it looks at anything else.
 */
import type { Seq } from '../core/ids.ts';
import { SEGMENT_HEADER_BYTES } from '../wire/journal-segment.ts';
import { readRecordFile, writeRecordFile } from './durable-file.ts';
import { EnvironmentError } from './environment-error.ts';
import { syncDirectory, type FileSystem } from './file-system.ts';
import { join } from './paths.ts';
import { parseSegmentName, segmentName, zeroRange } from './segment-file.ts';

/**
 * Everything from `offset` on in the segment that begins with `first`, and every later segment,
 * goes.
 */
export interface Cut {
  readonly first: Seq;
  readonly offset: number;
  readonly afterSeq: Seq;
}

export async function beginCut(io: FileSystem, directory: string, cut: Cut): Promise<void> {
  await writeRecordFile(io, join(directory, 'cut'), cut);
}

/** The cut that was begun and not finished. */
export async function readCut(io: FileSystem, directory: string): Promise<Cut | undefined> {
  const path = join(directory, 'cut');
  const value = await readRecordFile(io, path);
  if (value === undefined) return undefined;
  const { first, offset, afterSeq } = value;
  if (!isCount(first, 1) || !isCount(offset, SEGMENT_HEADER_BYTES) || !isCount(afterSeq, 0)) {
    throw new EnvironmentError('corrupt', `${path} is corrupt: a field is out of range`);
  }
  return { first: first as Seq, offset, afterSeq: afterSeq as Seq };
}

/** Does what the cut says and forgets it; may be done again after a crash at any point. */
export async function finishCut(io: FileSystem, directory: string, cut: Cut): Promise<void> {
  const names = (await io.list(directory)).sort().reverse();
  for (const name of names) {
    const first = parseSegmentName(name);
    if (first !== undefined && first > cut.first) await io.unlink(join(directory, name));
  }
  await syncDirectory(io, directory);
  const fd = await io.open(join(directory, segmentName(cut.first)), 'r+');
  try {
    await zeroRange(io, fd, cut.offset, await io.size(fd));
  } finally {
    await io.close(fd);
  }
  await io.unlink(join(directory, 'cut'));
  await syncDirectory(io, directory);
}

function isCount(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least;
}
