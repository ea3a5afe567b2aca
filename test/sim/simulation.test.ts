import t from 'tap';
import { simulate } from '../../src/sim/simulate.ts';

/** More with SIMULATION_SEEDS=5000; one alone with SIMULATION_SEED=42, which prints its trace. */
const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 240);
const SUBTESTS = 4;
const ONE = process.env['SIMULATION_SEED'];

async function check(seed: number, lines: string[]): Promise<readonly string[]> {
  try {
    const { options, faults, found } = await simulate(seed, undefined, {
      onNote: (line) => lines.push(line),
    });
    if (found.length > 0) lines.unshift(options, ...faults);
    return found;
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
}

function repeatedBy(seed: number): string {
  return `SIMULATION_SEED=${seed} node test/sim/simulation.test.ts`;
}

if (ONE !== undefined) {
  t.test(`simulation: seed ${ONE}: nothing that must hold is broken`, async (t) => {
    const lines: string[] = [];
    const found = await check(Number(ONE), lines);
    for (const line of lines) t.comment(line);
    t.same(found, []);
  });
} else {
  for (let part = 0; part < SUBTESTS; part += 1) {
    const first = 1 + Math.floor((part * SEEDS) / SUBTESTS);
    const last = Math.floor(((part + 1) * SEEDS) / SUBTESTS);
    t.test(`simulation: seeds ${first} to ${last}: nothing that must hold is broken`, async (t) => {
      for (let seed = first; seed <= last; seed += 1) {
        const found = await check(seed, []);
        if (found.length > 0)
          t.fail(`seed ${seed}: ${found[0]}`, { found, repeat: repeatedBy(seed) });
      }
      t.pass(`${last - first + 1} seeds`);
    });
  }

  t.test('simulation: the same seed twice: the same run, to the last message', async (t) => {
    for (const seed of [3, 11, 27]) {
      const [once, again] = [await simulate(seed), await simulate(seed)];
      t.equal(once.traceHash, again.traceHash, `seed ${seed}`);
    }
    const [one, other] = [await simulate(3), await simulate(4)];
    t.not(one.traceHash, other.traceHash, 'and another seed is another run');
  });
}
