/** What survives a crash of a backend in the model; a value that never changes. */
import type { PromiseRecord } from '../../core/effect.ts';
import type { EntryId, ExecutedEntry } from '../../core/entry.ts';
import {
  CLUSTER_NONE, EPOCH_NONE, HASH_NONE, SEQ_NONE, type BackendId, type Incarnation, type OwnerId,
  type Seq,
} from '../../core/ids.ts';
import { Ledger, type Executed } from '../../core/ledger.ts';
import { Interned } from './interned.ts';

/** Small tables: a run makes many ledgers. */
const LIMITS = { leasesMax: 8, runsMax: 16, keysMax: 4 };

export interface ModelDisk {
  readonly backend: BackendId;
  /** How often it was wiped: another incarnation each time. */
  readonly wipes: number;
  /** How often a process was started on it. */
  readonly lives: number;
  readonly promise: PromiseRecord;
  /** Numbers of entries; the first `synced` are fsynced, a crash keeps some first part. */
  readonly entries: readonly number[];
  readonly synced: number;
}

export const ENTRY_NONE: EntryId = { seq: SEQ_NONE, entryEpoch: EPOCH_NONE, hash: HASH_NONE };

export class ModelDisks {
  readonly entries = new Interned<ExecutedEntry>();
  readonly #disks = new Interned<ModelDisk>();

  number(disk: ModelDisk): number {
    const { backend, wipes, lives, promise, entries, synced } = disk;
    const { epoch, owner, cluster } = promise;
    const promised = `${epoch} ${owner} ${cluster}`;
    const key = `${backend} ${wipes} ${lives} ${promised} ${entries.join()} ${synced}`;
    return this.#disks.number(key, () => disk);
  }

  disk(number: number): ModelDisk {
    return this.#disks.value(number);
  }

  empty(backend: BackendId, wipes: number, lives: number): ModelDisk {
    const promise = { cluster: CLUSTER_NONE, epoch: EPOCH_NONE, owner: '' as OwnerId };
    return { backend, wipes, lives, promise, entries: [], synced: 0 };
  }

  /** By its number; an entry has one hash, and results that follow from it. */
  entryNumber(entry: ExecutedEntry): number {
    return this.entries.number(`${entry.hash}${entry.digest}`, () => entry);
  }

  at(disk: ModelDisk, seq: number): ExecutedEntry | undefined {
    const entry = disk.entries[seq - 1];
    return entry === undefined ? undefined : this.entries.value(entry);
  }

  /** Fsynced. */
  durableAt(disk: ModelDisk, seq: number): ExecutedEntry | undefined {
    return seq <= disk.synced ? this.at(disk, seq) : undefined;
  }

  tail(disk: ModelDisk): EntryId {
    const { seq, entryEpoch, hash } = this.at(disk, disk.entries.length) ?? ENTRY_NONE;
    return { seq, entryEpoch, hash };
  }
}

export function incarnationOf({ backend, wipes }: ModelDisk): Incarnation {
  return `backend-${backend}.${wipes}` as Incarnation;
}

/** A ledger that can tell what was executed: its whole state follows from that. */
export class ModelLedger extends Ledger {
  past = '';

  constructor() {
    super(LIMITS);
  }

  static replay(entries: readonly ExecutedEntry[]): ModelLedger {
    const ledger = new ModelLedger();
    for (const { seq, timestamp, batch } of entries) ledger.execute(seq, timestamp, batch);
    return ledger;
  }

  override execute(seq: Seq, timestamp: ExecutedEntry['timestamp'], batch: Uint8Array): Executed {
    const executed = super.execute(seq, timestamp, batch);
    this.past += `${timestamp} ${Buffer.from(batch).toString('latin1')} `;
    return executed;
  }
}
