/**
 * The checker against its slow twin: histories that are right by their making, and the same with
 * answers changed, judged by both. Neither a false alarm nor a miss is allowed.
 */
import t, { type Test } from 'tap';
import { Random } from '../../../src/core/random.ts';
import { checkHistory } from '../../../src/verify/history/check-history.ts';
import { historyOf } from '../../../src/verify/history/history-reader.ts';
import {
  drawBank, drawRegister, makeHistory, mutate, type MakingOptions,
} from '../../support/random-history.ts';
import {
  eventsOf, hasOrder, sequentialBank, sequentialRegister, type Recorded, type Sequential,
} from '../../support/slow-checker.ts';

const SEEDS = 1_500;
const MUTATIONS = 2;

/** Of two accounts, as far as small amounts can tell them apart. */
const ALL_BALANCES = Array.from({ length: 400 }, (_, at) => [at % 20, Math.floor(at / 20)]);

function options(random: Random, operations: number) {
  return {
    random, operations, clients: 1 + random.int(4), refused: 0.1,
    lost: random.pick([0, 0.1, 0.4]), silent: random.pick([0, 0, 0.3, 1]),
  };
}

function verdictOf(history: readonly Recorded[]): string {
  return checkHistory(historyOf(eventsOf(history))).verdict;
}

/** How many were wrong; fails at the first on which the two do not agree. */
function compare<State>(
  t: Test, object: Sequential<State>, make: (random: Random) => MakingOptions<State>,
): number {
  let violations = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const random = new Random(seed);
    let history = makeHistory(make(random));
    for (let round = 0; round <= MUTATIONS; round += 1) {
      const expected = hasOrder(object, history) ? 'linearizable' : 'violated';
      if (expected === 'violated') violations += 1;
      const found = verdictOf(history);
      if (found !== expected) {
        t.equal(found, expected, `seed ${seed}, ${round} answers changed`);
        t.comment(eventsOf(history).map((event) => JSON.stringify(event)).join('\n'));
        return violations;
      }
      history = mutate(random, history);
    }
  }
  return violations;
}

t.test('history checker: a bank: agrees with every order tried out', async (t) => {
  const violations = compare(t, sequentialBank, (random) => ({
    ...options(random, 2 + random.int(6)), object: sequentialBank,
    draw: drawBank(random, 1 + random.int(3), 2 + random.int(4)),
  }));
  t.ok(violations > SEEDS / 10 && violations < 2 * SEEDS, `${violations} of them were wrong`);
});

t.test('history checker: a register: agrees with every order tried out', async (t) => {
  const violations = compare(t, sequentialRegister, (random) => ({
    ...options(random, 2 + random.int(6)), object: sequentialRegister,
    draw: drawRegister(random, 2 + random.int(2)),
  }));
  t.ok(violations > SEEDS / 10 && violations < 2 * SEEDS, `${violations} of them were wrong`);
});

t.test('history checker: balances nobody knows at first: agrees with each tried out', async (t) => {
  let violations = 0;
  for (let seed = 1; seed <= 600; seed += 1) {
    const random = new Random(seed);
    const draw = drawBank(random, 2, 3);
    const drawn = (): ReturnType<typeof draw> => {
      const { op, args } = draw();
      return op === 'create' ? { op: 'query', args: [100] } : { op, args };
    };
    const right = makeHistory({
      ...options(random, 2 + random.int(5)), draw: drawn,
      ...(seed % 2 === 0 ? { lost: 0, silent: 0 } : {}),
      object: { ...sequentialBank, initial: { balances: [2, 1] } },
    });
    for (const history of [right, mutate(random, right)]) {
      const hasAny = ALL_BALANCES.some((balances) =>
        hasOrder({ ...sequentialBank, initial: { balances } }, history));
      if (!hasAny) violations += 1;
      const events = historyOf(eventsOf(history));
      const { verdict } = checkHistory(events, { isExisting: true });
      // What tells no balance fits one that is not known; so less may be found than is wrong.
      const isTold = history.every(({ type, result }) => type === 'ok' && result !== null);
      const isRight = hasAny ? verdict === 'linearizable' : !isTold || verdict === 'violated';
      if (!isRight) t.fail(`seed ${seed}: ${verdict}, but ${hasAny ? 'right' : 'wrong'}`);
    }
  }
  t.ok(violations > 50, `${violations} of them were wrong`);
});

t.test('history checker: longer histories: right ones pass, one wrong cent is found', async (t) => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const random = new Random(seed);
    const history = makeHistory({
      random, object: sequentialBank, operations: 1_500, clients: 8, lost: 0.002, refused: 0.05,
      draw: drawBank(random, 6, 30),
    });
    t.equal(verdictOf(history), 'linearizable', `seed ${seed}`);
    const wrong = withWrongCent(random, history);
    t.equal(verdictOf(wrong), 'violated', `seed ${seed}, a cent too much`);
  }
});

/** Cents appear in no right answer of these. */
function withWrongCent(random: Random, history: readonly Recorded[]): Recorded[] {
  const told = history.filter(({ op, type }) => op === 'deposit' && type === 'ok');
  const victim = random.pick(told);
  return history.map((each) => {
    if (each !== victim) return each;
    const fields = each.result as { readonly balance: string };
    return { ...each, result: { ...fields, balance: fields.balance.replace(/0$/, '1') } };
  });
}
