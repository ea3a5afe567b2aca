/** Whole runs against a bank in memory; the faults are what the test makes of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Inject } from '../../src/chaos/fault-runner.ts';
import { parsePlan } from '../../src/chaos/parse-plan.ts';
import { runPlan, type RunOptions, type RunResult } from '../../src/chaos/plan-run.ts';
import type { Finding, Judgement } from '../../src/chaos/run-verdict.ts';
import { refusalOfOutcome, refusalOfResult } from '../../src/cli/refusal.ts';
import { Client } from '../../src/host/client.ts';
import { temporaryDirectory } from '../support/bank.ts';
import { FakeFrontend, type Script } from '../support/fake-frontend.ts';

interface Stage {
  readonly frontend: FakeFrontend;
  readonly said: string[];
  readonly history: () => readonly HistoryLine[];
  run(changes?: Partial<RunOptions>): Promise<RunResult | undefined>;
}

interface HistoryLine {
  readonly process: number;
  readonly type: 'invoke' | 'ok' | 'fail' | 'info';
  readonly op: string;
  readonly args: readonly unknown[];
  readonly result?: Readonly<Record<string, unknown>>;
  readonly timeNs: number;
}

const PLAN = 'at 100ms kill 1\nat 150ms pause 2 for 50ms';
const LINEARIZABLE: Judgement = { verdict: 'linearizable', lines: ['one order explains all'] };

function report(bits: readonly number[], digests: readonly string[]): object {
  const backends = bits.map((status, at) =>
    ({ id: at + 1, status, state: status === 1 ? 'in-sync' : 'down', lastSeq: 9,
      digest: digests[at] }));
  return { status: bits, backends, chaos: true };
}

async function stage(t: Test, script: Script = {}): Promise<Stage> {
  const frontend = await FakeFrontend.start(script);
  t.teardown(() => frontend.stop());
  frontend.report = report([1, 1, 1], ['aa', 'aa', 'aa']);
  const historyPath = join(temporaryDirectory(t), 'history.ndjson');
  const said: string[] = [];
  const parsed = parsePlan(PLAN, 'test');
  if (!parsed.ok) throw new Error(parsed.error.sentence);
  const options: RunOptions = {
    plan: parsed.plan, forMs: 400, clients: 3, rate: 2_000, seed: 1, historyPath,
    connect: () => Client.connect({ port: frontend.port, timeoutMs: 1_000 }),
    inject: async (order, { say }) => say(`did ${order.kind}`),
    untilWhole: () => Promise.resolve(true),
    judge: () => Promise.resolve(LINEARIZABLE),
    refusalOf: (outcome) => outcome.kind === 'answered'
      ? refusalOfResult(outcome.result, outcome.request) : refusalOfOutcome(outcome),
    interrupted: new AbortController().signal,
    say: (line) => said.push(line.replace(/^ *[\d.]+ s {2}/, '')),
    sayThroughput: undefined,
    patience: { calmMs: 0 },
  };
  return {
    frontend, said,
    run: (changes = {}) => runPlan({ ...options, ...changes }),
    history: () => readFileSync(historyPath, 'utf8').trimEnd().split('\n')
      .map((line) => JSON.parse(line) as HistoryLine),
  };
}

/** Events that are not in their turn, and invocations without a completion. */
function unpaired(events: readonly HistoryLine[]): readonly HistoryLine[] {
  const open = new Map<number, HistoryLine>();
  const wrong = events.filter((event) => {
    const begun = open.get(event.process);
    if (event.type !== 'invoke') open.delete(event.process);
    else open.set(event.process, event);
    const asked = JSON.stringify([begun?.op, begun?.args]);
    return event.type === 'invoke'
      ? begun !== undefined : asked !== JSON.stringify([event.op, event.args]);
  });
  return [...wrong, ...open.values()];
}

function finding(result: RunResult | undefined, about: Finding['about']): Finding | undefined {
  return result?.verdict.findings.find((each) => each.about === about);
}

t.test('plan-run: a bank that keeps its word: passed, and everything is in the history',
  async (t) => {
    const { run, said, history } = await stage(t);
    const result = await run();
    t.equal(result?.verdict.word, 'passed');
    t.same(result?.verdict.findings.map(({ about, word }) => `${about} ${word}`), [
      'history passed', 'replicas passed', 'accounts passed', 'keys passed', 'faults passed',
    ]);
    for (const line of ['status 1,1,1', 'did kill', 'did pause']) t.ok(said.includes(line), line);
    const events = history();
    t.equal(result?.events, events.length);
    t.same(unpaired(events), [], 'a process invokes, then completes the same, then invokes');
    t.ok(events.every(({ timeNs }, at) => timeNs >= (events[at - 1]?.timeNs ?? 0)), 'in order');
    const kinds = new Set(events.map(({ op, type }) => `${op} ${type}`));
    for (const op of ['create', 'deposit', 'withdraw', 'transfer', 'query', 'update']) {
      t.ok(kinds.has(`${op} ok`), op);
    }
    t.ok(kinds.has('withdraw fail'), 'refusals too');
    const read = events.findLast(({ op, type }) => op === 'query' && type === 'ok');
    t.same(Object.keys(read?.result ?? {}), ['account', 'balance', 'seq']);
    const moved = events.find(({ op, type }) => op === 'transfer' && type === 'ok');
    t.same(Object.keys(moved?.result ?? {}),
      ['account', 'balance', 'toAccount', 'toBalance', 'seq']);
  });

