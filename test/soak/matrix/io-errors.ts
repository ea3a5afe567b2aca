/**
 * Calls that fail: EIO at each sync, rename and open, ENOSPC, EIO and short writes in turn at each
 * write. The process ends with 7, or goes on where that is right, and comes back from its disk; and
 * what a failed fsync covered is never the strength of an answer.
 */
import { until } from '../../support/bank.ts';
import { liveAsJoiner, startFilled, VICTIM } from './kill-backend.ts';
import { liveAsFrontend } from './kill-frontend.ts';
import type { Matrix } from './matrix.ts';
import { errorsAlong, type StrikeCase } from './strikes.ts';
import { startingWith, TrialBank } from './trial-bank.ts';

/** Syncs of a bank with one backend that fail, one in each run. */
const SOLE_SYNCS = 24;

export async function failCalls(matrix: Matrix): Promise<void> {
  await sweepBackend(matrix, 'io-backend');
  await sweepFrontend(matrix, 'io-frontend');
  await sweepSole(matrix, 'io-sole');
}

async function sweepBackend(matrix: Matrix, row: string): Promise<void> {
  if (!matrix.wants(row)) return;
  const begin = (): Promise<TrialBank> => startFilled(matrix.options.seed);
  const counted = await begin();
  const { sites } = await liveAsJoiner(counted, {});
  await matrix.sweep({
    row, cases: errorsAlong(row, sites), perBank: 20, begin: startingWith(counted, begin),
    run: async (trial, chosen) => {
      const life = await liveAsJoiner(trial, chosen);
      await trial.comeBack(VICTIM);
      return life.struck;
    },
  });
}

async function sweepFrontend(matrix: Matrix, row: string): Promise<void> {
  if (!matrix.wants(row)) return;
  const begin = (): Promise<TrialBank> =>
    TrialBank.start({ count: 2, seed: matrix.options.seed });
  const counted = await begin();
  const { sites } = await liveAsFrontend(counted, {});
  await matrix.sweep({
    row, cases: errorsAlong(row, sites), perBank: 12, begin: startingWith(counted, begin),
    run: async (trial, chosen) => {
      const life = await liveAsFrontend(trial, chosen);
      await trial.comeBack('frontend');
      return life.struck;
    },
  });
}

/** The only backend: after the failed sync its power fails, and the unsynced bytes are gone. */
async function sweepSole(matrix: Matrix, row: string): Promise<void> {
  if (!matrix.wants(row)) return;
  const cases = Array.from({ length: SOLE_SYNCS }, (_, at): StrikeCase => ({
    name: `${row}/EIO/${at + 1}`, powerLoss: true,
    strike: { act: 'EIO', n: at + 1, kinds: ['sync'], site: '^sync (journal/N.segment|)$' },
  }));
  await matrix.sweep({
    row, cases, perBank: 8,
    begin: () => TrialBank.start({ count: 1, seed: matrix.options.seed }),
    run: async (trial, { strike }, random) => {
      await trial.bank.killBackend(1);
      trial.forgetShadow(1);
      const life = await trial.launch(1, { strike, shadow: true });
      await until('a failed fsync ends it', () => !life.process.running);
      const { code } = await life.process.exited;
      if (code !== 7) throw new Error(`it ended with ${code}`);
      await trial.cutPower(1, random, 0);
      await trial.comeBack(1);
      await trial.load.answered(10);
      return life.struck;
    },
  });
}
