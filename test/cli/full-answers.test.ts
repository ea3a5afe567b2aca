/** What `--json` tells of a write beyond its result; and that nobody else asks for it. */
import { PassThrough, Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { answerOutcome } from '../../src/cli/answer.ts';
import type { CommandWord } from '../../src/cli/command-words.ts';
import type { CliContext } from '../../src/cli/context.ts';
import { converse } from '../../src/cli/conversation.ts';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import type { Operation, Result } from '../../src/core/operation.ts';
import type { WriteDetails } from '../../src/core/write-details.ts';
import { MemoryStream } from '../support/cli-context.ts';
import { FakeFrontend } from '../support/fake-frontend.ts';

const BOTH: WriteDetails = {
  before: 6_000, available: 3_500, toBefore: -100, toAvailable: 1_900, toVersion: 9,
};

function answerTo(operation: Operation, result: Partial<Result>, details: WriteDetails) {
  const all: Result = {
    code: 'ok', kind: operation.kind, scale: 2, detail: 3, account: 100, balance: 4_000,
    toBalance: 1_900, ...result,
  };
  const [seq, timestamp, request] = [17 as Seq, 5 as Timestamp, '64-3'];
  return answerOutcome(
    { word: operation.kind as CommandWord, operation },
    { kind: 'answered', result: all, seq, timestamp, request, details },
  );
}

t.test('full answers: of two accounts: the text as ever, in JSON all of it', async (t) => {
  const pay: Operation = { kind: 'transfer', account: 100, toAccount: 101, amount: 20, scale: 0 };
  const answer = answerTo(pay, {}, BOTH);
  t.equal(answer.text, 'OK 40.00 19.00');
  t.equal(JSON.stringify(answer.json), '{"ok":true,"op":"transfer","request":"64-3","seq":17,' +
    '"account":100,"balance":"40.00","toAccount":101,"toBalance":"19.00","version":3,' +
    '"balanceBefore":"60.00","available":"35.00","toBalanceBefore":"-1.00",' +
    '"toAvailable":"19.00","toVersion":9,"timestamp":"1970-01-01T00:00:00.000005Z"}');
  for (const kind of ['capture', 'reverse'] as const) {
    const { json } = answerTo({ kind, id: 'h' }, { toAccount: 101 }, BOTH);
    t.match(json, { id: 'h', account: 100, toAccount: 101, balanceBefore: '60.00', toVersion: 9 });
  }
});

t.test('full answers: OUTCOME of a transfer: who asks knows no other account', async (t) => {
  // Its own `toAccount` is the number of the request that it asks about.
  const asked: Operation = { kind: 'outcome', account: 64, toAccount: 7 };
  const { json } = answerTo(asked, { kind: 'transfer' }, BOTH);
  t.match(json, { op: 'outcome', first: 'transfer', account: 100, toBalance: '19.00' });
  t.notOk('toAccount' in json);
});

t.test('full answers: of one account, in the digits of its currency', async (t) => {
  const kinds = [
    'create', 'update', 'deposit', 'withdraw', 'amend', 'hold', 'void',
  ] as const;
  for (const kind of kinds) {
    const details = { before: 6_000, available: -5 };
    const { json } = answerTo({ kind, account: 100, toAccount: 101 }, { scale: 3 }, details);
    t.match(json, { version: 3, balanceBefore: '6.000', available: '-0.005' }, kind);
    t.notOk('toAvailable' in json || 'toBalanceBefore' in json || 'toVersion' in json);
  }
});

/** The answers to the lines, and what the frontend heard. */
async function session(
  t: Test, json: boolean, lines: readonly string[], words: readonly string[] = [],
): Promise<{ readonly answers: readonly string[]; readonly heard: readonly string[] }> {
  const frontend = await FakeFrontend.start();
  t.teardown(() => frontend.stop());
  const stdout = new MemoryStream();
  const stdin = words.length > 0 ? new PassThrough().end()
    : Readable.from([Buffer.from(lines.join('\n'))]);
  const context: CliContext = {
    env: {}, stdin, stdout, stderr: new MemoryStream(), colorDepth: 1, noColor: false,
  };
  await converse(context, {
    bank: { host: '127.0.0.1', port: frontend.port }, timeoutMs: 5_000, json, bail: true, words,
    interrupted: new AbortController().signal,
  });
  const requests = frontend.heard.filter((line) => line.includes('request'));
  return { answers: stdout.text.trimEnd().split('\n'), heard: requests.slice(0, -1) };
}

const LINES = ['CREATE 5', 'BEGIN', 'DEPOSIT 100 1', 'WITHDRAW 100 2', 'COMMIT', 'UPDATE 100 7'];

t.test('full answers: with --json they are asked for, in groups too', async (t) => {
  const { answers, heard } = await session(t, true, LINES);
  const objects = answers.map((line) => JSON.parse(line) as Record<string, unknown>);
  t.match(objects[0], { op: 'create', balanceBefore: '0.00', available: '5.00' });
  t.match(objects[4], {
    op: 'commit', request: /-3$/, results: [
      { op: 'deposit', request: /-3$/, balanceBefore: '5.00', available: '6.00' },
      { op: 'withdraw', request: /-5$/, balanceBefore: '6.00', available: '4.00' },
    ],
  });
  t.match(objects[5], { op: 'update', request: /-7$/, balanceBefore: '4.00', available: '7.00' });
  t.same(heard.map((line) => line.slice(3)), [
    'request 64-1 create(5) details(0)',
    'request 64-3 deposit(1) details(0) withdraw(2) details(0)',
    'request 64-7 update(7) details(0)',
  ]);
  const { answers: [one = ''] } = await session(t, true, [], ['CREATE', '5']);
  t.match(JSON.parse(one), { balanceBefore: '0.00' }, 'of arguments');
});

t.test('full answers: as text nobody asks for them', async (t) => {
  const { answers, heard } = await session(t, false, LINES);
  t.same(answers, ['OK 100', 'OK', 'OK QUEUED', 'OK QUEUED', 'OK 2', 'OK 7.00']);
  t.same(heard.map((line) => line.slice(3)), [
    'request 64-1 create(5)', 'request 64-2 deposit(1) withdraw(2)', 'request 64-4 update(7)',
  ]);
});
