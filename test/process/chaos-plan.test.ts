/** `bankd chaos --scenario` on a real bank, with an independent judge of what it recorded. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { BankdProcess } from '../support/bankd-process.ts';
import { startBankd, temporaryDirectory, until } from '../support/bank.ts';
import { explainFile } from '../support/history-file.ts';

const up = startBankd(t, ['up', '--port', '0', '--data', join(temporaryDirectory(t), 'data')]);
t.teardown(() => up.terminate());
const port = Number(/:(\d+) pid/.exec(await up.line(/^ready bank /))?.[1]);

t.test('chaos-plan: kills and a pause under load: passed, recorded, and reported', async (t) => {
  const directory = temporaryDirectory(t);
  const [plan, history, report] = ['plan.txt', 'history.ndjson', 'report.html']
    .map((name) => join(directory, name)) as [string, string, string];
  writeFileSync(plan, 'at 500ms kill 1\nat 600ms pause 1 for 300ms\n');
  const chaos = new BankdProcess([
    'chaos', '--scenario', plan, '--for', '2s', '--clients', '4', '--rate', '500', '--seed', '5',
    '--history', history, '--report', report, '--json', '--port', String(port),
  ]);
  const { code } = await chaos.exited;
  t.equal(code, 0, chaos.stderr);
  const summary = JSON.parse(chaos.stdout) as {
    readonly verdict: string;
    readonly findings: readonly { readonly about: string; readonly word: string }[];
    readonly figures: { readonly ok: number; readonly unknown: number };
    readonly faults: readonly { readonly backAfterMs?: number }[];
  };
  t.equal(summary.verdict, 'passed', chaos.stdout);
  for (const about of ['history', 'replicas', 'accounts', 'keys', 'faults']) {
    t.equal(summary.findings.find((each) => each.about === about)?.word, 'passed', about);
  }
  t.ok(summary.figures.ok > 300);
  t.ok((summary.faults[0]?.backAfterMs ?? 0) > 0, 'the killed one is back');
  t.same(explainFile(history), [], 'one order explains every answer');
  t.match(readFileSync(report, 'utf8'), /<svg /);
});

t.test('chaos-plan: Ctrl-C during a pause: it goes on, a verdict, exit 130', async (t) => {
  const directory = temporaryDirectory(t);
  const plan = join(directory, 'plan.txt');
  writeFileSync(plan, 'at 300ms pause 1 for 60s\n');
  const chaos = new BankdProcess([
    'chaos', '--scenario', plan, '--rate', '200', '--seed', '5', '--port', String(port),
  ], { env: { TMPDIR: directory } }); // the history is kept, of a run that did not end
  t.teardown(() => (chaos.running ? chaos.kill() : undefined));
  await until('a backend is paused', () => chaos.stdout.includes('paused backend'));
  chaos.signal('SIGINT');
  const { code } = await chaos.exited;
  t.equal(code, 130, chaos.stderr);
  t.match(chaos.stdout, /resumed backend/);
  t.match(chaos.stdout, /verdict +INTERRUPTED/);
  t.match(chaos.stdout, /replicas +3 in sync and alike/);
});
