/**
 * An entry's record in the journal, read a second time (the layout is in `wire/journal-entry.ts`).
 * Pure; shares no code with the decoder of `src/wire`.
 *
 * Keeps true: what is handed on passed both checksums, has zeros where nothing belongs, and its
 * hash is the SHA-256 of what it says and of the hash before it. Whoever changes a record and
 * mends its checksums has changed its hash, or lies about it.
 */
import { crc32, sha256 } from '../../core/hash.ts';
import type { EntryHash, Epoch, Seq, Timestamp } from '../../core/ids.ts';

const MAGIC = 0x4e454b42; // "BKEN"
const HEADER_BYTES = 256;
const HEADER_CRC = 252;
const LINKS_LENGTH = 224;
const MEMBERS_MAX = 7;

export interface EntryRecord {
  readonly seq: Seq;
  readonly entryEpoch: Epoch;
  readonly timestamp: Timestamp;
  readonly previousHash: EntryHash;
  /** Recomputed, and the one that the record has. */
  readonly hash: EntryHash;
  readonly digest: string;
  readonly batch: Uint8Array;
  readonly results: Uint8Array;
  /** May be empty. */
  readonly links: Uint8Array;
}

/** The entry whose record begins at `at`; a string says what is wrong with it. */
export function readEntryRecord(bytes: Uint8Array, at: number, seed: number): EntryRecord | string {
  if (at + HEADER_BYTES > bytes.length) return 'its record has no room';
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
  const crc = view.getUint32(HEADER_CRC, true);
  if (view.getUint32(0, true) !== MAGIC) return 'its record does not begin as one';
  if (crc32(bytes.subarray(at, at + HEADER_CRC), seed) !== crc) {
    return 'the checksum of its header does not match';
  }
  const [length, batchBytes] = [view.getUint32(4, true), view.getUint32(40, true)];
  const batchAt = HEADER_BYTES + view.getUint32(LINKS_LENGTH, true);
  const [resultsAt, endAt] = [batchAt + batchBytes, length - 36];
  const resultsEnd = resultsAt + view.getUint32(44, true);
  if (length > view.byteLength || resultsEnd > endAt) return 'its lengths make no sense';
  const record = bytes.subarray(at, at + length);
  if (crc32(record.subarray(HEADER_BYTES, length - 4), crc) !== view.getUint32(length - 4, true)) {
    return 'the checksum of its body does not match';
  }
  const members = readMembers(record);
  if (members === undefined) return 'the members of its view make no sense';
  if (!isZero(record, resultsEnd, endAt) || !isZero(record, LINKS_LENGTH + 4, HEADER_CRC)) {
    return 'something stands where nothing belongs';
  }
  const integer = (offset: number) => Number(view.getBigInt64(offset, true));
  const entry = {
    seq: integer(8) as Seq,
    entryEpoch: integer(16) as Epoch,
    timestamp: integer(24) as Timestamp,
    previousHash: hex(record, 64, 96) as EntryHash,
    hash: hex(record, endAt, length - 4) as EntryHash,
    digest: hex(record, 96, 112),
    links: record.subarray(HEADER_BYTES, batchAt),
    batch: record.subarray(batchAt, resultsAt),
    results: record.subarray(resultsAt, resultsEnd),
  };
  const { entryEpoch, seq, timestamp, previousHash, batch } = entry;
  const said = `${entryEpoch} ${seq} ${timestamp} ${integer(48)}:${members} ${previousHash}`;
  if (sha256(`${said} ${sha256(batch)}`) !== entry.hash) return 'its hash does not match';
  return entry;
}

/** `1=incarnation,2=incarnation`; undefined where the ids do not grow, or one is none. */
function readMembers(record: Uint8Array): string | undefined {
  const count = record[56] ?? 0;
  if (count > MEMBERS_MAX) return undefined;
  const members: string[] = [];
  let last = 0;
  for (let index = 0; index < MEMBERS_MAX; index += 1) {
    const id = record[57 + index] ?? 0;
    const at = 112 + 16 * index;
    const isMember = index < count;
    if (isMember ? id <= last || id > MEMBERS_MAX : id !== 0) return undefined;
    if (!isMember && !isZero(record, at, at + 16)) return undefined;
    if (isMember) members.push(`${id}=${hex(record, at, at + 16)}`);
    last = id;
  }
  return members.join(',');
}

function hex(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.subarray(from, to)).toString('hex');
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (bytes[at] !== 0) return false;
  return true;
}
