import {
  closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { Chalk } from 'chalk';
import { Writable } from 'node:stream';
import t from 'tap';
import { colourLevel } from '../../src/cli/colour.ts';
import { describeFailure, formatFailure } from '../../src/cli/failure.ts';
import { History, historyPath } from '../../src/cli/history.ts';
import { alignmentDistance, nearest } from '../../src/cli/nearest.ts';
import { ProgressBar } from '../../src/cli/progress-bar.ts';
import { COMMAND_FORMS } from '../../src/cli/command-words.ts';
import { complete } from '../../src/cli/prompt.ts';
import { renderJson, renderScreen, renderText } from '../../src/cli/render.ts';
import { answerHelp, answerUnavailable, type Answer } from '../../src/cli/answer.ts';
import { stdinKind } from '../../src/cli/stdin-kind.ts';
import { readStatusReport } from '../../src/host/status-report.ts';
import { formatBytes, statusLines } from '../../src/cli/status-table.ts';
import { formatUnits, verdictJson, verdictLines } from '../../src/cli/verdict.ts';
import type { EntryHash, Seq } from '../../src/core/ids.ts';
import { EnvironmentError } from '../../src/host/environment-error.ts';
import type { DirectoryVerdict } from '../../src/verify/directory/directory.ts';

t.test('nearest: distance: letters left out, put in, replaced, swapped', async (t) => {
  for (const [one, other, distance] of [
    ['', '', 0], ['abc', 'abc', 0], ['abc', 'ab', 1], ['abc', 'abcd', 1], ['abc', 'axc', 1],
    ['abc', 'acb', 1], ['abc', 'cab', 2], ['', 'abc', 3], ['kitten', 'sitting', 3],
  ] as const) {
    t.equal(alignmentDistance(one, other), distance, `${one} ${other}`);
    t.equal(alignmentDistance(other, one), distance, `${other} ${one}`);
  }
  t.equal(nearest('xyzzy', ['up', 'client']), undefined);
  t.equal(nearest('x'.repeat(1_000_000), ['up']), undefined);
  t.equal(nearest('-', ['--port']), undefined);
});

t.test('colour: level: --no-color, FORCE_COLOR, NO_COLOR, terminal, in this order', async (t) => {
  const terminal = { isTTY: true };
  t.equal(colourLevel({}, {}, false), 0);
  t.equal(colourLevel(terminal, { TERM: 'xterm' }, false), 1);
  t.equal(colourLevel(terminal, { TERM: 'xterm-256color' }, false), 2);
  t.equal(colourLevel(terminal, { COLORTERM: 'truecolor' }, false), 3);
  t.equal(colourLevel(terminal, { TERM: 'dumb' }, false), 0);
  t.equal(colourLevel(terminal, { NO_COLOR: '1' }, false), 0);
  t.equal(colourLevel(terminal, { NO_COLOR: '' }, false), 1, 'an empty one does not count');
  t.equal(colourLevel({}, { FORCE_COLOR: '1', NO_COLOR: '1' }, false), 1);
  t.equal(colourLevel(terminal, { FORCE_COLOR: '0' }, false), 0);
  t.equal(colourLevel(terminal, { FORCE_COLOR: '3' }, true), 0);
});

t.test('render: colour: changes no character of the text', async (t) => {
  const answer = answerUnavailable('query', 'no backend: none');
  t.equal(renderText(new Chalk({ level: 0 }))(answer), answer.text);
  const painted = renderText(new Chalk({ level: 1 }))(answer);
  t.equal(painted, '\x1b[33mERR UNAVAILABLE:\x1b[39m no backend: none');
  t.match(renderScreen(new Chalk({ level: 0 }))(answerHelp()), /TRANSFER from to amount/);
});

t.test('failure: environment, system and bug: one place, their exit statuses', async (t) => {
  const locked = describeFailure(new EnvironmentError('locked', 'DIR is in use'));
  t.equal(formatFailure(locked), 'error: DIR is in use\n');
  t.equal(locked.exitStatus, 7);
  const errno = { code: 'EISDIR', syscall: 'read' };
  const system = Object.assign(new Error('EISDIR: illegal operation'), errno);
  t.match(describeFailure(system), { exitStatus: 7, stack: undefined });
  const bug = describeFailure(new TypeError('x is undefined'));
  t.equal(bug.exitStatus, 70);
  t.match(formatFailure(bug), /^error: bug: x is undefined\nTypeError: x is undefined\n    at /);
  t.match(describeFailure('thrown text'), { exitStatus: 70, sentence: 'bug: thrown text' });
});

t.test('prompt: completion: command words, also after a key, and nothing else', async (t) => {
  t.same(complete('tra'), [['TRANSFER '], 'tra']);
  t.same(complete('TRIAL a'), [['AT '], 'a']);
  t.same(complete('Q'), [['QUERY ', 'QUIT '], 'Q']);
  t.same(complete('@k dep'), [['DEPOSIT '], 'dep']);
  t.equal(complete('')[0].length, COMMAND_FORMS.length);
  t.same(complete('QUERY 1'), [[], '']);
  t.same(complete('xyz'), [[], 'xyz']);
});

t.test('prompt: completion: options and conditions of the command', async (t) => {
  t.same(complete('create 5 --c'), [['--currency ', '--ceiling '], '--c']);
  t.same(complete('@k CREATE 5 --name x --f'), [['--floor '], '--f']);
  t.same(complete('update 100 5 i'), [['IF '], 'i']);
  t.same(complete('UPDATE 100 5 if v'), [['VERSION '], 'v']);
  t.same(complete('UPDATE 100 5 IF x'), [[], '']);
  t.same(complete('HOLD 100 101 5 --'), [['--for ', '--id ', '--ref '], '--']);
  t.same(complete('QUERY 100 --'), [[], '']);
  t.same(complete('CREATE 5 i'), [[], '']);
  t.same(complete('nothing 5 --n'), [[], '']);
});

t.test('render: JSON: one line, for every reader of lines', async (t) => {
  const answer: Answer = { text: 'OK', json: { name: 'a\u2028b\u2029\n' }, status: 0 };
  t.equal(renderJson(answer), '{"name":"a\\u2028b\\u2029\\n"}');
});

t.test('history: newest first, private, cut back, and never in the way', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'bankd-history-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = historyPath({ XDG_STATE_HOME: directory });
  t.equal(path, join(directory, 'bankd/history'));
  t.equal(historyPath({ HOME: '/h' }), '/h/.local/state/bankd/history');
  t.equal(historyPath({ HOME: '/h', XDG_STATE_HOME: 'relative' }), '/h/.local/state/bankd/history');
  const history = new History(path);
  t.same(history.load(), []);
  for (const line of ['CREATE 1', '', '  ', 'QUIT']) history.add(line);
  t.same(history.load(), ['QUIT', 'CREATE 1']);
  t.equal(statSync(path).mode & 0o777, 0o600);
  writeFileSync(path, 'QUERY 1\n'.repeat(5_000));
  t.equal(history.load().length, 1_000);
  t.equal(readFileSync(path, 'utf8').split('\n').length - 1, 1_000);
  const nowhere = new History('/dev/null/bankd/history');
  nowhere.add('QUIT');
  t.same(nowhere.load(), []);
});

