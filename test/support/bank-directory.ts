/** The directories of a small bank, as the product writes them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryBytes, hashEntry, type EntryId, type ExecutedEntry } from '../../src/core/entry.ts';
import {
  SESSION_NONE,
  type BackendId, type ClusterId, type Epoch, type Incarnation, type OwnerId, type Seq,
  type Timestamp, type ViewNumber,
} from '../../src/core/ids.ts';
import { Ledger } from '../../src/core/ledger.ts';
import { encodeChunk, type Operation } from '../../src/core/operation.ts';
import { SESSIONS_PER_LEASE } from '../../src/core/session-table.ts';
import type { ControlRecord } from '../../src/core/view.ts';
import { DataDirectory } from '../../src/host/data-directory.ts';
import { FileCheckpointStore } from '../../src/host/file-checkpoint.ts';
import { FileControlStore } from '../../src/host/file-control-store.ts';
import type { FileSystem } from '../../src/host/file-system.ts';
import { saveIdentity } from '../../src/host/identity.ts';
import { nodeMachine } from '../../src/host/node-machine.ts';
import { ENTRY_NONE } from '../../src/host/journal-recovery.ts';
import { FaultyFileSystem } from './faulty-file-system.ts';
import { INCARNATION } from './journal-entries.ts';
import { openForTest, until } from './open-journal.ts';

export const CLUSTER = 'c0'.repeat(16) as ClusterId;

/** A bank's entries, executed as a participant does. */
export class Bank {
  readonly ledger = new Ledger();
  tail: EntryId = ENTRY_NONE;
  #request = 1;
  epoch = 1 as Epoch;

  lease(): ExecutedEntry {
    return this.entry(encodeChunk(SESSION_NONE, 0, [{ kind: 'lease' }]));
  }

  run(operations: readonly Operation[], isAtomic = false): ExecutedEntry {
    const chunk = encodeChunk(SESSIONS_PER_LEASE, this.#request, operations, isAtomic);
    this.#request += operations.length;
    return this.entry(chunk);
  }

  entry(batch: Uint8Array): ExecutedEntry {
    const seq = (this.tail.seq + 1) as Seq;
    const timestamp = (1000 + seq) as Timestamp;
    const { results, links, digest } = this.ledger.execute(seq, timestamp, batch);
    const view = {
      number: 1 as ViewNumber, members: [{ id: 1 as BackendId, incarnation: INCARNATION }],
    };
    const { hash: previousHash } = this.tail;
    const entry = { seq, timestamp, entryEpoch: this.epoch, view, previousHash, batch };
    const executed = { ...entry, hash: hashEntry(entry), results, links, digest };
    this.tail = executed;
    return executed;
  }
}

export interface DirectoryOptions {
  readonly change?: (entry: ExecutedEntry) => ExecutedEntry;
  readonly backend?: number;
  readonly incarnation?: Incarnation;
  readonly cluster?: ClusterId;
  readonly promised?: number;
  /** What the bank goes on with; each goes into the journal, as far as it can. */
  readonly more?: (bank: Bank) => readonly ExecutedEntry[];
}

/**
 * A closed directory: 100 holds 60.00, 101 holds 40.00; a checkpoint at entry 2 of 3, and `more`.
 */
export async function makeDirectory(path: string, options: DirectoryOptions = {}): Promise<Bank> {
  const { change = (entry) => entry, backend = 1, cluster = CLUSTER } = options;
  const { incarnation = INCARNATION, promised = 1 } = options;
  const directory = await DataDirectory.open(path, nodeMachine);
  const promise = { cluster, epoch: promised as Epoch, owner: 'd1'.repeat(16) as OwnerId };
  const identity = { cluster, backend: backend as BackendId, incarnation, promise };
  await saveIdentity(directory, identity, nodeMachine.io);
  const io = new FaultyFileSystem();
  io.free = options.more === undefined ? 0 : 3 * 1024 * 1024; // room for a second segment
  const opened = await openForTest(directory.journal, { io, incarnation });
  const { journal } = opened;
  const bank = new Bank();
  journal.append(change(bank.lease()));
  journal.append(change(bank.run([{ kind: 'create', amount: 10000, scale: 2 }])));
  const store = new FileCheckpointStore(directory, nodeMachine);
  await store.save(bank.tail, bank.ledger.snapshot());
  bank.ledger.releaseSnapshot();
  journal.append(change(bank.run([
    { kind: 'create', amount: 0, scale: 2 },
    { kind: 'transfer', account: 100, toAccount: 101, amount: 4000, scale: 2 },
  ])));
  for (const entry of options.more?.(bank) ?? []) {
    await until(() => entryBytes(entry.batch.length, entry.results.length / 32)
      <= journal.reserve.bytes, 'room for the entry');
    journal.append(change(entry));
    await journal.flush();
  }
  await journal.flush();
  await journal.close();
  directory.close();
  return bank;
}

/** The control record of the bank above, in the frontend's directory. */
export async function makeControlIn(
  path: string,
  io: FileSystem,
  changes: Partial<ControlRecord> = {},
): Promise<void> {
  const members = [{ id: 1 as BackendId, incarnation: INCARNATION }];
  await new FileControlStore({ control: join(path, 'control') }, io).write({
    cluster: CLUSTER, version: 1, epoch: 2 as Epoch, owner: 'd1'.repeat(16) as OwnerId,
    view: { number: 1 as ViewNumber, members }, commitFloor: 3 as Seq, count: 3, recovered: false,
    ...changes,
  });
}

/** Every file's content. */
export function snapshotOf(path: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    files[file] = readFileSync(file).toString('base64');
  }
  return files;
}
