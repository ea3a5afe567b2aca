/** The fold of the history against the ledger that made it. */
import t from 'tap';
import { Books } from '../../src/books/books.ts';
import { describeAccount, describeTrial } from '../../src/core/described-accounts.ts';
import { HistoryCursor } from '../../src/core/history-cursor.ts';
import type { HistoryPage } from '../../src/core/history-page.ts';
import { FIRST_ACCOUNT } from '../../src/core/ids.ts';
import type { Ledger } from '../../src/core/ledger.ts';
import { encodeChunk, type Operation } from '../../src/core/operation.ts';
import { MadeHistory } from '../support/history-of.ts';

function fold(books: Books, page: HistoryPage): void {
  for (const cursor = new HistoryCursor(page.bytes); cursor.next(); ) books.apply(cursor);
}

/** Whatever is behind what they know, in large pages. */
function foldAll(books: Books, made: MadeHistory): void {
  for (let next = { seq: books.seq + 1, index: 0 }; next.seq <= made.lastSeq; ) {
    const page = made.page(next);
    fold(books, page);
    next = page.next;
  }
}

function report(ledger: Ledger, operation: Operation): Record<string, unknown> {
  const text = new TextDecoder().decode(ledger.query(encodeChunk(0, 0, [operation])));
  return JSON.parse(text) as Record<string, unknown>;
}

/** All accounts as the ledger reports them, and its trial balance. */
function told(ledger: Ledger): unknown {
  const accounts: unknown[] = [];
  for (let next: unknown = 0; next !== null; ) {
    const page = report(ledger, { kind: 'accounts', account: next as number, amount: 500 });
    accounts.push(...(page['accounts'] as unknown[]));
    next = page['next'];
  }
  return { accounts, ...report(ledger, { kind: 'trial' }) };
}

function folded(books: Books): unknown {
  const accounts = Array.from({ length: books.accounts.count }, (_, at) => FIRST_ACCOUNT + at)
    .map((account) => {
      const details = { ...books.accounts.details(account), held: books.holds.heldOf(account) };
      return describeAccount(details, details.name);
    });
  return { accounts, currencies: describeTrial(books.accounts, books.system) };
}

for (let seed = 1; seed <= 8; seed += 1) {
  t.test(`books: random history: as the ledger after every entry (seed ${seed})`, async (t) => {
    const books = new Books();
    let compared = 0;
    const made = MadeHistory.random(seed, 400, (sofar) => {
      const seq = sofar.lastSeq;
      fold(books, sofar.page({ seq, index: 0 }));
      if (JSON.stringify(folded(books)) === JSON.stringify(told(sofar.ledger))) compared += 1;
      else if (compared >= 0) {
        t.same(folded(books), told(sofar.ledger), `seq ${seq}`);
        compared = -Infinity;
      }
    });
    t.equal(compared, made.lastSeq);
    const whole = new Books();
    foldAll(whole, made);
    t.same(folded(whole), told(made.ledger), 'in large pages, too');
  });
}

t.test('books: an answer that is wrong by a cent: the trial balance shows it', async (t) => {
  const made = new MadeHistory();
  made.do({ kind: 'create', amount: 50 }, { kind: 'create', amount: 20 });
  made.do({ kind: 'transfer', account: 100, toAccount: 101, amount: 5 });
  const page = made.page({ seq: 1, index: 0 });
  const books = new Books();
  for (const cursor = new HistoryCursor(page.bytes); cursor.next(); ) {
    // The low byte of the balance of the account that the money went to.
    const at = cursor.resultAt + 24;
    if (cursor.seq === 3) cursor.view.setUint8(at, cursor.view.getUint8(at) + 1);
    books.apply(cursor);
  }
  t.same(describeTrial(books.accounts, books.system), [
    { currency: null, accounts: 2, balance: '70.01', system: '-70.00', difference: '0.01' },
  ]);
});

t.test('books: more holds due than expire at once: as in the ledger', async (t) => {
  const made = new MadeHistory();
  made.do({ kind: 'create', amount: 1_000 }, { kind: 'create', amount: 0 });
  // All of them are due at second 23.
  for (let part = 0; part < 6; part += 1) {
    made.do(...Array.from({ length: 4_000 }, (_, at): Operation => ({
      kind: 'hold', account: 100, toAccount: 101, amount: 1, scale: 2, id: `${part}h${at}`,
      forSeconds: 20 - part,
    })));
  }
  while (made.lastSeq < 22) made.do({ kind: 'deposit', account: 101, amount: 1 });
  const books = new Books();
  foldAll(books, made);
  t.equal(books.holds.heldOf(100), 24_000);
  // What is asked for before its turn has come expires by that.
  made.do(...Array.from({ length: 50 }, (_, at): Operation => ({ kind: 'void', id: `5h${at}` })));
  foldAll(books, made);
  t.equal(books.holds.heldOf(100), 24_000 - 20_000 - 50);
  t.same(folded(books), told(made.ledger));
  made.do({ kind: 'deposit', account: 101, amount: 1 });
  foldAll(books, made);
  t.equal(books.holds.heldOf(100), 0);
  t.same(folded(books), told(made.ledger));
});

t.test('books: kept elsewhere and put in order again: they go on as before', async (t) => {
  const half = 200;
  const books = new Books();
  const made = MadeHistory.random(3, 400, (sofar) => {
    if (sofar.lastSeq === half) foldAll(books, sofar);
  });
  const restored = new Books();
  const accounts = Array.from({ length: books.accounts.count }, (_, at) =>
    books.accounts.details(FIRST_ACCOUNT + at));
  restored.restore(accounts, books.holds, half);
  t.same(folded(restored), folded(books));
  foldAll(restored, made);
  t.same(folded(restored), told(made.ledger));
});
