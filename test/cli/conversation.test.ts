import { setTimeout as sleep } from 'node:timers/promises';
import { PassThrough } from 'node:stream';
import t, { type Test } from 'tap';
import type { CliContext } from '../../src/cli/context.ts';
import { converse } from '../../src/cli/conversation.ts';
import { MemoryStream } from '../support/cli-context.ts';
import { FakeFrontend } from '../support/fake-frontend.ts';

/** One CREATE; the frontend is back after a second. */
async function createMeanwhileRestarted(
  t: Test,
  patience: { readonly connectTimeoutMs?: number },
): Promise<{ status: number; answers: string }> {
  const frontend = await FakeFrontend.start();
  await frontend.stop();
  const stdout = new MemoryStream();
  const context: CliContext = {
    env: {}, stdin: new PassThrough().end(), stdout, stderr: new MemoryStream(),
    colorDepth: 1, noColor: false,
  };
  const conversing = converse(context, {
    bank: { host: '127.0.0.1', port: frontend.port },
    timeoutMs: 5_000,
    json: false,
    bail: false,
    words: ['CREATE', '1'],
    interrupted: new AbortController().signal,
    ...patience,
  });
  conversing.catch(() => {});
  await sleep(1_000);
  await frontend.listen();
  t.teardown(() => frontend.stop());
  return { status: await conversing, answers: stdout.text };
}

t.test('conversation: of `up`: its own frontend is started again meanwhile: waits', async (t) => {
  const { status, answers } = await createMeanwhileRestarted(t, { connectTimeoutMs: 5_000 });
  t.equal(answers, 'OK 100\n');
  t.equal(status, 0);
});

t.test('conversation: of `client`: nobody there within a second: Unreachable', async (t) => {
  await t.rejects(createMeanwhileRestarted(t, {}), { name: 'Unreachable' });
});
