import t from 'tap';
import type { ParticipantHost, PromiseRecord } from '../../src/core/effect.ts';
import { hashEntry } from '../../src/core/entry.ts';
import {
  BACKEND_NONE,
  CLUSTER_NONE,
  HASH_NONE,
  type BackendId,
  type ClusterId,
  type EntryHash,
  type Epoch,
  type Incarnation,
  type OwnerId,
  type Seq,
  type Timestamp,
  type ViewNumber,
} from '../../src/core/ids.ts';
import { Ledger } from '../../src/core/ledger.ts';
import type { FromBackend, Prepare } from '../../src/core/message.ts';
import { encodeChunk } from '../../src/core/operation.ts';
import { Participant } from '../../src/core/participant.ts';

const CLUSTER = 'c'.repeat(32) as ClusterId;
const ONE = '1'.repeat(32) as OwnerId;
const OTHER = '2'.repeat(32) as OwnerId;
const BATCH = encodeChunk(0, 0, [{ kind: 'lease' }]);
const VIEW = { number: 1 as ViewNumber, members: [] };

/** A participant whose disk does nothing by itself. */
function backend(condition: 'intact' | 'corrupt' = 'intact') {
  const sent: FromBackend[] = [];
  const saving: PromiseRecord[] = [];
  const done: string[] = [];
  const host: ParticipantHost = {
    append: () => undefined,
    savePromise: (promise) => saving.push(promise),
    truncate: () => undefined,
    locate: () => undefined,
    fetch: () => undefined,
    resolve: () => undefined,
    lookUp: (lookup, token) => done.push(`look up ${JSON.stringify(lookup)} ${token}`),
    committed: (seq) => done.push(`committed ${seq}`),
    reset: () => done.push('reset'),
    send: (message) => sent.push(message),
    inSync: () => undefined,
    log: () => undefined,
    diskWork: () => ({ syncs: 8, writtenBytes: 900, checkpoints: 2 }),
    trace: undefined,
  };
  const participant = new Participant(
    {
      backend: 1 as BackendId,
      incarnation: 'i' as Incarnation,
      nonce: 'n',
      directory: '',
      pid: 1,
      count: 1,
      condition,
      promise: { cluster: CLUSTER_NONE, epoch: 0 as Epoch, owner: '' as OwnerId },
      detail: condition === 'corrupt' ? 'a broken entry' : '',
      tail: { seq: 0 as Seq, entryEpoch: 0 as Epoch, hash: HASH_NONE },
      tailTimestamp: 0 as Timestamp,
      checkpointSeq: 0 as Seq,
      view: { number: 0 as ViewNumber, members: [] },
      ledger: new Ledger({ leasesMax: 16, runsMax: 64, keysMax: 64 }),
      reserve: { bytes: 1e9, full: false },
    },
    host,
  );
  participant.onConnected();
  const types = (): string[] => sent.splice(0).map(({ type }) => type);
  types();
  const ask = (epoch: number, owner = ONE): void =>
    participant.onMessage({ type: 'promise', cluster: CLUSTER, epoch: epoch as Epoch, owner });
  const save = (): void => participant.onPromiseSaved(saving.shift() as PromiseRecord);
  return { participant, types, ask, save, sent, saving, done };
}

function prepare(seq: number, epoch: number, previousHash: EntryHash = HASH_NONE): Prepare {
  return {
    type: 'prepare',
    epoch: epoch as Epoch,
    seq: seq as Seq,
    entryEpoch: epoch as Epoch,
    timestamp: (1_000 + seq) as Timestamp,
    view: VIEW,
    previousHash,
    commitSeq: (seq - 1) as Seq,
    answerer: BACKEND_NONE,
    batch: BATCH,
  };
}

t.test('participant: a promise: answered only when it is durable', async (t) => {
  const { types, ask, save } = backend();
  ask(1);
  t.same(types(), []);
  save();
  t.same(types(), ['promised']);
});

