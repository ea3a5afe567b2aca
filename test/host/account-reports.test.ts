/** Reports as the client library reads them, from a bank that answers by hand. */
import t from 'tap';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import type { Operation } from '../../src/core/operation.ts';
import { refused, unknown, type Outcome } from '../../src/core/outcome.ts';
import {
  eachAccount, NoReport, readAccount, readAccounts, readTrial, type Account, type Submit,
} from '../../src/host/account-reports.ts';

function reported(report: unknown, seq = 17): Outcome {
  return {
    kind: 'answered', seq: seq as Seq, timestamp: undefined as Timestamp | undefined,
    request: 'q-1', report: JSON.stringify(report),
    result: {
      code: 'ok', kind: 'account', scale: 0, detail: 0, account: 0, balance: 0, toBalance: 0,
    },
  };
}

/** Accounts 100 to 119, of which it looks at 4 for a page, and shows the even ones. */
class PagingBank {
  readonly asked: Operation[] = [];
  /** The page, counted from 1, that it refuses. */
  refuses = 0;

  readonly submit: Submit = (operation) => {
    this.asked.push(operation);
    if (this.asked.length === this.refuses) {
      return Promise.resolve(refused('UNAVAILABLE', 'no backend is in sync', 'q-1'));
    }
    const { account = 0, amount = 0 } = operation;
    const accounts: Pick<Account, 'account'>[] = [];
    let at = Math.max(account, 100);
    const end = Math.min(at + 4, 120);
    for (; at < end && accounts.length < amount; at += 1) {
      if (at % 2 === 0) accounts.push({ account: at });
    }
    return Promise.resolve(reported({ accounts, next: at < 120 ? at : null }, this.asked.length));
  };
}

function ask(account: number, amount: number): Operation {
  return { kind: 'accounts', account, amount, terms: { name: 'a' } };
}

const numbers = (accounts: readonly Account[]): number[] => accounts.map(({ account }) => account);

t.test('reports: accounts: asked for again until there are enough, or no more', async (t) => {
  const cases: readonly [from: number, limit: number, found: number[], next: number | null][] = [
    [0, 1, [100], 101],
    [101, 1, [102], 103],
    [0, 3, [100, 102, 104], 105],
    [0, 4, [100, 102, 104, 106], 107],
    [112, 100, [112, 114, 116, 118], null],
    [119, 5, [], null],
    [500, 5, [], null],
  ];
  for (const [from, limit, found, next] of cases) {
    const bank = new PagingBank();
    const page = await readAccounts(bank.submit, ask(from, limit));
    t.strictSame([numbers(page.accounts), page.next], [found, next], `${limit} from ${from}`);
    t.equal(page.seq, 1, 'of the first page');
    t.ok(bank.asked.every(({ terms, amount = 0 }) => terms?.name === 'a' && amount >= 1));
  }
});

t.test('reports: each account: page after page, only as far as it is gone through', async (t) => {
  const bank = new PagingBank();
  const seen: number[] = [];
  for await (const { account } of eachAccount(bank.submit, ask(103, 500))) {
    seen.push(account);
    if (account === 110) break;
  }
  t.strictSame(seen, [104, 106, 108, 110]);
  t.strictSame(bank.asked.map(({ account }) => account), [103, 107]);
  const all = await Array.fromAsync(eachAccount(new PagingBank().submit, ask(0, 500)));
  t.equal(all.length, 10);
});

t.test('reports: a page is refused: NoReport with the outcome, wherever it is', async (t) => {
  for (const refuses of [1, 3]) {
    const bank = new PagingBank();
    bank.refuses = refuses;
    const message = 'no backend is in sync';
    const error = { name: 'NoReport', message, outcome: { kind: 'refused' } };
    await t.rejects(readAccounts(bank.submit, ask(0, 20)), error);
    const again = new PagingBank();
    again.refuses = refuses;
    await t.rejects(Array.fromAsync(eachAccount(again.submit, ask(0, 20))), error);
  }
});

t.test('reports: an account, the trial balance: as told, or NoReport', async (t) => {
  t.match(readAccount(reported({ account: { account: 100 } })), { account: 100 });
  t.equal(readAccount(reported({ account: null })), undefined);
  const currencies = [
    { currency: 'EUR', accounts: 1, balance: '5.00', system: '-5.00', difference: '0.00' },
  ];
  t.strictSame(readTrial(reported({ currencies })), { seq: 17, currencies });
  const malformed = { ...reported(0), report: undefined } as Outcome;
  for (const outcome of [unknown('not in time', 'q-1'), malformed]) {
    t.throws(() => readAccount(outcome), NoReport);
    t.throws(() => readTrial(outcome), { name: 'NoReport', outcome });
  }
});
