import t from 'tap';
import { AccountLookup, type AccountReader } from '../../../src/cli/import/account-lookup.ts';
import { DryRun } from '../../../src/cli/import/dry-run.ts';
import type { Operation } from '../../../src/core/operation.ts';
import { refused } from '../../../src/core/outcome.ts';
import { NoReport, type Account } from '../../../src/host/account-reports.ts';

const OPEN = { currency: 'EUR', frozen: false, closed: false } as const;
const ACCOUNTS: readonly Partial<Account>[] = [
  { ...OPEN, account: 100, name: 'alice' }, { ...OPEN, account: 101, frozen: true },
  { ...OPEN, account: 102, closed: true }, { ...OPEN, account: 103, currency: 'JPY' },
  { ...OPEN, account: 104, currency: null },
];

class Reader implements AccountReader {
  asked = 0;
  /** So often it is not there. */
  fails = 0;

  account(number: number): Promise<Account | undefined> {
    return this.#find(({ account }) => account === number);
  }

  accountNamed(wanted: string): Promise<Account | undefined> {
    return this.#find(({ name }) => name === wanted);
  }

  #find(fits: (account: Partial<Account>) => boolean): Promise<Account | undefined> {
    this.asked += 1;
    if (this.fails-- > 0) {
      return Promise.reject(new NoReport(refused('UNAVAILABLE', 'nobody is in sync', 'q-1')));
    }
    return Promise.resolve(ACCOUNTS.find(fits) as Account | undefined);
  }
}

const open = (reader = new Reader(), timeoutMs = 5_000): DryRun =>
  new DryRun(new AccountLookup(reader, timeoutMs));

async function lookAt(run: DryRun, ...operations: readonly Operation[]): Promise<unknown[]> {
  const done = await run.do(operations);
  return done.map((each) => ('refused' in each ? each.refused.word : 'ok'));
}

const move = (account: number, toAccount: number, amount = 1, scale = 2): Operation =>
  ({ kind: 'transfer', account, toAccount, amount, scale });

t.test('dry run: accounts: there, open, of one currency, with its digits', async (t) => {
  const found = await lookAt(open(),
    { kind: 'deposit', account: 100, amount: 1, scale: 2 }, move(100, 999), move(100, 101),
    move(102, 100), move(100, 103), move(100, 100), { kind: 'withdraw', account: 103, amount: 5 },
    { kind: 'withdraw', account: 103, amount: 51, scale: 1 }, move(104, 100),
    { kind: 'deposit', account: 100, amount: Number.MAX_SAFE_INTEGER, scale: 0 });
  t.same(found, [
    'ok', 'ACCT_NOT_FOUND', 'ACCT_FROZEN', 'ACCT_CLOSED', 'CURRENCY_MISMATCH', 'BAD_REQUEST', 'ok',
    'BAD_REQUEST', 'CURRENCY_MISMATCH', 'BAD_REQUEST',
  ]);
});

t.test('dry run: new accounts: names free, limits that fit; known to what follows', async (t) => {
  const run = open();
  const create = (amount: number, terms: Operation['terms'] = {}): Operation =>
    ({ kind: 'create', amount, scale: 0, terms });
  const found = await lookAt(run, create(1, { name: 'alice' }), create(1, { name: 'bob' }),
    create(1, { name: 'bob' }), create(5, { floor: 60, scale: 1 }), create(5, { ceiling: 4 }),
    create(5, { floor: 9, ceiling: 8 }), create(5, { floor: -1, ceiling: 5 }),
    create(0, { name: 'yen', currency: 'JPY' }));
  t.same(found, ['NAME_TAKEN', 'ok', 'NAME_TAKEN', 'INSUFFICIENT_FUNDS', 'LIMIT_EXCEEDED',
    'BAD_REQUEST', 'ok', 'ok']);
  await run.prepare(new Set(['bob', 'yen', 'alice', 'zoe']));
  const [bob, yen, alice, zoe] = ['bob', 'yen', 'alice', 'zoe'].map(run.find);
  t.same([alice, zoe], [100, null]);
  t.same(await lookAt(run, move(bob ?? 0, 104), move(bob ?? 0, yen ?? 0), move(bob ?? 0, 100)),
    ['ok', 'CURRENCY_MISMATCH', 'CURRENCY_MISMATCH']);
});

t.test('dry run: an account is asked for once, and again where nobody answers', async (t) => {
  const reader = new Reader();
  const run = open(reader);
  await lookAt(run, move(100, 103), move(103, 100));
  await lookAt(run, move(100, 103));
  t.equal(reader.asked, 2);
  const slow = new Reader();
  slow.fails = 2;
  t.same(await lookAt(open(slow), move(100, 100)), ['BAD_REQUEST']);
  const gone = new Reader();
  gone.fails = 1_000;
  const stopped = { name: 'Stopped', reason: 'unreachable' };
  await t.rejects(lookAt(open(gone, 150), move(100, 103)), stopped);
});
