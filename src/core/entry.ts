/**
 * An entry: a batch in the journal. Its epoch and hash stay with it for ever.
 *
 * The hash chains every entry to the whole history before it, so that equal hashes at a seq mean
 * equal histories up to it (replication.md, "Words"; compare hash-linked logs, Merkle 1987).
 */
import { sha256 } from './hash.ts';
import type { Digest } from './message.ts';
import type { EntryHash, Epoch, Seq, Timestamp } from './ids.ts';
import { BATCH_BYTES_MAX, RECORD_BYTES, RESULT_BYTES } from './operation.ts';
import { LINKS_BYTES } from './posting-link.ts';
import { formatView, type View } from './view.ts';

/** What names an entry and its whole past. */
export interface EntryId {
  readonly seq: Seq;
  readonly entryEpoch: Epoch;
  readonly hash: EntryHash;
}

export interface Entry extends EntryId {
  readonly timestamp: Timestamp;
  /** The view under which it was proposed: a vote for the entry remembers it. */
  readonly view: View;
  readonly previousHash: EntryHash;
  readonly batch: Uint8Array;
}

/** An entry as a participant keeps it: with what executing it gave. */
export interface ExecutedEntry extends Entry {
  /** RESULT_BYTES for each operation, duplicates unresolved. */
  readonly results: Uint8Array;
  /** LINKS_BYTES for each operation; none in an entry of a version that did not know them. */
  readonly links: Uint8Array;
  /** Of the results and of the state after them. */
  readonly digest: Digest;
}

export function hashEntry(entry: Omit<Entry, 'hash'>): EntryHash {
  const { entryEpoch, seq, timestamp, view, previousHash, batch } = entry;
  const head = `${entryEpoch} ${seq} ${timestamp} ${formatView(view)} ${previousHash}`;
  return sha256(`${head} ${sha256(batch)}`) as EntryHash;
}

/** Records of the journal begin at multiples of so many bytes. */
export const ENTRY_ALIGNMENT_BYTES = 64;
/** What an entry takes in the journal besides batch, results and links: header, hash, checksum. */
export const ENTRY_OVERHEAD_BYTES = 256 + 32 + 4;

/** What an entry takes in the journal: its room must be there before it is prepared. */
export function entryBytes(batchBytes: number, operations: number): number {
  const bytes = ENTRY_OVERHEAD_BYTES + batchBytes + operations * (RESULT_BYTES + LINKS_BYTES);
  return Math.ceil(bytes / ENTRY_ALIGNMENT_BYTES) * ENTRY_ALIGNMENT_BYTES;
}

/** The largest entry that can be. */
export const ENTRY_BYTES_MAX = entryBytes(BATCH_BYTES_MAX, BATCH_BYTES_MAX / RECORD_BYTES);
