/**
 * Entries ↔ bytes: the records of the journal. Pure functions over bytes.
 *
 * A journal is a row of segment files, `journal/<first seq, 16 digits>.segment`, each written whole
 * with zeros and fsynced before its first record. Integers are little-endian, an i64 within
 * ±(2^53 - 1); every byte not named is zero and covered by a checksum. CRC-32 is that of zlib;
 * "continued from x" means that it starts with x in place of 0.
 *
 * | segment header, 4096 bytes    | seal, the last 128 bytes       | mark, 64 bytes           |
 * | ----------------------------- | ------------------------------ | ------------------------ |
 * |    0 u32 "BKSG"               |   0 u32 "BKSE"                 |  0 u32 "BKMK"            |
 * |    4 u32 format version, 1    |   4 u32 128                    |  4 u32 64                |
 * |    8 i64 first seq            |   8 i64 first seq              |  8 i64 fsynced seq       |
 * |   16 i64 size of the file     |  16 i64 last seq               | 60 u32 CRC of 0..59,     |
 * |   24 16 bytes incarnation     |  24 i64 last entry epoch       |    continued from SEED   |
 * |   40 32 bytes previous hash   |  32 i64 end of the last record |                          |
 * |   72 i64 previous entry epoch |  40 32 bytes last hash         |                          |
 * |   80 16 bytes salt (random)   | 124 u32 CRC of 0..123,         |                          |
 * | 4092 u32 CRC of 0..4091: SEED |     continued from SEED        |                          |
 *
 * | entry                                                                                    |
 * | ---------------------------------------------------------------------------------------- |
 * |   0 u32 "BKEN"             |  40 u32 batch length    |  96 16 bytes digest               |
 * |   4 u32 length, all of it  |  44 u32 results length  | 112 7 x 16 bytes incarnations     |
 * |   8 i64 seq                |  48 i64 view number     | 252 u32 CRC of 0..251, continued  |
 * |  16 i64 entry epoch        |  56 u8 members          |     from SEED                     |
 * |  24 i64 timestamp          |  57 7 x u8 members' ids | 256 links, batch, results, zeros; |
 * |  32 i64 fsynced seq        |  64 32 bytes previous   |     the last 36: hash (32) and    |
 * |                            |     hash                |     u32 CRC of 256.. up to there, |
 * |                            | 224 u32 links length    |     continued from that at 252    |
 *
 * Records follow each other without gaps at multiples of 64; zeros after the last. The fsynced seq
 * is the last entry that was durable when the record was written: the record **vouches** for
 * everything up to there, so that damage before it cannot be taken for a torn write. A mark does so
 * when the load pauses; nothing is written behind a mark before it is durable. The seed ties
 * records to their segment: what a client sends can't pass for a record, nor can a stale or
 * misplaced one.
 *
 * What is appended when, and which fsyncs stand between, is in `host/journal-writer.ts`; what a
 * start makes of it in `journal-scan.ts`. The idea that later records tell damage from a torn tail:
 * Alagappan et al., "Protocol-Aware Recovery for Consensus-Based Storage", FAST 2018.
 */
import { assert } from '../core/assert.ts';
import {
  ENTRY_ALIGNMENT_BYTES, ENTRY_OVERHEAD_BYTES, hashEntry, type ExecutedEntry,
} from '../core/entry.ts';
import { crc32 } from '../core/hash.ts';
import {
  BACKENDS_MAX,
  type BackendId, type EntryHash, type Epoch, type Incarnation, type Seq, type Timestamp,
  type ViewNumber,
} from '../core/ids.ts';
import {
  BATCH_BYTES_MAX, RECORD_BYTES, RESULT_BYTES, readI64, viewOf, writeI64,
} from '../core/operation.ts';
import { LINKS_BYTES } from '../core/posting-link.ts';
import type { View } from '../core/view.ts';

/** "BKEN" and "BKMK" as little-endian u32. */
const ENTRY_MAGIC = 0x4e454b42;
const MARK_MAGIC = 0x4b4d4b42;
export const ENTRY_HEADER_BYTES = 256;
const ENTRY_HEADER_CRC = 252;
const LINKS_LENGTH = 224;
const ENTRY_TRAILER_BYTES = 36;
export const MARK_BYTES = 64;
const MARK_CRC = 60;
const HASH_BYTES = 32;
const RESULTS_BYTES_MAX = (BATCH_BYTES_MAX / RECORD_BYTES) * RESULT_BYTES;

/** How long the parts of an entry's body are. */
export interface BodyLengths {
  /** None in an entry of a version that did not know them. */
  readonly linksBytes: number;
  readonly batchBytes: number;
  readonly resultsBytes: number;
}

