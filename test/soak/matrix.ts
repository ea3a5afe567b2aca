/**
 * `npm run soak -- matrix`: crashes of real processes at every call that changes a disk, at random
 * moments, with power losses and with errors of the disk. Ends in a table: what, how many runs,
 * what they found; `--only` runs one part or one row of the table, `--case NAME` repeats one case.
 */
import { failCalls } from './matrix/io-errors.ts';
import { killBackend, loseAlong } from './matrix/kill-backend.ts';
import { killFrontend, loseFrontendAlong } from './matrix/kill-frontend.ts';
import { killAgain } from './matrix/killed-again.ts';
import { Matrix } from './matrix/matrix.ts';
import { losePower } from './matrix/power-loss.ts';
import { injectAtRandom } from './matrix/random-faults.ts';

type Part = (matrix: Matrix) => Promise<void>;

const PARTS: Readonly<Record<string, readonly Part[]>> = {
  'kill-backend': [killBackend],
  'kill-frontend': [killFrontend],
  random: [injectAtRandom],
  'power-loss': [losePower, loseAlong, loseFrontendAlong],
  'io-errors': [failCalls],
  restart: [killAgain],
};

/** Two at a time: a bank waits for timers more than it computes. */
const LANES = 2;
const MINUTES_MAX = 60;

export interface MatrixWishes {
  readonly seed: number;
  readonly only?: string | undefined;
  readonly case?: string | undefined;
  /** Undefined: as long as it takes. */
  readonly minutes?: number | undefined;
}

export async function soakMatrix(wishes: MatrixWishes): Promise<boolean> {
  const { seed, only, minutes = MINUTES_MAX } = wishes;
  const parts = (only === undefined ? undefined : PARTS[only]) ?? Object.values(PARTS).flat();
  const rows = only === undefined || only in PARTS ? undefined : [only];
  const matrix = new Matrix({
    seed, minutes, rows, lanes: LANES, wanted: wishes.case, say: (line) => console.log(line),
  });
  for (const part of parts) await part(matrix);
  for (const line of matrix.table()) console.log(line);
  for (const finding of matrix.findings) console.log(`FINDING ${finding}`);
  if (matrix.findings.length > 0) {
    console.log(`again: npm run soak -- matrix --seed ${seed} --case NAME`);
  }
  if (matrix.runs === 0) throw new Error(`--only ${Object.keys(PARTS).join('|')}, or a row`);
  return matrix.findings.length === 0;
}