t.test('plan-run: what the checker says: is the verdict', async (t) => {
  const { run } = await stage(t);
  for (const verdict of ['violated', 'undecided'] as const) {
    const result = await run({ judge: () => Promise.resolve({ verdict, lines: ['because'] }) });
    t.equal(result?.verdict.word, verdict);
    t.same(finding(result, 'history')?.lines, ['because']);
  }
  t.equal((await run({ judge: undefined }))?.verdict.word, 'unchecked');
});

t.test('plan-run: a lost change: violated, though the checker saw nothing', async (t) => {
  const { run, frontend } = await stage(t);
  const result = await run({
    inject: async () => {
      frontend.bank.versions.set(100, (frontend.bank.versions.get(100) ?? 0) - 1);
    },
  });
  t.equal(result?.verdict.word, 'violated');
  t.match(finding(result, 'accounts')?.lines, [/^account 100 was changed .* acknowledged/]);
});

t.test('plan-run: a forgotten key: violated', async (t) => {
  const { run, frontend } = await stage(t, {
    onRequest: () => {
      frontend.bank.forgetKeys();
      return false;
    },
  });
  const result = await run({ rate: 20_000 });
  t.match(finding(result, 'keys'), { word: 'violated', lines: [/^@chaos-.* and again /] });
});

t.test('plan-run: replicas that differ: violated', { timeout: 30_000 }, async (t) => {
  const { run, frontend } = await stage(t);
  const result = await run({
    untilWhole: async () => {
      frontend.report = report([1, 1, 1], ['aa', 'aa', 'ab']);
      return true;
    },
    patience: { inStepMs: 200, calmMs: 0 },
  });
  t.match(finding(result, 'replicas'), { word: 'violated', lines: [/backends 1 and 3 differ/] });
});

t.test('plan-run: a bank that does not come back: not-back, and nothing is called read',
  async (t) => {
    const { run, frontend } = await stage(t);
    const result = await run({
      untilWhole: async () => {
        frontend.report = report([1, 1, 0], ['aa', 'aa', 'aa']);
        return false;
      },
      patience: { inStepMs: 200, calmMs: 0 },
    });
    t.equal(result?.verdict.word, 'not-back');
    t.equal(finding(result, 'accounts')?.word, 'not-back');
  });

t.test('plan-run: unknown outcomes: info, a new process, and no contradiction', async (t) => {
  let isSilent = false;
  const { run, history, frontend } = await stage(t, {
    onAnswer: ({ type }) => isSilent && type !== 'status-report',
  });
  const result = await run({
    connect: () => Client.connect({ port: frontend.port, timeoutMs: 150 }),
    inject: async () => {
      isSilent = true;
      await new Promise((resolve) => setTimeout(resolve, 400));
      isSilent = false;
    },
  });
  const lost = history().filter(({ type }) => type === 'info');
  t.not(lost.length, 0);
  t.equal(result?.verdict.word, 'passed');
  const events = history();
  t.same(unpaired(events), []);
  for (const { process } of lost) {
    t.equal(events.findLast((event) => event.process === process)?.type, 'info',
      'its process does nothing any more');
  }
  t.ok(history().some(({ process }) => process >= 3), 'a new process goes on');
});

t.test('plan-run: no fault could be done: undecided, and why', async (t) => {
  const { run, said } = await stage(t);
  const inject: Inject = () => Promise.reject(new Error('nobody is up'));
  const result = await run({ inject });
  t.equal(result?.verdict.word, 'undecided');
  t.match(finding(result, 'faults')?.lines, ['0 of 2 could be done', /nobody is up/]);
  t.ok(said.includes('could not kill 1: nobody is up'));
});

t.test('plan-run: interrupted: faults are told to end, and the verdict is on what was',
  async (t) => {
    const { run } = await stage(t);
    const interruption = new AbortController();
    let wasTold = false;
    const result = await run({
      forMs: 60_000,
      interrupted: interruption.signal,
      inject: async (_order, { interrupted }) => {
        interruption.abort(2);
        wasTold = interrupted.aborted;
      },
    });
    t.ok(wasTold);
    t.equal(result?.verdict.word, 'interrupted');
    t.equal(finding(result, 'accounts')?.word, 'passed');
  });

t.test('plan-run: a bank that lets nobody create an account: no run', async (t) => {
  const { run, frontend } = await stage(t);
  await frontend.stop();
  await t.rejects(run(), { name: 'Unreachable' });
});

t.test('plan-run: the history can not be written any more: the run ends, and says why', {
  skip: process.platform === 'linux' ? false : '/dev/full is of Linux',
}, async (t) => {
  const { run } = await stage(t);
  const started = performance.now();
  await t.rejects(run({ historyPath: '/dev/full', forMs: 60_000 }), { message: /disk is full/ });
  t.ok(performance.now() - started < 20_000, 'before its time');
});
