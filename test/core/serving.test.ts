import t from 'tap';
import { present } from '../../src/core/assert.ts';
import { Admission, type AdmittedItem } from '../../src/core/admission.ts';
import { BackendLink, type Tail } from '../../src/core/backend-link.ts';
import { ControlKeeper } from '../../src/core/control-keeper.ts';
import { entryBytes, hashEntry } from '../../src/core/entry.ts';
import {
  HASH_NONE, type BackendId, type ClusterId, type Epoch, type Incarnation, type OwnerId, type Seq,
  type SessionId, type Timestamp, type ViewNumber,
} from '../../src/core/ids.ts';
import type { Prepare, ToBackend } from '../../src/core/message.ts';
import { encodeChunk, RESULT_BYTES } from '../../src/core/operation.ts';
import { Serving } from '../../src/core/serving.ts';
import type { ControlRecord } from '../../src/core/view.ts';

const EPOCH = 1 as Epoch;
const INCARNATION = 'i' as Incarnation;
const BASE: Tail = {
  seq: 0 as Seq, entryEpoch: 0 as Epoch, hash: HASH_NONE, timestamp: 0 as Timestamp,
};
const ROOM = { bytes: 1e9, full: false };
/** What a state shows, and what a vote shows of the state and the results. */
const STATE = 'a'.repeat(16);
const DIGEST = STATE + STATE;
const OTHER = 'b'.repeat(16);

function link(id: number): BackendLink {
  const made = new BackendLink(id as BackendId);
  made.greet(id, {
    type: 'hello', cluster: 'c' as ClusterId, backend: made.id, incarnation: INCARNATION,
    nonce: 'n', count: 3, pid: 1, condition: 'intact', detail: '', directory: '',
    promisedEpoch: EPOCH, view: { number: 0 as ViewNumber, members: [] },
  }, 'here');
  made.onPromised({
    type: 'promised', epoch: EPOCH, tailSeq: BASE.seq, tailEpoch: BASE.entryEpoch,
    tailHash: BASE.hash, tailTimestamp: BASE.timestamp, checkpointSeq: 0 as Seq, digest: STATE,
    reserve: ROOM,
  });
  return made;
}

