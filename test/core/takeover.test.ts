import t from 'tap';
import { BackendLink } from '../../src/core/backend-link.ts';
import type {
  BackendId, ClusterId, Epoch, EntryHash, Incarnation, OwnerId, Seq, Timestamp, ViewNumber,
} from '../../src/core/ids.ts';
import type { ToBackend } from '../../src/core/message.ts';
import { Takeover, type TakeoverHost } from '../../src/core/takeover.ts';
import type { ControlRecord } from '../../src/core/view.ts';

const EPOCH = 2 as Epoch;
const TAIL = 7 as Seq;
const HASH = 'a7' as EntryHash;
const INCARNATION = 'i' as Incarnation;

/** What a backend answers with its promise. */
interface Held {
  readonly digest?: string;
  readonly seq?: number;
  readonly epoch?: number;
  readonly hash?: string;
  readonly checkpointSeq?: number;
  /** Of its journal; plenty, where it is not said. */
  readonly roomBytes?: number;
}

/** It holds the entry 7, where nothing else is said. */
function link(id: number, held: Held): BackendLink {
  const made = new BackendLink(id as BackendId);
  made.greet(id, {
    type: 'hello', cluster: 'c' as ClusterId, backend: made.id, incarnation: INCARNATION,
    nonce: 'n', count: 3, pid: 1, condition: 'intact', detail: '', directory: '',
    promisedEpoch: EPOCH, view: { number: 0 as ViewNumber, members: [] },
  }, 'here');
  const { digest = 'd', seq = TAIL, epoch = 1, hash = HASH, checkpointSeq = 0 } = held;
  made.onPromised({
    type: 'promised', epoch: EPOCH, tailSeq: seq as Seq, tailEpoch: epoch as Epoch,
    tailHash: hash as EntryHash, tailTimestamp: 1 as Timestamp,
    checkpointSeq: checkpointSeq as Seq, digest,
    reserve: { bytes: held.roomBytes ?? 1e9, full: false },
  });
  return made;
}

/** Members that have these tails, once each has promised. */
function begin(tails: readonly Held[], options: Partial<TakeoverHost> = {}) {
  const made = tails.map((held, at) => link(at + 1, held));
  const links = new Map(made.map((each) => [each.id, each]));
  const members = made.map(({ id }) => ({ id, incarnation: INCARNATION }));
  const record: ControlRecord = {
    cluster: 'c' as ClusterId, version: 3, epoch: EPOCH, owner: 'o' as OwnerId,
    view: { number: 1 as ViewNumber, members }, commitFloor: 5 as Seq, count: 3, recovered: false,
  };
  const got = { members: undefined as readonly number[] | undefined, lost: 0, undecidable: '' };
  const sent: (readonly [to: number, message: ToBackend])[] = [];
  const state = { nowMs: 0 };
  const takeover = new Takeover({
    epoch: EPOCH, links, record, acceptDataLoss: false, graceMs: 50,
    nowMs: () => state.nowMs,
    send: (id, message) => sent.push([id, message]),
    log: () => undefined,
    onReconciled: (_base, holders) => (got.members = holders.map(({ id }) => id)),
    onBaseLost: () => (got.lost += 1),
    onUndecidable: (detail) => (got.undecidable = detail),
    ...options,
  });
  for (const each of made) takeover.onPromised(each);
  const get = (id: number): BackendLink => links.get(id as BackendId) as BackendLink;
  /** Which entry it holds at a seq. */
  const locate = (id: number, seq: number, hash: string): void => takeover.onLocated(get(id), {
    type: 'located', epoch: EPOCH, seq: seq as Seq, entryEpoch: 1 as Epoch,
    hash: hash as EntryHash,
  });
  return { takeover, record, got, sent, state, get, locate, made };
}

/** All members have promised, and their histories are the same. */
function takeOver(digests: readonly string[]) {
  const { got, sent, made, locate } = begin(digests.map((digest) => ({ digest })));
  for (const [id, { type }] of sent) if (type === 'locate') locate(id, TAIL, HASH);
  const { members = [], undecidable } = got;
  return { members, undecidable, troubles: made.map(({ trouble }) => trouble) };
}

