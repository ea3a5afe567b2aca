/**
 * The power fails, of one, of several, of all processes, under load: their directories are replaced
 * by what was certainly durable and, drawn, some of the rest. What was acknowledged stays, and
 * nobody comes back with less than it had synced.
 *
 * Half of the processes are killed at one of their own calls, the others at a random moment.
 */
import type { Random } from '../../../src/core/random.ts';
import { pause, until } from '../../support/bank.ts';
import type { Strike } from '../../support/faults/fault-plan.ts';
import { shuffle, type Matrix } from './matrix.ts';
import { drawVictims } from './random-faults.ts';
import { TrialBank, type Life, type Who } from './trial-bank.ts';

const RUNS = 200;
const CALLS_MAX = 80;

export async function losePower(matrix: Matrix): Promise<void> {
  const row = 'power-loss';
  if (!matrix.wants(row)) return;
  const cases = Array.from({ length: RUNS }, (_, at) => ({ name: `${row}/any/${at + 1}` }));
  const lives = new WeakMap<TrialBank, Map<Who, Life>>();
  await matrix.sweep({
    row, cases, perBank: 20,
    begin: () => TrialBank.start({ count: 3, seed: matrix.options.seed }, { shadow: true }),
    run: async (trial, _, random) => {
      const here = lives.get(trial) ?? new Map<Who, Life>();
      lives.set(trial, here);
      await Promise.race([trial.load.answered(3), pause(random.int(300))]);
      const lost = await loseSome(trial, here, random);
      await waitForReturn(trial, here, random);
      return lost;
    },
  });
}

async function loseSome(
  trial: TrialBank, lives: Map<Who, Life>, random: Random,
): Promise<string> {
  const drawn = drawVictims(random);
  const dead = [...lives.keys()].filter((who) => !trial.process(who).running);
  const victims = [...new Set([...drawn, ...dead])];
  await Promise.all(victims.map((who) => trial.process(who).kill()));
  for (const who of victims) {
    checkWords(who, lives.get(who));
    await trial.cutPower(who, random);
  }
  for (const who of shuffle(victims, random)) {
    const strike = random.chance(0.5) ? drawStrike(random) : undefined;
    lives.set(who, await trial.launch(who, { strike, shadow: true }));
  }
  return `loss of ${victims.length}`;
}

function drawStrike(random: Random): Strike {
  return {
    act: random.pick(['kill-before', 'kill-after', 'kill-after', 'tear']),
    n: 1 + random.int(CALLS_MAX),
    site: '^(?!write journal/spare)',
  };
}

/** In sync, or dead again at one of its calls; now and then the next loss comes before that. */
async function waitForReturn(
  trial: TrialBank, lives: Map<Who, Life>, random: Random,
): Promise<void> {
  if (random.chance(0.3)) return;
  const isDead = (): boolean => [...lives.keys()].some((who) => !trial.process(who).running);
  await until('all are in sync again', async () => {
    if (isDead()) return true;
    const status = await trial.bank.status().catch(() => undefined); // it may die meanwhile
    return status?.status.every((each) => each === 1) === true;
  }, 60_000);
  for (const [who, life] of lives) checkWords(who, life);
  if (!isDead()) await trial.noteClaims().catch(() => undefined); // it may die meanwhile
}

function checkWords(who: Who, life: Life | undefined): void {
  const [complaint] = life?.complaints ?? [];
  if (complaint !== undefined) throw new Error(`${who} after a power loss: ${complaint}`);
  const code = life?.process.running === false ? life.exitCode : null;
  if (code !== null && code !== undefined) throw new Error(`${who} ended with ${code}`);
}
