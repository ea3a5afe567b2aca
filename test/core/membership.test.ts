import t from 'tap';
import { BackendLink } from '../../src/core/backend-link.ts';
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

/** Members as named, three backends here, an empty history. */
function serving(members: readonly number[]) {
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
  const state = { lost: 0, probe: 10, nowMs: 0 };
  const membership = new Membership({
    epoch: EPOCH,
    comparesStates: true,
    control,
    links,
    send: () => undefined,
    lastSeq: () => 0 as Seq,
    commitSeq: () => 0 as Seq,
    recent: () => undefined,
    nowMs: () => state.nowMs,
    probeAll: () => (state.probe += 1),
    log: () => undefined,
    onAllLost: () => (state.lost += 1),
    onHopeless: () => undefined,
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
  return { membership, state, ids, views, get, pong, outcome };
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
