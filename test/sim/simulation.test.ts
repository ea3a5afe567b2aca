import t from 'tap';
import { simulate } from '../../src/sim/simulate.ts';

/** More with `bankd sim --seeds 5000`; one alone with `bankd sim --seed 42 --trace`. */
const SEEDS = 105;
const SUBTESTS = 4;

async function check(seed: number): Promise<readonly string[]> {
  try {
    return (await simulate(seed)).found;
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
}

for (let part = 0; part < SUBTESTS; part += 1) {
  const first = 1 + Math.floor((part * SEEDS) / SUBTESTS);
  const last = Math.floor(((part + 1) * SEEDS) / SUBTESTS);
  t.test(`simulation: seeds ${first} to ${last}: nothing that must hold is broken`, async (t) => {
    for (let seed = first; seed <= last; seed += 1) {
      const found = await check(seed);
      const repeat = `bankd sim --seed ${seed} --trace`;
      if (found.length > 0) t.fail(`seed ${seed}: ${found[0]}`, { found, repeat });
    }
    t.pass(`${last - first + 1} seeds`);
  });
}

t.test('simulation: a directory is wiped, and an older copy of it put back: no false alarm',
  async (t) => {
    t.same(await check(2980), []);
  });

t.test('simulation: the same seed twice: the same run, to the last message', async (t) => {
  for (const seed of [3, 11, 27]) {
    const [one, two] = [await simulate(seed), await simulate(seed)];
    t.equal(one.traceHash, two.traceHash, `seed ${seed}`);
    t.same(one.faults, two.faults);
  }
  t.not((await simulate(3)).traceHash, (await simulate(4)).traceHash, 'another seed, another run');
});

t.test('simulation: overrides: the sizes given, and nothing else changes', async (t) => {
  const { options } = await simulate(7, { backends: 2, clients: 3, operations: 60, faults: 4 });
  const drawn = (await simulate(7)).options;
  t.equal(options.backends, 2);
  t.equal(options.clients.length, 3);
  t.equal(options.clients.reduce((sum, { operations }) => sum + operations, 0), 60);
  t.equal(options.faults, 4);
  t.same(options.palette, drawn.palette);
  t.equal(options.latencyMs, drawn.latencyMs);
});