t.test(
  'participant: an epoch: granted once, to one owner, and no older one after it',
  async (t) => {
    const { types, ask, save } = backend();
    ask(3);
    ask(3, OTHER);
    t.same(types(), ['promise-refused'], 'before it is durable');
    save();
    t.same(types(), ['promised']);
    ask(3, OTHER);
    ask(2);
    t.same(types(), ['promise-refused', 'promise-refused']);
    ask(3);
    save();
    t.same(types(), ['promised'], 'again to the same owner');
  },
);

t.test(
  'participant: a promise asked for on a connection that has gone: not answered on the next',
  async (t) => {
    const { participant, types, ask, save } = backend();
    ask(1);
    participant.onDisconnected();
    participant.onConnected();
    t.same(types(), ['hello']);
    save();
    t.same(types(), [], 'nobody has asked here');
    ask(1);
    save();
    t.same(types(), ['promised']);
  },
);

t.test(
  'participant: a promise saved late, of an earlier connection: no word for what came since',
  async (t) => {
    const { participant, types, ask, save, saving } = backend();
    ask(1);
    participant.onDisconnected();
    participant.onConnected();
    ask(1);
    const [late] = saving.splice(0, 1);
    save();
    t.same(types(), ['hello', 'promised']);
    participant.onMessage(prepare(1, 1));
    participant.onDisconnected();
    participant.onConnected();
    ask(1);
    participant.onPromiseSaved(late as PromiseRecord);
    t.same(types(), ['hello'], 'entry 1 is not fsynced yet');
    participant.onSynced(1 as Seq);
    save();
    t.same(types(), ['promised']);
  },
);

t.test('participant: messages of another epoch, or before the promise: ignored', async (t) => {
  const { participant, types, ask, save, sent } = backend();
  participant.onMessage(prepare(1, 0));
  ask(5);
  participant.onMessage(prepare(1, 5));
  save();
  t.same(types(), ['promised']);
  participant.onMessage(prepare(1, 4));
  participant.onMessage(prepare(1, 6));
  participant.onMessage({ type: 'read', epoch: 4 as Epoch, read: 1, batch: BATCH });
  t.equal(participant.tail.seq, 0);
  t.same(types(), []);
  participant.onMessage({ type: 'ping', epoch: 4 as Epoch, probe: 7, commitSeq: 0 as Seq });
  const pong = { type: 'pong', epoch: 0, syncs: 8, writtenBytes: 900, checkpoints: 2 };
  t.match(sent, [pong], 'a ping of another epoch proves no more than life');
});

t.test('participant: a vote: only after the fsync, and never on another connection', async (t) => {
  const { participant, types, ask, save } = backend();
  ask(1);
  save();
  types();
  participant.onMessage(prepare(1, 1));
  t.notOk(types().includes('vote'));
  participant.onDisconnected();
  participant.onConnected();
  types();
  participant.onSynced(1 as Seq);
  t.same(types(), [], 'what was prepared on the old connection is told with the promise');
  ask(2);
  save();
  t.same(types(), ['promised']);
  const hash = hashEntry(prepare(1, 1));
  participant.onMessage(prepare(2, 2, hash));
  participant.onSynced(1 as Seq);
  t.same(types(), []);
  participant.onSynced(2 as Seq);
  t.same(types(), ['vote']);
});

t.test('participant: results: with the vote, of whom the prepare names', async (t) => {
  const { participant, sent, ask, save } = backend();
  ask(1);
  save();
  const first = prepare(1, 1);
  const hash = hashEntry(first);
  participant.onMessage({ ...first, answerer: 1 as BackendId });
  participant.onMessage({ ...prepare(2, 1, hash), answerer: 2 as BackendId });
  sent.length = 0;
  participant.onSynced(2 as Seq);
  t.same(sent.map((message) => [message.type, 'seq' in message && message.seq]), [
    ['results', 1], ['vote', 1], ['vote', 2],
  ]);
});

