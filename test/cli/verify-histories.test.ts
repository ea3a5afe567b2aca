/** `bankd verify` of histories: what it prints, draws and exits with. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { runMain } from '../support/cli-context.ts';

const lines = (balance: string): string => [
  '{"process":1,"type":"invoke","op":"create","args":["50.00"]}',
  '{"process":1,"type":"ok","op":"create","result":{"account":100,"balance":"50.00","seq":1}}',
  '{"process":1,"type":"invoke","op":"withdraw","args":[100,"5.00"]}',
  '{"process":1,"type":"ok","op":"withdraw","result":{"account":100,"balance":"45.00","seq":2}}',
  '{"process":2,"type":"invoke","op":"query","args":[100]}',
  `{"process":2,"type":"ok","op":"query","result":{"account":100,"balance":"${balance}","seq":2}}`,
  '',
].join('\n');

function fileOf(t: Test, text: string | Uint8Array, name = 'history.ndjson'): string {
  const path = join(t.testdir({}), name);
  writeFileSync(path, text);
  return path;
}

t.test('verify a history: linearizable: exit 0', async (t) => {
  const path = fileOf(t, lines('45.00'));
  const { status, stdout, stderr } = await runMain(['verify', path]);
  t.equal(status, 0);
  t.equal(stderr, '');
  t.equal(stdout.replace(/[0-9.]+ s/, '0 s'),
    `${path}: linearizable\n  3 operations of 2 clients, 0 s\n`);
});

t.test('verify a history: violated: exit 5, in words, as a picture, and as SVG', async (t) => {
  const path = fileOf(t, lines('50.00'));
  const picture = join(t.testdirName, 'picture.svg');
  const { status, stdout } = await runMain(['verify', path, '--picture', picture]);
  t.equal(status, 5);
  t.equal(stdout.replace(/[0-9.]+ s\n/, '0 s\n'), [
    `${path}: VIOLATED`,
    '  3 operations of 2 clients, 0 s',
    '  linearizability: client 2\'s QUERY 100 → 50.00 was asked after client 1\'s ' +
      'WITHDRAW 100 5.00 → 45.00 had been answered',
    '    no order explains these, whatever was there before',
    '  conservation: account 100 holds 50.00 at the end, but 45.00 was put into them ' +
      '(created and deposited, less withdrawn)',
    '',
    '  client 1  ├─ WITHDRAW 100 5.00 → 45.00 ┤',
    '  client 2                                ├─ QUERY 100 → 50.00 ┤',
    '',
  ].join('\n'));
  const svg = readFileSync(picture, 'utf8');
  t.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  t.match(svg, /WITHDRAW 100 5\.00 → 45\.00<\/text>/);
  t.notMatch(svg, /href|url\(|<script/, 'it needs nothing beside it');
});

t.test('verify a history: the bank was not empty: the tip names --existing', async (t) => {
  const path = fileOf(t, lines('45.00').replaceAll('100', '107'));
  const { status, stderr } = await runMain(['verify', path]);
  t.equal(status, 5);
  t.match(stderr, /^tip: --existing, /);
  t.match(await runMain(['verify', path, '--existing']), { status: 0, stderr: '' });
});

t.test('verify a history: for programs: one JSON object', async (t) => {
  const path = fileOf(t, lines('50.00'));
  const { status, stdout } = await runMain(['verify', path, '--json']);
  t.equal(status, 5);
  t.match(JSON.parse(stdout), {
    file: path, ok: false, verdict: 'violated', model: 'bank', operations: 3, clients: 2,
    findings: [{ rule: 'linearizability', lines: [3, 4, 5, 6] }, { rule: 'conservation' }],
    witness: { operations: [
      { process: 1, asked: 'WITHDRAW 100 5.00', told: '45.00', invokedLine: 3, completedLine: 4 },
      { process: 2, asked: 'QUERY 100', told: '50.00' },
    ] },
  });
});

t.test('verify a history: from stdin, byte by byte', async (t) => {
  const bytes = Buffer.from(lines('45.00').replace('withdraw', 'withdraw","note":"½€'));
  const stdin = Readable.from([...bytes].map((byte) => Buffer.of(byte)));
  const { status, stdout } = await runMain(['verify', '-'], { stdin });
  t.match(stdout, /^-: linearizable\n/);
  t.equal(status, 0);
});

t.test('verify a history: the search gave up: exit 4, and no word of a pass', async (t) => {
  const { status, stdout } = await runMain(['verify', fileOf(t, lines('45.00')), '--effort', '1']);
  t.equal(status, 4);
  t.match(stdout, /: UNDECIDED/);
  t.notMatch(stdout, /linearizable/);
});

t.test('verify a history: none, or broken: exit 2, and where', async (t) => {
  const broken: readonly [string | Uint8Array, RegExp][] = [
    ['', /line 1: it holds no operation/],
    [Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe]), /line 1: .*no text/],
    [lines('45.00').slice(0, 300), /line 4: the file is cut off/],
    [lines('45.00').split('\n').slice(1).join('\n'), /line 1: a completion without/],
    ['x'.repeat(6_000_000), /line 1: it is too long/],
  ];
  for (const [text, error] of broken) {
    const { status, stdout, stderr } = await runMain(['verify', fileOf(t, text)]);
    t.equal(status, 2);
    t.equal(stdout, '');
    t.match(stderr, error);
    t.match(stderr, /^error: [^\n]*\n$/);
  }
});

t.test('verify several: each is told of, and the worst is the exit status', async (t) => {
  const good = fileOf(t, lines('45.00'), 'good');
  const bad = join(t.testdirName, 'bad');
  const none = join(t.testdirName, 'none');
  writeFileSync(bad, lines('50.00'));
  writeFileSync(none, 'none');
  const { status, stdout } = await runMain(['verify', good, none, bad]);
  t.equal(status, 5);
  t.match(stdout, /good: linearizable\n/);
  t.match(stdout, /bad: VIOLATED\n/);
  t.equal((await runMain(['verify', good, none])).status, 2);
  t.equal((await runMain(['verify', good, `${good}-missing`])).status, 7);
});
