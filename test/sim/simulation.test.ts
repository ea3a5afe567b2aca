/**
 * Whole runs of the simulator. They come before tap is loaded: it watches every promise by an async
 * hook, and with that a run takes twice the time.
 */
import { simulate, type Verdict } from '../../src/sim/simulate.ts';

/** More with `bankd sim --seeds 5000`; one alone with `bankd sim --seed 42 --trace`. */
const SEEDS = 105;
const SUBTESTS = 4;
/** A directory is wiped, and an older copy of it put back. */
const PUT_BACK = 2980;
const TWICE = [3, 11, 27];

/** Of a run that did not come to its end only why. */
type Run = Partial<Verdict> & Pick<Verdict, 'found'>;

async function run(seed: number, overrides?: Parameters<typeof simulate>[1]): Promise<Run> {
  try {
    return await simulate(seed, overrides);
  } catch (error) {
    return { found: [error instanceof Error ? (error.stack ?? error.message) : String(error)] };
  }
}

async function runAll(seeds: readonly number[]): Promise<ReadonlyMap<number, Run>> {
  const runs = new Map<number, Run>();
  for (const seed of seeds) runs.set(seed, await run(seed));
  return runs;
}

const runs = await runAll([...Array.from({ length: SEEDS }, (_, at) => at + 1), PUT_BACK]);
const repeated = await runAll(TWICE);
const overridden = await run(7, { backends: 2, clients: 3, operations: 60, faults: 4 });
const { default: t } = await import('tap');

for (let part = 0; part < SUBTESTS; part += 1) {
  const first = 1 + Math.floor((part * SEEDS) / SUBTESTS);
  const last = Math.floor(((part + 1) * SEEDS) / SUBTESTS);
  t.test(`simulation: seeds ${first} to ${last}: nothing that must hold is broken`, async (t) => {
    for (let seed = first; seed <= last; seed += 1) {
      const found = runs.get(seed)?.found ?? ['not run'];
      const repeat = `bankd sim --seed ${seed} --trace`;
      if (found.length > 0) t.fail(`seed ${seed}: ${found[0]}`, { found, repeat });
    }
    t.pass(`${last - first + 1} seeds`);
  });
}

t.test('simulation: a directory is wiped, and an older copy of it put back: no false alarm',
  async (t) => {
    t.same(runs.get(PUT_BACK)?.found, []);
  });

t.test('simulation: the same seed twice: the same run, to the last message', async (t) => {
  for (const seed of TWICE) {
    const [one, two] = [runs.get(seed), repeated.get(seed)];
    t.type(one?.traceHash, 'number');
    t.equal(one?.traceHash, two?.traceHash, `seed ${seed}`);
    t.same(one?.faults, two?.faults);
  }
  t.not(runs.get(3)?.traceHash, runs.get(4)?.traceHash, 'another seed, another run');
});

t.test('simulation: overrides: the sizes given, and nothing else changes', async (t) => {
  t.same(overridden.found, []);
  const [options, drawn] = [overridden.options, runs.get(7)?.options];
  t.equal(options?.backends, 2);
  t.equal(options?.clients.length, 3);
  t.equal(options?.clients.reduce((sum, { operations }) => sum + operations, 0), 60);
  t.equal(options?.faults, 4);
  t.same(options?.palette, drawn?.palette);
  t.equal(options?.latencyMs, drawn?.latencyMs);
});
