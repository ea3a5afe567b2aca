/**
 * A replica on a disk that is full or fails: the reserve is told before it is gone, a vote only
 * ever follows its fsync, and a failed one ends the life.
 */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { hashEntry, type Entry } from '../../src/core/entry.ts';
import {
  BACKEND_NONE, CLUSTER_NONE, EPOCH_NONE, HASH_NONE, SEQ_NONE,
  type BackendId, type ClusterId, type Epoch, type OwnerId, type Seq, type Timestamp,
  type ViewNumber,
} from '../../src/core/ids.ts';
import { Ledger } from '../../src/core/ledger.ts';
import type { FromBackend } from '../../src/core/message.ts';
import { encodeChunk } from '../../src/core/operation.ts';
import { SIZES } from '../../src/host/sizes.ts';
import { nodeMachine } from '../../src/host/node-machine.ts';
import { FileJournal } from '../../src/host/file-journal.ts';
import { JournalRelay } from '../../src/host/journal-relay.ts';
import { Replica } from '../../src/host/replica.ts';
import { temporaryDirectory } from '../support/bank.ts';
import { FaultyFileSystem } from '../support/faulty-file-system.ts';
import { INCARNATION } from '../support/journal-entries.ts';
import { until } from '../support/open-journal.ts';

const EPOCH = 1 as Epoch;
const OWNER = 'b2'.repeat(16) as OwnerId;
const CLUSTER = 'c3'.repeat(16) as ClusterId;
const MIB = 1024 * 1024;

t.test('fdatasync fails, at each of the first groups: no vote for it; the life ends', async (t) => {
  for (const after of [0, 1, 2, 3]) {
    const { replica, io, votes, prepare } = await startReplica(t, `failing-${after}`);
    let left = after;
    io.onCall = (call) => {
      if (!call.startsWith('fdatasync')) return;
      left -= 1;
      if (left < 0) throw Object.assign(new Error('EIO: injected'), { code: 'EIO' });
    };
    let isOver = false;
    void replica.ended.then(() => (isOver = true));
    for (let seq = 1; seq <= 6; seq += 1) {
      prepare();
      await until(() => isOver || votes().length === seq, 'a vote or the end'); // one a group
    }
    const ending = await replica.ended;
    t.match(ending, { kind: 'failed', error: { kind: 'io' } });
    const before = votes();
    t.ok(before.length <= after, `${before.length} votes on the strength of ${after} fsyncs`);
    t.same(before, before.map((_, at) => at + 1));
    io.onCall = () => {};
    prepare();
    await new Promise((resolve) => setTimeout(resolve, 20));
    t.same(votes(), before, 'an fsync that works again proves nothing');
  }
});

t.test('a write is cut short by a full disk: no vote; the life ends', async (t) => {
  const { replica, io, votes, prepare } = await startReplica(t, 'short');
  prepare();
  await until(() => votes().length === 1, 'a vote');
  io.failNext('write', 'ENOSPC');
  prepare();
  t.match(await replica.ended, { kind: 'failed', error: { kind: 'disk-full' } });
  t.same(votes(), [1]);
});

t.test('no room for more: told as `full` with what is left; then room is told again', async (t) => {
  const { io, sent, votes, prepare, replica } = await startReplica(t, 'full', 0);
  const reserve = (): { bytes: number; full: boolean } | undefined =>
    sent.findLast((message) => message.type === 'pong' || message.type === 'vote')?.reserve;
  prepare();
  await until(() => reserve()?.full === true, 'full');
  t.ok((reserve()?.bytes ?? 0) > 0, 'what is allocated already can still be written');
  for (let count = 2; count <= 10; count += 1) prepare();
  await until(() => votes().length === 10, 'votes, while there is reserve');
  io.free = 64 * MIB;
  await until(() => reserve()?.full === false && (reserve()?.bytes ?? 0) > 4 * MIB, 'room');
  await replica.close(false);
});

t.test('the load pauses: the last entry is vouched for, once', async (t) => {
  const { replica, io, votes, prepare } = await startReplica(t, 'pausing', 0);
  replica.onTick();
  prepare();
  await until(() => votes().length === 1, 'a vote');
  io.calls.length = 0;
  replica.onTick();
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.same(io.calls, [], 'something has come since the last tick');
  let ticks = 0;
  io.onCall = (call) => {
    if (call !== 'fdatasync') return;
    ticks += 1;
    replica.onTick();
  };
  replica.onTick();
  await until(() => ticks > 0, 'a tick while the mark is made durable');
  replica.onTick();
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.same(io.calls, ['write', 'fdatasync']);
  await replica.close(false);
});

/** Promised and ready for prepares; `free`: bytes on its disk. */
async function startReplica(t: Test, name: string, free?: number) {
  const io = new FaultyFileSystem();
  io.free = free;
  const relay = new JournalRelay();
  const journal = await FileJournal.open({
    directory: join(temporaryDirectory(t), name), incarnation: INCARNATION, mayBeMissing: true,
    machine: { ...nodeMachine, io }, sizes: { ...SIZES, roomRetryMs: 10, scrubBytesPerSecond: 0 },
    events: relay, onEntry: () => {},
  });
  const sent: FromBackend[] = [];
  const replica = new Replica({
    machine: nodeMachine, sizes: SIZES,
    participant: {
      backend: 1 as BackendId, incarnation: INCARNATION, nonce: 'd4'.repeat(16), pid: 1, count: 1,
      directory: '',
      promise: { cluster: CLUSTER_NONE, epoch: EPOCH_NONE, owner: OWNER }, condition: 'empty',
      detail: '', tail: { seq: SEQ_NONE, entryEpoch: EPOCH_NONE, hash: HASH_NONE },
      tailTimestamp: 0 as Timestamp, checkpointSeq: SEQ_NONE,
      view: { number: 0 as ViewNumber, members: [] }, ledger: new Ledger(),
      reserve: journal.reserve,
    },
    journal,
    checkpoints: { save: async () => {}, load: async () => undefined },
    replayed: { bytes: 0, operations: 0 },
    savePromise: async () => {},
    send: (message) => sent.push(message),
    onInSync: () => {}, log: () => {}, trace: undefined,
  });
  relay.to(replica);
  replica.participant.onConnected();
  replica.participant.onMessage({ type: 'promise', cluster: CLUSTER, epoch: EPOCH, owner: OWNER });
  await until(() => sent.some(({ type }) => type === 'promised'), 'the promise');
  let last: Entry | undefined;
  const prepare = (): void => {
    last = nextEntry(last);
    replica.participant.onMessage({
      ...last, type: 'prepare', epoch: EPOCH, commitSeq: 0 as Seq, answerer: BACKEND_NONE,
    });
  };
  const votes = (): number[] =>
    sent.flatMap((message) => (message.type === 'vote' ? message.seq : []));
  return { replica, io, sent, votes, prepare };
}

function nextEntry(last: Entry | undefined): Entry {
  const seq = ((last?.seq ?? 0) + 1) as Seq;
  const entry = {
    seq, entryEpoch: EPOCH, timestamp: seq as number as Timestamp,
    view: { number: 1 as ViewNumber, members: [{ id: 1 as BackendId, incarnation: INCARNATION }] },
    previousHash: last?.hash ?? HASH_NONE, batch: encodeChunk(0 as never, 0, [{ kind: 'lease' }]),
  };
  return { ...entry, hash: hashEntry(entry) };
}
