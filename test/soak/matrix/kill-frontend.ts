/**
 * The frontend is killed at each call that changes its disk: when a bank starts for the first time,
 * and along a life of several epochs, views and commit floors. Then it must come back.
 */
import type { Random } from '../../../src/core/random.ts';
import { pause } from '../../support/bank.ts';
import type { Matrix } from './matrix.ts';
import { killsAlong, lossesAlong, type Fault } from './strikes.ts';
import { checkExit, startingWith, TrialBank, type Life } from './trial-bank.ts';

type Along = typeof killsAlong;

/** The commit floor is raised every second. */
const FLOOR_MS = 1_100;

export async function killFrontend(matrix: Matrix): Promise<void> {
  await sweepFirstStart(matrix, 'frontend-first', killsAlong);
  await sweepLife(matrix, 'frontend', killsAlong);
}

/** The same, and the power is cut as well. */
export async function loseFrontendAlong(matrix: Matrix): Promise<void> {
  await sweepFirstStart(matrix, 'loss-frontend-first', lossesAlong);
  await sweepLife(matrix, 'loss-frontend', lossesAlong);
}

async function sweepFirstStart(matrix: Matrix, row: string, along: Along): Promise<void> {
  if (!matrix.wants(row)) return;
  const begin = async (): Promise<TrialBank> =>
    TrialBank.prepare({ count: 1, seed: matrix.options.seed });
  const counted = await begin();
  const { sites } = await startFirst(counted, {});
  await counted.end(false);
  await matrix.sweep({
    row, cases: along(row, sites), perBank: 1, begin,
    run: async (trial, chosen, random) => {
      const life = await startFirst(trial, chosen);
      await cutPower(trial, life, chosen, random);
      await trial.comeBack('frontend');
      await trial.startLoad();
      await trial.load.answered(5);
      return life.struck;
    },
  });
}

async function startFirst(trial: TrialBank, { strike, powerLoss = false }: Fault): Promise<Life> {
  const life = await trial.launch('frontend', { strike, shadow: powerLoss });
  if (!life.process.running) return life;
  await trial.launch(1);
  await trial.through(life, async (alive) => {
    await alive(trial.bank.backendReady(1));
    await alive(pause(50));
  });
  return life;
}

async function sweepLife(matrix: Matrix, row: string, along: Along): Promise<void> {
  if (!matrix.wants(row)) return;
  const begin = (): Promise<TrialBank> =>
    TrialBank.start({ count: 2, seed: matrix.options.seed });
  const counted = await begin();
  const { sites } = await liveAsFrontend(counted, {});
  await matrix.sweep({
    row, cases: along(row, sites), perBank: 12, begin: startingWith(counted, begin),
    run: async (trial, chosen, random) => {
      const life = await liveAsFrontend(trial, chosen);
      await cutPower(trial, life, chosen, random);
      await trial.comeBack('frontend');
      return life.struck;
    },
  });
}

/** A takeover, a view with fewer members and one with more, floors, and a clean stop. */
export async function liveAsFrontend(
  trial: TrialBank, { strike, powerLoss = false }: Fault,
): Promise<Life> {
  const { bank, load } = trial;
  if (bank.frontend.running) await bank.killFrontend();
  trial.forgetShadow('frontend');
  const life = await trial.launch('frontend', { strike, shadow: powerLoss });
  const { code, signal } = await trial.through(life, async (alive) => {
    await alive(load.answered(5));
    if (powerLoss) await alive(trial.noteClaims());
    await alive(bank.killBackend(2));
    await alive(load.answered(5));
    await alive(bank.startBackend(2));
    await alive(pause(FLOOR_MS));
    await life.process.terminate();
  });
  checkExit(life, signal ?? code, strike);
  return life;
}

async function cutPower(
  trial: TrialBank, { struck }: Life, { powerLoss = false }: Fault, random: Random,
): Promise<void> {
  if (powerLoss && struck !== undefined) await trial.cutPower('frontend', random);
}
