import t from 'tap';
import { drawPlan } from '../../src/chaos/draw-plan.ts';
import { destroysData } from '../../src/chaos/fault.ts';
import { parsePlan } from '../../src/chaos/parse-plan.ts';
import { formatPlan, occurrences } from '../../src/chaos/plan.ts';

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);

t.test('draw-plan: the same seed gives the same plan, another seed another', async (t) => {
  const draw = (seed: number) => drawPlan({ seed, forMs: 30_000, mayDestroy: false });
  for (const seed of SEEDS) t.same(draw(seed), draw(seed));
  t.equal(new Set(SEEDS.map((seed) => formatPlan(draw(seed)).join('\n'))).size, SEEDS.length);
});

t.test('draw-plan: every plan can be printed, and read again', async (t) => {
  for (const seed of SEEDS) {
    const plan = drawPlan({ seed, forMs: 20_000, mayDestroy: true });
    const parsed = parsePlan(formatPlan(plan).join('\n'), 'test');
    t.same(parsed.ok ? parsed.plan.steps : parsed.error, plan.steps, `seed ${seed}`);
    t.not(occurrences(plan, 20_000).length, 0, `seed ${seed}`);
    t.equal(occurrences(plan, 20_000).length, plan.steps.length, 'all within the time');
  }
});

t.test('draw-plan: what destroys data is drawn only where that is allowed', async (t) => {
  const kinds = (mayDestroy: boolean): Set<string> => new Set(SEEDS.flatMap((seed) =>
    drawPlan({ seed, forMs: 30_000, mayDestroy }).steps.map(({ order }) => order.kind)));
  t.same([...kinds(false)].toSorted(), ['cut', 'frontend', 'kill', 'pause']);
  t.same([...kinds(true)].toSorted(),
    ['all', 'corrupt', 'cut', 'frontend', 'kill', 'pause', 'wipe']);
});

t.test('draw-plan: what destroys takes one backend, and leaves time to recover', async (t) => {
  for (const seed of SEEDS) {
    const { steps } = drawPlan({ seed, forMs: 60_000, mayDestroy: true });
    for (const [at, { order, atMs }] of steps.entries()) {
      if (!destroysData(order.kind)) continue;
      t.equal(order.count, 1);
      const next = steps[at + 1];
      if (next !== undefined) t.ok(next.atMs - atMs >= 6_000, `seed ${seed} at ${atMs}`);
    }
  }
});

t.test('draw-plan: swarm: some plans know one fault only, some many', async (t) => {
  const sizes = SEEDS.map((seed) => {
    const { steps } = drawPlan({ seed, forMs: 60_000, mayDestroy: false });
    return new Set(steps.map(({ order }) => order.kind)).size;
  });
  for (const size of [1, 2, 3]) t.ok(sizes.includes(size), `plans of ${size} kinds of faults`);
});
