import t from 'tap';
import { AMOUNT_MAX, encodeChunk, RECORD_BYTES, type Operation } from '../../src/core/operation.ts';
import { Random } from '../../src/core/random.ts';
import { PAGE_ACCOUNTS_MAX } from '../../src/core/reports.ts';
import type { Terms } from '../../src/core/terms.ts';
import { joinChunks, Teller } from '../support/ledger-batches.ts';

interface Page {
  readonly accounts: readonly { readonly account: number }[];
  readonly next: number | null;
}

/** A bank with these accounts, and what it reports. */
class Bank {
  readonly teller = new Teller();
  readonly #session = this.teller.lease();
  #request = 1;

  ask(...operations: readonly Operation[]): void {
    const results = this.teller.ask(this.#session, this.#request, ...operations);
    this.#request += operations.length;
    const refused = results.find(({ code }) => code !== 'ok');
    if (refused !== undefined) throw new Error(JSON.stringify(refused));
  }

  /** Undefined where the question makes no sense. */
  report(operation: Operation): unknown {
    return this.reportBytes(encodeChunk(0, 0, [operation]));
  }

  reportBytes(batch: Uint8Array): unknown {
    const bytes = this.teller.ledger.query(batch);
    return bytes.length === 0 ? undefined : JSON.parse(new TextDecoder().decode(bytes));
  }

  page(from: number, limit: number, terms?: Terms): Page {
    const operation = { kind: 'accounts' as const, account: from, amount: limit };
    return this.report({ ...operation, ...(terms && { terms }) }) as Page;
  }

  /** The numbers on all pages. */
  chosen(terms?: Terms, limit = PAGE_ACCOUNTS_MAX): number[] {
    const numbers: number[] = [];
    for (let from: number | null = 0; from !== null; ) {
      const { accounts, next }: Page = this.page(from, limit, terms);
      numbers.push(...accounts.map(({ account }) => account));
      from = next;
    }
    return numbers;
  }
}

function create(amount: number, terms?: Terms): Operation {
  return { kind: 'create', amount, scale: 0, ...(terms && { terms }) };
}

t.test('reports: an account in full', async (t) => {
  const bank = new Bank();
  bank.ask(create(5), create(70, {
    currency: 'BHD', name: 'al "ice" é', floor: -100, ceiling: 1000,
  }));
  bank.ask({ kind: 'amend', account: 101, terms: { frozen: true } });
  t.same(bank.report({ kind: 'account', account: 100 }), {
    account: {
      account: 100, name: null, currency: null, balance: '5.00', held: '0.00',
      available: '5.00', floor: '0.00', ceiling: null, frozen: false, closed: false, version: 1,
      createdAt: '1970-01-01T00:00:00.002000Z', changedAt: '1970-01-01T00:00:00.002000Z',
    },
  });
  t.same(bank.report({ kind: 'account', account: 101 }), {
    account: {
      account: 101, name: 'al "ice" é', currency: 'BHD', balance: '70.000', held: '0.000',
      available: '70.000', floor: '-100.000', ceiling: '1000.000',
      frozen: true, closed: false, version: 2,
      createdAt: '1970-01-01T00:00:00.002000Z', changedAt: '1970-01-01T00:00:00.003000Z',
    },
  });
  for (const account of [0, 99, 102, -1, AMOUNT_MAX]) {
    t.same(bank.report({ kind: 'account', account }), { account: null }, `${account}`);
  }
});

t.test('reports: an account by its name: exactly that one, whatever it was before', async (t) => {
  const bank = new Bank();
  bank.ask(create(1, { name: 'alice' }), create(2, { name: 'alic' }), create(3));
  const named = (name: string, account?: number): unknown => {
    const which = account === undefined ? {} : { account };
    return bank.report({ kind: 'account', terms: { name }, ...which });
  };
  t.match(named('alice'), { account: { account: 100, balance: '1.00' } });
  t.match(named('alic'), { account: { account: 101 } });
  for (const name of ['ali', 'alicee', 'Alice', '100']) {
    t.same(named(name), { account: null }, name);
  }
  bank.ask({ kind: 'amend', account: 102, terms: { name: '100' } });
  bank.ask({ kind: 'amend', account: 100, terms: { name: 'bob' } });
  t.match(named('100'), { account: { account: 102 } }, 'a name may look like a number');
  t.same(named('alice'), { account: null });
  t.match(named('bob'), { account: { account: 100 } });
  t.equal(named('bob', 100), undefined, 'one or the other');
  const more = { kind: 'account', terms: { name: 'bob', currency: 'EUR' } } as const;
  t.equal(bank.report(more), undefined, 'a name alone');
});

t.test('reports: pages: each account once, in order; next leads on, and ends', async (t) => {
  const bank = new Bank();
  bank.ask(...Array.from({ length: 2503 }, (_, at) => create(at)));
  const all = Array.from({ length: 2503 }, (_, at) => 100 + at);
  for (const limit of [1, 7, 499, PAGE_ACCOUNTS_MAX]) {
    if (limit > 1) t.same(bank.chosen(undefined, limit), all, `${limit} a page`);
    const { accounts, next } = bank.page(100, limit);
    t.equal(accounts.length, limit);
    t.equal(next, 100 + limit);
  }
  t.equal(bank.page(2602, 1).next, null, 'the last one');
  t.match(bank.page(2603, 5), { accounts: [], next: null });
  t.match(bank.page(AMOUNT_MAX, 5), { accounts: [], next: null });
  t.match(bank.page(-5, 1), { accounts: [{ account: 100 }], next: 101 });
  t.same(new Bank().page(0, 5), { accounts: [], next: null }, 'a bank without accounts');
});

t.test('reports: filters: by name, currency, balance; all of them at once', async (t) => {
  const bank = new Bank();
  bank.ask(
    create(10, { name: 'alice' }), create(20, { name: 'albert', currency: 'EUR' }),
    create(30, { name: 'bob', currency: 'EUR' }), create(40, { currency: 'JPY' }),
    create(50), create(0, { floor: -100 }), create(60, { name: 'álvaro' }),
  );
  bank.ask({ kind: 'withdraw', account: 105, amount: 70 });
  const chosen = (terms: Terms) => bank.chosen(terms).map((account) => account - 100);
  t.same(chosen({ name: 'al' }), [0, 1]);
  t.same(chosen({ name: 'alice' }), [0]);
  t.same(chosen({ name: 'alicex' }), []);
  t.same(chosen({ name: 'á' }), [6]);
  t.same(chosen({ currency: 'EUR' }), [1, 2]);
  t.same(chosen({ currency: 'USD' }), []);
  t.same(chosen({ floor: 30 }), [2, 3, 4, 6]);
  t.same(chosen({ ceiling: 30 }), [0, 1, 2, 5]);
  t.same(chosen({ ceiling: -70 }), [5]);
  t.same(chosen({ floor: -7000, ceiling: 1000, scale: 2 }), [0, 5]);
  t.same(chosen({ floor: 15, name: 'al' }), [1]);
  t.same(chosen({ floor: 15, ceiling: 25, name: 'al', currency: 'EUR' }), [1]);
  t.same(bank.chosen({ floor: 30 }, 1), [102, 103, 104, 106], 'page by page');
});

t.test('reports: filters: a limit with more digits than the currency: exact', async (t) => {
  const bank = new Bank();
  const most = 900_719_925_474;
  bank.ask(create(most, { currency: 'JPY' }), create(7, { currency: 'JPY' }));
  const isChosen = (terms: Terms) => bank.chosen({ ...terms, scale: 4 }).includes(100);
  t.ok(isChosen({ ceiling: most * 10_000 }));
  t.notOk(isChosen({ ceiling: most * 10_000 - 1 }), 'in binary fractions it would be equal');
  t.ok(isChosen({ floor: most * 10_000 }));
  t.ok(isChosen({ floor: most * 10_000 - 1 }));
  t.notOk(isChosen({ floor: most * 10_000 + 1 }));
  t.same(bank.chosen({ floor: -1, ceiling: 1, scale: 255 }), []);
  t.same(bank.chosen({ floor: AMOUNT_MAX, scale: 0 }), []);
});

t.test('reports: a page looks at 100,000 accounts at most, and tells where to go on', async (t) => {
  const bank = new Bank();
  const count = 100_050;
  for (let made = 0; made < count; made += 5_000) {
    bank.ask(...Array.from({ length: Math.min(5_000, count - made) }, () => create(1)));
  }
  bank.ask(create(2, { name: 'last' }));
  t.same(bank.page(0, 10, { name: 'last' }), { accounts: [], next: 100_100 });
  t.match(bank.page(100_100, 10, { name: 'last' }), {
    accounts: [{ account: 100_150 }], next: null,
  });
  t.same(bank.chosen({ name: 'last' }), [100_150]);
  t.match(bank.page(151, 10, { name: 'last' }), { accounts: [{ account: 100_150 }], next: null });
  t.equal(bank.page(150, 10, { name: 'last' }).next, 100_150, 'one too far');
});

t.test('reports: trial: sums to zero in each currency, beyond 2^53, too', async (t) => {
  const bank = new Bank();
  t.same(bank.report({ kind: 'trial' }), { currencies: [] });
  const most = { currency: 'EUR' };
  bank.ask(
    ...Array.from({ length: 5 }, () => ({ ...create(AMOUNT_MAX, most), scale: 2 })),
    create(3), create(0, { currency: 'CLF', floor: -500 }),
  );
  bank.ask(
    { kind: 'withdraw', account: 106, amount: 20 }, { kind: 'update', account: 105, amount: 9 },
    { kind: 'update', account: 100, amount: 0 }, { kind: 'deposit', account: 100, amount: 2 },
    { kind: 'transfer', account: 101, toAccount: 100, amount: 70 },
  );
  const euros = 4n * BigInt(AMOUNT_MAX) + 200n;
  const text = `${euros / 100n}.${euros % 100n}`;
  t.same(bank.report({ kind: 'trial' }), {
    currencies: [
      { currency: 'EUR', accounts: 5, balance: text, system: `-${text}`, difference: '0.00' },
      { currency: null, accounts: 1, balance: '9.00', system: '-9.00', difference: '0.00' },
      {
        currency: 'CLF', accounts: 1, balance: '-20.0000', system: '20.0000',
        difference: '0.0000',
      },
    ],
  });
});

t.test('reports: trial: random writes: the books are balanced after each batch', async (t) => {
  const random = new Random(8);
  const bank = new Bank();
  const currencies = ['EUR', 'JPY', 'BHD'];
  const all = Array.from({ length: 30 }, () => create(random.int(1000), {
    currency: random.pick(currencies), floor: -1_000_000, ceiling: 100_000_000_000,
  }));
  bank.ask(...all);
  let unbalanced = 0;
  for (let batch = 0; batch < 200; batch += 1) {
    bank.ask(...Array.from({ length: 10 }, (): Operation => {
      const kind = random.pick(['update', 'deposit', 'withdraw'] as const);
      return { kind, account: 100 + random.int(30), amount: random.int(4000) };
    }));
    const trial = bank.report({ kind: 'trial' }) as {
      readonly currencies: readonly { readonly difference: string }[];
    };
    if (trial.currencies.length !== 3) unbalanced += 1;
    if (trial.currencies.some(({ difference }) => Number(difference) !== 0)) unbalanced += 1;
  }
  t.equal(unbalanced, 0);
});

t.test('reports: what makes no sense: nothing', async (t) => {
  const bank = new Bank();
  bank.ask(create(1));
  const page: Operation = { kind: 'accounts', account: 0, amount: 5 };
  const trial: Operation = { kind: 'trial' };
  t.not(bank.report(page), undefined);
  for (const amount of [0, -1, PAGE_ACCOUNTS_MAX + 1, 2 ** 53]) {
    t.equal(bank.report({ ...page, amount }), undefined, `${amount} a page`);
  }
  for (const kind of ['account', 'accounts', 'trial'] as const) {
    t.equal(bank.report({ ...page, kind, account: 2 ** 53 }), undefined, kind);
    t.equal(bank.report({ ...page, kind, key: 'k' }), undefined, `${kind}: a key`);
    t.equal(bank.report({ ...page, kind, terms: {} }), undefined, `${kind}: terms that are none`);
    for (const terms of [{ frozen: true }, { closed: false }, { ifVersion: 1 }, { ifBalance: 1 }]) {
      t.equal(bank.report({ ...page, kind, terms }), undefined, `${kind}: no filter`);
    }
  }
  t.equal(bank.report({ kind: 'account', account: 100, terms: { floor: 0 } }), undefined);
  t.equal(bank.report({ kind: 'trial', terms: { currency: 'EUR' } }), undefined);
  const two = encodeChunk(0, 0, [page, trial]);
  t.equal(bank.reportBytes(two), undefined, 'two in one chunk');
  const chunk = encodeChunk(0, 0, [trial]);
  t.equal(bank.reportBytes(joinChunks([chunk, chunk])), undefined, 'two chunks');
  const flagged = chunk.slice();
  flagged[RECORD_BYTES + 1] = 2;
  t.equal(bank.reportBytes(flagged), undefined, 'terms that are not there');
});
