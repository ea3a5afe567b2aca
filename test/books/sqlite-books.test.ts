/** The books in a file of SQLite: as the ledger, in balance, and resumed wherever they stopped. */
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { SqliteBooks } from '../../src/books/sqlite-books.ts';
import { HistoryCursor } from '../../src/core/history-cursor.ts';
import { MadeHistory } from '../support/history-of.ts';

type Row = Record<string, unknown>;

/** Of these entries, in one transaction. */
function write(file: SqliteBooks, made: MadeHistory, to = made.lastSeq): void {
  file.begin();
  for (let next = { seq: file.seq + 1, index: 0 }; next.seq <= to; ) {
    const page = made.page(next, Infinity, to);
    for (const cursor = new HistoryCursor(page.bytes); cursor.next(); ) file.add(cursor);
    next = page.next;
  }
  file.commit(to);
}

function dump(database: DatabaseSync): Record<string, readonly Row[]> {
  const all = (text: string): Row[] => {
    const statement = database.prepare(text);
    statement.setReadBigInts(true);
    return statement.all();
  };
  return {
    accounts: all('SELECT * FROM accounts ORDER BY account'),
    postings: all('SELECT * FROM postings ORDER BY seq, idx, leg'),
    holds: all('SELECT * FROM holds ORDER BY seq, idx'),
    meta: all('SELECT * FROM meta ORDER BY key'),
  };
}

t.test('sqlite: random histories: what the ledger has, and in balance', async (t) => {
  for (let seed = 1; seed <= 4; seed += 1) {
    const database = new DatabaseSync(':memory:');
    const made = MadeHistory.random(seed, 200);
    const file = new SqliteBooks(database, 'c');
    write(file, made);
    file.finish();
    t.same([...made.ledger.balances()].map(({ account, balance, scale }) =>
      ({ account, balance, digits: scale })),
      database.prepare('SELECT account, balance, digits FROM accounts WHERE account > 0').all());
    const trial = database.prepare('SELECT * FROM trial_balance WHERE difference <> 0').all();
    t.same(trial, []);
    t.same(database.prepare('SELECT * FROM differences').all(), []);
    t.same(database.prepare(
      'SELECT seq, idx FROM postings GROUP BY seq, idx HAVING sum(amount) <> 0 OR count(*) <> 2',
    ).all(), []);
    const open = database.prepare("SELECT account, sum(amount) AS held FROM holds WHERE state = "
      + "'open' GROUP BY account HAVING held > 0 ORDER BY account").all();
    const held = database.prepare('SELECT account, held FROM accounts WHERE held > 0').all();
    t.same(open, held);
    t.ok((database.prepare('SELECT count(*) AS n FROM postings').get()?.['n'] as number) > 50);
  }
});

t.test('sqlite: stopped behind each entry and opened again: the same in the end', async (t) => {
  const made = MadeHistory.random(2, 80);
  const whole = new DatabaseSync(':memory:');
  write(new SqliteBooks(whole, 'c'), made);
  const parts = new DatabaseSync(':memory:');
  for (let seq = 1; seq <= made.lastSeq; seq += 1) {
    const lost = new SqliteBooks(parts, 'c');
    lost.begin();
    const page = made.page({ seq, index: 0 }, 1);
    for (const cursor = new HistoryCursor(page.bytes); cursor.next(); ) lost.add(cursor);
    // Killed before the end of its transaction.
    parts.exec('ROLLBACK');
    write(new SqliteBooks(parts, 'c'), made, seq);
  }
  t.strictSame(dump(parts), dump(whole));
});

t.test('sqlite: views: decimals, statements, by currency', async (t) => {
  const database = new DatabaseSync(':memory:');
  const made = new MadeHistory();
  made.do(
    { kind: 'create', amount: 5, scale: 2, terms: { name: 'alice' } },
    { kind: 'create', amount: 7, terms: { currency: 'JPY' } },
    { kind: 'create', amount: 1, scale: 3, terms: { currency: 'BHD', floor: -9 } },
    { kind: 'create', amount: 20 },
  );
  made.do(
    { kind: 'transfer', account: 103, toAccount: 100, amount: 1, id: 'tx', key: 'k',
      reference: 'May' },
    { kind: 'withdraw', account: 102, amount: 2 },
    { kind: 'hold', account: 103, toAccount: 100, amount: 4, forSeconds: 60 },
  );
  const file = new SqliteBooks(database, 'c');
  write(file, made);
  const all = (text: string): unknown => database.prepare(text).all();
  t.same(all('SELECT * FROM balances'), [
    { account: 100, name: 'alice', currency: null, balance: '1.05', held: '0.00' },
    { account: 101, name: null, currency: 'JPY', balance: '7', held: '0' },
    { account: 102, name: null, currency: 'BHD', balance: '-1.999', held: '0.000' },
    { account: 103, name: null, currency: null, balance: '19.00', held: '4.00' },
  ]);
  t.same(all('SELECT seq, idx, op, amount, balance, other, id, key, reference AS ref '
    + 'FROM statement WHERE account = 100 ORDER BY seq, idx'), [
    { seq: 2, idx: 0, op: 'create', amount: '0.05', balance: '0.05', other: 0, id: null,
      key: null, ref: null },
    { seq: 3, idx: 0, op: 'transfer', amount: '1.00', balance: '1.05', other: 103, id: 'tx',
      key: 'k', ref: 'May' },
  ]);
  t.same(all('SELECT currency, accounts, balance, system, difference FROM trial_balance'), [
    { currency: null, accounts: 2, balance: 2_005, system: -2_005, difference: 0 },
    { currency: 'BHD', accounts: 1, balance: -1_999, system: 1_999, difference: 0 },
    { currency: 'JPY', accounts: 1, balance: 7, system: -7, difference: 0 },
  ]);
  t.same(all('SELECT id, state, amount, expires_at FROM holds'), [
    { id: '3.2', state: 'open', amount: 400, expires_at: 63_000_000 },
  ]);
});

t.test('sqlite: files that are not fit: refused, and left as they were', async (t) => {
  const other = new DatabaseSync(':memory:');
  other.exec('CREATE TABLE notes (text TEXT)');
  t.throws(() => new SqliteBooks(other, 'c'), /database of something else/);
  other.exec('CREATE TABLE meta (key TEXT, value TEXT)');
  t.throws(() => new SqliteBooks(other, 'c'), /database of something else/);
  const database = new DatabaseSync(':memory:');
  const made = MadeHistory.random(1, 20);
  const [one, two] = [new SqliteBooks(database, 'c'), new SqliteBooks(database, 'c')];
  write(one, made);
  t.throws(() => write(two, made), /another export writes to the file/);
  database.exec('ROLLBACK');
  t.throws(() => new SqliteBooks(database, 'd'), /export of another bank/);
  database.exec("UPDATE meta SET value = 2 WHERE key = 'format'");
  t.throws(() => new SqliteBooks(database, 'c'), /it has format 2; this bankd writes 1/);
});