/** What the head of an intact record tells. */
export interface RecordHead {
  readonly kind: 'entry' | 'mark';
  /** The whole record's. */
  readonly length: number;
  /** The entry's own seq; for a mark the fsynced one. */
  readonly seq: Seq;
  /** Everything up to here was durable when the record was written. */
  readonly fsyncedSeq: Seq;
  /** Undefined for a mark. */
  readonly entry: EntryHead | undefined;
}

export interface EntryHead extends BodyLengths {
  readonly timestamp: Timestamp;
}

/** What the head of its record says of the entry itself. */
export function entryHeadOf({ timestamp, links, batch, results }: ExecutedEntry): EntryHead {
  return {
    timestamp, linksBytes: links.byteLength, batchBytes: batch.byteLength,
    resultsBytes: results.byteLength,
  };
}

/** The record's parts, to be written one behind the other; what is large is not copied. */
export function encodeEntry(
  entry: ExecutedEntry,
  fsyncedSeq: Seq,
  seed: number,
): readonly Uint8Array[] {
  const { links, batch, results } = entry;
  assert(batch.byteLength <= BATCH_BYTES_MAX, 'a batch has a bound');
  assert(results.byteLength <= RESULTS_BYTES_MAX, 'results are at most one for each record');
  assert(hasLinks(links.byteLength, results.byteLength), 'links are of each operation, or of none');
  assert(fsyncedSeq < entry.seq, 'an entry is not durable before it is written');
  const bodyBytes = links.byteLength + batch.byteLength + results.byteLength;
  const length = recordBytes(bodyBytes);
  const paddingBytes = length - ENTRY_OVERHEAD_BYTES - bodyBytes;
  const own = new Uint8Array(ENTRY_HEADER_BYTES + paddingBytes + ENTRY_TRAILER_BYTES);
  const header = own.subarray(0, ENTRY_HEADER_BYTES);
  const trailer = own.subarray(ENTRY_HEADER_BYTES);
  const headerCrc = writeHeader(header, entry, length, fsyncedSeq, seed);
  const crcAt = trailer.byteLength - 4;
  trailer.subarray(crcAt - HASH_BYTES, crcAt).setFromHex(entry.hash);
  const bodyCrc = crc32(results, crc32(batch, crc32(links, headerCrc)));
  viewOf(trailer).setUint32(crcAt, crc32(trailer.subarray(0, crcAt), bodyCrc), true);
  return [header, links, batch, results, trailer].filter((part) => part.byteLength > 0);
}

function writeHeader(
  header: Uint8Array,
  entry: ExecutedEntry,
  length: number,
  fsyncedSeq: Seq,
  seed: number,
): number {
  const { members } = entry.view;
  assert(members.length <= BACKENDS_MAX, 'a view has at most so many members');
  const view = viewOf(header);
  view.setUint32(0, ENTRY_MAGIC, true);
  view.setUint32(4, length, true);
  writeI64(view, 8, entry.seq);
  writeI64(view, 16, entry.entryEpoch);
  writeI64(view, 24, entry.timestamp);
  writeI64(view, 32, fsyncedSeq);
  view.setUint32(40, entry.batch.byteLength, true);
  view.setUint32(44, entry.results.byteLength, true);
  view.setUint32(LINKS_LENGTH, entry.links.byteLength, true);
  writeI64(view, 48, entry.view.number);
  header[56] = members.length;
  members.forEach((member, index) => {
    header[57 + index] = member.id;
    const at = 112 + 16 * index;
    header.subarray(at, at + 16).setFromHex(member.incarnation);
  });
  header.subarray(64, 96).setFromHex(entry.previousHash);
  header.subarray(96, 112).setFromHex(entry.digest);
  const crc = crc32(header.subarray(0, ENTRY_HEADER_CRC), seed);
  view.setUint32(ENTRY_HEADER_CRC, crc, true);
  return crc;
}

export function encodeMark(fsyncedSeq: Seq, seed: number): Uint8Array {
  const mark = new Uint8Array(MARK_BYTES);
  const view = viewOf(mark);
  view.setUint32(0, MARK_MAGIC, true);
  view.setUint32(4, MARK_BYTES, true);
  writeI64(view, 8, fsyncedSeq);
  view.setUint32(MARK_CRC, crc32(mark.subarray(0, MARK_CRC), seed), true);
  return mark;
}

/** The head of the record at `offset`; undefined where none stands there intact. */
export function readRecordHead(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  seed: number,
): RecordHead | undefined {
  if (offset + MARK_BYTES > bytes.byteLength) return undefined;
  const magic = view.getUint32(offset, true);
  if (magic === ENTRY_MAGIC) return readEntryHead(bytes, view, offset, seed);
  if (magic === MARK_MAGIC) return readMark(bytes, view, offset, seed);
  return undefined;
}

