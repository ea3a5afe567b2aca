/** Workloads on a bank in this process: what is counted, and that nothing wrong passes. */
import t from 'tap';
import { BankWatch } from '../../src/bench/bank-watch.ts';
import { BenchError } from '../../src/bench/bench-error.ts';
import { OwnAccounts } from '../../src/bench/own-accounts.ts';
import {
  runWorkload, type LoadOptions, type MeasuredWorkload, type Stage,
} from '../../src/bench/run-workload.ts';
import { WORKLOADS } from '../../src/bench/workloads.ts';
import { describeFailure } from '../../src/cli/failure.ts';
import { CODE, type Operation, type Result } from '../../src/core/operation.ts';
import { refused, unknown, type Outcome } from '../../src/core/outcome.ts';
import { Unreachable } from '../../src/host/unreachable.ts';
import { FakeBenchBank } from '../support/fake-bench-bank.ts';

const OPTIONS: LoadOptions = {
  clients: 3, batch: 20, inFlight: 2, rate: undefined, durationMs: 60, distribution: 'uniform',
  seed: 1, timeoutMs: 150,
};

async function stageOf(fake: FakeBenchBank, stop = new AbortController().signal): Promise<Stage> {
  const control = fake.connect();
  return {
    control, stop,
    connect: async () => fake.connect(),
    watch: new BankWatch(control, '127.0.0.1'),
    supervisorPid: undefined,
    accounts: await OwnAccounts.open(control, 30),
    onProgress: () => {},
  };
}

function workloadOf(name: string): MeasuredWorkload {
  return WORKLOADS.find((workload) => workload.name === name) as MeasuredWorkload;
}

async function run(fake: FakeBenchBank, name: string, options: Partial<LoadOptions> = {}) {
  return runWorkload(await stageOf(fake), workloadOf(name), { ...OPTIONS, ...options });
}

/** The exit status and the sentence of a run that must not pass. */
async function failureOf(fake: FakeBenchBank, name: string, options: Partial<LoadOptions> = {}) {
  try {
    await run(fake, name, options);
    return undefined;
  } catch (error) {
    const { exitStatus, sentence } = describeFailure(error);
    return [exitStatus, sentence] as const;
  }
}

function withResult(outcome: Outcome, change: Partial<Result>): Outcome {
  if (outcome.kind !== 'answered') return outcome;
  return { ...outcome, result: { ...outcome.result, ...change } };
}

const SINGLES = [['w1', 1], ['w2', 3], ['w3', 3], ['r1', 3]] as const;

for (const [name, clients] of SINGLES) {
  t.test(`workload: ${name}: each answer counted, the books in order`, async (t) => {
    const result = await run(new FakeBenchBank(), name);
    t.match(result, {
      type: 'workload', workload: name, clients, accounts: 30, batch: null, rate: null,
      offered: null, busy: 0, unavailable: 0, unknown: 0, dropped: 0,
      books: { accounts: 30, areAlike: true },
    });
    t.ok(result.operations > 0 && result.latencyMs !== null);
    t.equal(result.perSecond.reduce((sum, count) => sum + count, 0), result.operations);
    t.equal(result.books.total, result.books.expectedTotal);
  });

  t.test(`workload: ${name}: a wrong answer is exit 5, and says what is wrong`, async (t) => {
    for (const change of [{ code: 'accountNotFound' }, { account: 7 }] as const) {
      const fake = new FakeBenchBank();
      let asked = 0;
      fake.tell = (outcome) => ((asked += 1) === 9 ? withResult(outcome, change) : outcome);
      const [exitStatus, sentence] = await failureOf(fake, name) ?? [];
      t.equal(exitStatus, 5);
      t.match(sentence, /^the bank is wrong: \w+ \d+ .*was answered \w+ of account \d+/);
    }
  });
}

for (const name of ['w4', 'w4-keyed']) {
  t.test(`workload: ${name}: each answer counted, the books in order`, async (t) => {
    const result = await run(new FakeBenchBank(), name);
    t.match(result, {
      workload: name, clients: 1, batch: 20, inFlight: 2, busy: 0, books: { areAlike: true },
    });
    t.ok(result.operations > 0 && result.operations % 20 === 0);
  });

  t.test(`workload: ${name}: a wrong answer is exit 5`, async (t) => {
    const fake = new FakeBenchBank();
    let asked = 0;
    fake.tellBulk = (outcome) => {
      if ((asked += 1) === 5 && outcome.kind === 'answered') {
        outcome.results[0] = CODE.insufficientFunds;
      }
      return outcome;
    };
    const [exitStatus, sentence] = await failureOf(fake, name) ?? [];
    t.equal(exitStatus, 5);
    t.match(sentence, /^the bank is wrong: TRANSFER \d+ \d+ was answered insufficientFunds/);
  });
}

