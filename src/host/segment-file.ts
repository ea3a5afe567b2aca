/**
 * A journal segment as a file: its name, its header and seal on the disk, and how it comes into
 * use.
 *
 * Keeps true: a segment has a name only once its header is durable, and a seal only once the
 * segment behind it is durable: so a seal without a next segment tells that one is missing.
 */
import type { Seq } from '../core/ids.ts';
import {
  decodeSeal, decodeSegmentHeader, encodeSeal, encodeSegmentHeader, recordsEnd, SALT_BYTES,
  SEAL_BYTES, SEGMENT_HEADER_BYTES, type Seal, type SegmentHeader,
} from '../wire/journal-segment.ts';
import { EnvironmentError, isMissing } from './environment-error.ts';
import { readFully, syncDirectory, writeFully, type FileSystem } from './file-system.ts';
import { join } from './paths.ts';
import type { Machine } from './ports.ts';

export interface SegmentFile {
  readonly path: string;
  readonly header: SegmentHeader;
  /** What the checksums of its records continue from. */
  readonly seed: number;
}

const NAME = /^(\d{16})\.segment$/;
const ZERO_CHUNK_BYTES = 1024 * 1024;
/** Of a file that is read as a whole. */
const PIECE_BYTES = 1024 * 1024;

export function segmentName(first: Seq): string {
  return `${String(first).padStart(16, '0')}.segment`;
}

/** The first seq that a file's name tells; undefined where it is not a segment's name. */
export function parseSegmentName(name: string): Seq | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : (Number(digits) as Seq);
}

/** Where the damage is, for the operator. */
export function corrupt(path: string, offset: number, detail: string): EnvironmentError {
  return new EnvironmentError('corrupt', `${path} is corrupt at byte ${offset}: ${detail}`);
}

/** To be read. A segment that was there and is not any more is damage, not a refusal. */
export async function openSegment(
  io: FileSystem,
  path: string,
  how: 'direct' | 'cached' = 'cached',
): Promise<number> {
  try {
    return await (how === 'direct' ? io.openDirect(path, 'r') : io.open(path, 'r'));
  } catch (error) {
    throw isMissing(error) ? corrupt(path, 0, 'the file is missing') : error;
  }
}

/** Reads and checks the header against the name and the size of the file. */
export async function readSegment(io: FileSystem, path: string, first: Seq): Promise<SegmentFile> {
  const fd = await openSegment(io, path);
  try {
    const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
    const read = await readFully(io, fd, bytes, 0);
    const decoded = decodeSegmentHeader(bytes.subarray(0, read));
    if (typeof decoded === 'string') throw corrupt(path, 0, decoded);
    const { header, seed } = decoded;
    if (header.first !== first) {
      throw corrupt(path, 8, `its name says entry ${first}, its header ${header.first}`);
    }
    const size = await io.size(fd);
    if (size !== header.bytes) {
      throw corrupt(path, size, `the file has ${size} bytes, its header says ${header.bytes}`);
    }
    return { path, header, seed };
  } finally {
    await io.close(fd);
  }
}

export async function readSeal(
  io: FileSystem,
  segment: SegmentFile,
): Promise<Seal | 'absent' | 'broken'> {
  const fd = await openSegment(io, segment.path);
  try {
    const bytes = new Uint8Array(SEAL_BYTES);
    const read = await readFully(io, fd, bytes, recordsEnd(segment.header.bytes));
    return decodeSeal(bytes.subarray(0, read), segment.seed);
  } finally {
    await io.close(fd);
  }
}

/** The whole file, past the page cache; into `room`, of an earlier call, where it is as large. */
export async function readWhole(
  io: FileSystem,
  segment: SegmentFile,
  room?: Uint8Array,
): Promise<Uint8Array> {
  const { header: { bytes: length }, path } = segment;
  const fd = await openSegment(io, path, 'direct');
  try {
    const bytes = room?.byteLength === length ? room : new Uint8Array(length);
    // By way of a piece: views of memory for blocks are slow to read numbers from.
    const piece = io.blockMemory(Math.min(PIECE_BYTES, length));
    for (let at = 0; at < length; at += PIECE_BYTES) {
      const wanted = piece.subarray(0, Math.min(PIECE_BYTES, length - at));
      const read = await readFully(io, fd, wanted, at);
      if (read < wanted.byteLength) throw corrupt(path, at + read, 'the file ends too early');
      bytes.set(wanted, at);
    }
    return bytes;
  } finally {
    await io.close(fd);
  }
}

/**
 * Gives a spare file its header and its name; durable when it resolves. Replaces an empty namesake.
 */
export async function activateSegment(
  { io, randomBytes }: Machine,
  directory: string,
  sparePath: string,
  header: SegmentHeader,
): Promise<SegmentFile> {
  const { bytes, seed } = encodeSegmentHeader(header, randomBytes(SALT_BYTES));
  const fd = await io.open(sparePath, 'r+');
  try {
    await writeFully(io, fd, bytes, 0);
    await io.fsync(fd);
    const path = join(directory, segmentName(header.first));
    await io.rename(sparePath, path);
    await syncDirectory(io, directory);
    return { path, header, seed };
  } finally {
    await io.close(fd);
  }
}

/** Writes the seal; the caller has made the next segment durable before. */
export async function sealSegment(
  io: FileSystem,
  segment: SegmentFile,
  seal: Seal,
): Promise<void> {
  const fd = await io.open(segment.path, 'r+');
  try {
    await writeFully(io, fd, encodeSeal(seal, segment.seed), recordsEnd(segment.header.bytes));
    await io.fdatasync(fd);
  } finally {
    await io.close(fd);
  }
}

/**
 * Zeros from `from` to `to`, durable when it resolves. Every few MiB is synced on its own, so that
 * the journal's own fsyncs never wait for much.
 */
export async function zeroRange(
  io: FileSystem,
  fd: number,
  from: number,
  to: number,
): Promise<void> {
  const zeros = io.blockMemory(Math.min(ZERO_CHUNK_BYTES, to - from));
  const syncEvery = 8 * ZERO_CHUNK_BYTES;
  let unsynced = 0;
  for (let at = from; at < to; at += ZERO_CHUNK_BYTES) {
    const length = Math.min(ZERO_CHUNK_BYTES, to - at);
    await writeFully(io, fd, zeros.subarray(0, length), at);
    unsynced += length;
    if (unsynced < syncEvery) continue;
    await io.fdatasync(fd);
    unsynced = 0;
  }
  await io.fsync(fd);
}