function readEntryHead(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  seed: number,
): RecordHead | undefined {
  const crcAt = offset + ENTRY_HEADER_CRC;
  if (crcAt + 4 > bytes.byteLength) return undefined;
  if (view.getUint32(crcAt, true) !== crc32(bytes.subarray(offset, crcAt), seed)) return undefined;
  const length = view.getUint32(offset + 4, true);
  const seq = readI64(view, offset + 8);
  const fsyncedSeq = readI64(view, offset + 32);
  const batchBytes = view.getUint32(offset + 40, true);
  const resultsBytes = view.getUint32(offset + 44, true);
  const linksBytes = view.getUint32(offset + LINKS_LENGTH, true);
  if (batchBytes > BATCH_BYTES_MAX || resultsBytes > RESULTS_BYTES_MAX) return undefined;
  if (!hasLinks(linksBytes, resultsBytes)) return undefined;
  if (length !== recordBytes(linksBytes + batchBytes + resultsBytes)) return undefined;
  if (!(seq >= 1) || !(fsyncedSeq >= 0) || fsyncedSeq >= seq) return undefined;
  if ((bytes[offset + 56] ?? 0) > BACKENDS_MAX) return undefined;
  const timestamp = readI64(view, offset + 24) as Timestamp;
  const entry = { timestamp, linksBytes, batchBytes, resultsBytes };
  return { kind: 'entry', length, seq: seq as Seq, fsyncedSeq: fsyncedSeq as Seq, entry };
}

function readMark(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  seed: number,
): RecordHead | undefined {
  const crcAt = offset + MARK_CRC;
  if (view.getUint32(crcAt, true) !== crc32(bytes.subarray(offset, crcAt), seed)) return undefined;
  const seq = readI64(view, offset + 8);
  if (view.getUint32(offset + 4, true) !== MARK_BYTES || !(seq >= 1)) return undefined;
  const fsyncedSeq = seq as Seq;
  return { kind: 'mark', length: MARK_BYTES, seq: fsyncedSeq, fsyncedSeq, entry: undefined };
}

/**
 * The entry at `offset`, whose head was read there and whose record lies within `bytes`. Checks the
 * body against its checksum and its hash; a string says what is wrong. Links, batch and results are
 * views of `bytes`.
 */
export function decodeEntry(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  head: RecordHead,
): ExecutedEntry | string {
  const crcAt = offset + head.length - 4;
  const bodyAt = offset + ENTRY_HEADER_BYTES;
  const headerCrc = view.getUint32(offset + ENTRY_HEADER_CRC, true);
  if (view.getUint32(crcAt, true) !== crc32(bytes.subarray(bodyAt, crcAt), headerCrc)) {
    return 'the checksum of the body does not match';
  }
  const batchAt = bodyAt + view.getUint32(offset + LINKS_LENGTH, true);
  const resultsAt = batchAt + view.getUint32(offset + 40, true);
  const entry = {
    seq: head.seq,
    entryEpoch: readI64(view, offset + 16) as Epoch,
    timestamp: readI64(view, offset + 24) as Timestamp,
    view: readView(bytes, view, offset),
    previousHash: hex(bytes, offset + 64, 32) as EntryHash,
    hash: hex(bytes, crcAt - HASH_BYTES, HASH_BYTES) as EntryHash,
    digest: hex(bytes, offset + 96, 16),
    links: bytes.subarray(bodyAt, batchAt),
    batch: bytes.subarray(batchAt, resultsAt),
    results: bytes.subarray(resultsAt, resultsAt + view.getUint32(offset + 44, true)),
  };
  if (hashEntry(entry) !== entry.hash) return 'the hash does not match';
  return entry;
}

function readView(bytes: Uint8Array, view: DataView, offset: number): View {
  const count = bytes[offset + 56] ?? 0;
  const members = [];
  for (let index = 0; index < count; index += 1) {
    const id = (bytes[offset + 57 + index] ?? 0) as BackendId;
    const incarnation = hex(bytes, offset + 112 + 16 * index, 16) as Incarnation;
    members.push({ id, incarnation });
  }
  return { number: readI64(view, offset + 48) as ViewNumber, members };
}

function hasLinks(linksBytes: number, resultsBytes: number): boolean {
  return linksBytes === 0 || linksBytes * RESULT_BYTES === resultsBytes * LINKS_BYTES;
}

function recordBytes(bodyBytes: number): number {
  const bytes = ENTRY_OVERHEAD_BYTES + bodyBytes;
  return Math.ceil(bytes / ENTRY_ALIGNMENT_BYTES) * ENTRY_ALIGNMENT_BYTES;
}

/** Lowercase hex digits of so many bytes. */
export function hex(bytes: Uint8Array, offset: number, length: number): string {
  return bytes.subarray(offset, offset + length).toHex();
}