/** An empty bank that serves on these members, of three backends that are here. */
function serve(members: readonly number[] = [1, 2, 3], roundBytesMax = 64 * 1024, base = BASE) {
  const links = new Map([1, 2, 3].map((id) => [id as BackendId, link(id)]));
  const record: ControlRecord = {
    cluster: 'c' as ClusterId, version: 1, epoch: EPOCH, owner: 'o' as OwnerId,
    commitFloor: 0 as Seq, recovered: false, count: 3,
    view: {
      number: 1 as ViewNumber,
      members: members.map((id) => ({ id: id as BackendId, incarnation: INCARNATION })),
    },
  };
  const control = new ControlKeeper({
    send: () => {}, close: () => {}, log: () => {}, stop: () => {}, trace: undefined,
    wake: () => {}, writeControl: () => {},
  }, 'o' as OwnerId, record);
  const sent: (readonly [to: number, message: ToBackend])[] = [];
  const told = {
    answered: [] as number[], reads: [] as number[], refused: [] as AdmittedItem[],
    undecidable: '',
  };
  const state = { nowMs: 0, wallUs: 0, probe: 0 };
  const admission = new Admission(() => state.nowMs);
  const serving = new Serving({
    epoch: EPOCH, control, links, admission, minInSync: 1, roundBytesMax,
    readTimeoutMs: 1_000, trace: undefined,
    now: () => ({ ms: state.nowMs, wallUs: state.wallUs }),
    send: (to, message) => sent.push([to, message]),
    nextProbe: () => (state.probe += 1),
    probeAll: () => (state.probe += 1),
    log: () => {}, wake: () => {},
    onAnswered: (batch) => told.answered.push(batch.seq),
    onReadsAnswered: (items) => told.reads.push(...items.map(({ number }) => number)),
    refuse: (items) => told.refused.push(...items),
    onAllLost: () => {}, onHopeless: () => {},
    onUndecidable: (detail) => (told.undecidable = detail),
  }, base);
  const get = (id: number): BackendLink => links.get(id as BackendId) as BackendLink;
  let numbers = 0;
  const admit = (kind: 'read' | 'write', connection = 1, inDoubt = false): AdmittedItem => {
    numbers += 1;
    const chunk = encodeChunk(64 as SessionId, numbers, [{ kind: 'create', amount: 1 }]);
    const item = {
      kind, connection, session: 64, number: numbers, operations: 1, chunk, isAlone: false, inDoubt,
    };
    state.nowMs += 10; // nobody who was answered is waited for
    if (inDoubt) admission.readmit([item]);
    else admission.admit(item);
    return item;
  };
  const prepares = (to = 1): Prepare[] => sent.flatMap(([id, message]) =>
    id === to && message.type === 'prepare' ? message : []);
  return {
    serving, get, sent, told, state, admission, admit, prepares,
    put: (kind: 'read' | 'write', connection = 1): void => {
      admit(kind, connection);
      serving.pump();
    },
    /** Its vote for the last batch, or the one at a seq. */
    vote: (id: number, digest = DIGEST, seq = serving.lastSeq, reserve = ROOM): void => {
      const prepare = present(prepares(id).find((each) => each.seq === seq), 'it was sent');
      const hash = hashEntry(prepare);
      const vote = { type: 'vote', epoch: EPOCH, seq, hash, digest, reserve } as const;
      get(id).onVote(vote);
      serving.onVote(get(id), vote);
    },
    pong: (id: number, digest = STATE, reserve = ROOM): void => {
      get(id).onPong({
        type: 'pong', epoch: EPOCH, probe: state.probe, lastSeq: get(id).lastSeq, digest, reserve,
        journalBytes: 0, nextExpiry: 0, keysMax: 0, syncs: 0, writtenBytes: 0, checkpoints: 0,
      });
      serving.onPong(get(id));
    },
    /** What the member says to have been the results of the last batch. */
    results: (id: number): void => serving.onResults(get(id), {
      type: 'results', epoch: EPOCH, seq: serving.lastSeq, originals: [],
      results: new Uint8Array(RESULT_BYTES),
    }),
    /** To whom the reads were sent. */
    readers: (): number[] => sent.flatMap(([id, { type }]) => (type === 'read' ? id : [])),
  };
}

/** What an entry of one operation takes in a journal. */
const ENTRY = entryBytes(encodeChunk(64, 1, [{ kind: 'create', amount: 1 }]).length, 1);

t.test('serving: idle: whose state differs shows it with a heartbeat', async (t) => {
  const { get, told, pong } = serve();
  pong(1);
  pong(3, OTHER);
  t.equal(get(3).trouble, 'diverged');
  t.same([get(1).trouble, get(2).trouble, told.undecidable], ['none', 'none', '']);
});

t.test('serving: idle: states differ and no majority tells: nothing more is taken', async (t) => {
  const { get, told, pong, put, prepares } = serve([1, 2]);
  pong(2, OTHER);
  t.match(told.undecidable, /replicas differ at seq 0 and no majority tells/);
  t.same([get(1).trouble, get(2).trouble], ['none', 'none']);
  put('write');
  t.same(prepares(), []);
});

t.test('serving: a vote for another entry: an assertion, never a decision', async (t) => {
  const { serving, get, put } = serve();
  put('write');
  t.throws(() => serving.onVote(get(1), {
    type: 'vote', epoch: EPOCH, seq: 1 as Seq, hash: HASH_NONE, digest: DIGEST, reserve: ROOM,
  }));
});

