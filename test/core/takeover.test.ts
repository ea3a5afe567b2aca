import t from 'tap';
import { BackendLink } from '../../src/core/backend-link.ts';
import type {
  BackendId, ClusterId, Epoch, EntryHash, Incarnation, OwnerId, Seq, Timestamp, ViewNumber,
} from '../../src/core/ids.ts';
import { Takeover } from '../../src/core/takeover.ts';
import type { ControlRecord } from '../../src/core/view.ts';

const EPOCH = 2 as Epoch;
const TAIL = 7 as Seq;
const HASH = 'a7' as EntryHash;
const INCARNATION = 'i' as Incarnation;

/** It holds the entry 7, and shows this digest of the state after it. */
function link(id: number, digest: string): BackendLink {
  const made = new BackendLink(id as BackendId);
  made.greet(id, {
    type: 'hello', cluster: 'c' as ClusterId, backend: made.id, incarnation: INCARNATION,
    nonce: 'n', count: 3, pid: 1, condition: 'intact', detail: '', directory: '',
    promisedEpoch: EPOCH, view: { number: 0 as ViewNumber, members: [] },
  }, 'here');
  made.onPromised({
    type: 'promised', epoch: EPOCH, tailSeq: TAIL, tailEpoch: 1 as Epoch, tailHash: HASH,
    tailTimestamp: 1 as Timestamp, checkpointSeq: 0 as Seq, digest,
    reserve: { bytes: 1e9, full: false },
  });
  return made;
}

/** All members have promised, and their histories are the same. */
function takeOver(digests: readonly string[]) {
  const made = digests.map((digest, at) => link(at + 1, digest));
  const links = new Map(made.map((each) => [each.id, each]));
  const members = made.map(({ id }) => ({ id, incarnation: INCARNATION }));
  const record: ControlRecord = {
    cluster: 'c' as ClusterId, version: 3, epoch: EPOCH, owner: 'o' as OwnerId,
    view: { number: 1 as ViewNumber, members }, commitFloor: 5 as Seq, count: 3, recovered: false,
  };
  const got: { members: readonly number[]; undecidable: string } = { members: [], undecidable: '' };
  const located: BackendId[] = [];
  const takeover = new Takeover({
    epoch: EPOCH, links, record, acceptDataLoss: false, graceMs: 50,
    nowMs: () => 0,
    send: (id, message) => void (message.type === 'locate' && located.push(id)),
    log: () => undefined,
    onReconciled: (_base, holders) => (got.members = holders.map(({ id }) => id)),
    onBaseLost: () => undefined,
    onUndecidable: (detail) => (got.undecidable = detail),
  });
  for (const each of made) takeover.onPromised(each);
  for (const id of located) {
    const asked = links.get(id);
    if (asked === undefined) throw new Error(`nobody is backend ${id}`);
    takeover.onLocated(asked, {
      type: 'located', epoch: EPOCH, seq: TAIL, entryEpoch: 1 as Epoch, hash: HASH,
    });
  }
  return { ...got, troubles: made.map(({ trouble }) => trouble) };
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
