/** What survives a crash of a simulated backend, and how the ledger of one may go wrong. */
import type { PromiseRecord } from '../core/effect.ts';
import { entryBytes, type EntryId, type ExecutedEntry } from '../core/entry.ts';
import {
  CLUSTER_NONE, EPOCH_NONE, HASH_NONE, SEQ_NONE, type Incarnation, type OwnerId, type Seq,
  type Timestamp,
} from '../core/ids.ts';
import { Ledger, type Executed } from '../core/ledger.ts';
import type { Original, Reserve } from '../core/message.ts';
import {
  CODE, countOperations, decodeResult, RECORD_BYTES, RESULT_BYTES, viewOf,
} from '../core/operation.ts';

/** Room is allocated in segments of so many bytes. */
const SEGMENT_BYTES = 64 * 1024;

export class Disk {
  readonly incarnation: Incarnation;
  promise: PromiseRecord = { cluster: CLUSTER_NONE, epoch: EPOCH_NONE, owner: '' as OwnerId };
  /** Fsynced. */
  entries: ExecutedEntry[] = [];
  /** Appended, not fsynced: a crash keeps some first part. */
  unsynced: ExecutedEntry[] = [];
  /** Damage that a start, or a read, would meet. */
  corrupt = false;
  /** A wrong balance was computed at some time. */
  poisoned = false;
  /** An old copy was put back: until so many entries are there again it has lost data. */
  lostBelow = 0;
  full = false;
  #room = SEGMENT_BYTES;

  constructor(incarnation: Incarnation) {
    this.incarnation = incarnation;
  }

  get reserve(): Reserve {
    return { bytes: this.#room, full: this.full };
  }

  get tail(): EntryId {
    return this.entries.at(-1) ?? { seq: SEQ_NONE, entryEpoch: EPOCH_NONE, hash: HASH_NONE };
  }

  /** Whether all that it ever voted for is here. */
  get isSound(): boolean {
    return !this.corrupt && !this.poisoned && this.entries.length >= this.lostBelow;
  }

  /** False where the entry had no room any more. */
  append(entry: ExecutedEntry): boolean {
    this.unsynced.push(entry);
    const bytes = entryBytes(entry.batch.length, countOperations(entry.batch));
    const fits = this.#room >= bytes;
    this.#room = Math.max(0, this.#room - bytes);
    return fits;
  }

  /** What was allocated is used up. */
  useUp(): void {
    this.#room = 0;
  }

  get wantsSegment(): boolean {
    return !this.full && this.#room < SEGMENT_BYTES / 2;
  }

  allocate(): void {
    if (this.wantsSegment) this.#room += SEGMENT_BYTES;
  }

  sync(): void {
    this.entries.push(...this.unsynced.splice(0));
  }

  /** A crash: of what was not fsynced some first part survives. */
  crash(kept: number): void {
    this.entries.push(...this.unsynced.slice(0, kept));
    this.unsynced = [];
  }

  truncate(afterSeq: Seq): void {
    this.sync();
    this.entries.length = Math.min(this.entries.length, afterSeq);
  }

  all(): ExecutedEntry[] {
    return this.unsynced.length === 0 ? this.entries : [...this.entries, ...this.unsynced];
  }

  at(seq: Seq): ExecutedEntry | undefined {
    return this.entries[seq - 1] ?? this.unsynced[seq - 1 - this.entries.length];
  }
}

/** Small tables: a run makes many ledgers. */
export const SIM_LIMITS = { leasesMax: 512, runsMax: 16_384, keysMax: 1_024 };

/** A ledger whose memory can be hit: the next batch is then executed with another amount. */
export class FragileLedger extends Ledger {
  /** Told when the hit takes effect. */
  onFlip: (() => void) | undefined;

  override execute(seq: Seq, timestamp: Timestamp, batch: Uint8Array): Executed {
    if (this.onFlip === undefined) return super.execute(seq, timestamp, batch);
    this.onFlip();
    this.onFlip = undefined;
    const hit = batch.slice();
    const amountAt = RECORD_BYTES + 24;
    hit[amountAt] = (hit[amountAt] ?? 0) ^ 1;
    return super.execute(seq, timestamp, hit);
  }
}

export function replay(entries: readonly ExecutedEntry[]): FragileLedger {
  const ledger = new FragileLedger(SIM_LIMITS);
  for (const { seq, timestamp, batch } of entries) ledger.execute(seq, timestamp, batch);
  return ledger;
}

/** First answers for the results with code `duplicate`. */
export function resolveDuplicates(disk: Disk, results: Uint8Array): Original[] {
  const originals: Original[] = [];
  for (let index = 0; index * RESULT_BYTES < results.length; index += 1) {
    let source = results;
    let at = index;
    let seq = SEQ_NONE;
    while (source[at * RESULT_BYTES] === CODE.duplicate) {
      const { account, balance } = decodeResult(viewOf(source), at);
      seq = account as Seq;
      source = disk.at(seq)?.results ?? new Uint8Array((balance + 1) * RESULT_BYTES);
      at = balance;
    }
    if (seq === SEQ_NONE) continue;
    const timestamp = disk.at(seq)?.timestamp ?? (0 as Timestamp);
    const result = source.slice(at * RESULT_BYTES, (at + 1) * RESULT_BYTES);
    originals.push({ index, seq, timestamp, result });
  }
  return originals;
}
