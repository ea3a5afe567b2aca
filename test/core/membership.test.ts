import t from 'tap';
import { BackendLink, type Tail } from '../../src/core/backend-link.ts';
import { ControlKeeper } from '../../src/core/control-keeper.ts';
import {
  HASH_NONE,
  type BackendId,
  type ClusterId,
  type Epoch,
  type Incarnation,
  type OwnerId,
  type Seq,
  type Timestamp,
  type ViewNumber,
} from '../../src/core/ids.ts';
import { Membership } from '../../src/core/membership.ts';
import type { ToBackend } from '../../src/core/message.ts';
import { encodeChunk } from '../../src/core/operation.ts';
import type { ControlRecord } from '../../src/core/view.ts';

const EPOCH = 1 as Epoch;
const INCARNATION = 'i' as Incarnation;

function link(id: number): BackendLink {
  const made = new BackendLink(id as BackendId);
  made.greet(
    id,
    {
      type: 'hello',
      cluster: 'c' as ClusterId,
      backend: made.id,
      incarnation: INCARNATION,
      nonce: 'n',
      count: 3,
      pid: 1,
      condition: 'intact',
      detail: '',
      directory: '',
      promisedEpoch: EPOCH,
      view: { number: 0 as ViewNumber, members: [] },
    },
    'here',
  );
  made.onPromised({
    type: 'promised',
    epoch: EPOCH,
    tailSeq: 0 as Seq,
    tailEpoch: 0 as Epoch,
    tailHash: HASH_NONE,
    tailTimestamp: 0 as Timestamp,
    checkpointSeq: 0 as Seq,
    digest: '',
    reserve: { bytes: 1e9, full: false },
  });
  return made;
}

/** Members as named, three backends here; an empty history, unless it is said to have entries. */
function serving(members: readonly number[], lastSeq = 0) {
  const links = new Map([1, 2, 3].map((id) => [id as BackendId, link(id)]));
  const written: ControlRecord[] = [];
  const record: ControlRecord = {
    cluster: 'c' as ClusterId,
    version: 1,
    epoch: EPOCH,
    owner: 'o' as OwnerId,
    commitFloor: 0 as Seq,
    recovered: false,
    count: 3,
    view: {
      number: 1 as ViewNumber,
      members: members.map((id) => ({ id: id as BackendId, incarnation: INCARNATION })),
    },
  };
  const control = new ControlKeeper(
    {
      send: () => undefined,
      close: () => undefined,
      log: () => undefined,
      stop: () => undefined,
      trace: undefined,
    wake: () => undefined,
      writeControl: (each) => written.push(each),
    },
    'o' as OwnerId,
    record,
  );
  const state = { lost: 0, probe: 10, nowMs: 0, lastSeq };
  const sent: (readonly [to: number, message: ToBackend])[] = [];
  const hopeless: number[] = [];
  const membership = new Membership({
    epoch: EPOCH,
    comparesStates: true,
    control,
    links,
    send: (to, message) => sent.push([to, message]),
    lastSeq: () => state.lastSeq as Seq,
    commitSeq: () => 0 as Seq,
    recent: () => undefined,
    nowMs: () => state.nowMs,
    probeAll: () => (state.probe += 1),
    log: () => undefined,
    onAllLost: () => (state.lost += 1),
    onHopeless: ({ id }) => hopeless.push(id),
  });
  const ids = (): number[] => membership.required.map(({ id }) => id);
  const views = (): string[] =>
    written.map(({ view }) => view.members.map(({ id }) => id).join(','));
  const get = (id: number): BackendLink => links.get(id as BackendId) as BackendLink;
  const pong = (id: number): void => {
    get(id).confirmedProbe = state.probe;
    membership.advance();
  };
  const outcome = (what: 'written' | 'failed'): void => {
    const durable = control.onWritten(what, state.nowMs);
    if (durable === undefined) membership.onViewNotWritten();
    else membership.onViewDurable(durable.view);
  };
  return { membership, state, sent, hopeless, ids, views, get, pong, outcome };
}

