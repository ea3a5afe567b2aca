/** The main job in short: mixed commands piped into a bank whose processes are killed. */
import t from 'tap';
import { temporaryDirectory } from '../support/bank.ts';
import { runMainJob } from '../support/main-job.ts';

t.test('a piped script while processes are killed: every answer is right', async (t) => {
  const { wrong, kills, exit, seconds } = await runMainJob({
    directory: temporaryDirectory(t), commands: 3_000, seed: 6, killEveryMs: 500,
    frontendToo: true, killsMax: 4,
  });
  t.same(wrong, [], `killed: ${kills.join(', ')}`);
  t.ok(kills.length > 0, `${kills.length} kills in ${seconds.toFixed(1)} s`);
  t.equal(exit, 1, 'the worst answer is a refusal');
});
