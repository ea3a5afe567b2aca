/**
 * When checkpoints are taken and saved: never beyond what is committed, never of an undone tail.
 */
import t from 'tap';
import type { EntryId, ExecutedEntry } from '../../src/core/entry.ts';
import {
  HASH_NONE, type EntryHash, type Epoch, type Seq, type SessionId, type Timestamp,
} from '../../src/core/ids.ts';
import { Ledger } from '../../src/core/ledger.ts';
import { encodeChunk } from '../../src/core/operation.ts';
import { SIZES } from '../../src/host/sizes.ts';
import { Checkpointer } from '../../src/host/checkpointer.ts';
import type { CheckpointStore } from '../../src/host/ports.ts';
import { NO_VIEW } from '../../src/host/replay.ts';

/** A store that keeps what it was given, and may be told to fail or to wait. */
class MemoryStore implements CheckpointStore {
  readonly saved: EntryId[] = [];
  error: Error | undefined;
  hold: Promise<void> = Promise.resolve();

  async save(entry: EntryId): Promise<void> {
    await this.hold;
    if (this.error !== undefined) throw this.error;
    this.saved.push(entry);
  }

  async load(): Promise<undefined> {
    return undefined;
  }
}

function setUp(replayed = { bytes: 0, operations: 0 }, sizes = SIZES) {
  const store = new MemoryStore();
  const told: number[] = [];
  const failures: unknown[] = [];
  const checkpointer = new Checkpointer(store, 0 as Seq, {
    onSaved: (seq) => told.push(seq),
    onFailed: (error) => failures.push(error),
  }, replayed, sizes);
  const ledger = new Ledger();
  let seq = 0;
  /** Executes an entry that says it has so many bytes. */
  const execute = (bytes: number): EntryId => {
    seq += 1;
    const batch = encodeChunk(0 as SessionId, 0, [{ kind: 'lease' }]);
    const { results, links, digest } = ledger.execute(seq as Seq, seq as Timestamp, batch);
    const entry: ExecutedEntry = {
      seq: seq as Seq, entryEpoch: 1 as Epoch, hash: `${seq}`.padStart(64, '0') as EntryHash,
      timestamp: seq as Timestamp, view: NO_VIEW, previousHash: HASH_NONE,
      batch: new Uint8Array(bytes), results, links, digest,
    };
    checkpointer.onExecuted(entry, ledger);
    return entry;
  };
  return { store, told, failures, checkpointer, ledger, execute };
}

const ENOUGH = 64 * 1024 * 1024;

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

t.test('checkpointer: 64 MiB executed, not committed: nothing is saved before it is', async (t) => {
  const { store, told, checkpointer, execute } = setUp();
  execute(1);
  const { seq, entryEpoch, hash } = execute(ENOUGH);
  execute(1);
  checkpointer.onCommitted(1 as Seq);
  await settled();
  t.same(store.saved, [], 'entry 2 is not committed');
  checkpointer.onCommitted(2 as Seq);
  await settled();
  t.same(store.saved, [{ seq, entryEpoch, hash }]);
  t.same(told, [2]);
});

t.test('checkpointer: less than 64 MiB: none', async (t) => {
  const { store, checkpointer, execute } = setUp();
  execute(ENOUGH - 1_000);
  checkpointer.onCommitted(1 as Seq);
  await settled();
  t.same(store.saved, []);
});

t.test('checkpointer: a table that is larger than what is executed: the next when half of its size '
  + 'is', async (t) => {
  const { store, checkpointer, ledger, execute } = setUp(
    undefined, { ...SIZES, checkpointBytes: 100, checkpointOperations: Infinity });
  const due = async (bytes: number): Promise<number> => {
    checkpointer.onCommitted(execute(bytes).seq);
    await settled();
    return store.saved.length;
  };
  t.equal(await due(100), 1, 'the first tells how large it is');
  const pages = ledger.snapshot().tables.flatMap((table) => table.pages);
  ledger.releaseSnapshot();
  const half = pages.reduce((sum, page) => sum + page.byteLength, 0) / 2;
  t.ok(half > 1_000, `half of it: ${half}`);
  t.equal(await due(half - 500), 1);
  t.equal(await due(500), 2);
});

