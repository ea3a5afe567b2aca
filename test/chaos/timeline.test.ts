import t from 'tap';
import type { FaultOrder } from '../../src/chaos/fault.ts';
import { aftermathOf, takenBy, Timeline } from '../../src/chaos/timeline.ts';

const KILL: FaultOrder = {
  kind: 'kill', count: 1, backend: undefined, forMs: 0, mode: undefined,
};
const PAUSE: FaultOrder = { ...KILL, kind: 'pause', forMs: 1_000 };

/** A timeline whose clock the test sets. */
function timeline(expectedMs = 20_000): { line: Timeline; at: (ms: number) => Timeline } {
  let nowMs = 0;
  const line = new Timeline(() => nowMs, expectedMs);
  return {
    line,
    at: (ms) => {
      nowMs = ms;
      return line;
    },
  };
}

t.test('timeline: answers: counted in bins of time, with their latencies', async (t) => {
  const { line, at } = timeline();
  t.equal(line.binMs, 100);
  at(10).completed('ok', 5);
  at(99).completed('fail', 7);
  at(250).completed('info', 1_000);
  t.same(line.bins.map(({ ok, fail, info }) => [ok, fail, info]),
    [[1, 1, 0], [0, 0, 0], [0, 0, 1]]);
  t.equal(line.total('ok'), 1);
  t.equal(line.latency.count, 2, 'what was not answered has no latency');
  t.ok(Math.abs(line.latency.max - 7_000) < 100);
});

t.test('timeline: a long run: wider bins, not more', async (t) => {
  for (const [expectedMs, binMs] of [[20_000, 100], [60_000, 500], [3_600_000, 30_000]] as const) {
    t.equal(timeline(expectedMs).line.binMs, binMs);
  }
});

t.test('timeline: the longest gap: between two OKs, or to the end of the workload', async (t) => {
  const { line, at } = timeline();
  at(100).completed('ok', 1);
  at(300).completed('ok', 1);
  at(700).completed('fail', 1);
  at(900).completed('ok', 1);
  t.same(line.longestGap, { fromMs: 300, toMs: 900 });
  at(2_000).workloadEnds();
  t.same(line.longestGap, { fromMs: 900, toMs: 2_000 });
  at(9_000).completed('ok', 1);
  t.same(line.longestGap, { fromMs: 900, toMs: 2_000 }, 'what is read back later is none');
});

t.test('timeline: the status array: kept where it changes, never back in time', async (t) => {
  const { line, at } = timeline();
  t.ok(at(10).status([1, 1]));
  t.notOk(at(20).status([1, 1]));
  t.ok(at(400).status([1, 0]));
  t.ok(at(700).status(undefined, 390));
  t.same(line.statuses.map(({ atMs }) => atMs), [10, 400, 400]);
});

t.test('timeline: what became of a fault: noticed, and back', async (t) => {
  const { line, at } = timeline();
  at(10).status([1, 1, 1]);
  const kill = at(1_000).fault(KILL);
  kill.endMs = 1_001;
  at(1_050).status([0, 1, 1]);
  at(3_000).status([1, 1, 1]);
  const unseen = at(5_000).fault({ ...PAUSE, forMs: 100 });
  unseen.endMs = 5_100;
  const frontend = at(6_000).fault({ ...KILL, kind: 'frontend' });
  frontend.endMs = 6_000;
  at(6_100).status(undefined);
  at(7_000).status([1, 1, 1]);
  const last = at(8_000).fault(PAUSE);
  last.endMs = 9_000;
  at(8_900).status([1, 0, 1]);
  t.same(aftermathOf(kill, line), { changedAfterMs: 50, backAfterMs: 2_000 });
  t.same(aftermathOf(unseen, line), { changedAfterMs: undefined, backAfterMs: undefined },
    'the next fault is not its doing');
  t.same(aftermathOf(frontend, line), { changedAfterMs: 100, backAfterMs: 1_000 });
  t.same(aftermathOf(last, line), { changedAfterMs: 900, backAfterMs: undefined });
});

t.test('timeline: a fault to one backend: its own place in the array counts', async (t) => {
  const { line, at } = timeline();
  at(10).status([1, 1, 1]);
  const first = at(100).fault(KILL);
  first.words.push('killed backend 1 (pid 4711)');
  first.endMs = 100;
  const second = at(150).fault({ ...PAUSE, count: 2 });
  second.words.push('paused backend 3 (pid 22) for 1 s', 'paused backend 2 (pid 23) for 1 s');
  second.endMs = 1_150;
  t.same(takenBy(second), [2, 3]);
  at(200).status([0, 1, 1]);
  at(900).status([1, 1, 1]);
  at(1_000).status([1, 0, 0]);
  at(1_300).status([1, 1, 0]);
  at(1_500).status([1, 1, 1]);
  t.same(aftermathOf(second, line), { changedAfterMs: 850, backAfterMs: 1_350 });
  at(1_600).status([1, 0, 1]);
  t.same(aftermathOf({ ...first, atMs: 160 }, line), { changedAfterMs: 40, backAfterMs: 740 });
});

t.test('timeline: a fault while another lasts: it is over when all is whole', async (t) => {
  const { line, at } = timeline();
  at(10).status([1, 1, 1]);
  at(100).fault(KILL).endMs = 100;
  at(200).status([0, 1, 1]);
  const second = at(300).fault(KILL);
  second.endMs = 300;
  at(400).status([0, 0, 1]);
  at(900).status([1, 0, 1]);
  at(1_000).status([1, 1, 1]);
  t.same(aftermathOf(second, line), { changedAfterMs: 100, backAfterMs: 700 });
});
