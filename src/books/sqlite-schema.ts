/**
 * The tables that the books are kept in for plain SQL. Amounts are integers of the smallest unit
 * (`digits` says how many of them stand behind the point), times microseconds since 1970.
 */
export const SQLITE_FORMAT = 1;

export const SCHEMA = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT;

-- 0 and below: system accounts, through which money enters and leaves, one for each currency.
CREATE TABLE accounts (
  account INTEGER PRIMARY KEY,
  name TEXT, currency TEXT, digits INTEGER NOT NULL,
  balance INTEGER NOT NULL, held INTEGER NOT NULL,
  floor INTEGER, ceiling INTEGER,
  frozen INTEGER NOT NULL, closed INTEGER NOT NULL, version INTEGER NOT NULL,
  created_at INTEGER, changed_at INTEGER
) STRICT;

-- Each movement of money is two rows, leg 0 (out) and leg 1 (in), which sum to zero.
CREATE TABLE postings (
  seq INTEGER NOT NULL, idx INTEGER NOT NULL, leg INTEGER NOT NULL,
  account INTEGER NOT NULL, amount INTEGER NOT NULL,
  balance INTEGER,
  at INTEGER NOT NULL, op TEXT NOT NULL, request TEXT NOT NULL,
  group_request TEXT, key TEXT, id TEXT, reference TEXT,
  PRIMARY KEY (seq, idx, leg)
) STRICT, WITHOUT ROWID;

CREATE TABLE holds (
  seq INTEGER NOT NULL, idx INTEGER NOT NULL,
  id TEXT NOT NULL, account INTEGER NOT NULL, to_account INTEGER NOT NULL,
  amount INTEGER NOT NULL, expires_at INTEGER,
  state TEXT NOT NULL, captured INTEGER, settled_seq INTEGER,
  PRIMARY KEY (seq, idx)
) STRICT, WITHOUT ROWID;

CREATE VIEW balances AS
  SELECT account, name, currency, ${decimal('balance')} AS balance, ${decimal('held')} AS held
  FROM accounts WHERE account > 0;

CREATE VIEW statement AS
  SELECT p.account, a.name, a.currency, p.seq, p.idx,
    strftime('%Y-%m-%dT%H:%M:%SZ', p.at / 1000000, 'unixepoch') AS at, p.op,
    ${decimal('p.amount')} AS amount, ${decimal('p.balance')} AS balance,
    (SELECT o.account FROM postings o WHERE o.seq = p.seq AND o.idx = p.idx AND o.leg = 1 - p.leg)
      AS other, p.id, p.reference, p.key, p.request
  FROM postings p JOIN accounts a USING (account);

CREATE VIEW trial_balance AS
  SELECT currency, digits, sum(account > 0) AS accounts,
    sum(balance) FILTER (WHERE account > 0) AS balance,
    sum(balance) FILTER (WHERE account <= 0) AS system,
    sum(balance) AS difference
  FROM accounts GROUP BY currency, digits;

-- Accounts that do not hold what was posted to them: none.
CREATE VIEW differences AS
  SELECT account, balance, posted FROM (
    SELECT a.account, a.balance,
      coalesce((SELECT sum(p.amount) FROM postings p WHERE p.account = a.account), 0) AS posted
    FROM accounts a
  ) WHERE balance <> posted;
`;

/** At the end, since a table without them is filled faster; and then they stay. */
export const INDEXES = `
CREATE INDEX IF NOT EXISTS postings_by_account ON postings (account, seq, idx);
CREATE INDEX IF NOT EXISTS accounts_by_name ON accounts (name) WHERE name IS NOT NULL;
CREATE INDEX IF NOT EXISTS holds_by_id ON holds (id);
CREATE INDEX IF NOT EXISTS holds_open ON holds (account) WHERE state = 'open';
`;

/** As text, with as many digits behind the point as its row says. */
function decimal(column: string): string {
  const unit = "CASE digits WHEN 0 THEN 1 WHEN 1 THEN 10 WHEN 2 THEN 100 WHEN 3 THEN 1000 " +
    'ELSE 10000 END';
  return `CASE digits WHEN 0 THEN CAST(${column} AS TEXT) ELSE
      iif(${column} < 0, '-', '') || (abs(${column}) / (${unit})) || '.' ||
      substr('0000' || (abs(${column}) % (${unit})), -digits) END`;
}
