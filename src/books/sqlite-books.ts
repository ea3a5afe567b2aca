/**
 * The books in a file of SQLite, for plain SQL: written in transactions, each with the seq that it
 * goes up to, so that whoever was stopped goes on there.
 *
 * Keeps true, after every transaction, whatever happens to the process: the file is what the
 * history up to that seq has made, all of it and nothing twice. Two that write to one file at the
 * same time: the later one finds a seq that is not its own, and stops.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { assert } from '../core/assert.ts';
import { CURRENCY_NONE, currencyCode, currencyNumber, scaleOf } from '../core/currency.ts';
import type { HistoryCursor } from '../core/history-cursor.ts';
import { FIRST_ACCOUNT } from '../core/ids.ts';
import { AMOUNT_MAX } from '../core/operation.ts';
import { utcText } from '../core/utc-text.ts';
import type { BookAccount } from './account-book.ts';
import { Books, systemAccount, type BooksWatcher, type Settlement } from './books.ts';
import type { Hold } from './open-holds.ts';
import { readMovement } from './posting-rows.ts';
import { INDEXES, SCHEMA, SQLITE_FORMAT } from './sqlite-schema.ts';

/** What the file is not fit for; the message is a sentence. */
export class UnfitFile extends Error {
  override readonly name = 'UnfitFile';
}

const ACCOUNT_FIELDS = 13;
const POSTING_FIELDS = 13;

export class SqliteBooks implements BooksWatcher {
  readonly books = new Books(this);
  readonly #database: DatabaseSync;
  readonly #changed = new Set<number>();
  readonly #posting: StatementSync;
  readonly #account: StatementSync;
  readonly #hold: StatementSync;
  readonly #settled: StatementSync;
  readonly #meta: StatementSync;
  readonly #setMeta: StatementSync;
  /** The last entry that is in the file, whole. */
  #seq: number;

  /**
   * An open database, empty or written by another of these for the same bank. Throws `UnfitFile`,
   * and what SQLite throws.
   */
  constructor(database: DatabaseSync, cluster: string) {
    this.#database = database;
    prepareFile(database, cluster);
    this.#posting = database.prepare(`INSERT INTO postings VALUES (${marks(POSTING_FIELDS)})`);
    this.#account =
      database.prepare(`INSERT OR REPLACE INTO accounts VALUES (${marks(ACCOUNT_FIELDS)})`);
    this.#hold = database.prepare(
      "INSERT INTO holds VALUES (?, ?, ?, ?, ?, ?, ?, 'open', NULL, NULL)");
    this.#settled = database.prepare(
      'UPDATE holds SET state = ?, captured = ?, settled_seq = ? WHERE seq = ? AND idx = ?');
    this.#meta = database.prepare('SELECT value FROM meta WHERE key = ?');
    this.#setMeta = database.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)');
    this.#seq = this.#storedSeq();
    this.books.restore(readAccounts(database), readHolds(database), this.#seq);
  }

  get seq(): number {
    return this.#seq;
  }

  /** A transaction begins; operations come now, then `commit`. */
  begin(): void {
    this.#database.exec('BEGIN IMMEDIATE');
    if (this.#storedSeq() === this.#seq) return;
    throw new UnfitFile('another export writes to the file');
  }

  /** The next operation of the history. */
  add(cursor: HistoryCursor): void {
    const { books } = this;
    if (!books.apply(cursor)) return;
    const movement = readMovement(books, cursor);
    if (movement === undefined) return;
    const { seq, index, timestamp, op, request, group, key, id, reference } = movement;
    for (const [leg, { account, amount, balance }] of movement.postings.entries()) {
      this.#posting.run(
        seq, index, leg, account, amount, Number.isNaN(balance) ? null : balance, timestamp, op,
        request, group, key, id, reference);
    }
  }

  /** The entries up to this seq are whole. */
  commit(seq: number): void {
    assert(seq >= this.#seq, 'a file goes on, never back');
    for (const account of this.#changed) this.#writeAccount(this.books.accounts.details(account));
    this.#changed.clear();
    this.#writeSystemAccounts();
    this.#setMeta.run('seq', seq);
    this.#setMeta.run('at', utcText(this.books.timestamp));
    this.#database.exec('COMMIT');
    this.#seq = seq;
  }

  /** Nothing more comes now. One file is left, without those that SQLite works with. */
  finish(): void {
    this.#database.exec(INDEXES);
    this.#database.exec('PRAGMA journal_mode = DELETE');
  }

  onAccount(account: number): void {
    this.#changed.add(account);
  }

  onHold({ seq, index, id, account, toAccount, units, expiresAt }: Hold): void {
    const expires = expiresAt === 0 ? null : expiresAt;
    this.#hold.run(seq, index, id, account, toAccount, units, expires);
  }

  onSettled({ seq, index }: Hold, how: Settlement, units: number): void {
    const captured = how === 'captured' ? units : null;
    this.#settled.run(how, captured, this.books.seq, seq, index);
  }

  #storedSeq(): number {
    return Number(this.#meta.get('seq')?.['value'] ?? 0);
  }

  #writeAccount(details: BookAccount): void {
    const { account, name = null, currency, scale, balance, floor, ceiling } = details;
    const { isFrozen, isClosed, version, createdAt, changedAt } = details;
    this.#account.run(
      account, name, currencyCode(currency) ?? null, scale, balance,
      this.books.holds.heldOf(account), floor, ceiling === AMOUNT_MAX ? null : ceiling,
      Number(isFrozen), Number(isClosed), version, createdAt, changedAt);
  }

  #writeSystemAccounts(): void {
    for (const { currency, total } of this.books.system.totals()) {
      this.#account.run(
        systemAccount(currency), null, currencyCode(currency) ?? null, scaleOf(currency), -total,
        0, null, null, 0, 0, 0, null, null);
    }
  }
}

