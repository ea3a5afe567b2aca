import t from 'tap';
import { parsePlan, type PlanError } from '../../src/chaos/parse-plan.ts';
import {
  destroyersOf, formatPlan, lengthOf, occurrences, type Plan,
} from '../../src/chaos/plan.ts';
import { SCENARIOS, scenarioLines, scenarioNamed } from '../../src/chaos/scenarios.ts';

function plan(text: string): Plan {
  const parsed = parsePlan(text, 'test');
  if (!parsed.ok) throw new Error(`line ${parsed.error.line}: ${parsed.error.sentence}`);
  return parsed.plan;
}

function trouble(text: string): PlanError {
  const parsed = parsePlan(text, 'test');
  if (parsed.ok) throw new Error('it was understood');
  return parsed.error;
}

t.test('plan: language: each form is what it says', async (t) => {
  const once = { everyMs: undefined, untilMs: undefined };
  for (const [text, step] of [
    ['at 5s kill 1', {
      atMs: 5_000, ...once,
      order: { kind: 'kill', count: 1, backend: undefined, forMs: 0, mode: undefined },
    }],
    ['AT 250ms  Pause 2 FOR 1m', {
      atMs: 250, ...once,
      order: { kind: 'pause', count: 2, backend: undefined, forMs: 60_000, mode: undefined },
    }],
    ['at 8s cut 2 half-open for 3s # a comment', {
      atMs: 8_000, ...once,
      order: { kind: 'cut', count: 2, backend: undefined, forMs: 3_000, mode: 'half-open' },
    }],
    ['at 8s cut for 3s backend 3 slow', {
      atMs: 8_000, ...once,
      order: { kind: 'cut', count: 1, backend: 3, forMs: 3_000, mode: 'slow' },
    }],
    ['at 8s cut', {
      atMs: 8_000, ...once,
      order: { kind: 'cut', count: 1, backend: undefined, forMs: 2_000, mode: 'both' },
    }],
    ['every 4s frontend', {
      atMs: 4_000, everyMs: 4_000, untilMs: undefined,
      order: { kind: 'frontend', count: 1, backend: undefined, forMs: 0, mode: undefined },
    }],
    ['every 2s from 10s until 20s disk-full backend 1 for 1s', {
      atMs: 10_000, everyMs: 2_000, untilMs: 20_000,
      order: { kind: 'disk-full', count: 1, backend: 1, forMs: 1_000, mode: undefined },
    }],
  ] as const) {
    t.same(plan(text).steps, [step], text);
  }
});

t.test('plan: language: blank lines and comments are nothing, lines may end in CRLF', async (t) => {
  t.equal(plan('# first\r\n\r\nat 1s kill 1\r\n  at 2s kill 1').steps.length, 2);
});

t.test('plan: language: what makes no sense: the line, the word, and what could stand there',
  async (t) => {
    for (const [text, line, sentence, candidate] of [
      ['at 1s kill 1\nat 5s kil 1', 2, /"kil" where a fault/, 'kill'],
      ['evry 4s kill 1', 1, /"evry" where at or every/, 'every'],
      ['at 5 kill 1', 1, /at needs a time/, undefined],
      ['at kill 1', 1, /at needs a time/, undefined],
      ['at 5s', 1, /the line ends where a fault/, 'kill'],
      ['at 5s kill 0', 1, /how many backends is a number from 1 to 7/, undefined],
      ['at 5s kill 8', 1, /from 1 to 7/, undefined],
      ['at 5s kill 2 backend 1', 1, /backend 1 is one backend, not 2/, undefined],
      ['at 5s kill 1 for 3s', 1, /"for" where an option \(backend\)/, 'backend'],
      ['at 5s cut 1 halfopen', 1, /"halfopen" where an option/, 'half-open'],
      ['at 5s frontend 1', 1, /"1" where nothing is expected/, undefined],
      ['at 5s pause 1 for', 1, /for needs a time/, undefined],
      ['every 10ms kill 1', 1, /every 50ms is the most often/, undefined],
      ['every 1s from kill 1', 1, /from needs a time/, undefined],
      ['at 99999m kill 1', 1, /at needs a time/, undefined],
      ['# nothing\n', 1, /no step/, undefined],
    ] as const) {
      const error = trouble(text);
      t.equal(error.line, line, text);
      t.match(error.sentence, sentence, text);
      if (candidate !== undefined) t.ok(error.candidates.includes(candidate), text);
    }
  });

t.test('plan: printed: what is printed is read as the same plan (all scenarios)', async (t) => {
  for (const { name, text } of SCENARIOS) {
    const { steps } = plan(text);
    t.same(plan(formatPlan({ name, steps }).join('\n')).steps, steps, name);
  }
});

t.test('plan: times: once, repeated, until, and not after the end', async (t) => {
  const times = (text: string, forMs: number): number[] =>
    occurrences(plan(text), forMs).map(({ atMs }) => atMs);
  t.same(times('at 5s kill 1', 30_000), [5_000]);
  t.same(times('at 5s kill 1', 5_000), [], 'what begins at the end begins no more');
  t.same(times('every 4s kill 1', 13_000), [4_000, 8_000, 12_000]);
  t.same(times('every 2s from 1s until 6s kill 1', 30_000), [1_000, 3_000, 5_000]);
  t.same(times('at 3s kill 1\nevery 2s pause 1', 7_000), [2_000, 3_000, 4_000, 6_000], 'in order');
});

t.test('plan: length: 30 s, or what its last step needs', async (t) => {
  t.equal(lengthOf(plan('at 5s kill 1')), 30_000);
  t.equal(lengthOf(plan('at 5s kill 1\nat 50s pause 1 for 3s')), 58_000);
});

t.test('plan: what destroys data is known', async (t) => {
  t.same(destroyersOf(plan('at 1s kill 1\nat 2s cut 1')), []);
  t.same(destroyersOf(plan('at 1s wipe 1\nat 2s corrupt 1\nat 3s wipe 1')), ['wipe', 'corrupt']);
});

t.test('plan: scenarios: each has a name of its own, a sentence, and a plan', async (t) => {
  const names = SCENARIOS.map(({ name }) => name);
  t.equal(new Set(names).size, names.length);
  for (const { name, about } of SCENARIOS) {
    const found = scenarioNamed(name);
    t.equal(found?.name, name);
    t.not(occurrences(found as Plan, lengthOf(found as Plan)).length, 0, name);
    t.equal(destroyersOf(found as Plan).length > 0, about.includes('--yes-really'), name);
  }
  t.equal(scenarioNamed('nothing'), undefined);
  t.equal(scenarioLines().length, SCENARIOS.length);
});
