/** What a life of a backend makes of what its core asks for, where nobody else looks at it. */
import t from 'tap';
import type { ExecutedEntry } from '../../src/core/entry.ts';
import {
  CLUSTER_NONE, EPOCH_NONE, HASH_NONE, SEQ_NONE,
  type BackendId, type ClusterId, type Epoch, type Incarnation, type OwnerId, type Seq,
  type Timestamp,
} from '../../src/core/ids.ts';
import { Ledger } from '../../src/core/ledger.ts';
import type { FromBackend } from '../../src/core/message.ts';
import { EnvironmentError } from '../../src/host/environment-error.ts';
import { SIZES } from '../../src/host/sizes.ts';
import { nodeMachine } from '../../src/host/node-machine.ts';
import type { Journal } from '../../src/host/ports.ts';
import { NO_VIEW } from '../../src/host/replay.ts';
import { Replica, type ReplicaParts } from '../../src/host/replica.ts';
import { entryAfter } from '../support/journal-entries.ts';
import { until } from '../support/open-journal.ts';

const ENTRY = entryAfter({ seq: SEQ_NONE, entryEpoch: EPOCH_NONE, hash: HASH_NONE }, 1024 * 1024);

/** A journal without an end, of entries of about 1.5 MiB. */
function endlessJournal() {
  const reads: number[] = [];
  const journal: Journal = {
    first: 1 as Seq, tail: ENTRY, bytes: 0, reserve: { bytes: 0, full: false },
    append: () => undefined,
    flush: async () => undefined,
    mark: () => undefined,
    truncateAfter: async () => undefined,
    locate: async () => undefined,
    read: async (seq): Promise<ExecutedEntry | undefined> => {
      reads.push(seq);
      return reads.length > 1000 ? undefined : { ...ENTRY, seq };
    },
    walk: async () => {
      throw new Error('nobody walks here');
    },
    close: async () => undefined,
  };
  return { journal, reads };
}

function replicaOn(
  journal: Journal, parts: Partial<ReplicaParts> = {}, tail?: ExecutedEntry,
): Replica {
  const none = { seq: SEQ_NONE, entryEpoch: EPOCH_NONE, hash: HASH_NONE };
  return new Replica({
    machine: nodeMachine, sizes: SIZES,
    participant: {
      backend: 1 as BackendId, incarnation: '1f'.repeat(16) as Incarnation,
      promise: { cluster: CLUSTER_NONE, epoch: EPOCH_NONE, owner: '0'.repeat(32) as OwnerId },
      nonce: '', pid: 1, count: 1, condition: 'intact', detail: '', directory: '',
      tail: tail ?? none,
      tailTimestamp: 0 as Timestamp, checkpointSeq: SEQ_NONE, view: NO_VIEW, ledger: new Ledger(),
      reserve: { bytes: 0, full: false },
    },
    journal,
    checkpoints: { save: async () => undefined, load: async () => undefined },
    replayed: { bytes: 0, operations: 0 },
    savePromise: async () => undefined,
    send: () => undefined,
    onInSync: () => undefined,
    log: () => undefined,
    trace: undefined,
    ...parts,
  });
}

t.test('replica: a fetch of more than memory holds: a few MiB at once', async (t) => {
  const { journal, reads } = endlessJournal();
  const replica = replicaOn(journal);
  replica.fetch(1 as Seq, Number.MAX_SAFE_INTEGER, 1);
  await until(() => reads.length > 0, 'it reads');
  await replica.close(false);
  t.ok(reads.length < 10, `${reads.length} entries were read`);
});

t.test('replica: a fetch of nothing: one entry, so that a stream goes on', async (t) => {
  const { journal, reads } = endlessJournal();
  const replica = replicaOn(journal);
  replica.fetch(7 as Seq, 0, 1);
  await until(() => reads.length > 0, 'it reads');
  await replica.close(false);
  t.same(reads, [7]);
});

t.test('replica: what the journal tells an errand: damage or a failing disk ends the '
  + 'life', async (t) => {
  for (const errand of ['locate', 'fetch'] as const) {
    for (const [kind, ending] of [['corrupt', 'corrupt'], ['io', 'failed']] as const) {
      const { journal } = endlessJournal();
      const fail = () => Promise.reject(new EnvironmentError(kind, 'what it met'));
      const sent: string[] = [];
      const send = ({ type }: FromBackend): number => sent.push(type);
      const replica = replicaOn({ ...journal, locate: fail, read: fail }, { send });
      if (errand === 'locate') replica.locate(1 as Seq, 1);
      else replica.fetch(1 as Seq, 1, 1);
      t.match(await replica.ended, { kind: ending }, `${errand}: ${kind}`);
      t.same(sent, kind === 'corrupt' ? ['corrupted'] : []);
    }
  }
});

t.test('replica: a stop: what was appended is durable before anything is closed', async (t) => {
  const calls: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const replica = replicaOn({
    ...endlessJournal().journal,
    flush: () => (calls.push('flush'), promise),
    close: async () => void calls.push('close'),
  });
  const closed = replica.close(true);
  await new Promise((resolve) => setImmediate(resolve));
  t.same(calls, ['flush']);
  resolve();
  await closed;
  t.same(calls, ['flush', 'close']);
});

