/**
 * A backend's directory of a few KiB, in memory, in two small segments: header, three entries and
 * seal; header, two entries and mark. Whoever writes its entries may tamper with them first, all
 * checksums are made right.
 */
import { hashEntry, type EntryId, type ExecutedEntry } from '../../src/core/entry.ts';
import type { BackendId, Epoch, Incarnation, OwnerId, Seq } from '../../src/core/ids.ts';
import type { Operation } from '../../src/core/operation.ts';
import { FileCheckpointStore } from '../../src/host/file-checkpoint.ts';
import { saveIdentity } from '../../src/host/identity.ts';
import { nodeMachine } from '../../src/host/node-machine.ts';
import { ENTRY_NONE } from '../../src/host/journal-recovery.ts';
import { segmentName } from '../../src/host/segment-file.ts';
import { encodeEntry, encodeMark } from '../../src/wire/journal-entry.ts';
import { encodeSeal, encodeSegmentHeader, recordsEnd } from '../../src/wire/journal-segment.ts';
import { Bank, CLUSTER } from './bank-directory.ts';
import { INCARNATION } from './journal-entries.ts';
import { MemoryFileSystem } from './memory-file-system.ts';

export const SMALL_SEGMENT_BYTES = 8192;
const FIRST_SEGMENT_ENTRIES = 3;

export interface SmallDirectoryOptions {
  readonly path?: string;
  readonly io?: MemoryFileSystem;
  readonly backend?: number;
  readonly incarnation?: Incarnation;
  /** Of the fifth entry. */
  readonly amount?: number;
  readonly epochs?: readonly number[];
  readonly tamper?: (entries: ExecutedEntry[]) => readonly ExecutedEntry[];
}

export interface SmallDirectory {
  readonly io: MemoryFileSystem;
  readonly path: string;
  /** As they were before anyone tampered with them. */
  readonly entries: readonly ExecutedEntry[];
}

/** What the bank does, entry by entry; the first leases sessions. */
function batches(amount: number): readonly (readonly Operation[])[] {
  return [
    [{ kind: 'create', amount: 10_000, scale: 2 }, { kind: 'create', amount: 0, scale: 2 }],
    [{ kind: 'transfer', account: 100, toAccount: 101, amount: 4_000, scale: 2 }],
    [
      { kind: 'deposit', account: 101, amount: 5, scale: 1, key: 'k' },
      { kind: 'withdraw', account: 101, amount: 1, scale: 0 },
      { kind: 'outcome', account: 65, toAccount: 900 },
    ],
    [{ kind: 'update', account: 100, amount, scale: 2 }],
  ];
}

export async function smallDirectory(options: SmallDirectoryOptions = {}): Promise<SmallDirectory> {
  const { path = 'b', io = new MemoryFileSystem(), incarnation = INCARNATION } = options;
  const { tamper = (all) => all, epochs = [1, 1, 1, 1, 1] } = options;
  const promise = { cluster: CLUSTER, epoch: 2 as Epoch, owner: 'd1'.repeat(16) as OwnerId };
  const backend = (options.backend ?? 1) as BackendId;
  const identity = { cluster: CLUSTER, backend, incarnation, promise };
  await saveIdentity({ identity: `${path}/identity` }, identity, io);
  const bank = new Bank();
  const entries = [bank.lease()];
  for (const [index, operations] of batches(options.amount ?? 700).entries()) {
    bank.epoch = (epochs[index + 1] ?? 1) as Epoch;
    entries.push(bank.run(operations));
    if (index !== 2) continue;
    const store = new FileCheckpointStore(
      { checkpoint: `${path}/checkpoint` }, { io, yield: nodeMachine.yield });
    await store.save(bank.tail, bank.ledger.snapshot());
    bank.ledger.releaseSnapshot();
  }
  writeJournal(io, `${path}/journal`, incarnation, tamper([...entries]));
  return { io, path, entries };
}

/** The entry after `previous`, as one who wants it to fit would make it; its content stays. */
export function rechain(entry: ExecutedEntry, previous: EntryId): ExecutedEntry {
  const seq = (previous.seq + 1) as Seq;
  const moved = { ...entry, seq, previousHash: previous.hash };
  return { ...moved, hash: hashEntry(moved) };
}

function writeJournal(
  io: MemoryFileSystem,
  directory: string,
  incarnation: Incarnation,
  entries: readonly ExecutedEntry[],
): void {
  const first = entries.slice(0, FIRST_SEGMENT_ENTRIES);
  const last: EntryId = first.at(-1) ?? ENTRY_NONE;
  const one = writeSegment(incarnation, ENTRY_NONE, first);
  const seal = { first: 1 as Seq, last, end: one.end };
  one.bytes.set(encodeSeal(seal, one.seed), recordsEnd(SMALL_SEGMENT_BYTES));
  const two = writeSegment(incarnation, last, entries.slice(FIRST_SEGMENT_ENTRIES));
  const tail = entries.at(-1)?.seq ?? last.seq;
  two.bytes.set(encodeMark(tail, two.seed), two.end);
  io.files.set(`${directory}/${segmentName(1 as Seq)}`, one.bytes);
  io.files.set(`${directory}/${segmentName((last.seq + 1) as Seq)}`, two.bytes);
}

function writeSegment(
  incarnation: Incarnation,
  previous: EntryId,
  entries: readonly ExecutedEntry[],
) {
  const first = (previous.seq + 1) as Seq;
  const header = { first, bytes: SMALL_SEGMENT_BYTES, incarnation, previous };
  const encoded = encodeSegmentHeader(header, new Uint8Array(16).fill(first));
  const bytes = new Uint8Array(SMALL_SEGMENT_BYTES);
  bytes.set(encoded.bytes);
  let end = encoded.bytes.length;
  for (const entry of entries) {
    for (const part of encodeEntry(entry, (entry.seq - 1) as Seq, encoded.seed)) {
      bytes.set(part, end);
      end += part.length;
    }
  }
  return { bytes, end, seed: encoded.seed };
}
