import t from 'tap';
import type { FaultOrder } from '../../src/chaos/fault.ts';
import { formatReport } from '../../src/chaos/report.ts';
import { summarize, type RunSummary } from '../../src/chaos/run-summary.ts';
import { scenarioNamed } from '../../src/chaos/scenarios.ts';
import type { Finding, VerdictWord } from '../../src/chaos/run-verdict.ts';
import type { Plan } from '../../src/chaos/plan.ts';
import { Timeline } from '../../src/chaos/timeline.ts';

const KILL: FaultOrder = {
  kind: 'kill', count: 1, backend: undefined, forMs: 0, mode: undefined,
};
const NASTY = '<script>alert("x")</script> & more';

/** Ten seconds with a kill, a fault that could not be done, and an outage. */
function madeUp(word: VerdictWord, findings: readonly Finding[]): [RunSummary, Timeline] {
  let nowMs = 0;
  const timeline = new Timeline(() => nowMs, 10_000);
  const kill = (): void => {
    const fault = timeline.fault(KILL);
    fault.words.push('killed backend 2 (pid 4711)');
    fault.endMs = nowMs;
    for (let times = 0; times < 3; times += 1) {
      timeline.fault({ ...KILL, kind: 'wipe' }).trouble = NASTY;
    }
  };
  timeline.phase('faults');
  timeline.status([1, 1, 1]);
  for (; nowMs < 10_000; nowMs += 10) {
    if (nowMs === 2_000) kill();
    if (nowMs === 2_100) timeline.status([1, 0, 1]);
    if (nowMs === 4_000) timeline.status(undefined);
    if (nowMs === 5_000) timeline.status([1, 1, 1]);
    if (nowMs === 8_000) timeline.phase('healing');
    if (nowMs > 4_000 && nowMs < 5_000) continue;
    timeline.completed(nowMs % 70 === 0 ? 'fail' : 'ok', 3 + (nowMs % 40));
    if (nowMs === 5_100) timeline.completed('info', 1_000);
  }
  timeline.workloadEnds();
  timeline.ends();
  const summary = summarize(
    { verdict: { word, findings }, timeline, events: 2_000 },
    scenarioNamed('gentle') as Plan,
    {
      seed: 42, startedAt: '2026-01-01 12:00:00 UTC', version: '0.1.0',
      command: 'bankd chaos --scenario gentle --seed 42', historyPath: 'h.ndjson',
    },
  );
  return [summary, timeline];
}

t.test('report: one page that needs nothing else, and no script', async (t) => {
  const page = formatReport(...madeUp('passed', []));
  for (const outside of ['<script', '<link', '<img', ' src=', ' href=', '@import', 'url(']) {
    t.notOk(page.includes(outside), outside);
  }
  t.same([...page.matchAll(/https?:\/\/[^"\s]+/g)].map(([url]) => url),
    ['http://www.w3.org/2000/svg'], 'the name of SVG, which nobody fetches');
  t.match(page, /prefers-color-scheme: dark/);
  t.match(page, /@media print/);
});

t.test('report: its tags are closed in order', async (t) => {
  const page = formatReport(...madeUp('violated', [
    { about: 'history', word: 'violated', lines: [NASTY] },
  ]));
  const open: string[] = [];
  for (const [, slash, name = ''] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
    if (name === 'meta') continue;
    if (slash === '') open.push(name);
    else t.equal(open.pop(), name);
  }
  t.same(open, []);
  t.notMatch(page, /\b(NaN|undefined|Infinity)\b/);
});

t.test('report: says the verdict, the seed, the plan, how to repeat it, and the figures',
  async (t) => {
    const page = formatReport(...madeUp('passed', [
      { about: 'history', word: 'passed', lines: ['one order explains all'] },
    ]));
    for (const words of [
      'PASSED', 'seed <b>42</b>', 'plan <b>gentle</b>', 'bankd chaos --scenario gentle --seed 42',
      'at 11s pause 1 for 3s', 'one order explains all', '2,000 events', 'h.ndjson',
      'killed backend 2 (pid 4711)', '>kill 2</text>', 'backend 3 in sync',
      'could not be done (3 times)', 'unknown (the frontend does not answer)', '1 outcomes unknown',
    ]) t.ok(page.includes(words), words);
    t.match(page, /0\.10 s<\/td><td class="number">3\.00 s/, 'noticed after, in sync after');
  });

t.test('report: a violation: in the words of the checker, harmless whatever they are',
  async (t) => {
    const lines = ['no order explains these:', NASTY];
    const page = formatReport(...madeUp('violated', [
      { about: 'history', word: 'violated', lines },
    ]));
    t.match(page, /What is wrong: history/);
    t.ok(page.includes('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; more'));
    t.notOk(page.includes('<script>'));
  });

t.test('report: nothing was answered and nothing done: still a page', async (t) => {
  const timeline = new Timeline(() => 0, 1);
  const summary = summarize(
    { verdict: { word: 'not-back', findings: [] }, timeline, events: 0 },
    { name: 'x', steps: [] },
    { seed: 1, startedAt: '', version: '', command: '', historyPath: undefined },
  );
  t.notMatch(formatReport(summary, timeline), /\b(NaN|undefined|Infinity)\b/);
});