t.test('participant: commit: applied only to what was matched on this connection', async (t) => {
  const { participant, ask, save, done } = backend();
  ask(1);
  save();
  participant.onMessage(prepare(1, 1));
  participant.onSynced(1 as Seq);
  participant.onMessage({ type: 'commit', epoch: 1 as Epoch, commitSeq: 9 as Seq });
  t.same(done.splice(0), ['committed 1']);
  participant.onDisconnected();
  participant.onConnected();
  ask(2);
  save();
  participant.onMessage({ type: 'commit', epoch: 2 as Epoch, commitSeq: 9 as Seq });
  t.same(done, [], 'its tail may be another one than the coordinator counts');
});

t.test('participant: corrupt: no promise; reset by no older epoch', async (t) => {
  const { participant, types, ask, done } = backend('corrupt');
  ask(4);
  t.same(types(), []);
  participant.onMessage({ type: 'reset', epoch: 4 as Epoch, detail: '' });
  t.same(done, ['reset']);
});

t.test('participant: reset: one of an older epoch than the promised is ignored', async (t) => {
  const { participant, ask, save, done } = backend();
  ask(4);
  save();
  participant.onMessage({ type: 'reset', epoch: 3 as Epoch, detail: '' });
  t.same(done, []);
  participant.onMessage({ type: 'reset', epoch: 5 as Epoch, detail: '' });
  t.same(done, ['reset'], 'who is in trouble is not asked to promise the new epoch first');
});

t.test('participant: reset: not while the tail is being dropped', async (t) => {
  const { participant, ask, save, done } = backend();
  ask(4);
  save();
  participant.onMessage(prepare(1, 4));
  participant.onSynced(1 as Seq);
  const { hash } = participant.tail;
  participant.onMessage({
    type: 'truncate', epoch: 4 as Epoch, afterSeq: 0 as Seq, tailSeq: 1 as Seq, tailHash: hash,
  });
  participant.onMessage({ type: 'reset', epoch: 4 as Epoch, detail: '' });
  t.same(done, []);
});

t.test('participant: a read that the journal answers: looked up as of now, told to who asked',
  async (t) => {
    const { participant, ask, save, sent, done, types } = backend();
    ask(1);
    save();
    participant.onMessage(prepare(1, 1));
    types();
    const batch = encodeChunk(0, 0, [{ kind: 'history', account: 1, toAccount: 7 }]);
    const read = { type: 'read', epoch: 1 as Epoch, batch } as const;
    participant.onMessage({ ...read, read: 5 });
    t.same(done.splice(0), [
      'look up {"kind":"history","from":{"seq":1,"index":7},"lastSeq":1} 1',
    ]);
    t.same(sent, [], 'nothing before the journal has answered');
    const results = new Uint8Array(64).fill(7);
    participant.onLookedUp(1, results);
    t.same(sent.splice(0), [{ type: 'read-results', epoch: 1, read: 5, results }]);
    participant.onLookedUp(1, results);
    t.same(sent, [], 'once');

    participant.onMessage({ ...read, read: 6 });
    participant.onDisconnected();
    participant.onLookedUp(2, results);
    t.same(types(), [], 'not on another connection');
  });

t.test('participant: a lookup that makes no sense: nothing is told, nothing is looked up',
  async (t) => {
    const { participant, ask, save, sent, done, types } = backend();
    ask(1);
    save();
    types();
    const sane = encodeChunk(0, 0, [{ kind: 'history', account: 1 }]);
    const flagged = sane.slice();
    flagged[65] = 1;
    const batches = [
      encodeChunk(0, 0, [{ kind: 'history', account: 0 }]),
      encodeChunk(0, 0, [{ kind: 'history', account: 1, toAccount: -1 }]),
      encodeChunk(0, 0, [{ kind: 'history', account: 1 }, { kind: 'history', account: 1 }]),
      new Uint8Array([...sane, ...sane]),
      flagged,
    ];
    for (const [read, batch] of batches.entries()) {
      participant.onMessage({ type: 'read', epoch: 1 as Epoch, read, batch });
      t.match(sent.splice(0), [{ type: 'read-results', read, results: new Uint8Array() }]);
    }
    t.same(done, []);
  });
