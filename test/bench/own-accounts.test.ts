import t from 'tap';
import { AccountDraw } from '../../src/bench/account-draw.ts';
import { OwnAccounts } from '../../src/bench/own-accounts.ts';
import { refused } from '../../src/core/outcome.ts';
import { FakeBenchBank } from '../support/fake-bench-bank.ts';

async function opened(count: number) {
  const fake = new FakeBenchBank();
  fake.bank.accounts.set(100, 5).set(101, 7); // of others
  const client = fake.connect();
  return { fake, client, accounts: await OwnAccounts.open(client, count) };
}

/** What the check throws; undefined where all is right. */
async function fault({ accounts, client }: Awaited<ReturnType<typeof opened>>) {
  try {
    await accounts.check(client);
    return undefined;
  } catch (error) {
    return error as { readonly reason: string; readonly message: string };
  }
}

t.test('accounts: opened in chunks, checked, and what they hold told', async (t) => {
  const { accounts, client, fake } = await opened(8_200);
  t.same([accounts.count, accounts.numbers[0], accounts.numbers[8_199]], [8_200, 102, 8_301]);
  t.same(await accounts.check(client), {
    accounts: 8_200, total: '8200000000.00', expectedTotal: '8200000000.00',
  });
  await accounts.close(client);
  t.same([...fake.bank.accounts.values()].filter((units) => units !== 0), [5, 7], 'emptied');
});

t.test('accounts: a planted wrong balance is found, also where the sum is right', async (t) => {
  const ground = await opened(20);
  const { fake, accounts } = ground;
  accounts.onMoved(3, 4, 500);
  fake.bank.accounts.set(105, 99_999_500).set(106, 100_000_500);
  t.equal(await fault(ground), undefined, 'a transfer that happened');
  fake.bank.accounts.set(107, 100_000_001);
  t.match(await fault(ground), {
    reason: 'integrity',
    message: 'the bank is wrong: account 107 holds 1000000.01, and 1000000.00 is right;' +
      ' 20000000.01 in all, where 20000000.00 is right',
  });
  fake.bank.accounts.set(108, 99_999_999);
  const message = /107 holds 1000000.01.*; 20000000.00 in all/;
  t.match(await fault(ground), { reason: 'integrity', message });
});

t.test('accounts: an acknowledged transfer that is missing is found', async (t) => {
  const ground = await opened(10);
  ground.accounts.onMoved(0, 1, 1);
  t.match(await fault(ground), { reason: 'integrity', message: /account 102 holds 1000000.00/ });
});

t.test('accounts: chunks are put into the books by what they were drawn from', async (t) => {
  const ground = await opened(10);
  const draw = new AccountDraw(10, 'uniform', 9);
  const pairs = new Uint32Array(2 * 50);
  const state = draw.fillPairs(pairs);
  for (let at = 0; at < pairs.length; at += 2) {
    const move = (index: number, units: number): void => {
      const number = 102 + (pairs[index] ?? NaN);
      ground.fake.bank.accounts.set(number, (ground.fake.bank.accounts.get(number) ?? 0) + units);
    };
    move(at, -1);
    move(at + 1, 1);
  }
  t.type(await fault(ground), 'object');
  ground.accounts.onChunkMoved(draw, state, new Uint32Array(2 * 50));
  t.equal(await fault(ground), undefined);
});

t.test('accounts: of updates the last by its seq counts; of one seq any', async (t) => {
  const ground = await opened(10);
  const { accounts, fake } = ground;
  const holds = (units: number) => fake.bank.accounts.set(102, units);
  accounts.onSet(0, 700, 9);
  accounts.onSet(0, 600, 8);
  holds(600);
  t.type(await fault(ground), 'object', 'the earlier one was told later');
  holds(700);
  t.equal(await fault(ground), undefined);
  accounts.onSet(0, 1, 20);
  accounts.onSet(0, 2, 20);
  accounts.onSet(0, 3, 20);
  holds(4);
  t.type(await fault(ground), 'object');
  holds(2);
  t.equal(await fault(ground), undefined);
  t.equal(accounts.unitsOf(0), 2, 'from then on it is the one');
  holds(3);
  t.type(await fault(ground), 'object');
});

t.test('accounts: a bank that refuses to open or to tell: unreachable', async (t) => {
  const fake = new FakeBenchBank();
  fake.tellBulk = () => refused('UNAVAILABLE', 'no backend is up', undefined);
  await t.rejects(OwnAccounts.open(fake.connect(), 5), {
    reason: 'unreachable',
    message: 'the bank does not answer while accounts are opened: no backend is up',
  });
});
