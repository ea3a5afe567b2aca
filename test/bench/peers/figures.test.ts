import t from 'tap';
import { figuresOfBankd, parseBankdBench } from './bankd-bench.ts';
import {
  faultsOf, judgeTargets, median, medians, percentile, sectionsOf, TARGETS,
} from './figures.ts';
import { comparisonOf, figuresOf } from './made-comparison.ts';
import { formatComparison } from './text.ts';

t.test('figures: the median is the middle, or between the two in the middle', async (t) => {
  t.equal(median([5, 1, 3]), 3);
  t.equal(median([4, 1, 3, 2]), 2.5);
  t.ok(Number.isNaN(median([])));
});

t.test('figures: a percentile is the sample below which that part lies', async (t) => {
  const samples = Array.from({ length: 100 }, (_, at) => at + 1);
  t.same([0, 0.5, 0.99, 1].map((part) => percentile(samples, part)), [1, 51, 100, 100]);
  t.ok(Number.isNaN(percentile([], 0.5)));
});

t.test('figures: medians are taken of each figure by itself', async (t) => {
  const rounds = [figuresOf(100, 3), figuresOf(300, 1), figuresOf(200, 2)];
  t.match(medians(rounds), { throughput: 200, p50: 2, p99: 4 });
  t.equal(medians([]), undefined);
});

t.test('figures: ratios are bankd’s throughput divided by the other’s', async (t) => {
  const comparison = comparisonOf({ bankd: { w1: 300, w4: 900 }, redis: { w1: 200, w4n: 600 } });
  const sections = sectionsOf(comparison);
  t.same(sections.map(({ workload }) => workload), ['w1', 'w4', 'w4n']);
  const ratios = sections.map(({ rows }) => rows.map(({ ratio }) => ratio));
  t.same(ratios, [[undefined, 1.5], [undefined], [undefined, 1.5]], 'netted ones against its w4');
});

t.test('figures: without bankd nothing is divided', async (t) => {
  const [section] = sectionsOf(comparisonOf({ redis: { w1: 200 } }));
  t.same(section?.rows.map(({ ratio }) => ratio), [undefined]);
});

t.test('figures: a target is met, missed, or not measured', async (t) => {
  const comparison = comparisonOf({
    bankd: { w1: 128, w2: 159, r1: 10 }, redis: { w1: 100, w2: 100 },
  });
  const judged = judgeTargets(comparison);
  t.same(judged.map(({ isMet }) => isMet), [true, false, false, false, false]);
  t.same(judged.map(({ reached }) => reached),
    [1.28, 1.59, undefined, undefined, undefined]);
  t.equal(judged.length, TARGETS.length);
});

t.test('figures: faults name who, and with what', async (t) => {
  const comparison = comparisonOf({ redis: { w1: 1 } }, { redis: { w1: ['books: 3, not 4'] } });
  t.same(faultsOf(comparison), ['redis w1: books: 3, not 4']);
});

t.test('text: it holds figures, ratios, targets, what is missing and wrong', async (t) => {
  const comparison = comparisonOf(
    { bankd: { w1: 3_000 }, redis: { w1: 2_000 } }, { redis: { w1: ['books: 3, not 4'] } });
  const text = formatComparison(comparison);
  t.match(text, /W1, one client/);
  t.match(text, /redis +2,000 +1\.00 +2\.00 +0\.100 +0\.00 +1\.50$/m);
  t.match(text, /^target W1: 1\.28 times redis: 1\.50, met$/m);
  t.match(text, /^target R1: 1\.7 times postgres: not measured$/m);
  t.match(text, /^not measured: etcd: no etcd: package etcd-server$/m);
  t.match(text, /^WRONG: redis w1: books: 3, not 4$/m);
});

t.test('bankd bench: its line of the workload is found among what it says', async (t) => {
  const workload = {
    type: 'workload', operationsPerSecond: 2_000, latencyMs: { p50: 0.4, p99: 0.8, max: 3 },
    serversCpuSecondsPer1000: 0.3, foreignCores: null,
  };
  const said = `a warning\n${JSON.stringify(workload)}\n${JSON.stringify({ type: 'setting' })}\n`;
  const figures = figuresOfBankd(parseBankdBench(said));
  t.match(figures, { throughput: 2_000, p50: 0.4, p99: 0.8, max: 3, cpuPer1000: 0.3 });
  t.ok(Number.isNaN(figures.foreignCores));
  t.throws(() => parseBankdBench('nothing'), /told no workload: nothing/);
});
