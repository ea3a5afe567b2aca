/** Entries for tests of the journal: chained as a real participant chains them. */
import { type EntryId, type ExecutedEntry, hashEntry } from '../../src/core/entry.ts';
import {
  EPOCH_NONE, HASH_NONE, SEQ_NONE,
  type BackendId, type Epoch, type Incarnation, type Seq, type Timestamp, type ViewNumber,
} from '../../src/core/ids.ts';
import { RESULT_BYTES } from '../../src/core/operation.ts';
import { LINKS_BYTES } from '../../src/core/posting-link.ts';
import type { View } from '../../src/core/view.ts';

export const INCARNATION = 'a1'.repeat(16) as Incarnation;
const START: EntryId = { seq: SEQ_NONE, entryEpoch: EPOCH_NONE, hash: HASH_NONE };
const VIEW: View = {
  number: 7 as ViewNumber,
  members: [1, 2, 3].map((id) => ({
    id: id as BackendId, incarnation: `${id}f`.repeat(16) as Incarnation,
  })),
};

/**
 * The entry after `previous`, of a batch of so many bytes; the content follows from seq and `mark`.
 */
export function entryAfter(previous: EntryId, batchBytes: number, mark = 0): ExecutedEntry {
  const seq = (previous.seq + 1) as Seq;
  const operations = Math.max(1, Math.floor(batchBytes / 64));
  const entry = {
    seq,
    entryEpoch: 3 as Epoch,
    timestamp: (1_700_000_000_000_000 + seq) as Timestamp,
    view: VIEW,
    previousHash: previous.hash,
    batch: bytesOf(batchBytes, seq * 31 + mark),
    results: bytesOf(operations * RESULT_BYTES, seq * 17 + mark),
    links: bytesOf(operations * LINKS_BYTES, seq * 13 + mark),
    digest: `${(seq % 256).toString(16).padStart(2, '0')}`.repeat(16),
  };
  return { ...entry, hash: hashEntry(entry) };
}

/** So many entries, the first after `from`. */
export function chainOf(
  count: number,
  batchBytes: number,
  from: EntryId = START,
  mark = 0,
): ExecutedEntry[] {
  const entries: ExecutedEntry[] = [];
  let last = from;
  for (let index = 0; index < count; index += 1) {
    const entry = entryAfter(last, batchBytes, mark);
    entries.push(entry);
    last = entry;
  }
  return entries;
}

/** Bytes none of which is zero, so that a lost one shows. */
function bytesOf(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) bytes[at] = 1 + ((at * 7 + seed) % 255);
  return bytes;
}