t.test('stdin: kinds: a file may hold commands, a device does not', async (t) => {
  for (const [path, kind] of [[import.meta.filename, 'piped'], ['/dev/null', 'none']] as const) {
    const descriptor = openSync(path, 'r');
    t.equal(stdinKind(descriptor), kind, path);
    closeSync(descriptor);
  }
  t.equal(stdinKind(9_999), 'none', 'closed');
});

t.test('status: report: read whatever it lacks, shown without colour as plain text', async (t) => {
  for (const nothing of [undefined, null, 1, 'x', [], {}, '{"status":1}']) {
    t.equal(readStatusReport(nothing), undefined, JSON.stringify(nothing));
  }
  const report = readStatusReport({
    status: [1, 0], copies: 1, waitingFor: [2], future: true, chaos: false,
    backends: [
      { id: 1, status: 1, state: 'in-sync', pid: 7, lastSeq: 9, lag: 0, journalBytes: 1536 },
      { id: 2, status: 0, state: 'lost-data', pid: null, host: null, detail: 'entry 3\nis broken' },
    ],
  });
  t.match(report, { future: true, epoch: 0, status: [1, 0] });
  if (report === undefined) return;
  const text = statusLines(report, new Chalk({ level: 0 })).join('\n');
  t.match(text, 'status [1,0]');
  t.match(text, '1 copy stands behind every answer');
  t.match(text, 'waiting for backend 2');
  const waits = (cluster: string, waitingFor: number[]): string =>
    statusLines({ ...report, cluster, waitingFor }, new Chalk({ level: 0 }))[2] ?? '';
  t.equal(waits('c', [1, 3]), 'waiting for one of backends 1, 3', 'each of them has everything');
  t.equal(waits('', [1, 3]), 'waiting for all of backends 1, 3', 'a bank that is not founded yet');
  t.match(text, '--no-chaos');
  t.notMatch(text, 'head', 'not told while there is no service, nor by an older frontend');
  const head = { seq: 9, hash: '0123456789abcdef'.repeat(4) };
  const withHead = readStatusReport({ ...report, head });
  const [, , headLine] = statusLines(withHead ?? report, new Chalk({ level: 0 }));
  t.equal(headLine, 'head 0123456789abcdef at seq 9');
  t.same(readStatusReport({ ...report, head: null })?.head, null);
  t.same(readStatusReport({ ...report, head: 'x' })?.head, null);
  t.match(text, /^1 +in-sync +9 +0 +1\.5 KiB +- +7 +-$/m);
  t.match(text, /^2 +lost-data +- +- +- +- +- +-\n {2}entry 3 is broken$/m);
  t.match(statusLines({ ...report, copies: 0 }, new Chalk({ level: 0 })).join('\n'), 'no answer');
  t.same([0, 1023, 1024, 2 ** 20, 2 ** 50].map(formatBytes), [
    '0 B', '1023 B', '1.0 KiB', '1.0 MiB', '1024.0 TiB',
  ]);
});

