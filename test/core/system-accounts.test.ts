import t from 'tap';
import { AMOUNT_MAX } from '../../src/core/operation.ts';
import { Random } from '../../src/core/random.ts';
import { SystemAccounts } from '../../src/core/system-accounts.ts';

t.test('system accounts: a total for each currency, in the order of first use', async (t) => {
  const system = new SystemAccounts();
  t.same([...system.totals()], []);
  for (const [currency, amount] of [[7, 50], [0, 5], [7, -20]] as const) {
    system.open(currency);
    system.post(currency, 0, amount);
  }
  system.post(0, 5, 3);
  t.same([...system.totals()], [
    { currency: 7, accounts: 2, total: 30n },
    { currency: 0, accounts: 1, total: 3n },
  ]);
});

t.test('system accounts: sums far beyond 2^53, and far below: exact', async (t) => {
  for (const sign of [1, -1]) {
    const system = new SystemAccounts();
    const count = 1000;
    for (let account = 0; account < count; account += 1) {
      system.open(3);
      system.post(3, 0, sign * (AMOUNT_MAX - account));
    }
    const total = BigInt(sign) * (BigInt(count) * BigInt(AMOUNT_MAX) - BigInt((999 * 1000) / 2));
    t.same([...system.totals()], [{ currency: 3, accounts: count, total }]);
    for (let account = 0; account < count; account += 1) {
      system.post(3, sign * (AMOUNT_MAX - account), 0);
    }
    t.equal([...system.totals()][0]?.total, 0n, 'and back to nothing');
  }
});

t.test('system accounts: low is from 0 to 2^52 - 1, one spelling for each sum', async (t) => {
  const fields = (balance: number) => {
    const system = new SystemAccounts();
    system.open(1);
    system.post(1, 0, balance);
    return [...(system.snapshot().pages[0]?.subarray(2, 4) ?? [])];
  };
  t.same(fields(0), [0, 0]);
  t.same(fields(-1), [-1, 2 ** 52 - 1]);
  t.same(fields(2 ** 52), [1, 0]);
  t.same(fields(2 ** 52 - 1), [0, 2 ** 52 - 1]);
  t.same(fields(-(2 ** 52)), [-1, 0]);
  t.same(fields(AMOUNT_MAX), [1, 2 ** 52 - 1]);
  t.same(fields(-AMOUNT_MAX), [-2, 1]);
});

t.test('system accounts: random postings, restored now and then: as BigInt sums', async (t) => {
  const random = new Random(4);
  let system = new SystemAccounts();
  const balances = new Map<number, number[]>();
  for (let posting = 0; posting < 5000; posting += 1) {
    const currency = random.int(5);
    const size = Math.floor(random.next() * (random.chance(0.5) ? AMOUNT_MAX : 1000));
    const balance = random.chance(0.4) ? -size : size;
    const mine = balances.get(currency) ?? [];
    balances.set(currency, mine);
    if (random.chance(0.1) || mine.length === 0) {
      system.open(currency);
      system.post(currency, 0, balance);
      mine.push(balance);
    } else {
      const at = random.int(mine.length);
      system.post(currency, mine[at] ?? NaN, balance);
      mine[at] = balance;
    }
    if (!random.chance(0.01)) continue;
    const expected = [...balances].map(([currency, all]) => {
      const total = all.reduce((sum, each) => sum + BigInt(each), 0n);
      return { currency, accounts: all.length, total };
    });
    const byCurrency = (one: { currency: number }, other: { currency: number }) =>
      one.currency - other.currency;
    t.same([...system.totals()].sort(byCurrency), expected.sort(byCurrency));
    const restored = SystemAccounts.restore(system.snapshot());
    system.release();
    system = restored;
  }
});

t.test('system accounts: restore: one currency twice, or no table: named', async (t) => {
  const system = new SystemAccounts();
  system.open(1);
  system.open(2);
  const image = system.snapshot();
  t.throws(() => SystemAccounts.restore(undefined), { message: /no table currencies/ });
  (image.pages[0] as Float64Array)[4] = 1;
  t.throws(() => SystemAccounts.restore(image), { message: /two of one currency/ });
});