t.test('workload: a balance that an answer or nobody told is exit 5', async (t) => {
  const set = new FakeBenchBank();
  set.tell = (outcome) => withResult(outcome, { balance: 1 });
  t.match(await failureOf(set, 'w2'), [5, /^the bank is wrong: update \d+ \d+ was answered ok/]);
  const read = new FakeBenchBank();
  read.tell = (outcome) => withResult(outcome, { balance: 1 });
  t.match(await failureOf(read, 'r1'), [5, /^the bank is wrong: query \d+ was answered ok/]);
  const kept = new FakeBenchBank();
  let asked = 0;
  kept.tell = (outcome) => {
    if ((asked += 1) === 9) kept.bank.accounts.set(100, 12_345);
    return outcome;
  };
  t.match(await failureOf(kept, 'w3'), [5, /^the bank is wrong: account 100 holds /]);
});

t.test('workload: replicas that differ are exit 5', async (t) => {
  const fake = new FakeBenchBank();
  fake.tell = (outcome) => {
    fake.digests = ['d', 'e'];
    return outcome;
  };
  t.match(await failureOf(fake, 'w3'), [5, /^the bank is wrong: backends 1 and 2 differ at seq /]);
});

t.test('workload: what was refused is counted, and not as done', async (t) => {
  for (const [code, field] of [['BUSY', 'busy'], ['UNAVAILABLE', 'unavailable']] as const) {
    const fake = new FakeBenchBank();
    let asked = 0;
    let told = 0;
    // Only queries: the fake has done a write when it says that it has not.
    fake.tell = (outcome) => {
      if ((asked += 1) % 4 !== 0) return outcome;
      told += 1;
      return refused(code, 'later', undefined);
    };
    const result = await run(fake, 'r1', { durationMs: 120 });
    t.ok(result[field] > 0 && result[field] <= told);
    t.ok(result.operations > 0);
  }
});

t.test('workload: what was not answered in time is asked about, and in the books', async (t) => {
  for (const name of ['w2', 'w3']) {
    const fake = new FakeBenchBank();
    let asked = 0;
    fake.tell = (outcome) => ((asked += 1) % 5 === 0 && outcome.kind === 'answered'
      ? unknown('no answer in time', outcome.request) : outcome);
    const result = await run(fake, name, { durationMs: 120 });
    t.ok(result.unknown > 0 && fake.asked.length >= result.unknown);
    t.equal(result.books.total, result.books.expectedTotal, 'it had happened');
  }
});

t.test('workload: an open loop: as many as arrive, each counted', async (t) => {
  const fake = new FakeBenchBank();
  const result = await run(fake, 'w3', { rate: 2_000, durationMs: 100 });
  t.match(result, { rate: 2_000, offered: result.operations, dropped: 0 });
  t.ok(result.operations >= 200, `${result.operations} in 100 ms, or more where it took longer`);
  const busy = new FakeBenchBank();
  busy.tell = (outcome, { kind }: Operation) =>
    kind === 'query' ? refused('BUSY', 'later', undefined) : outcome;
  const shed = await run(busy, 'r1', { rate: 2_000, durationMs: 100 });
  t.match(shed, { offered: shed.busy, operations: 0, latencyMs: null });
  t.ok(shed.busy >= 200, `${shed.busy} were refused`);
  const wrong = new FakeBenchBank();
  wrong.tell = (outcome) => withResult(outcome, { code: 'accountClosed' });
  t.match(await failureOf(wrong, 'w3', { rate: 2_000 }), [5, /accountClosed/]);
});

t.test('workload: a bank that is gone: exit 3, or 4 where writes may have happened', async (t) => {
  const outcomes = [['w3', 4], ['r1', 3]] as const;
  for (const [name, exitStatus] of outcomes) {
    const fake = new FakeBenchBank();
    let asked = 0;
    fake.tell = (outcome) => {
      if ((asked += 1) < 20) return outcome;
      fake.isGone = true;
      return refused('UNAVAILABLE', 'nobody answers', undefined);
    };
    if (name === 'r1') fake.connect = withoutUnknowns(fake);
    const found = await failureOf(fake, name, { durationMs: 60_000 });
    t.equal(found?.[0], exitStatus, String(found));
  }
});

/** A read that is not answered has changed nothing: it is refused. */
function withoutUnknowns(fake: FakeBenchBank): FakeBenchBank['connect'] {
  const connect = fake.connect.bind(fake);
  return () => {
    const client = connect();
    return {
      ...client,
      submit: async (operation) => {
        const outcome = await client.submit(operation);
        if (outcome.kind !== 'unknown') return outcome;
        return refused('UNAVAILABLE', outcome.detail, undefined);
      },
    };
  };
}

t.test('workload: stopped: ends with the reason', async (t) => {
  const stop = new AbortController();
  const fake = new FakeBenchBank();
  const stage = await stageOf(fake, stop.signal);
  const reason = new BenchError('unreachable', 'the bank of the benchmark has ended');
  setTimeout(() => stop.abort(reason), 30);
  const options = { ...OPTIONS, durationMs: 60_000 };
  await t.rejects(runWorkload(stage, workloadOf('w2'), options), reason);
});

t.test('workload: a client that can not be connected: Unreachable', async (t) => {
  const stage = await stageOf(new FakeBenchBank());
  const connect = async (): Promise<never> => {
    throw new Unreachable('no-connection', 'connection refused');
  };
  const running = runWorkload({ ...stage, connect }, workloadOf('w2'), OPTIONS);
  await t.rejects(running, { name: 'Unreachable' });
});