t.test('membership: a failure: the view is written when a member has answered since', async (t) => {
  const { membership, ids, views, get, pong, outcome } = serving([1, 2, 3]);
  membership.fail(get(3));
  t.same(views(), []);
  t.same(ids(), [1, 2, 3], 'its vote is still needed');
  t.equal(membership.inSyncCount, 2, 'it is no copy any more');
  pong(1);
  t.same(views(), ['1,2']);
  t.same(ids(), [1, 2, 3], 'until the view without it is durable');
  outcome('written');
  t.same(ids(), [1, 2]);
});

t.test('membership: all fail: nothing is written, service ends', async (t) => {
  const { membership, state, views, get } = serving([1, 2]);
  membership.fail(get(1));
  membership.fail(get(2));
  t.same(views(), []);
  t.equal(state.lost, 1);
});

t.test(
  'membership: a join: its vote is required before the view that names it is written',
  async (t) => {
    const { membership, ids, views, outcome } = serving([1, 2]);
    membership.startJoins();
    membership.advance();
    t.same(ids(), [1, 2, 3]);
    t.same(views(), ['1,2,3'], 'it holds everything: there is nothing');
    outcome('written');
    t.equal(membership.inSyncCount, 3);
  },
);

t.test(
  'membership: a joiner dies while its view is written: it is required, then removed',
  async (t) => {
    const { membership, ids, views, get, pong, outcome } = serving([1, 2]);
    membership.startJoins();
    membership.advance();
    membership.fail(get(3));
    t.same(ids(), [1, 2, 3]);
    outcome('written');
    t.same(ids(), [1, 2, 3]);
    pong(1);
    t.same(views(), ['1,2,3', '1,2']);
    outcome('written');
    t.same(ids(), [1, 2]);
  },
);

t.test(
  'membership: a joiner dies, and its view was certainly not written: nobody waits for it',
  async (t) => {
    const { membership, ids, get, outcome } = serving([1, 2]);
    membership.startJoins();
    membership.advance();
    membership.fail(get(3));
    outcome('failed');
    t.same(ids(), [1, 2]);
    t.equal(membership.hasFailed(3 as BackendId), false);
  },
);

t.test('membership: slow, again and again: the pause grows, to a bound', async (t) => {
  const { membership, state, get } = serving([1, 2, 3]);
  const pauses: number[] = [];
  for (let time = 0; time < 9; time += 1) {
    membership.failForSlowness(get(3));
    pauses.push(get(3).pausedUntilMs - state.nowMs);
    state.nowMs = get(3).pausedUntilMs;
  }
  t.same(
    pauses,
    [1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000),
  );
  state.nowMs += 300_001;
  membership.failForSlowness(get(3));
  t.equal(get(3).pausedUntilMs - state.nowMs, 1_000, 'it was well for long enough');
});

t.test('membership: a vote is overdue: who lacks it is put out, but for all of them', async (t) => {
  const { membership, get } = serving([1, 2, 3]);
  t.equal(membership.failOverdue(1 as Seq), false);
  get(1).votedSeq = 1 as Seq;
  t.equal(membership.failOverdue(1 as Seq), true);
  t.same(membership.live().map(({ id }) => id), [1]);
});

t.test('membership: no join in a pause, in trouble, or while a view that names it is '
  + 'written', async (t) => {
  const { membership, state, get } = serving([1, 2]);
  const joins = (): boolean => {
    membership.startJoins();
    return membership.joiner(3 as BackendId) !== undefined;
  };
  get(3).pausedUntilMs = 1_000;
  t.equal(joins(), false);
  state.nowMs = 1_000;
  get(3).trouble = 'diverged';
  t.equal(joins(), false);
  get(3).trouble = 'none';
  const { tail } = get(3);
  t.equal(joins(), true);
  membership.advance();
  membership.fail(get(3));
  get(3).tail = tail;
  t.equal(joins(), false, 'it is back, and may be a member by now');
});

