/** Groups in a pipe, as arguments and at the prompt: their answers, and how they end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { Chalk } from 'chalk';
import t, { type Test } from 'tap';
import { History } from '../../src/cli/history.ts';
import { runLines, runPipe } from '../../src/cli/pipe.ts';
import { runPrompt } from '../../src/cli/prompt.ts';
import { renderJson, renderText, type Render } from '../../src/cli/render.ts';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import type { Result } from '../../src/core/operation.ts';
import { refused, unknown } from '../../src/core/outcome.ts';
import type { GroupOutcome } from '../../src/host/group-outcome.ts';
import { MemoryStream } from '../support/cli-context.ts';
import { balanceIs, ScriptedClient } from '../support/scripted-client.ts';

const plain = new Chalk({ level: 0 });
const AT = { seq: 17 as Seq, timestamp: 5 as Timestamp, request: '64-2' };
const NEVER = 'the group was never committed: nothing of it happened';

function result(more: Partial<Result>): Result {
  return {
    code: 'ok', kind: 'transfer', scale: 2, detail: 3, account: 100, balance: 4_000,
    toBalance: 6_000, ...more,
  };
}

function done(...results: readonly Partial<Result>[]): GroupOutcome {
  return { kind: 'answered', results: results.map(result), ...AT };
}

interface Session {
  readonly status: number;
  readonly answers: readonly string[];
  readonly notes: readonly string[];
  readonly client: ScriptedClient;
}

async function run(
  lines: readonly string[], outcomes: readonly GroupOutcome[] = [],
  { bail = false, render = renderText(plain) }: { bail?: boolean; render?: Render } = {},
): Promise<Session> {
  const client = new ScriptedClient(() => balanceIs(1));
  client.groupOutcomes.push(...outcomes);
  const output = new MemoryStream();
  const notes: string[] = [];
  const note = (sentence: string): number => notes.push(sentence);
  const input = Readable.from([Buffer.from(lines.join('\n'))]);
  const status = await runPipe(input, output, client, { render, bail, note });
  return { status, answers: output.text.trimEnd().split('\n'), notes, client };
}

const GROUP = ['BEGIN', 'TRANSFER 100 101 1', 'DEPOSIT 101 2 IF VERSION 9', 'COMMIT'];

t.test('group: in a pipe: one request, and the lines around it in their order', async (t) => {
  const lines = ['QUERY 1', ...GROUP, 'QUERY 1'];
  const { status, answers, notes, client } = await run(lines, [done({}, { kind: 'deposit' })]);
  t.strictSame(answers, ['OK 0.01', 'OK', 'OK QUEUED', 'OK QUEUED', 'OK 2', 'OK 0.01']);
  t.strictSame(client.calls, ['query', 'group', 'query', 'quit']);
  t.match(client.groups, [[{ kind: 'transfer' }, { kind: 'deposit', terms: { ifVersion: 9 } }]]);
  t.strictSame([status, notes], [0, []]);
});

t.test('group: as JSON: each result as of a command alone, under its own request', async (t) => {
  const json = { render: renderJson };
  const outcome = done({}, { kind: 'deposit', account: 101, balance: 6_200, detail: 10 });
  const { answers } = await run(GROUP, [outcome], json);
  t.strictSame(answers, [
    '{"ok":true,"op":"begin"}',
    '{"ok":true,"op":"transfer","queued":1}',
    '{"ok":true,"op":"deposit","queued":2}',
    '{"ok":true,"op":"commit","request":"64-2","seq":17,"results":[' +
      '{"ok":true,"op":"transfer","request":"64-2","seq":17,"account":100,"balance":"40.00",' +
      '"toAccount":101,"toBalance":"60.00","version":3,' +
      '"timestamp":"1970-01-01T00:00:00.000005Z"},' +
      '{"ok":true,"op":"deposit","request":"64-3","seq":17,"account":101,"balance":"62.00",' +
      '"version":10,"timestamp":"1970-01-01T00:00:00.000005Z"}]}',
  ]);
  t.strictSame((await run(['BEGIN', 'ROLLBACK', 'BEGIN', 'COMMIT'], [], json)).answers, [
    '{"ok":true,"op":"begin"}', '{"ok":true,"op":"rollback"}', '{"ok":true,"op":"begin"}',
    '{"ok":true,"op":"commit","results":[]}',
  ]);
});

t.test('group: refused: which line, why, and that nothing happened', async (t) => {
  const failed = result({ kind: 'deposit', code: 'conditionFailed', account: 101, detail: 10 });
  const where = { kind: 'group-refused', definite: true, index: 1 } as const;
  const refusal = { ...where, result: failed, ...AT };
  const { status, answers } = await run(GROUP, [refusal]);
  t.equal(answers[3], 'ERR CONDITION FAILED: line 2 of the group: account 101 is at version 10 ' +
    'and has 40.00; nothing of the group happened');
  t.equal(status, 1);
  const json = await run(GROUP, [refusal], { render: renderJson });
  t.match(JSON.parse(json.answers[3] ?? ''), {
    ok: false, op: 'commit', request: '64-2', code: 'CONDITION_FAILED', definite: true, line: 2,
  });
  const short = result({ code: 'insufficientFunds', balance: 4_000 });
  const first = { ...refusal, index: 0, result: short };
  t.match((await run(['BEGIN', 'TRANSFER 100 101 40', 'COMMIT'], [first])).answers[2],
    /: line 1 of the group: account 100 has 40.00, and not so much is available; nothing of the/);
});

t.test('group: under a key: it is sent with it; one that was used before', async (t) => {
  const keyed = ['@rent-11 BEGIN', ...GROUP.slice(1)];
  const sent = await run([...keyed, ...GROUP], [done({}, { kind: 'deposit' }), done({}, {})]);
  t.strictSame(sent.client.groupKeys, ['rent-11', undefined]);
  t.equal(sent.answers[3], 'OK 2');
  const reused = result({ code: 'keyReused' });
  const where = { kind: 'group-refused', definite: true, index: 0 } as const;
  const { status, answers } = await run(keyed, [{ ...where, result: reused, ...AT }]);
  t.equal(answers[3], 'ERR KEY REUSED: the key was used before with another command or group, ' +
    'or sealed by OUTCOME; nothing of the group happened');
  t.equal(status, 1);
  const empty = await run(['@k BEGIN', 'COMMIT']);
  t.strictSame([empty.answers, empty.client.groups], [['OK', 'OK 0'], []]);
});

t.test('group: not decided: its exit status, and the request to ask about', async (t) => {
  const cases: readonly [GroupOutcome, text: RegExp, status: number][] = [
    [unknown('64-2 was not answered in time', '64-2'), /^ERR UNKNOWN OUTCOME: .* OUTCOME 64-2$/, 4],
    [refused('UNAVAILABLE', 'no backend is in sync', '64-2'), /^ERR UNAVAILABLE: no backend/, 3],
    [refused('BUSY', 'later', undefined), /^ERR BUSY: later$/, 3],
  ];
  for (const [outcome, text, expected] of cases) {
    const { status, answers } = await run(GROUP, [outcome]);
    t.match(answers[3], text);
    t.equal(status, expected);
  }
});

t.test('group: interrupted in its request: it is told what to ask about', async (t) => {
  const client = new ScriptedClient();
  const output = new MemoryStream();
  const input = new PassThrough();
  input.write(`${GROUP.join('\n')}\n`);
  const interruption = new AbortController();
  const { signal: interrupted } = interruption;
  const options = { render: renderText(plain), bail: false, interrupted };
  const ended = runPipe(input, output, client, options);
  while (client.groups.length === 0) await new Promise((resolve) => setImmediate(resolve));
  interruption.abort(2);
  t.equal(await ended, 130);
  t.match(output.text, /^OK\nOK QUEUED\nOK QUEUED\nERR UNKNOWN OUTCOME: .* ask OUTCOME 64-1\n$/);
});

t.test('group: never committed: nothing is sent, and it is said', async (t) => {
  const quit = await run(['BEGIN', 'DEPOSIT 1 1', 'QUIT']);
  t.strictSame(quit.answers, ['OK', 'OK QUEUED', 'OK']);
  const ends = [quit, await run(['BEGIN']), await run(['BEGIN', 'DEPOSIT 1 1'])];
  const bailed = ['BEGIN', 'DEPOSIT 1 1', 'CREATE 1', 'COMMIT', 'QUERY 1'];
  ends.push(await run(bailed, [], { bail: true }));
  for (const { status, notes, client } of ends) {
    t.strictSame([status, notes, client.calls], [1, [NEVER], ['quit']]);
  }
  const client = new ScriptedClient();
  const notes: string[] = [];
  const note = (sentence: string): number => notes.push(sentence);
  const options = { render: renderText(plain), bail: false, note };
  t.equal(await runLines(['BEGIN'], new MemoryStream(), client, options), 1, 'as an argument');
  t.strictSame(notes, [NEVER]);
});

t.test('group: a bad line in it: COMMIT is one, too, and nothing is sent', async (t) => {
  const { status, answers, client } = await run(['BEGIN', 'DEPOSIT 1 1', 'DEPOST 1 1', 'COMMIT']);
  t.match(answers.slice(2), [
    'ERR BAD REQUEST: unknown command "DEPOST"; did you mean DEPOSIT?',
    'ERR BAD REQUEST: a line of the group was a bad request; nothing of the group happened',
  ]);
  t.strictSame([status, client.groups], [1, []]);
});

/** A person at a prompt, who types each line when the one before is answered. */
async function atPrompt(t: Test, lines: readonly string[], outcomes: readonly GroupOutcome[] = []) {
  const directory = mkdtempSync(join(tmpdir(), 'bankd-prompt-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const client = new ScriptedClient(() => balanceIs(1));
  client.groupOutcomes.push(...outcomes);
  const input = new PassThrough();
  const output = new MemoryStream();
  const notes: string[] = [];
  const ended = runPrompt(input, output, client, {
    address: 'bank', render: renderText(plain), paint: plain,
    history: new History(join(directory, 'history')), interrupted: new AbortController().signal,
    note: (sentence) => notes.push(sentence),
  });
  const prompted = async (times: number): Promise<void> => {
    const shown = (): number => output.text.split('> ').length - 1;
    while (shown() < times) await new Promise((next) => setTimeout(next, 1));
  };
  for (const [at, line] of lines.entries()) {
    await prompted(at + 1);
    input.write(`${line}\r`);
  }
  if (lines.at(-1) !== 'QUIT') await prompted(lines.length + 1);
  input.end();
  const status = await ended;
  const text = output.text.replaceAll(/\x1b\[[0-9;]*[A-Za-z]/g, '');
  return { status, notes, text, client };
}

t.test('group: at the prompt: it shows that one is open', async (t) => {
  const lines = ['BEGIN', 'DEPOSIT 1 1', 'foo', 'ROLLBACK', ...GROUP, 'QUIT'];
  const { status, notes, text, client } = await atPrompt(t, lines, [done({}, {})]);
  t.match(text.match(/bank .*?> /g), [
    'bank 2/2> ', 'bank 2/2 group of 0> ', 'bank 2/2 group of 1> ',
    'bank 2/2 group of 1, refused> ', 'bank 2/2> ', 'bank 2/2 group of 0> ',
    'bank 2/2 group of 1> ', 'bank 2/2 group of 2> ', 'bank 2/2> ',
  ]);
  t.match(text, /\nOK 2\n/);
  t.strictSame([status, notes, client.groups.length], [0, [], 1]);
});

t.test('group: at the prompt: left open: it is said', async (t) => {
  for (const end of [['QUIT'], []]) {
    const { status, notes, client } = await atPrompt(t, ['BEGIN', 'DEPOSIT 1 1', ...end]);
    t.strictSame([status, notes, client.groups], [0, [NEVER], []]);
  }
});