function verdict(changes: Partial<DirectoryVerdict> = {}): DirectoryVerdict {
  return {
    directory: 'b1', ok: true, lastSeq: 9 as Seq, commitSeq: 8 as Seq,
    digest: 'd1', hash: 'h1' as EntryHash, operations: 12, accountCount: 2, total: 7000n,
    books: { created: 6000n, adjusted: -500n, deposited: 2000n, withdrawn: 500n },
    identity: undefined, accounts: [[100, 5000], [101, 2000]],
    ...changes,
  };
}

t.test('verdict: JSON and text', async (t) => {
  t.equal(
    JSON.stringify(verdictJson(verdict())),
    '{"directory":"b1","ok":true,"lastSeq":9,"commitSeq":8,"digest":"d1",' +
      '"head":{"seq":9,"hash":"h1"},"total":"70.00","created":"60.00","adjusted":"-5.00",' +
      '"deposited":"20.00","withdrawn":"5.00","accounts":{"100":"50.00","101":"20.00"}}',
  );
  const { accounts: _, ...bare } = verdict({ ok: false, fault: 'entry 3 is broken' });
  t.match(verdictJson(bare), { ok: false, fault: 'entry 3 is broken' });
  t.notOk('accounts' in verdictJson(bare));
  t.match(verdictLines(bare)[0], 'b1: DAMAGED: entry 3 is broken');
  t.same(verdictLines(verdict()).slice(1), [
    '  seq 9 (8 known committed), 12 operations, 2 accounts, digest d1',
    '  head 9:h1',
    '  total 70.00 = created 60.00 + adjusted -5.00 + deposited 20.00 - withdrawn 5.00',
    '  100  50.00',
    '  101  20.00',
  ]);
  t.match(verdictLines(verdict({ torn: '5 bytes' })).join('\n'), 'no fault: 5 bytes');
  const head = { found: true, sentence: 'contains it' };
  t.match(verdictJson(verdict({ head })), { containsHead: true, headDetail: 'contains it' });
});

t.test('verdict: units: exact beyond 2^53, and below zero', async (t) => {
  t.same([0n, 5n, -5n, 123n, 10n ** 20n + 1n].map(formatUnits), [
    '0.00', '0.05', '-0.05', '1.23', '1000000000000000000.01',
  ]);
});

t.test('progress bar: share, rate, what is left; nothing where there is no terminal', async (t) => {
  const written: string[] = [];
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      written.push(String(chunk));
      done();
    },
  });
  const format = (count: number) => `${Math.round(count)} seeds`;
  let nowMs = 1_000;
  const clock = () => nowMs;
  const silent = new ProgressBar({ output, label: 'sim', format, nowMs: clock });
  silent.show(1, 2);
  silent[Symbol.dispose]();
  t.same([silent.isShown, written], [false, []]);
  const terminal = Object.assign(output, { isTTY: true });
  const show = (done: number, total: number | undefined, detail = ''): string => {
    using bar = new ProgressBar({ output: terminal, label: 'sim', format, nowMs: clock });
    nowMs += 2_000;
    bar.show(done, total, detail);
    return written.splice(0).join('').replaceAll('\r\x1b[K', '');
  };
  t.equal(show(50, 200), 'sim: [#####---------------]  25 % of 200 seeds, 25 seeds/s, 6 s left');
  t.match(show(1, 10_000, 'entry 7'), '0 % of 10000 seeds, 1 seeds/s, entry 7, 5 h 33 min left');
  t.match(show(1, 200), '6 min 38 s left');
  t.match(show(300, 200), '100 % of 200 seeds, 150 seeds/s, 0 s left');
  t.equal(show(50, undefined), 'sim: 50 seeds, 25 seeds/s', 'nobody knows the end');
  t.match(show(0, 200), '0 % of 200 seeds, 0 seeds/s');
});