t.test('checkpointer: the tail is undone: its snapshot is given back, not saved', async (t) => {
  const { store, checkpointer, ledger, execute } = setUp();
  execute(ENOUGH);
  await checkpointer.abandonAfter(0 as Seq);
  checkpointer.onCommitted(1 as Seq);
  await settled();
  t.same(store.saved, []);
  t.doesNotThrow(() => ledger.snapshot(), 'one snapshot at a time: the old one was released');
});

t.test('checkpointer: an undone tail after the snapshot: the snapshot stays', async (t) => {
  const { store, checkpointer, execute } = setUp();
  execute(ENOUGH);
  execute(1);
  await checkpointer.abandonAfter(1 as Seq);
  checkpointer.onCommitted(1 as Seq);
  await settled();
  t.same(store.saved.map(({ seq }) => seq), [1]);
});

t.test('checkpointer: while one is written: no second one, the next after it', async (t) => {
  const { store, told, checkpointer, execute } = setUp();
  const { promise, resolve } = Promise.withResolvers<void>();
  store.hold = promise;
  execute(ENOUGH);
  checkpointer.onCommitted(1 as Seq);
  execute(ENOUGH);
  checkpointer.onCommitted(2 as Seq);
  resolve();
  await settled();
  t.same(told, [1]);
  execute(1);
  checkpointer.onCommitted(3 as Seq);
  await settled();
  t.same(told, [1, 3], 'what came meanwhile counts for the next');
});

t.test('checkpointer: a save fails: told, and tried again after as much again', async (t) => {
  const { store, told, failures, checkpointer, execute } = setUp();
  store.error = new Error('no room');
  execute(ENOUGH);
  checkpointer.onCommitted(1 as Seq);
  await settled();
  t.same(failures, [store.error]);
  store.error = undefined;
  execute(ENOUGH);
  checkpointer.onCommitted(2 as Seq);
  await settled();
  t.same(told, [2]);
});

t.test('checkpointer: a clean stop: saved where the tail is committed, else not', async (t) => {
  const one = setUp();
  const tail = one.execute(1);
  await one.checkpointer.finish(tail, one.ledger, 0 as Seq);
  t.same(one.store.saved, [], 'in doubt');
  await one.checkpointer.finish(tail, one.ledger, 1 as Seq);
  t.same(one.told, [1]);
  await one.checkpointer.finish(tail, one.ledger, 1 as Seq);
  t.same(one.told, [1], 'saved already');
});

t.test('checkpointer: what a start replayed counts: short lives do not add up', async (t) => {
  for (const replayed of [{ bytes: ENOUGH, operations: 0 }, { bytes: 0, operations: 1_000_000 }]) {
    const { store, checkpointer, execute } = setUp(replayed);
    execute(1);
    checkpointer.onCommitted(1 as Seq);
    await settled();
    t.same(store.saved.map(({ seq }) => seq), [1]);
  }
});

t.test('checkpointer: saved: the next one after as much again', async (t) => {
  const { told, checkpointer, execute } = setUp();
  execute(ENOUGH);
  checkpointer.onCommitted(1 as Seq);
  await settled();
  execute(1);
  checkpointer.onCommitted(2 as Seq);
  await settled();
  t.same(told, [1]);
});

t.test('checkpointer: an undone tail, a clean stop: wait for the save under way', async (t) => {
  const { store, told, checkpointer, ledger, execute } = setUp();
  const { promise, resolve } = Promise.withResolvers<void>();
  store.hold = promise;
  execute(ENOUGH);
  checkpointer.onCommitted(1 as Seq);
  const tail = execute(1);
  const ends = [
    checkpointer.abandonAfter(2 as Seq).then(() => told.slice()),
    checkpointer.finish(tail, ledger, 2 as Seq).then(() => told.slice()),
  ];
  await settled();
  resolve();
  t.same(await Promise.all(ends), [[1], [1, 2]]);
});

t.test('checkpointer: a clean stop: what was frozen before its tail gives way', async (t) => {
  const { told, checkpointer, ledger, execute } = setUp();
  execute(ENOUGH);
  await checkpointer.finish(execute(1), ledger, 2 as Seq);
  t.same(told, [2]);
});
