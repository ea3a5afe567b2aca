/** Parts of statements, at the places where pages end; and what each kind of posting says. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Operation } from '../../src/core/operation.ts';
import { readPastBalance, readStatement } from '../../src/host/account-statement.ts';
import { Bank } from '../support/bank-directory.ts';
import { temporaryDirectory } from '../support/bank.ts';
import { openForTest } from '../support/open-journal.ts';
import { submitTo } from '../support/statement-pages.ts';

/** Seq 2 creates the account 100; one more makes all deposits to it: lines 0.01, 0.02, … */
async function deposits(t: Test, count: number) {
  const { journal } = await openForTest(join(temporaryDirectory(t), 'journal'));
  t.teardown(() => journal.close());
  const bank = new Bank();
  for (const entry of [bank.lease(), bank.run([{ kind: 'create' }])]) journal.append(entry);
  journal.append(bank.run(Array.from({ length: count }, (): Operation =>
    ({ kind: 'deposit', account: 100, amount: 1, scale: 2 }))));
  await journal.flush();
  const asked: Operation[] = [];
  const submit = submitTo({ bank, journal });
  return {
    asked,
    submit: async (operation: Operation) => {
      asked.push(operation);
      // Others write meanwhile.
      return { ...await submit(operation), seq: 3 + asked.length - 1 } as never;
    },
  };
}

t.test('statement: it is cut where there are more lines, and else not', async (t) => {
  const { submit } = await deposits(t, 600);
  for (const [limit, isCut] of [[600, true], [601, false], [602, false]] as const) {
    t.match(await readStatement(submit, 100, { limit }), { isCut }, `${limit}`);
    const after = await readStatement(submit, 100, { limit, after: { seq: 1, index: 0 } });
    t.match(after, { isCut }, `${limit} behind a line`);
  }
});

t.test('statement: lines behind one that a page begins with', async (t) => {
  const { submit } = await deposits(t, 600);
  // The first page has the 500 newest.
  const after = { seq: 3, index: 99 };
  const statement = await readStatement(submit, 100, { after, limit: 10 });
  t.match(statement, { opening: '1.00', closing: '1.10', isCut: true });
  t.equal(statement?.lines.length, 10);
  t.match(statement?.lines[0], { seq: 3, index: 100 });
});

t.test('statement: as of the first page, however many there are', async (t) => {
  const { submit, asked } = await deposits(t, 1_100);
  t.match(await readStatement(submit, 100), { seq: 3, closing: '11.00' });
  t.equal(asked.length, 3);
});

t.test('balance at a moment: a bounded part of what is behind it is passed over at once',
  async (t) => {
    const { submit, asked } = await deposits(t, 2_500);
    t.match(await readPastBalance(submit, 100, { seq: 2 }), { seq: 3, balance: '0.00' });
    t.equal(asked.length, 3);
  });

t.test('statement: holds captured and transfers reversed, all of them or a part', async (t) => {
  const { journal } = await openForTest(join(temporaryDirectory(t), 'journal'));
  t.teardown(() => journal.close());
  const bank = new Bank();
  const cents = (amount: number) => ({ amount, scale: 2 });
  const between = { account: 100, toAccount: 101 };
  // By itself, and so many that the entry is read in parts.
  for (const more of [0, 1_500]) {
    const others = Array.from({ length: more }, (): Operation =>
      ({ kind: 'deposit', account: 102, amount: 1 }));
    const id = `${more}`;
    if (more === 0) {
      journal.append(bank.lease());
      const created: Operation = { kind: 'create', ...cents(10_000) };
      journal.append(bank.run([created, created, created]));
    }
    journal.append(bank.run([
      ...others, { kind: 'hold', ...between, ...cents(500), id: `a${id}` },
      { kind: 'hold', ...between, ...cents(300), id: `b${id}` },
      { kind: 'capture', id: `a${id}`, ...cents(200) }, { kind: 'capture', id: `b${id}` },
      { kind: 'reverse', id: `a${id}`, ...cents(50) }, { kind: 'reverse', id: `a${id}` },
      { kind: 'update', account: 100, ...cents(9_000) },
      { kind: 'update', account: 100, ...cents(9_000) },
    ]));
  }
  await journal.flush();
  const submit = submitTo({ bank, journal });
  const amounts = async (account: number) =>
    (await readStatement(submit, account))?.lines.map(({ op, amount }) => `${op} ${amount}`);
  t.same(await amounts(100), [
    'create 100.00', 'capture -2.00', 'capture -3.00', 'reverse 0.50', 'reverse 1.50',
    'update -7.00', 'update 0.00', 'capture -2.00', 'capture -3.00', 'reverse 0.50', 'reverse 1.50',
    'update 3.00', 'update 0.00',
  ]);
  t.same(await amounts(101), [
    'create 100.00', 'capture 2.00', 'capture 3.00', 'reverse -0.50', 'reverse -1.50',
    'capture 2.00', 'capture 3.00', 'reverse -0.50', 'reverse -1.50',
  ]);
});