t.test('takeover: equal histories and states: all are members', async (t) => {
  const { members, troubles } = takeOver(['d', 'd', 'd']);
  t.same(members, [1, 2, 3]);
  t.same(troubles, ['none', 'none', 'none']);
});

t.test('takeover: equal histories, another state: the odd one is put out', async (t) => {
  for (const odd of [0, 1, 2]) {
    const digests = ['d', 'd', 'd'].map((digest, at) => at === odd ? 'other' : digest);
    const { members, troubles, undecidable } = takeOver(digests);
    t.same(members, [1, 2, 3].filter((id) => id !== odd + 1), `also if it is ${odd + 1}`);
    t.equal(troubles[odd], 'diverged');
    t.equal(undecidable, '');
  }
});

t.test('takeover: states differ and no majority tells: nobody serves', async (t) => {
  const { members, undecidable } = takeOver(['d', 'other']);
  t.same(members, []);
  t.match(undecidable, /no majority tells which is right: backend 1: d, backend 2: other/);
});

/** Whose loss makes it start again. */
function baseOf(tails: readonly Held[]): number | undefined {
  return tails.map((_, at) => at + 1).find((id) => {
    const { takeover, got, get } = begin(tails);
    takeover.onGone(get(id));
    return got.lost === 1;
  });
}

t.test('takeover: the base: a later entry epoch before a longer tail, then the '
  + 'longest', async (t) => {
  t.equal(baseOf([{ seq: 9, epoch: 1, hash: 'a9' }, { seq: 8, epoch: 2, hash: 'b8' }]), 2);
  t.equal(baseOf([{ seq: 8, epoch: 2, hash: 'b8' }, { seq: 9, epoch: 1, hash: 'a9' }]), 1);
  t.equal(baseOf([{ seq: 7 }, { seq: 8, hash: 'a8' }]), 2);
  t.equal(baseOf([{ seq: 8, hash: 'a8' }, { seq: 7 }]), 1);
});

t.test('takeover: one below the commit floor: has lost data, and does not count', async (t) => {
  const { get } = begin([{ seq: 4 }, { seq: 5 }]);
  t.same([get(1).trouble, get(2).trouble], ['lost-data', 'none']);
});

t.test('takeover: data loss accepted: an empty one is the base of an empty bank '
  + 'only', async (t) => {
  const { record } = begin([{}]);
  for (const [commitFloor, members] of [[5, undefined], [0, [1]]] as const) {
    const changed = { ...record, commitFloor: commitFloor as Seq };
    const { got } = begin([{ seq: 0 }], { record: changed, acceptDataLoss: true });
    t.same(got.members, members);
  }
});

t.test('takeover: the base is lost: it starts again', async (t) => {
  const { takeover, got, get } = begin([{ seq: 8, hash: 'a8' }, {}]);
  takeover.onGone(get(1));
  t.same(got, { members: undefined, lost: 1, undecidable: '' });
});

t.test('takeover: who goes while others catch up is no member, and is not waited '
  + 'for', async (t) => {
  const { takeover, got, get, locate } = begin([{}, {}, { hash: 'b7' }]);
  locate(1, TAIL, HASH);
  t.equal(got.members, undefined, 'the second holds the tail, the third another one');
  takeover.onGone(get(2));
  t.equal(got.members, undefined);
  takeover.onGone(get(3));
  t.same(got.members, [1]);
});

t.test('takeover: a history that can not be brought to that of the base: diverged, and it is not '
  + 'waited for', async (t) => {
  const { got, get, locate } = begin([{ seq: 8, epoch: 2, hash: 'b8' }, { checkpointSeq: 7 }]);
  for (const seq of [7, 3, 1]) for (const id of [1, 2]) locate(id, seq, `${id}`);
  t.equal(get(2).trouble, 'diverged');
  t.same(got.members, [1]);
});

t.test('takeover: room in a journal is told later: the stream goes on with a tick', async (t) => {
  const { takeover, sent, get, locate } = begin([{ seq: 8, hash: 'a8' }, { roomBytes: 0 }]);
  locate(1, TAIL, HASH);
  const fetches = (): number => sent.filter(([, { type }]) => type === 'fetch').length;
  t.equal(fetches(), 0);
  get(2).reserve = { bytes: 1e9, full: false };
  takeover.onTick();
  t.equal(fetches(), 1);
});
