/**
 * One backend is killed at each call that changes its disk: when a bank starts for the first time,
 * when it joins with an empty directory (with a roll of segments, and a checkpoint at the stop),
 * when its damaged files are set aside, and when its diverged tail is cut. Then it must come back.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../../src/core/random.ts';
import { pause } from '../../support/bank.ts';
import { damage } from '../../support/damage.ts';
import { makeDivergedBank, type DivergedBank } from './diverged-bank.ts';
import { OWN_DAMAGE } from './image.ts';
import type { Matrix } from './matrix.ts';
import { killsAlong, lossesAlong, type Fault } from './strikes.ts';
import { checkExit, startingWith, TrialBank, type Life } from './trial-bank.ts';

export const VICTIM = 2;
/** More than the first segment holds. */
const FILL = 16_000;
const SEGMENT_HEADER = 4096;
/** In an idle time as long what is decided is told, so that a stop can leave a checkpoint of it. */
const TELL_MS = 250;

type Along = typeof killsAlong;

export async function killBackend(matrix: Matrix): Promise<void> {
  await sweepFirstStart(matrix, 'first-start', killsAlong);
  await sweepJoiner(matrix, 'joiner', killsAlong);
  await sweepSetAside(matrix, 'set-aside', killsAlong);
  await sweepCut(matrix, 'cut', killsAlong);
}

/** The same, and the power is cut as well. */
export async function loseAlong(matrix: Matrix): Promise<void> {
  await sweepFirstStart(matrix, 'loss-first-start', lossesAlong);
  await sweepJoiner(matrix, 'loss-joiner', lossesAlong);
  await sweepSetAside(matrix, 'loss-set-aside', lossesAlong);
  await sweepCut(matrix, 'loss-cut', lossesAlong);
}

// ---- the first start of a bank -----------------------------------------------------------------

async function sweepFirstStart(matrix: Matrix, row: string, along: Along): Promise<void> {
  if (!matrix.wants(row)) return;
  const options = { count: 1, seed: matrix.options.seed };
  const run = async (
    trial: TrialBank, { strike, powerLoss }: Fault, random?: Random,
  ): Promise<Life> => {
    await trial.launch('frontend');
    const life = await trial.launch(1, { strike, shadow: powerLoss === true });
    await trial.through(life, () => trial.bank.backendReady(1));
    if (random !== undefined) await comeBack(trial, 1, powerLoss === true, random);
    return life;
  };
  const counted = TrialBank.prepare(options);
  const { sites } = await run(counted, {});
  await counted.end(false);
  await matrix.sweep({
    row, cases: along(row, sites), perBank: 1,
    begin: async () => TrialBank.prepare(options),
    run: async (trial, chosen, random) => {
      const { struck } = await run(trial, chosen, random);
      await trial.startLoad();
      await trial.load.answered(5);
      return struck;
    },
  });
}

// ---- an empty joiner ---------------------------------------------------------------------------

async function sweepJoiner(matrix: Matrix, row: string, along: Along): Promise<void> {
  if (!matrix.wants(row)) return;
  const begin = () => startFilled(matrix.options.seed);
  const counted = await begin();
  const { sites } = await liveAsJoiner(counted, {});
  await matrix.sweep({
    row, cases: along(row, sites), perBank: 20, begin: startingWith(counted, begin),
    run: async (trial, chosen, random) => {
      const life = await liveAsJoiner(trial, chosen);
      await comeBack(trial, VICTIM, chosen.powerLoss && life.struck !== undefined, random);
      return life.struck;
    },
  });
}

/** Two backends, whose journals have a second segment. */
export async function startFilled(seed: number): Promise<TrialBank> {
  const trial = await TrialBank.start({ count: 2, seed });
  await trial.load.fill(FILL);
  return trial;
}

export async function liveAsJoiner(
  trial: TrialBank, { strike, powerLoss = false }: Fault,
): Promise<Life> {
  await killIfRunning(trial);
  rmSync(trial.directoryOf(VICTIM), { recursive: true, force: true });
  return liveOn(trial, { strike, powerLoss });
}

