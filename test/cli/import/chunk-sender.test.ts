/** What is tried again, what is given up, and what is then known; with a bank made up by hand. */
import t from 'tap';
import { ChunkSender, type BulkWriter } from '../../../src/cli/import/chunk-sender.ts';
import { NameNumbers } from '../../../src/cli/import/name-numbers.ts';
import type { Seq, Timestamp } from '../../../src/core/ids.ts';
import {
  encodeResult, REASON, RESULT_BYTES, viewOf, type Operation, type Result,
} from '../../../src/core/operation.ts';
import { refused, unknown, type BulkOutcome } from '../../../src/core/outcome.ts';

type Step = (operations: readonly Operation[]) => BulkOutcome;

/** Says one thing after the other, and the last for ever. */
class ScriptedWriter implements BulkWriter {
  readonly asked: (readonly Operation[])[] = [];
  readonly #steps: readonly Step[];

  constructor(...steps: readonly Step[]) {
    this.#steps = steps;
  }

  bulk(operations: readonly Operation[] | Uint8Array): Promise<BulkOutcome> {
    if (operations instanceof Uint8Array) throw new Error('operations are expected');
    this.asked.push(operations);
    const step = this.#steps[Math.min(this.asked.length, this.#steps.length) - 1];
    if (step === undefined) throw new Error('a step is expected');
    return Promise.resolve(step(operations));
  }
}

function result(operation: Operation, more: Partial<Result> = {}): Result {
  return {
    code: 'ok', kind: operation.kind, scale: 2, detail: 1, account: 0, balance: 0, toBalance: 0,
    ...more,
  };
}

function answers(
  seq: number, make: (operation: Operation, index: number) => Partial<Result> = () => ({}),
): Step {
  return (operations) => {
    const results = new Uint8Array(operations.length * RESULT_BYTES);
    const put = (operation: Operation, index: number): void =>
      encodeResult(viewOf(results), index, result(operation, make(operation, index)));
    operations.forEach(put);
    return {
      kind: 'answered', results, originals: [], seq: seq as Seq, timestamp: 1 as Timestamp,
      request: '64-1',
    };
  };
}

const busy: Step = () => refused('BUSY', 'too much is queued', '64-1');
const lost: Step = () => unknown('64-1 was not answered in time', '64-1');
const deposits = (count: number): Operation[] => Array.from({ length: count }, (_, at) =>
  ({ kind: 'deposit', account: 100 + at, amount: 1, key: `k${at}` }));

t.test('import sender: refused for a while, or unknown: again, with the same keys', async (t) => {
  const writer = new ScriptedWriter(busy, lost, answers(17));
  const operations = deposits(3);
  const answered = await new ChunkSender(writer, 5_000).send(operations);
  const told = answered.map(({ result: { code }, seq }) => [code, seq]);
  t.same(told, Array.from({ length: 3 }, () => ['ok', 17]));
  t.same(writer.asked, [operations, operations, operations]);
});

t.test('import sender: given up: unreachable, or unknown where one try was', async (t) => {
  const stopped = async (writer: BulkWriter, reason: string): Promise<void> => {
    await t.rejects(new ChunkSender(writer, 150).send(deposits(2)), { name: 'Stopped', reason });
  };
  await stopped(new ScriptedWriter(busy), 'unreachable');
  await stopped(new ScriptedWriter(lost), 'unknown');
  await stopped(new ScriptedWriter(lost, busy), 'unknown');
  const never = answers(3, () => ({ code: 'sessionExpired' }));
  await stopped(new ScriptedWriter(never), 'unreachable');
  const malformed = new ScriptedWriter(() => refused('BAD_REQUEST', 'no chunk', undefined));
  await stopped(malformed, 'unreachable');
  t.equal(malformed.asked.length, 1, 'what no bank ever takes is not tried again');
});

t.test('import sender: passed over: only that again; each answer where it belongs', async (t) => {
  const passedOver = { code: 'badRequest', detail: REASON.passedOver } as const;
  const first = answers(5, (_, index) => (index % 2 === 0 ? passedOver : { account: index }));
  const writer = new ScriptedWriter(first, answers(6, ({ account = 0 }) => ({ account })));
  const answered = await new ChunkSender(writer, 5_000).send(deposits(4));
  t.same(answered.map(({ result: { account }, seq }) => [account, seq]),
    [[100, 6], [1, 5], [102, 6], [3, 5]]);
  t.same(writer.asked.map((asked) => asked.map(({ key }) => key)),
    [['k0', 'k1', 'k2', 'k3'], ['k0', 'k2']]);
});

t.test('import sender: what was answered before says when', async (t) => {
  const step: Step = (operations) => ({
    ...answers(9)(operations),
    originals: [{
      index: 1, seq: 4 as Seq, timestamp: 1 as Timestamp, result: new Uint8Array(RESULT_BYTES),
    }],
  } as BulkOutcome);
  const answered = await new ChunkSender(new ScriptedWriter(step), 100).send(deposits(3));
  t.same(answered.map(({ seq }) => seq), [9, 4, 9]);
});

t.test('import names: each asked once, in bounded memory; nobody is asked again', async (t) => {
  const numbers = new Map([['a', 100], ['b', 101], ['c', 102]]);
  const writer = new ScriptedWriter(answers(1, ({ terms }) => {
    const account = numbers.get(terms?.name ?? '');
    return account === undefined ? { code: 'accountNotFound' } : { account };
  }));
  const names = new NameNumbers(new ChunkSender(writer, 100), 3);
  const asked = (): (string | undefined)[] => writer.asked.splice(0).flat().map(
    ({ terms }) => terms?.name);
  await names.learn(new Set(['a', 'zoe', ' no name']));
  t.same(asked(), ['a', 'zoe'], 'what can be no name is not asked');
  t.same(['a', 'zoe', ' no name'].map(names.find), [100, null, null]);
  await names.learn(new Set(['b', 'a', 'zoe']));
  t.same(asked(), ['b', 'zoe']);
  t.same(['a', 'b'].map(names.find), [100, 101]);
  await names.learn(new Set(['c', 'a', 'b']));
  t.same(asked(), ['c'], 'there is room for three');
  names.note('d', 103);
  t.equal(names.find('d'), null, 'and no more');
  await names.learn(new Set(['d', 'a']));
  t.same(asked(), ['d', 'a'], 'all are forgotten, but what is asked for now is known');
  t.equal(names.find('a'), 100);
});
