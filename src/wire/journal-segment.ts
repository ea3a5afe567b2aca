/**
 * The header and the seal of a journal segment ↔ bytes (the layout is in `journal-entry.ts`).
 *
 * The header says whose journal it is and where in the chain the segment begins; the seal, written
 * when the segment is full, where it ends. With the two a start knows of an older segment all it
 * needs.
 */
import type { EntryId } from '../core/entry.ts';
import { crc32 } from '../core/hash.ts';
import type { EntryHash, Epoch, Incarnation, Seq } from '../core/ids.ts';
import { readI64, viewOf, writeI64 } from '../core/operation.ts';
import { hex } from './journal-entry.ts';

export const SEGMENT_HEADER_BYTES = 4096;
export const SEAL_BYTES = 128;
export const SALT_BYTES = 16;
/** Grows when the journal's format changes. */
export const JOURNAL_FORMAT = 1;
/** "BKSG" and "BKSE" as little-endian u32. */
const SEGMENT_MAGIC = 0x47534b42;
const SEAL_MAGIC = 0x45534b42;
const HEADER_CRC = SEGMENT_HEADER_BYTES - 4;
const SEAL_CRC = SEAL_BYTES - 4;

export interface SegmentHeader {
  readonly first: Seq;
  /** The size of the file. */
  readonly bytes: number;
  readonly incarnation: Incarnation;
  /** The entry before the first: seq `first - 1`. */
  readonly previous: EntryId;
}

export interface Seal {
  readonly first: Seq;
  readonly last: EntryId;
  /** Where the last record ends. */
  readonly end: number;
}

export function encodeSegmentHeader(
  header: SegmentHeader,
  salt: Uint8Array,
): { readonly bytes: Uint8Array; readonly seed: number } {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, SEGMENT_MAGIC, true);
  view.setUint32(4, JOURNAL_FORMAT, true);
  writeI64(view, 8, header.first);
  writeI64(view, 16, header.bytes);
  bytes.subarray(24, 40).setFromHex(header.incarnation);
  bytes.subarray(40, 72).setFromHex(header.previous.hash);
  writeI64(view, 72, header.previous.entryEpoch);
  bytes.set(salt.subarray(0, SALT_BYTES), 80);
  const seed = crc32(bytes.subarray(0, HEADER_CRC));
  view.setUint32(HEADER_CRC, seed, true);
  return { bytes, seed };
}

/** The header and the seed of the segment's records; a string says what is wrong. */
export function decodeSegmentHeader(
  bytes: Uint8Array,
): { readonly header: SegmentHeader; readonly seed: number } | string {
  if (bytes.byteLength < SEGMENT_HEADER_BYTES) return 'the file ends within the header';
  const view = viewOf(bytes);
  const seed = view.getUint32(HEADER_CRC, true);
  if (view.getUint32(0, true) !== SEGMENT_MAGIC) return 'the header is not that of a segment';
  if (seed !== crc32(bytes.subarray(0, HEADER_CRC))) {
    return 'the checksum of the header does not match';
  }
  const format = view.getUint32(4, true);
  if (format !== JOURNAL_FORMAT) {
    return `the format is ${format}, this bankd reads ${JOURNAL_FORMAT}`;
  }
  const first = readI64(view, 8);
  const previous = {
    seq: (first - 1) as Seq,
    entryEpoch: readI64(view, 72) as Epoch,
    hash: hex(bytes, 40, 32) as EntryHash,
  };
  const incarnation = hex(bytes, 24, 16) as Incarnation;
  return { header: { first: first as Seq, bytes: readI64(view, 16), incarnation, previous }, seed };
}

export function encodeSeal(seal: Seal, seed: number): Uint8Array {
  const bytes = new Uint8Array(SEAL_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, SEAL_MAGIC, true);
  view.setUint32(4, SEAL_BYTES, true);
  writeI64(view, 8, seal.first);
  writeI64(view, 16, seal.last.seq);
  writeI64(view, 24, seal.last.entryEpoch);
  writeI64(view, 32, seal.end);
  bytes.subarray(40, 72).setFromHex(seal.last.hash);
  view.setUint32(SEAL_CRC, crc32(bytes.subarray(0, SEAL_CRC), seed), true);
  return bytes;
}

/** The seal; `absent` where there are only zeros, `broken` where there is something else. */
export function decodeSeal(bytes: Uint8Array, seed: number): Seal | 'absent' | 'broken' {
  const view = viewOf(bytes);
  if (bytes.every((byte) => byte === 0)) return 'absent';
  if (bytes.byteLength !== SEAL_BYTES || view.getUint32(0, true) !== SEAL_MAGIC) return 'broken';
  if (view.getUint32(SEAL_CRC, true) !== crc32(bytes.subarray(0, SEAL_CRC), seed)) return 'broken';
  return {
    first: readI64(view, 8) as Seq,
    last: {
      seq: readI64(view, 16) as Seq,
      entryEpoch: readI64(view, 24) as Epoch,
      hash: hex(bytes, 40, 32) as EntryHash,
    },
    end: readI64(view, 32),
  };
}

/** Where records may stand in a segment of this size: behind the header, before the seal. */
export function recordsEnd(segmentBytes: number): number {
  return segmentBytes - SEAL_BYTES;
}

/** What entries can take in an empty segment of this size. */
export function capacityOf(segmentBytes: number): number {
  return segmentBytes - SEGMENT_HEADER_BYTES - SEAL_BYTES;
}
