/**
 * The short form of `npm run soak -- matrix`: a few of its cases, always the same. Whatever is
 * struck comes back by itself, without a complaint; one order explains what the clients were told,
 * and the directories are intact and equal.
 */
import t from 'tap';
import { failCalls } from '../soak/matrix/io-errors.ts';
import { killBackend } from '../soak/matrix/kill-backend.ts';
import { killFrontend } from '../soak/matrix/kill-frontend.ts';
import { Matrix } from '../soak/matrix/matrix.ts';
import { losePower } from '../soak/matrix/power-loss.ts';

interface Short {
  readonly row: string;
  readonly what: string;
  readonly run: (matrix: Matrix) => Promise<void>;
  readonly cases: number;
}

const SHORTS: readonly Short[] = [
  { row: 'joiner', what: 'a backend killed at its calls', run: killBackend, cases: 2 },
  { row: 'frontend', what: 'a frontend killed at its calls', run: killFrontend, cases: 2 },
  { row: 'power-loss', what: 'the power cut of some or all', run: losePower, cases: 3 },
  { row: 'io-sole', what: 'EIO from the only copy', run: failCalls, cases: 1 },
];

/** Each has banks of its own, and waits more than it works. */
t.jobs = 2;

for (const { row, what, run, cases } of SHORTS) {
  t.test(`crash matrix: ${what} (${cases} cases)`, async (t) => {
    const matrix = new Matrix({
      seed: 1, minutes: 5, lanes: 1, rows: [row], casesMax: cases, say: (line) => t.comment(line),
    });
    await run(matrix);
    t.equal(matrix.runs, cases);
    t.same(matrix.findings, []);
  });
}