t.test('replica: a stop: waits for what it is asked for, and saves the table only where it is '
  + 'clean', async (t) => {
  for (const isClean of [true, false]) {
    const calls: string[] = [];
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const replica = replicaOn({
      ...endlessJournal().journal,
      locate: () => (calls.push('locate'), promise),
      close: async () => void calls.push('close'),
    }, {
      checkpoints: { save: async () => void calls.push('save'), load: async () => undefined },
    }, ENTRY);
    replica.committed(ENTRY.seq);
    replica.committed(SEQ_NONE); // told late
    replica.locate(1 as Seq, 1);
    replica.locate(1 as Seq, 2); // after the first, and so never
    const closed = new Promise((resolve) => setImmediate(resolve)).then(() =>
      replica.close(isClean));
    await new Promise((resolve) => setTimeout(resolve, 10));
    t.same(calls, ['locate']);
    resolve(undefined);
    await closed;
    t.same(calls, isClean ? ['locate', 'save', 'close'] : ['locate', 'close']);
  }
});

t.test('replica: a promise that finds no room is tried again; one that fails ends the '
  + 'life', async (t) => {
  const promise = { cluster: CLUSTER_NONE, epoch: EPOCH_NONE, owner: '0'.repeat(32) as OwnerId };
  const after = (_ms: number, run: () => void) => (setImmediate(run), () => {});
  for (const [kind, tries] of [['disk-full', 3], ['io', 1]] as const) {
    let tried = 0;
    const replica = replicaOn(endlessJournal().journal, {
      machine: { after, fileWork: nodeMachine.fileWork },
      savePromise: async () => {
        tried += 1;
        if (tried < 3) throw new EnvironmentError(kind, 'not saved');
      },
    });
    const ending = kind === 'io' ? replica.ended : until(() => tried === 3, 'the third try');
    replica.savePromise(promise);
    t.match(await ending, kind === 'io' ? { kind: 'failed' } : undefined);
    t.equal(tried, tries);
    await replica.close(false);
  }
});

t.test('replica: a cut: what was appended is durable before, and no checkpoint of it is saved '
  + 'after', async (t) => {
  const calls: string[] = [];
  const replica = replicaOn({
    ...endlessJournal().journal,
    tail: undefined,
    flush: async () => void calls.push('flush'),
    truncateAfter: async (seq) => void calls.push(`truncate after ${seq}`),
  }, {
    sizes: { ...SIZES, checkpointBytes: 1 },
    checkpoints: { save: async () => void calls.push('save'), load: async () => undefined },
    log: () => calls.push('done'),
  });
  replica.append(ENTRY);
  replica.truncate(SEQ_NONE);
  await until(() => calls.includes('done'), 'it is cut');
  t.same(calls, ['flush', 'truncate after 0', 'done']);
  replica.committed(ENTRY.seq);
  await new Promise((resolve) => setImmediate(resolve));
  t.same(calls.slice(3), []);
});

t.test('replica: a life that is over: says nothing more', async (t) => {
  const sent: string[] = [];
  const replica = replicaOn(endlessJournal().journal, { send: ({ type }) => sent.push(type) });
  replica.participant.onConnected();
  replica.reset('told so');
  t.same(await replica.ended, { kind: 'reset', detail: 'told so' });
  replica.participant.onConnected();
  t.same(sent, ['hello']);
});

t.test('replica: a checkpoint: told with the next promise; without room there is none, and a disk '
  + 'that fails ends the life', async (t) => {
  for (const kind of ['none', 'disk-full', 'io'] as const) {
    const sent: FromBackend[] = [];
    const logged: string[] = [];
    const save = async (): Promise<void> => {
      if (kind !== 'none') throw new EnvironmentError(kind, 'not written');
    };
    const replica = replicaOn(endlessJournal().journal, {
      sizes: { ...SIZES, checkpointBytes: 1 }, checkpoints: { save, load: async () => undefined },
      send: (message) => sent.push(message), log: (line) => logged.push(line),
    }, ENTRY);
    replica.append(ENTRY);
    replica.committed(ENTRY.seq);
    if (kind === 'io') {
      t.match(await replica.ended, { kind: 'failed', error: { kind: 'io' } });
      continue;
    }
    await new Promise((resolve) => setImmediate(resolve));
    t.match(logged, kind === 'none' ? [] : [/^no checkpoint: not written/]);
    replica.participant.onConnected();
    replica.participant.onMessage({
      type: 'promise', cluster: 'c'.repeat(32) as ClusterId, epoch: 1 as Epoch,
      owner: '1'.repeat(32) as OwnerId,
    });
    await until(() => sent.length === 2, 'the promise');
    t.match(sent[1], { type: 'promised', checkpointSeq: kind === 'none' ? 1 : 0 });
    await replica.close(false);
  }
});