/** The first entry is fetched from the source, and sent. */
function stream(bank: ReturnType<typeof serving>): void {
  const catchUp = bank.membership.joiner(3 as BackendId);
  catchUp?.onFetched(1 as BackendId, {
    type: 'fetched', epoch: EPOCH, seq: 1 as Seq, entryEpoch: EPOCH, timestamp: 1 as Timestamp,
    view: { number: 1 as ViewNumber, members: [] }, previousHash: HASH_NONE, hash: HASH_NONE,
    digest: 'of the source', more: false, batch: encodeChunk(0, 0, [{ kind: 'lease' }]),
  });
  bank.membership.advance();
}

t.test('membership: a join: its vote is required when all is on its way, and each later entry '
  + 'is sent at once', async (t) => {
  const bank = serving([1, 2], 1);
  const { membership, state, sent, ids, get } = bank;
  const toJoiner = (): number => sent.filter(([to, { type }]) =>
    to === 3 && type === 'prepare').length;
  membership.startJoins();
  membership.advance();
  t.same([ids(), toJoiner()], [[1, 2], 0], 'it lacks an entry');
  stream(bank);
  t.same([ids(), toJoiner()], [[1, 2, 3], 1]);
  get(3).reserve = { bytes: 0, full: false };
  state.lastSeq = 2;
  state.nowMs += 60_000;
  t.equal(membership.isLagging(state.nowMs), false, 'it is no joiner that lags any more');
  membership.advance();
  t.ok(sent.some(([to, message]) => to === 1 && message.type === 'fetch' && message.fromSeq === 2));
});

t.test('membership: a join: one that is far behind, though all is on its way, does not hold up '
  + 'the others', async (t) => {
  const bank = serving([1, 2], 1);
  bank.membership.startJoins();
  bank.get(3).votedSeq = -8 as Seq;
  stream(bank);
  t.same(bank.ids(), [1, 2]);
  bank.get(3).votedSeq = -7 as Seq;
  bank.membership.advance();
  t.same(bank.ids(), [1, 2, 3]);
});

t.test('membership: a joiner lags, if at all, by what it is sent', async (t) => {
  const { membership, state, get } = serving([1, 2], 3);
  get(3).tail = { ...get(2).tail, seq: 3 as Seq } as Tail;
  membership.startJoins();
  state.nowMs += 6_000;
  t.equal(membership.joiner(3 as BackendId)?.phase, 'locating');
  t.equal(membership.isLagging(state.nowMs), false);
});

t.test('membership: a joiner that differs: not required, given up, and not back at '
  + 'once', async (t) => {
  const bank = serving([1, 2], 1);
  const { membership, state, hopeless, ids, get } = bank;
  membership.startJoins();
  get(3).votedSeq = -1 as Seq; // no view names it yet
  stream(bank);
  t.same(ids(), [1, 2, 3]);
  membership.joiner(3 as BackendId)?.onVote(1 as Seq, 'another');
  membership.advance();
  t.same([ids(), hopeless], [[1, 2], [3]]);
  t.ok(get(3).pausedUntilMs > state.nowMs);
});

t.test('membership: the only source of a join fails: the next one takes over', async (t) => {
  const { membership, views, get, outcome } = serving([1]);
  const { tail } = get(3);
  get(3).tail = undefined; // it has not promised yet
  membership.startJoins();
  membership.advance();
  t.same(views(), ['1,2']);
  get(3).tail = tail;
  membership.startJoins();
  membership.fail(get(1));
  t.equal(membership.joiner(3 as BackendId)?.source.id, 1, 'nobody else may be copied from');
  outcome('written');
  t.equal(membership.joiner(3 as BackendId)?.source.id, 2);
});