t.test('serving: results: only those of the member that was asked', async (t) => {
  const { told, prepares, put, vote, results } = serve();
  put('write');
  const answerer = prepares(1)[0]?.answerer ?? 0;
  for (const id of [1, 2, 3]) vote(id);
  for (const id of [1, 2, 3]) if (id !== answerer) results(id);
  t.same(told.answered, []);
  results(answerer);
  t.same(told.answered, [1]);
});

t.test('serving: one that catches up votes late: its digest must be what was agreed '
  + 'on', async (t) => {
  for (const digest of [DIGEST, STATE + OTHER]) {
    const { serving, get, put, vote } = serve([1, 2]);
    get(3).pausedUntilMs = Infinity;
    put('write');
    vote(1);
    vote(2);
    t.equal(serving.head.seq, 1);
    get(3).pausedUntilMs = 0;
    serving.onTick();
    vote(3, digest);
    t.equal(get(3).trouble, digest === DIGEST ? 'none' : 'diverged');
  }
});

t.test('serving: one whose vote is required gets each entry with the others', async (t) => {
  const { serving, put, prepares } = serve([1, 2]);
  serving.onPromised();
  put('write');
  t.equal(prepares(3).length, 1);
});

t.test('serving: one that joins does not come closer: writes are slowed down', async (t) => {
  const { serving, get, state, put, vote, prepares } = serve([1, 2]);
  get(3).pausedUntilMs = Infinity;
  get(3).reserve = { bytes: 0, full: false };
  const writeAndVote = (): number => {
    put('write');
    for (const id of [1, 2]) if (prepares(id).length > serving.head.seq) vote(id);
    return prepares().length;
  };
  t.equal(writeAndVote(), 1);
  get(3).pausedUntilMs = 0;
  serving.onTick();
  t.equal(serving.membership.isLagging(state.nowMs), false, 'it has its time');
  state.nowMs += 5_001;
  serving.onTick();
  t.equal(serving.membership.isLagging(state.nowMs), true);
  t.equal(writeAndVote(), 2);
  t.equal(writeAndVote(), 2, 'not so soon after');
  state.nowMs += 20;
  serving.pump();
  t.equal(prepares().length, 3);
});

t.test('serving: writes in flight: a few; a round that is half full goes at once', async (t) => {
  const { put, vote, prepares } = serve([1, 2, 3], 128);
  for (let count = 1; count <= 6; count += 1) put('write', count);
  t.equal(prepares().length, 4);
  for (const id of [1, 2, 3]) vote(id, DIGEST, 1 as Seq);
  t.equal(prepares().length, 5);
});

t.test('serving: reads in flight: a few rounds', async (t) => {
  const { put, readers } = serve();
  for (let count = 1; count <= 6; count += 1) put('read', count);
  t.equal(readers().length, 4);
});

t.test('serving: lookups in flight: a few, which nobody else waits for', async (t) => {
  const { serving, admission, put, readers, get } = serve();
  const chunk = encodeChunk(0, 0, [{ kind: 'statement', account: 100, amount: 1 }]);
  for (let number = 1; number <= 6; number += 1) {
    admission.admit({
      kind: 'read', connection: 10 + number, session: 0, number, operations: 1, chunk,
      isAlone: true, inDoubt: false,
    });
    serving.pump();
  }
  t.same([readers().length, admission.queued], [3, 3]);
  for (const connection of [1, 2, 3]) put('read', connection);
  t.same([readers().length, admission.queued], [6, 3], 'rounds of reads are counted by themselves');
  const [first = 0] = readers();
  get(first).confirmedProbe = 1_000;
  serving.onReadResults(get(first), {
    type: 'read-results', epoch: EPOCH, read: 1, results: new Uint8Array(RESULT_BYTES),
  });
  t.same([readers().length, admission.queued], [6, 3], 'read, but not confirmed by all');
  for (const id of [1, 2, 3]) get(id).confirmedProbe = 1_000;
  serving.onPong(get(2));
  t.same([readers().length, admission.queued], [7, 2], 'the next has its turn');
});

