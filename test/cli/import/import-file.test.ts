/** One file, with a bank that is made up by hand: what is under way, and how it is told. */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { Doer, Done } from '../../../src/cli/import/doer.ts';
import { importFile, type FileOutcome } from '../../../src/cli/import/import-file.ts';
import { Numbers } from '../../../src/cli/import/numbers.ts';
import { Refusals } from '../../../src/cli/import/refusals.ts';
import type { Row, Rows } from '../../../src/cli/import/rows.ts';
import { Stopped } from '../../../src/cli/import/stopped.ts';
import type { Operation } from '../../../src/core/operation.ts';
import { MemoryStream } from '../../support/cli-context.ts';

/** Does a chunk in as many milliseconds as its first amount; refuses what has the amount 13. */
class SlowDoer implements Doer {
  readonly isDryRun = false;
  readonly find = (): number | null => 100;
  flying = 0;
  most = 0;
  begun = 0;

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  async do(operations: readonly Operation[]): Promise<readonly Done[]> {
    this.begun += 1;
    this.flying += 1;
    this.most = Math.max(this.most, this.flying);
    await pause(operations[0]?.amount ?? 0);
    this.flying -= 1;
    if (operations[0]?.amount === 66) throw new Stopped('unknown', 'nobody answers');
    return operations.map(({ amount }) => (amount === 13
      ? { refused: { word: 'INSUFFICIENT_FUNDS', sentence: 'no' } }
      : { account: 0, isBefore: false }));
  }
}

/** A chunk for each list of amounts. */
function rowsOf(chunks: readonly (readonly number[])[]): Rows {
  let line = 1;
  const batches = chunks.map((amounts) => amounts.map((amount): Row => {
    line += 1;
    return { line, fields: { to: 'a', amount: String(amount) }, trouble: undefined, raw: '' };
  }));
  const each = async function* (): AsyncGenerator<readonly Row[]> {
    yield* batches;
  };
  return { layout: { kind: 'postings', columns: [] }, batches: each(), originalOf: () => ({}) };
}

async function run(
  doer: Doer, chunks: readonly (readonly number[])[], inFlight: number,
): Promise<FileOutcome & { readonly told: string[] }> {
  const [stdout, stderr] = [new MemoryStream(), new MemoryStream()];
  const streams = { stdin: process.stdin, stdout, stderr };
  const context = { ...streams, env: {}, colorDepth: 1, noColor: false };
  const outcome = await importFile({
    file: 'f', batch: 'b', rows: rowsOf(chunks), doer, inFlight,
    refusals: new Refusals(context, undefined), numbers: new Numbers(undefined, undefined),
    interrupted: new AbortController().signal, onProgress: () => {},
  });
  return { ...outcome, told: stderr.text.split('\n').map((line) => line.split(': ')[0] ?? '') };
}

const SLOW_FIRST = [[50, 13], [13, 1], [1, 13], [1, 1], [13, 13]];

t.test('import file: one chunk under way, or as many as are allowed; told in order', async (t) => {
  for (const inFlight of [1, 3]) {
    const doer = new SlowDoer();
    const { summary, failure, told } = await run(doer, SLOW_FIRST, inFlight);
    t.equal(failure, undefined);
    t.equal(doer.most, inFlight);
    t.match(summary, { rows: 10, done: 5, refused: 5, unknown: 0 });
    t.same(told, ['f:3', 'f:4', 'f:7', 'f:10', 'f:11', '']);
  }
});

t.test('import file: stopped: no other chunk leaves, and what is under way is told', async (t) => {
  for (const [inFlight, begun, done] of [[1, 2, 1], [2, 3, 2]] as const) {
    const doer = new SlowDoer();
    const { summary, failure } = await run(doer, [[1], [66, 1], [80], [1], [1]], inFlight);
    t.match(failure, { name: 'Stopped', reason: 'unknown', message: /^lines 3 to 4: nobody/ });
    t.match(summary, { done, refused: 0, unknown: 2, stopped: 'unknown' });
    t.equal(doer.begun, begun);
  }
});
