/** Kills, pauses and cuts of any one, any two and all, at random moments under load. */
import type { CutMode } from '../../../src/core/chaos-message.ts';
import type { Random } from '../../../src/core/random.ts';
import { Client } from '../../../src/host/client.ts';
import { pause } from '../../support/bank.ts';
import { shuffle, type Case, type Matrix } from './matrix.ts';
import { TrialBank, type Who } from './trial-bank.ts';

/** What is done to the victims; afterwards all of them run again. */
type Fault = (trial: TrialBank, victims: readonly Who[], random: Random) => Promise<void>;

const FAULTS: Readonly<Record<string, Fault>> = { kill, pause: stopAndGo, cut: cutOff };

const RUNS = 200;
const PAUSE_MS_MAX = 2_500;
const CUT_MODES: readonly CutMode[] = ['both', 'to', 'from', 'half-open', 'slow'];
const ALL: readonly Who[] = ['frontend', 1, 2, 3];

interface RandomCase extends Case {
  readonly fault: string;
}

export async function injectAtRandom(matrix: Matrix): Promise<void> {
  const row = 'random';
  if (!matrix.wants(row)) return;
  const names = Object.keys(FAULTS);
  const cases = Array.from({ length: RUNS }, (_, at): RandomCase => {
    const fault = names[at % names.length] ?? 'kill';
    return { name: `${row}/${fault}/${at + 1}`, fault };
  });
  await matrix.sweep({
    row, cases, perBank: 20,
    begin: () => TrialBank.start({ count: 3, seed: matrix.options.seed }),
    run: async (trial, { fault }, random) => {
      await pause(random.int(200));
      const victims = drawVictims(random);
      await FAULTS[fault]?.(trial, victims, random);
      // Now and then the next fault comes while they still return.
      if (random.chance(0.7)) await trial.inSync();
      return `${fault} ${victims.length}`;
    },
  });
}

/** Any one, any two, any three, or all. */
export function drawVictims(random: Random): readonly Who[] {
  return shuffle(ALL, random).slice(0, random.pick([1, 1, 1, 2, 2, 3, 4]));
}

async function kill(trial: TrialBank, victims: readonly Who[], random: Random): Promise<void> {
  await Promise.all(victims.map((who) => trial.process(who).kill()));
  await pause(random.int(300));
  for (const who of shuffle(victims, random)) await trial.launch(who);
}

async function stopAndGo(
  trial: TrialBank, victims: readonly Who[], random: Random,
): Promise<void> {
  for (const who of victims) trial.process(who).signal('SIGSTOP');
  await pause(random.int(PAUSE_MS_MAX));
  for (const who of shuffle(victims, random)) trial.process(who).signal('SIGCONT');
}

/** The frontend is cut off from everybody. One that is not connected is cut off as it is. */
async function cutOff(trial: TrialBank, victims: readonly Who[], random: Random): Promise<void> {
  const forMs = 1 + random.int(PAUSE_MS_MAX);
  const cut = victims.includes('frontend') ? ALL : victims;
  await using client = await Client.connect({ port: trial.bank.port, timeoutMs: 5_000 });
  for (const who of cut) {
    if (who !== 'frontend') await client.cut(who, random.pick(CUT_MODES), forMs);
  }
  await pause(forMs);
}