t.test('serving: lookups in flight: writes go on', async (t) => {
  const { serving, admission, put, prepares } = serve();
  const chunk = encodeChunk(0, 0, [{ kind: 'history', account: 1 }]);
  for (let number = 1; number <= 6; number += 1) {
    admission.admit({
      kind: 'read', connection: 10 + number, session: 0, number, operations: 1, chunk,
      isAlone: true, inDoubt: false,
    });
    serving.pump();
  }
  put('write');
  t.equal(prepares().length, 1);
});

t.test('serving: room in a journal: what is on its way there is not told again', async (t) => {
  const { put, pong, vote, prepares } = serve([1, 2, 3], 128);
  const reserve = { bytes: 2 * ENTRY - 64, full: false };
  pong(1, STATE, reserve);
  put('write');
  put('write');
  pong(1, STATE, reserve); // told before its vote for the first
  t.equal(prepares().length, 1);
  for (const id of [1, 2, 3]) vote(id, DIGEST, 1 as Seq, reserve);
  t.equal(prepares().length, 2, 'told with the vote: it counts the first');
});

t.test('serving: no room yet: a write waits, and what its connection reads after it', async (t) => {
  const { admission, admit, serving, pong, prepares, readers } = serve();
  pong(1, STATE, { bytes: 0, full: false });
  admit('write');
  admit('read');
  serving.pump();
  t.same([prepares().length, readers().length, admission.queued], [0, 0, 2]);
  pong(1);
  t.same([prepares().length, readers().length, admission.queued], [1, 1, 0]);
});

t.test('serving: the disk is full: writes are refused and reads go on; what is in doubt waits, '
  + 'and what its connection reads after it', async (t) => {
  const { admission, admit, serving, told, pong, prepares, sent } = serve();
  pong(1, STATE, { bytes: 0, full: true });
  admit('write', 1, true);
  admit('read', 1);
  const fresh = admit('write', 2);
  const free = admit('read', 2);
  serving.pump();
  t.same(told.refused, [fresh]);
  t.same([prepares().length, admission.queued], [0, 2]);
  const reads = sent.flatMap(([, message]) => (message.type === 'read' ? [message.batch] : []));
  t.same(reads, [free.chunk]);
});

t.test('serving: a reader that fails: another one reads', async (t) => {
  const { serving, get, put, readers } = serve();
  put('read');
  const [first = 0] = readers();
  serving.onBackendFailed(get(first));
  t.equal(readers().length, 2);
  t.not(readers()[1], first);
});

t.test('serving: a reader that has diverged: what it read and was not told yet is '
  + 'refused', async (t) => {
  const { serving, get, told, put, pong, readers } = serve();
  put('read');
  const [reader = 0] = readers();
  serving.onReadResults(get(reader), {
    type: 'read-results', epoch: EPOCH, read: 1, results: new Uint8Array(RESULT_BYTES),
  });
  for (const id of [1, 2, 3]) if (id !== reader) get(id).confirmedProbe = 0;
  pong(reader, OTHER);
  t.equal(get(reader).trouble, 'diverged');
  t.match(told.refused, [{ kind: 'read' }]);
  t.same(told.reads, []);
});

t.test('serving: the epoch ends: what was prepared is in doubt, what is read is not', async (t) => {
  const { serving, put } = serve();
  put('read', 1);
  put('write', 2);
  const { inDoubt, reads } = serving.end();
  t.same([inDoubt.map(({ kind }) => kind), reads.map(({ kind }) => kind)], [['write'], ['read']]);
});

t.test('serving: the first timestamp is after that of the base, whatever the clock '
  + 'says', async (t) => {
  const { put, prepares } = serve([1, 2, 3], 128, { ...BASE, timestamp: 7_000 as Timestamp });
  put('write');
  t.equal(prepares()[0]?.timestamp, 7_001);
});
