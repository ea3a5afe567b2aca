import { PassThrough, Readable, Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { PIPELINE_MAX, runLines, runPipe } from '../../src/cli/pipe.ts';
import { renderJson, type Render } from '../../src/cli/render.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import {
  balanceIs, lost, notFound, ScriptedClient, unavailable,
} from '../support/scripted-client.ts';

const render: Render = (answer) => answer.text;
const options = { render, bail: false };

/** Collects what is written, and stops to take it where told so. */
class Output extends Writable {
  text = '';
  #taking: (() => void) | undefined;
  blocked = false;

  constructor() {
    super({ highWaterMark: 64, decodeStrings: false });
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk;
    if (this.blocked) this.#taking = done;
    else done();
  }

  unblock(): void {
    this.blocked = false;
    this.#taking?.();
  }
}

/** Lets everything that can happen by itself happen. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await setImmediate();
}

function source(...chunks: string[]): Readable {
  return Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
}

t.test('pipe: answers: come in the order of the lines, each as soon as it is known', async (t) => {
  const client = new ScriptedClient();
  const output = new Output();
  const done = runPipe(source('QUERY 1\nQUERY 2\nfoo\nQUERY 3\n'), output, client, options);
  await settled();
  t.equal(client.operations.length, 3, 'all are submitted before the first answer');
  client.settle(2);
  await settled();
  t.equal(output.text, '', 'a later answer waits for the first');
  client.settle(0);
  await settled();
  t.equal(output.text, 'OK 0.00\n');
  client.settle(1);
  t.equal(await done, 1);
  t.match(output.text, /^OK 0\.00\nOK 0\.01\nERR BAD REQUEST: .*\nOK 0\.02\n$/);
});

t.test('pipe: input: blank lines, comments, CRLF, the last line without LF', async (t) => {
  const client = new ScriptedClient((_, index) => balanceIs(index));
  const output = new Output();
  const input = source('\n# note\r\n  \r\nQUERY 1\r\n\n', 'QUE', 'RY 2\nquery 3');
  t.equal(await runPipe(input, output, client, options), 0);
  t.equal(output.text, 'OK 0.00\nOK 0.01\nOK 0.02\n');
  t.same(client.operations.map(({ account }) => account), [1, 2, 3]);
});

t.test('pipe: hostile lines: an answer each, and the rest goes on', async (t) => {
  const client = new ScriptedClient((_, index) => balanceIs(index));
  const output = new Output();
  const million = 'x'.repeat(1_000_000);
  const lines = [`CREATE ${million}`, 'QUERY\0 1', '\xff', `# ${million}`, 'QUERY 1'];
  const input = source(...lines.map((line) => `${line}\n`));
  t.equal(await runPipe(input, output, client, options), 1);
  const answers = output.text.split('\n');
  t.match(answers[0], 'ERR BAD REQUEST: the line is longer than 4096 characters');
  t.match(answers[1], 'ERR BAD REQUEST: unknown command "QUERY\\x00"');
  t.match(answers[2], 'ERR BAD REQUEST: unknown command');
  t.same(answers.slice(3), ['OK 0.00', '']);
});

t.test('pipe: QUIT: answered after all before it; ends the session and reading', async (t) => {
  const client = new ScriptedClient();
  const output = new Output();
  const input = source('QUERY 1\nQUIT\nCREATE 1\nfoo\n', 'QUERY 2\n');
  const done = runPipe(input, output, client, options);
  await settled();
  t.same(client.calls, ['query'], 'the session is not ended before its answers');
  client.settle(0);
  t.equal(await done, 0);
  t.equal(output.text, 'OK 0.00\nOK\n');
  t.same(client.calls, ['query', 'quit'], 'once, and nothing after it');
});

t.test('pipe: end of input: ends the session without an answer', async (t) => {
  const client = new ScriptedClient(() => balanceIs(1));
  const output = new Output();
  t.equal(await runPipe(source('QUERY 1\n'), output, client, options), 0);
  t.same(client.calls, ['query', 'quit']);
  t.equal(output.text, 'OK 0.01\n');
  const empty = new ScriptedClient();
  t.equal(await runPipe(source(), output, empty, options), 0);
  t.same(empty.calls, ['quit']);
});

t.test('pipe: a session that cannot be ended: does not keep the user', async (t) => {
  const client = new ScriptedClient();
  client.quitting = () => new Promise(() => {});
  const startMs = performance.now();
  const output = new Output();
  t.equal(await runPipe(source('QUIT\n'), output, client, options), 0);
  t.ok(performance.now() - startMs < 3_000);
  client.quitting = () => Promise.reject(new Error('gone'));
  t.equal(await runPipe(source(''), output, client, options), 0);
});

t.test('pipe: STATUS: waits its turn, later commands do not wait for it', async (t) => {
  const client = new ScriptedClient();
  const output = new Output();
  const done = runPipe(source('QUERY 1\nSTATUS\nQUERY 2\nHELP\n'), output, client, options);
  await settled();
  t.same(client.calls, ['query', 'query']);
  client.settle(0);
  await settled();
  t.same(client.calls, ['query', 'query', 'status']);
  t.equal(output.text, 'OK 0.00\nOK status=1,1 epoch=1 view=2 seq=3\n');
  client.settle(1);
  t.equal(await done, 0);
  t.match(output.text, /OK 0\.01\nOK CREATE .*\n$/);
});

t.test('pipe: STATUS: of a frontend that does not answer: UNAVAILABLE', async (t) => {
  const client = new ScriptedClient();
  client.report = 'no json';
  const output = new Output();
  t.equal(await runPipe(source('STATUS\n'), output, client, options), 3);
  t.equal(output.text, 'ERR UNAVAILABLE: the frontend did not answer\n');
});

t.test('pipe: exit status: the worst of the answers, in any order', async (t) => {
  const outcomes: readonly (readonly [Outcome, number])[] = [
    [balanceIs(1), 0], [notFound(1), 1], [unavailable, 3], [lost, 4],
  ];
  for (const [one, oneStatus] of outcomes) {
    for (const [other, otherStatus] of outcomes) {
      const client = new ScriptedClient((_, index) => (index === 0 ? one : other));
      const status = await runPipe(source('QUERY 1\nQUERY 2\n'), new Output(), client, options);
      t.equal(status, Math.max(oneStatus, otherStatus), `${oneStatus} and ${otherStatus}`);
    }
  }
});

t.test('pipe: bail: nothing after the first answer that is not OK is submitted', async (t) => {
  for (const [outcome, status] of [[notFound(2), 1], [unavailable, 3], [lost, 4]] as const) {
    const client = new ScriptedClient((_, index) => (index === 1 ? outcome : balanceIs(index)));
    const output = new Output();
    const input = new PassThrough();
    input.write('QUERY 1\nQUERY 2\nCREATE 3\nQUIT\n');
    const found = await runPipe(input, output, client, { render, bail: true });
    t.equal(found, status, 'the input is still open');
    t.same(client.calls, ['query', 'query', 'quit']);
    t.equal(output.text.split('\n').length, 3, 'two answers');
  }
  const client = new ScriptedClient(() => balanceIs(1));
  const input = source('foo\nQUERY 1\n');
  t.equal(await runPipe(input, new Output(), client, { render, bail: true }), 1);
  t.same(client.calls, ['quit'], 'a bad request counts');
});

t.test('pipe: bail: all OK: every line runs', async (t) => {
  const client = new ScriptedClient((_, index) => balanceIs(index));
  const output = new Output();
  t.equal(await runPipe(source('QUERY 1\nQUERY 2\n'), output, client, { render, bail: true }), 0);
  t.equal(output.text, 'OK 0.00\nOK 0.01\n');
});

t.test('pipe: many lines: so many are in flight and no more', async (t) => {
  const client = new ScriptedClient();
  const output = new Output();
  const count = PIPELINE_MAX + 1_000;
  const done = runPipe(source('QUERY 1\n'.repeat(count)), output, client, options);
  await settled();
  t.equal(client.operations.length, PIPELINE_MAX);
  client.settle(0);
  await settled();
  t.equal(client.operations.length, PIPELINE_MAX + 1, 'one answer makes room for one line');
  for (let index = 1; index < count; index += 1) {
    client.settle(index);
    if (index % 512 === 0) await settled();
  }
  await settled();
  for (let index = 1; index < count; index += 1) client.settle(index);
  t.equal(await done, 0);
  t.equal(output.text.split('\n').length - 1, count);
});

t.test('pipe: a reader that does not read: lines are not read on and on', async (t) => {
  const client = new ScriptedClient((_, index) => balanceIs(index));
  const output = new Output();
  output.blocked = true;
  let read = 0;
  async function* endless(): AsyncGenerator<string> {
    for (; read < 10 * PIPELINE_MAX; read += 1) yield 'QUERY 1\n';
  }
  const done = runPipe(endless(), output, client, options);
  await settled();
  t.ok(read <= 4 * PIPELINE_MAX, `${read} lines were read`);
  output.unblock();
  t.equal(await done, 0);
  t.equal(output.text.split('\n').length - 1, 10 * PIPELINE_MAX);
});

t.test('pipe: output gone (EPIPE): ends quietly, also while it waits', async (t) => {
  const client = new ScriptedClient();
  const output = new Output();
  const input = new PassThrough();
  input.write('QUERY 1\nQUERY 2\n');
  const done = runPipe(input, output, client, options);
  await settled();
  output.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  t.equal(await done, 0);
  t.ok(input.destroyed, 'nothing is read any more');
});

t.test('pipe: interrupted in mid-request: known or to be asked about, 128 + n', async (t) => {
  const client = new ScriptedClient();
  const output = new Output();
  const interruption = new AbortController();
  const input = new PassThrough();
  input.write('QUERY 1\nQUERY 2\nQUERY 3\n');
  const done = runPipe(input, output, client, { ...options, interrupted: interruption.signal });
  await settled();
  client.settle(0);
  client.settle(2);
  await settled();
  interruption.abort(2);
  t.equal(await done, 130);
  const answers = output.text.trimEnd().split('\n');
  t.equal(answers[0], 'OK 0.00');
  t.match(answers[1], /^ERR UNKNOWN OUTCOME: .* ask OUTCOME 64-1$/);
  t.equal(answers[2], 'OK 0.02');
  t.equal(answers.length, 3);
  t.notOk(client.calls.includes('quit'), 'the session stays, to be asked about');
});

t.test('pipe: interrupted before a STATUS had its turn: nothing is told after it', async (t) => {
  const client = new ScriptedClient();
  const output = new Output();
  const interruption = new AbortController();
  const input = new PassThrough();
  input.write('DEPOSIT 1 1\nSTATUS\nfoo\n');
  const done = runPipe(input, output, client, { ...options, interrupted: interruption.signal });
  await settled();
  interruption.abort(15);
  t.equal(await done, 143);
  t.match(output.text, /^ERR UNKNOWN OUTCOME: [^\n]*\n$/);
});

t.test('pipe: interrupted between requests: the worst of the answers', async (t) => {
  const client = new ScriptedClient(() => notFound(1));
  const interruption = new AbortController();
  const input = new PassThrough();
  input.write('QUERY 1\n');
  const output = new Output();
  const done = runPipe(input, output, client, { ...options, interrupted: interruption.signal });
  await settled();
  interruption.abort(15);
  t.equal(await done, 1);
  const aborted = { ...options, interrupted: AbortSignal.abort(2) };
  t.equal(await runPipe(source('QUERY 1\n'), output, new ScriptedClient(), aborted), 0);
});

t.test('pipe: JSON: one object a line', async (t) => {
  const client = new ScriptedClient(() => balanceIs(1));
  const output = new Output();
  const json = { render: renderJson, bail: false };
  await runPipe(source('QUERY 1\nfoo\nQUIT\n'), output, client, json);
  const objects = output.text.trimEnd().split('\n').map((line) => JSON.parse(line));
  t.match(objects, [{ ok: true, op: 'query' }, { ok: false, op: null }, { ok: true, op: 'quit' }]);
});

t.test('pipe: one line given as arguments: is one command, whatever is in it', async (t) => {
  const client = new ScriptedClient(() => balanceIs(1));
  const output = new Output();
  t.equal(await runLines(['QUERY 1\nCREATE'], output, client, options), 1);
  t.same(client.calls, ['quit']);
  t.equal(output.text, 'ERR BAD REQUEST: "1\\x0aCREATE" is not an account number\n');
});

t.test('pipe: a read that fails: is told, not swallowed', async (t) => {
  async function* failing(): AsyncGenerator<string> {
    yield 'QUERY 1\n';
    throw new Error('EIO');
  }
  const client = new ScriptedClient(() => balanceIs(1));
  await t.rejects(runPipe(failing(), new Output(), client, options), { message: 'EIO' });
});
