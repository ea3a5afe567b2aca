import t from 'tap';
import type { AdmittedItem } from '../../src/core/admission.ts';
import { BackendLink } from '../../src/core/backend-link.ts';
import type { BackendId, Epoch, Seq } from '../../src/core/ids.ts';
import { ReadRounds } from '../../src/core/read-rounds.ts';

const EPOCH = 3 as Epoch;
const ITEM: AdmittedItem = {
  kind: 'read',
  connection: 1,
  session: 0,
  number: 1,
  operations: 1,
  chunk: new Uint8Array(128),
  isAlone: false,
  inDoubt: false,
};

function rounds() {
  const links = [1, 2, 3].map((id) => new BackendLink(id as BackendId));
  const failed = new Set<BackendId>();
  const sent: string[] = [];
  const answered: number[] = [];
  const state = { last: 5, commit: 5, probe: 100 };
  const live = (): BackendLink[] => links.filter(({ id }) => !failed.has(id));
  const subject = new ReadRounds({
    epoch: EPOCH,
    send: (to, { type }) => sent.push(`${type} ${to}`),
    nextProbe: () => (state.probe += 1),
    required: () => links,
    live,
    answering: live,
    hasFailed: (id) => failed.has(id),
    lastSeq: () => state.last as Seq,
    commitSeq: () => state.commit as Seq,
    onExecuted: () => undefined,
    onAnswered: (_items, _results, seq) => answered.push(seq),
  });
  const results = (id: number): void => {
    const link = links[id - 1] as BackendLink;
    subject.onReadResults(link, {
      type: 'read-results',
      epoch: EPOCH,
      read: 1,
      results: new Uint8Array(32),
    });
    subject.settle();
  };
  const confirm = (id: number, probe = state.probe): void => {
    (links[id - 1] as BackendLink).confirmedProbe = probe;
    subject.settle();
  };
  return { subject, sent, answered, state, results, confirm, failed };
}

t.test(
  'read rounds: answered when all of the required set have confirmed a later probe',
  async (t) => {
    const { subject, sent, answered, results, confirm } = rounds();
    subject.start([ITEM], ITEM.chunk);
    t.same(
      sent,
      ['read 2', 'ping 1', 'ping 3'],
      'the read is the probe for the one that serves it',
    );
    results(2);
    confirm(1, 100);
    confirm(3);
    t.same(answered, [], 'a probe that was sent before the read came proves nothing');
    confirm(1);
    t.same(answered, [5]);
    t.equal(subject.openCount, 0);
  },
);

t.test('read rounds: what it saw must be decided', async (t) => {
  const { subject, answered, state, results, confirm } = rounds();
  state.commit = 4;
  subject.start([ITEM], ITEM.chunk);
  results(2);
  confirm(1);
  confirm(3);
  t.same(answered, []);
  state.commit = 5;
  subject.settle();
  t.same(answered, [5]);
});

t.test('read rounds: one that failed is nobody, though it may be back as another', async (t) => {
  const { subject, answered, results, confirm, failed } = rounds();
  subject.start([ITEM], ITEM.chunk);
  results(2);
  confirm(1);
  failed.add(3 as BackendId);
  confirm(3);
  t.same(answered, []);
  failed.delete(3 as BackendId);
  subject.settle();
  t.same(answered, [5]);
});

t.test('read rounds: the server dies: another one reads, and only its answer counts', async (t) => {
  const { subject, sent, answered, state, results, confirm, failed } = rounds();
  subject.start([ITEM], ITEM.chunk);
  failed.add(2 as BackendId);
  state.last = state.commit = 6;
  sent.length = 0;
  subject.reassign();
  t.same(sent, ['read 1']);
  results(2);
  confirm(3);
  failed.delete(2 as BackendId);
  confirm(2);
  t.same(answered, [], 'late, from the one that was given up');
  results(1);
  t.same(answered, [6]);
});

t.test('read rounds: a diverged server: what it showed is dropped, not read again', async (t) => {
  const { subject, answered, results, confirm } = rounds();
  subject.start([ITEM], ITEM.chunk);
  results(2);
  t.same(subject.distrust(2 as BackendId), [ITEM]);
  confirm(1);
  confirm(3);
  t.same(answered, []);
  t.same(subject.drain(), []);
});
