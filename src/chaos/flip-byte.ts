/**
 * Bit rot: one bit of a backend's files turns over, behind its back.
 *
 * The place is an entry in the middle of the newest segment, which every start reads; what stands
 * behind it tells that it was durable: the damage can't pass for a write that a crash tore.
 */
import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Seq } from '../core/ids.ts';
import { isMissing } from '../host/environment-error.ts';
import { nodeFileSystem } from '../host/node-file-system.ts';
import { parseSegmentName, readSegment, readWhole } from '../host/segment-file.ts';
import { scanSegment } from '../wire/journal-scan.ts';

export interface Flip {
  readonly file: string;
  readonly offset: number;
  /** Which entry it is of; undefined: it is the checkpoint's. */
  readonly seq: Seq | undefined;
}

/** Undefined where there is nothing yet to corrupt. */
export async function flipByte(directory: string): Promise<Flip | undefined> {
  const place = (await entryOf(join(directory, 'journal'))) ?? checkpointOf(directory);
  if (place !== undefined) flip(place);
  return place;
}

/** Of the newest segment that has any. */
async function entryOf(journal: string): Promise<Flip | undefined> {
  for (const name of (await nodeFileSystem.list(journal)).sort().reverse()) {
    const first = parseSegmentName(name);
    if (first === undefined) continue;
    const place = await entryIn(join(journal, name), first);
    if (place !== undefined) return place;
  }
  return undefined;
}

async function entryIn(path: string, first: Seq): Promise<Flip | undefined> {
  const segment = await readSegment(nodeFileSystem, path, first);
  const bytes = await readWhole(nodeFileSystem, segment);
  const offsets: number[] = [];
  // What it says of damage is nobody's business here; nothing is vouched for.
  const { end } = scanSegment(bytes, segment.header, segment.seed, 0 as Seq, (_entry, offset) => {
    offsets.push(offset);
  });
  const at = Math.max(0, Math.floor((offsets.length - 2) / 2));
  const { [at]: from, [at + 1]: to = end } = offsets;
  if (from === undefined) return undefined;
  return { file: path, offset: Math.floor((from + to) / 2), seq: (first + at) as Seq };
}

function checkpointOf(directory: string): Flip | undefined {
  const file = join(directory, 'checkpoint');
  try {
    return { file, offset: Math.floor(statSync(file).size / 2), seq: undefined };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function flip({ file, offset }: Flip): void {
  const fd = openSync(file, 'r+');
  try {
    const byte = new Uint8Array(1);
    readSync(fd, byte, 0, 1, offset);
    byte[0] = (byte[0] ?? 0) ^ 1;
    writeSync(fd, byte, 0, 1, offset);
  } finally {
    closeSync(fd);
  }
}