/** One that does not fit is left as it is. */
function prepareFile(database: DatabaseSync, cluster: string): void {
  const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get();
  const isEmpty = tables?.['count'] === 0;
  const trouble = isEmpty ? undefined : troubleOf(database, cluster);
  if (trouble !== undefined) throw new UnfitFile(trouble);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  if (!isEmpty) return;
  database.exec(`BEGIN IMMEDIATE; ${SCHEMA}`);
  const set = database.prepare('INSERT INTO meta VALUES (?, ?)');
  for (const pair of [['format', SQLITE_FORMAT], ['cluster', cluster], ['seq', 0]] as const) {
    set.run(...pair);
  }
  database.exec('COMMIT');
}

function troubleOf(database: DatabaseSync, cluster: string): string | undefined {
  const hasMeta = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get();
  if (hasMeta === undefined) return 'it is a database of something else';
  const rows = database.prepare('SELECT * FROM meta').all() as readonly Record<string, unknown>[];
  const meta = new Map(rows.map(({ key, value }) => [key, value]));
  if (!meta.has('cluster')) return 'it is a database of something else';
  if (meta.get('format') !== SQLITE_FORMAT) {
    return `it has format ${String(meta.get('format'))}; this bankd writes ${SQLITE_FORMAT}`;
  }
  return meta.get('cluster') === cluster ? undefined : 'it is the export of another bank';
}

function* readAccounts(database: DatabaseSync): Generator<BookAccount> {
  const rows = database.prepare(
    `SELECT * FROM accounts WHERE account >= ${FIRST_ACCOUNT} ORDER BY account`);
  for (const row of rows.iterate()) {
    const currency = row['currency'] === null
      ? CURRENCY_NONE : currencyNumber(row['currency'] as string) ?? CURRENCY_NONE;
    yield {
      account: row['account'] as number, name: (row['name'] ?? undefined) as string | undefined,
      currency, scale: row['digits'] as number, balance: row['balance'] as number,
      floor: row['floor'] as number, ceiling: (row['ceiling'] ?? AMOUNT_MAX) as number,
      isFrozen: row['frozen'] === 1, isClosed: row['closed'] === 1,
      version: row['version'] as number, createdAt: row['created_at'] as number,
      changedAt: row['changed_at'] as number,
    };
  }
}

function* readHolds(database: DatabaseSync): Generator<Hold> {
  const rows = database.prepare("SELECT * FROM holds WHERE state = 'open' ORDER BY seq, idx");
  for (const row of rows.iterate()) {
    yield {
      id: row['id'] as string, seq: row['seq'] as number, index: row['idx'] as number,
      account: row['account'] as number, toAccount: row['to_account'] as number,
      units: row['amount'] as number, expiresAt: (row['expires_at'] ?? 0) as number,
    };
  }
}

function marks(count: number): string {
  return Array.from({ length: count }, () => '?').join(', ');
}
