import t from 'tap';
import {
  areAlike, areInStep, judgeAccounts, judgeAll, judgeFaults, judgeHistory, judgeKeys,
  judgeReplicas, type Finding, type VerdictWord,
} from '../../src/chaos/run-verdict.ts';
import type { BackendStatus, StatusReport } from '../../src/host/status-report.ts';

function bank(...replicas: [lastSeq: number, digest: string][]): StatusReport {
  const backends = replicas.map(([lastSeq, digest], at): BackendStatus =>
    ({ id: at + 1, status: 1, state: 'in-sync', lastSeq, digest }));
  return {
    cluster: 'c', epoch: 1, view: 1, commitSeq: 1, status: backends.map(() => 1), copies: 3,
    waitingFor: [], frontend: {}, backends,
  };
}

function finding(word: VerdictWord): Finding {
  return { about: 'history', word, lines: ['x'] };
}

t.test('run-verdict: the worst finding is the verdict; nothing found is no pass', async (t) => {
  t.equal(judgeAll([finding('passed'), finding('passed')], false).word, 'passed');
  t.equal(judgeAll([finding('passed'), finding('undecided')], false).word, 'undecided');
  t.equal(judgeAll([finding('unchecked'), finding('passed')], false).word, 'unchecked');
  t.equal(judgeAll([finding('not-back'), finding('undecided')], false).word, 'not-back');
  t.equal(judgeAll([finding('not-back'), finding('violated')], true).word, 'violated');
  t.equal(judgeAll([finding('passed')], true).word, 'interrupted');
  t.equal(judgeAll([], false).word, 'unchecked');
});

t.test('run-verdict: history: what the checker says, and never more', async (t) => {
  t.equal((await judgeHistory('h', undefined)).word, 'unchecked');
  for (const [verdict, word] of [
    ['linearizable', 'passed'], ['violated', 'violated'], ['undecided', 'undecided'],
  ] as const) {
    const judge = async (path: string) => ({ verdict, lines: [`read ${path}`] });
    t.same(await judgeHistory('h', judge), { about: 'history', word, lines: ['read h'] });
  }
});

t.test('run-verdict: replicas: alike at one seq, or what differs', async (t) => {
  const same = bank([7, 'aa'], [7, 'aa'], [7, 'aa']);
  t.ok(areInStep(same) && areAlike(same));
  t.match(judgeReplicas(same), { word: 'passed', lines: [/3 in sync and alike at seq 7/] });
  const differing = bank([7, 'aa'], [7, 'ab'], [7, 'aa']);
  t.notOk(areAlike(differing));
  t.match(judgeReplicas(differing), {
    word: 'violated', lines: ['backends 1 and 2 differ at seq 7: digests aa and ab'],
  });
  const behind = bank([7, 'aa'], [6, 'ab']);
  t.notOk(areInStep(behind));
  t.match(judgeReplicas(behind), { word: 'not-back', lines: [/backend 2 is in-sync at seq 6/] });
  t.match(judgeReplicas({ ...same, status: [1, 0, 1] }), { word: 'not-back' });
  t.match(judgeReplicas(undefined), { word: 'not-back' });
});

t.test('run-verdict: accounts, keys and faults: passed only where all was looked at', async (t) => {
  t.equal(judgeAccounts(3, { wrong: [], unread: [] }).word, 'passed');
  t.equal(judgeAccounts(3, { wrong: [], unread: [100] }).word, 'not-back');
  t.equal(judgeAccounts(3, { wrong: ['x'], unread: [100] }).word, 'violated');
  t.equal(judgeKeys(3, []).word, 'passed');
  t.equal(judgeKeys(3, ['x']).word, 'violated');
  const order = { kind: 'kill', count: 1, backend: undefined, forMs: 0, mode: undefined } as const;
  const fault = { order, atMs: 0, endMs: 1, words: [], trouble: undefined };
  const failed = { ...fault, trouble: 'nobody is up' };
  t.equal(judgeFaults([fault, failed]).word, 'passed');
  t.match(judgeFaults([failed]), { word: 'undecided', lines: [/0 of 1/, /nobody is up/] });
});
