/** Full answers of a real bank: exact while many write at once, and while it is killed. */
import t, { type Test } from 'tap';
import type { Outcome } from '../../src/core/outcome.ts';
import { Client, type Account } from '../../src/host/client.ts';
import { pause, TestBank } from '../support/bank.ts';

const OPENED = 1_000_000;
const ACCOUNTS = [100, 101, 102];

/** Of one account: what each version of it had before and after. */
type Changes = Map<number, { readonly before: number; readonly after: number }>;

class Book {
  readonly #changes = new Map<number, Changes>(ACCOUNTS.map((account) => [account, new Map()]));
  count = 0;

  /** Throws where it is not told fully. */
  note(outcome: Outcome, toAccount?: number): void {
    if (outcome.kind !== 'answered' || outcome.result.code !== 'ok') return;
    const { result, details } = outcome;
    if (details === undefined) throw new Error(`${outcome.request} was not told fully`);
    this.count += 1;
    this.#add(result.account, result.detail, details.before, result.balance);
    if (toAccount === undefined) return;
    const { toVersion = NaN, toBefore = NaN } = details;
    this.#add(toAccount, toVersion, toBefore, result.toBalance);
  }

  /** Each version goes on where the one before it ended, from the first to the last. */
  check(t: Test): void {
    for (const [account, changes] of this.#changes) {
      let balance = OPENED;
      for (let version = 2; version < changes.size + 2; version += 1) {
        const change = changes.get(version);
        if (change?.before !== balance) t.fail(`account ${account}, version ${version}: a gap`);
        balance = change?.after ?? NaN;
      }
      t.ok(changes.size > 10, `account ${account} changed ${changes.size} times`);
    }
  }

  #add(account: number, version: number, before: number, after: number): void {
    const changes = this.#changes.get(account);
    if (changes?.has(version) === true) throw new Error(`version ${version} was told twice`);
    changes?.set(version, { before, after });
  }
}

async function work(client: Client, book: Book, first: number, isOver: () => boolean) {
  for (let turn = first; !isOver(); turn += 1) {
    const account = 100 + (turn % 3);
    const toAccount = 100 + ((turn + 1) % 3);
    if (turn % 4 === 0) book.note(await client.deposit(account, 7));
    else if (turn % 4 === 1) book.note(await client.withdraw(account, 5, { key: `k${turn}` }));
    else if (turn % 4 === 2) book.note(await client.transfer(account, toAccount, 3), toAccount);
    else {
      const group = await client.group([
        { kind: 'transfer', account, toAccount, amount: 1, scale: 2 },
        { kind: 'deposit', account: toAccount, amount: 2, scale: 2 },
      ]);
      if (group.kind !== 'answered') continue;
      for (const [at, result] of group.results.entries()) {
        const details = group.details?.[at];
        if (details === undefined) throw new Error(`${group.request} was not told fully`);
        const { seq, timestamp, request } = group;
        const each: Outcome = { kind: 'answered', result, seq, timestamp, request, details };
        book.note(each, at === 0 ? toAccount : undefined);
      }
    }
  }
}

t.test('full answers: many at once, all is killed: no balance that nobody explains', async (t) => {
  const bank = await TestBank.start(t);
  const client = await bank.connect(30_000);
  for (const _ of ACCOUNTS) await client.create(OPENED);
  const others = await Promise.all([client, bank.connect(30_000), bank.connect(30_000)]);
  const book = new Book();
  let isOver = false;
  const workers = others.flatMap((each, at) => [0, 1, 2, 3].map((more) =>
    work(each, book, 10_000_000 * (4 * at + more), () => isOver)));
  await pause(300);
  await bank.killFrontend();
  await bank.startFrontend();
  await bank.statusIs('111');
  await bank.killAll();
  await bank.startFrontend();
  await Promise.all(bank.ids.map((id) => bank.startBackend(id)));
  await pause(300);
  isOver = true;
  await Promise.all(workers);
  t.ok(book.count > 50, `${book.count} writes`);
  book.check(t);
});

t.test('full answers: with --json, and of a key that comes again', async (t) => {
  const bank = await TestBank.start(t);
  const json = async (...lines: readonly string[]): Promise<Record<string, unknown>[]> => {
    const client = bank.client(['--json'], `${lines.join('\n')}\n`);
    await client.exited;
    const answers = client.stdout.trimEnd().split('\n');
    return answers.map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const [, , held, captured, account, paid] = await json(
    'CREATE 50', 'CREATE 20', 'HOLD 100 101 30 --id h', 'CAPTURE h 10', 'ACCOUNT 100',
    '@rent TRANSFER 101 100 5 --ref rent',
  );
  t.match(held, { balanceBefore: '50.00', balance: '50.00', available: '20.00', version: 2 });
  t.match(captured, {
    balanceBefore: '50.00', balance: '40.00', available: '40.00', toBalanceBefore: '20.00',
    toAccount: 101, toBalance: '30.00', toAvailable: '30.00', toVersion: 2,
  });
  const { seq, available, version } = captured as Record<string, unknown>;
  t.match(account, { seq, balance: '40.00', available, version }, 'as of the same seq');
  t.match(paid, { balanceBefore: '30.00', balance: '25.00', toVersion: 4 });

  await bank.commands('@plain DEPOSIT 100 1');
  const again = await json('@rent TRANSFER 101 100 5 --ref rent', '@plain DEPOSIT 100 1');
  t.match(again[0], { seq: paid?.['seq'], balanceBefore: '30.00', toVersion: 4 });
  t.match(again[1], { ok: true, balance: '46.00' });
  t.notOk('balanceBefore' in (again[1] ?? {}), 'nobody asked when it was done');
  const group = ['@g BEGIN', 'DEPOSIT 101 1', 'TRANSFER 101 100 2', 'COMMIT'];
  const done = (await json(...group)).at(-1);
  t.match(done, {
    op: 'commit', results: [
      { op: 'deposit', available: '26.00' }, { balanceBefore: '26.00', toAvailable: '48.00' },
    ],
  });
  t.equal((await bank.commands(...group)).at(-1), 'OK 2', 'as text it is the same group');
  const { seq: first, results } = (await json(...group)).at(-1) ?? {};
  t.match({ seq: first, results }, {
    seq: done?.['seq'], results: [{ available: '26.00' }, { toAvailable: '48.00' }],
  });
  const looked = (await (await bank.connect()).account(100)) as Account;
  t.equal(looked.balance, '48.00');
});
