/**
 * Killed again and again while it recovers: at the first call of its start, at the second, … until
 * a start comes through; from states that need the most repair, with and without power losses.
 */
import type { Random } from '../../../src/core/random.ts';
import type { Act, Strike } from '../../support/faults/fault-plan.ts';
import { makeDivergedBank } from './diverged-bank.ts';
import {
  liveAsJoiner, liveDamaged, liveOn, startDiverged, startFilled, VICTIM,
} from './kill-backend.ts';
import { liveAsFrontend } from './kill-frontend.ts';
import { OWN_DAMAGE } from './image.ts';
import type { Case, Matrix } from './matrix.ts';
import { TrialBank, type Life, type Who } from './trial-bank.ts';

interface AgainCase extends Case {
  readonly state: State;
  readonly act: Act;
  readonly powerLoss: boolean;
}

interface State {
  readonly name: string;
  readonly who: Who;
  /** Brings it about. */
  readonly reach: (trial: TrialBank, strike: Strike) => Promise<Life>;
  readonly strike: Strike;
}

const ACTS: readonly Act[] = ['kill-before', 'kill-after', 'tear'];
const STARTS_MAX = 200;

const FILLED: readonly State[] = [
  {
    name: 'torn', who: VICTIM, strike: { act: 'tear', n: 3, site: '^write journal/N.segment' },
    reach: (trial, strike) => liveOn(trial, { strike }),
  },
  {
    name: 'rolled', who: VICTIM,
    strike: { act: 'kill-after', n: 2, site: '^rename journal/N.segment' },
    reach: (trial, strike) => liveAsJoiner(trial, { strike }),
  },
  {
    name: 'aside', who: VICTIM, strike: { act: 'kill-after', n: 2, site: '^rename set-aside' },
    reach: (trial, strike) => liveDamaged(trial, { strike }),
  },
  {
    name: 'empty', who: VICTIM, strike: { act: 'kill-before', n: 1 },
    reach: (trial, strike) => liveAsJoiner(trial, { strike }),
  },
  {
    name: 'frontend', who: 'frontend', strike: { act: 'kill-after', n: 1, site: '^rename' },
    reach: (trial, strike) => liveAsFrontend(trial, { strike }),
  },
];

const DIVERGED: readonly State[] = [{
  name: 'cut', who: VICTIM, strike: { act: 'kill-after', n: 1, site: '^rename journal/cut' },
  reach: (trial, strike) => liveOn(trial, { strike }),
}];

export async function killAgain(matrix: Matrix): Promise<void> {
  const { seed } = matrix.options;
  await sweep(matrix, 'again', FILLED, () => startFilled(seed));
  if (!matrix.wants('again-cut')) return;
  const diverged = await makeDivergedBank(seed);
  try {
    await sweep(matrix, 'again-cut', DIVERGED, () => startDiverged(diverged, seed));
  } finally {
    diverged.remove();
  }
}

async function sweep(
  matrix: Matrix, row: string, states: readonly State[], begin: () => Promise<TrialBank>,
): Promise<void> {
  if (!matrix.wants(row)) return;
  const cases = states.flatMap((state) => ACTS.flatMap((act) => [false, true].map((powerLoss) => ({
    name: `${row}/${state.name}/${act}${powerLoss ? '+loss' : ''}`, state, act, powerLoss,
  }))));
  await matrix.sweep<AgainCase>({
    row, cases, perBank: 1, begin,
    run: async (trial, chosen, random) => {
      const { state } = chosen;
      const { struck } = await state.reach(trial, state.strike);
      if (struck === undefined) throw new Error('the state was not reached');
      matrix.ran(row, await killStarts(trial, chosen, random));
      await trial.comeBack(state.who, {}, state.name === 'aside' ? OWN_DAMAGE : undefined);
      return struck;
    },
  });
}

/** Until a start comes through; how many did not. */
async function killStarts(
  trial: TrialBank, { state: { who }, act, powerLoss }: AgainCase, random: Random,
): Promise<number> {
  trial.forgetShadow(who);
  const isRelevant = act === 'tear' ? '^write (?!journal/spare)' : '^(?!write journal/spare)';
  for (let n = 1; n <= STARTS_MAX; n += 1) {
    const strike = { act, n, site: isRelevant };
    const life = await trial.launch(who, { strike, shadow: powerLoss });
    await trial.through(life, async (alive) => {
      if (who === 'frontend') await alive(trial.load.answered(3));
      else await trial.bank.backendReady(who);
    });
    if (powerLoss) await trial.cutPower(who, random);
    if (life.struck === undefined) return n;
  }
  throw new Error(`not one of ${STARTS_MAX} starts came through`);
}
