import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Recorder } from '../../src/chaos/recorder.ts';
import { Tally } from '../../src/chaos/tally.ts';
import { Timeline } from '../../src/chaos/timeline.ts';
import { WorkloadClient } from '../../src/chaos/workload-client.ts';
import { refusalOfOutcome, refusalOfResult } from '../../src/cli/refusal.ts';
import type { Operation } from '../../src/core/operation.ts';
import { Random } from '../../src/core/random.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import { temporaryDirectory } from '../support/bank.ts';
import { balanceIs, lost, notFound, unavailable } from '../support/scripted-client.ts';

interface Stage {
  readonly client: WorkloadClient;
  readonly asked: Operation[];
  /** `3 info query` for each completion. */
  completions(): Promise<readonly string[]>;
}

/** A client whose bank gives these answers, in turn. */
async function stage(
  t: Test,
  answers: readonly (Outcome | Error)[],
): Promise<Stage> {
  const path = join(temporaryDirectory(t), 'history.ndjson');
  const recorder = await Recorder.open(path, () => 0);
  t.teardown(() => recorder.close());
  const asked: Operation[] = [];
  const connection = {
    submit: (operation: Operation): Promise<Outcome> => {
      const answer = answers[asked.push(operation) - 1] ?? lost;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    status: () => Promise.resolve({}),
    close: () => Promise.resolve(),
  };
  const client = new WorkloadClient({
    connection, number: 1, clients: 4, recorder, timeline: new Timeline(() => 0, 1_000),
    tally: new Tally(), run: 'test',
    refusalOf: (outcome) => outcome.kind === 'answered'
      ? refusalOfResult(outcome.result, outcome.request) : refusalOfOutcome(outcome),
  });
  return {
    client, asked,
    completions: async () => {
      await recorder.close();
      return readFileSync(path, 'utf8').trimEnd().split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ type }) => type !== 'invoke')
        .map(({ process, type, op }) => `${process} ${type} ${op}`);
    },
  };
}

const QUERY: Operation = { kind: 'query', account: 100 };
const DEPOSIT: Operation = { kind: 'deposit', account: 100, amount: 1, scale: 2 };

/** A generator whose first draws give a key, and then no repetition. */
function keyed(): Random {
  for (let seed = 0; ; seed += 1) {
    const trial = new Random(seed);
    if (trial.chance(0.1) && !trial.chance(0.2)) return new Random(seed);
  }
}

t.test('workload-client: ok, fail, info: what each outcome is', async (t) => {
  const { client, completions } = await stage(t, [
    balanceIs(7), notFound(100), unavailable, lost, new Error('a bug'), balanceIs(8),
  ]);
  for (let at = 0; at < 6; at += 1) await client.ask(QUERY);
  t.same(await completions(), [
    '1 ok query', '1 fail query', '1 fail query', '1 info query', '5 info query', '9 ok query',
  ], 'after each unknown outcome another process goes on, also after an exception');
});

t.test('workload-client: a key: what is unknown is asked again under it, as one operation',
  async (t) => {
    const { client, asked, completions } = await stage(t, [lost, balanceIs(7)]);
    t.equal((await client.ask(DEPOSIT, keyed()))?.balance, 7);
    t.equal(asked.length, 2);
    t.match(asked[0]?.key, /^chaos-test-1-1$/);
    t.equal(asked[0]?.key, asked[1]?.key);
    t.same(await completions(), ['1 ok deposit']);
  });

t.test('workload-client: a key: refused the second time is still unknown', async (t) => {
  const { client, completions } = await stage(t, [lost, unavailable, unavailable]);
  await client.ask(DEPOSIT, keyed());
  t.same(await completions(), ['1 info deposit']);
});

t.test('workload-client: no key: what is unknown is not asked again', async (t) => {
  const { client, asked } = await stage(t, [lost, balanceIs(7)]);
  t.equal(await client.ask(DEPOSIT), undefined);
  t.equal(asked.length, 1);
});