/** From its start on what there is to a clean stop, or to the strike. */
export async function liveOn(
  trial: TrialBank, { strike, powerLoss = false }: Fault,
): Promise<Life> {
  await killIfRunning(trial);
  trial.forgetShadow(VICTIM);
  const life = await trial.launch(VICTIM, { strike, shadow: powerLoss });
  try {
    const { code, signal } = await trial.through(life, async (alive) => {
      await trial.bank.backendReady(VICTIM);
      if (powerLoss) await trial.noteClaims();
      await alive(trial.load.answered(5));
      await alive(trial.load.hold());
      await alive(pause(TELL_MS));
      await life.process.terminate();
    });
    checkExit(life, signal ?? code, strike);
  } finally {
    trial.load.go();
  }
  return life;
}

// ---- damaged files are set aside ---------------------------------------------------------------

async function sweepSetAside(matrix: Matrix, row: string, along: Along): Promise<void> {
  if (!matrix.wants(row)) return;
  const begin = () => TrialBank.start({ count: 2, seed: matrix.options.seed });
  const counted = await begin();
  const { sites } = await liveDamaged(counted, {});
  await counted.comeBack(VICTIM);
  const relevant = sites.slice(0, sites.findIndex((site) => site.startsWith('rename journal/')));
  await matrix.sweep({
    row, cases: along(row, relevant), perBank: 15, begin: startingWith(counted, begin),
    run: async (trial, chosen, random) => {
      const life = await liveDamaged(trial, chosen);
      const isLoss = chosen.powerLoss && life.struck !== undefined;
      // Damage that was not set aside yet is met once more, and told once more.
      await comeBack(trial, VICTIM, isLoss, random, OWN_DAMAGE);
      return life.struck;
    },
  });
}

export async function liveDamaged(
  trial: TrialBank, chosen: Fault,
): Promise<Life> {
  await trial.inSync();
  await trial.load.answered(20);
  await killIfRunning(trial);
  const directory = trial.directoryOf(VICTIM);
  damage(join(directory, 'journal', '0000000000000001.segment'), SEGMENT_HEADER + 300);
  return liveOn(trial, chosen);
}

// ---- a diverged tail is cut --------------------------------------------------------------------

async function sweepCut(matrix: Matrix, row: string, along: Along): Promise<void> {
  if (!matrix.wants(row)) return;
  const { seed } = matrix.options;
  const diverged = await makeDivergedBank(seed);
  try {
    const begin = () => startDiverged(diverged, seed);
    const counted = await begin();
    const { sites } = await liveOn(counted, {});
    await counted.end(false);
    const last = sites.findLastIndex((site) => site.includes('journal/cut'));
    if (last < 0) throw new Error(`nothing was cut: ${sites.join(', ')}`);
    await matrix.sweep({
      row, cases: along(row, sites.slice(0, last + 6)), perBank: 1, begin,
      run: async (trial, chosen, random) => {
        const life = await liveOn(trial, chosen);
        await comeBack(trial, VICTIM, chosen.powerLoss && life.struck !== undefined, random);
        return life.struck;
      },
    });
  } finally {
    diverged.remove();
  }
}

/** All but the victim, whose tail has diverged, are there. */
export async function startDiverged(
  { data, history }: DivergedBank, seed: number,
): Promise<TrialBank> {
  const trial = TrialBank.prepare({ count: 2, seed: seed + 1, template: data });
  await trial.launch('frontend');
  await trial.launch(1);
  await trial.bank.statusIs('10');
  await trial.startLoad(history);
  return trial;
}

// ---- what they share ---------------------------------------------------------------------------

async function comeBack(
  trial: TrialBank, who: number, powerLoss: boolean, random: Random, allowed?: RegExp,
): Promise<void> {
  if (powerLoss) await trial.cutPower(who, random);
  await trial.comeBack(who, {}, allowed);
}

async function killIfRunning(trial: TrialBank): Promise<void> {
  if (!trial.isLaunched(VICTIM) || !trial.process(VICTIM).running) return;
  await trial.bank.killBackend(VICTIM);
}
