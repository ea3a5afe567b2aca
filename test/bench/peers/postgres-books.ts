/** The accounts in a table of PostgreSQL, and what is done with them there. */
import { ACCOUNTS, Expected, OPENING } from './peer.ts';
import type { PostgresConnection } from './postgres-connection.ts';

/**
 * Rows are a quarter of a page full, so that a changed one finds room beside its older version
 * (HOT), and 64 clients seldom want the same page.
 *
 * A transfer changes the account with the lower number first, so that two of them never wait for
 * each other; where the funds turn out short after the other's change, that is taken back.
 *
 * `transfers` does many, each for itself, in order. `transfers_netted` changes each account once:
 * where every account has all that leaves it in this batch, none of the transfers can be refused,
 * whatever their order, and the sums are the same.
 */
const SCHEMA = `
DROP TABLE IF EXISTS accounts;
CREATE TABLE accounts (id integer PRIMARY KEY, balance bigint NOT NULL) WITH (fillfactor = 25);
INSERT INTO accounts SELECT id, ${OPENING} FROM generate_series(0, ${ACCOUNTS - 1}) id;

CREATE OR REPLACE FUNCTION transfer(source integer, target integer, amount bigint)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF source < target THEN
    UPDATE accounts SET balance = balance - amount WHERE id = source AND balance >= amount;
    IF NOT FOUND THEN RETURN false; END IF;
    UPDATE accounts SET balance = balance + amount WHERE id = target;
  ELSE
    UPDATE accounts SET balance = balance + amount WHERE id = target;
    UPDATE accounts SET balance = balance - amount WHERE id = source AND balance >= amount;
    IF NOT FOUND THEN
      UPDATE accounts SET balance = balance - amount WHERE id = target;
      RETURN false;
    END IF;
  END IF;
  RETURN true;
END $$;

CREATE OR REPLACE FUNCTION transfers(sources integer[], targets integer[], amount bigint)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE done integer := 0;
BEGIN
  LOCK TABLE accounts IN EXCLUSIVE MODE;
  FOR at IN 1 .. array_length(sources, 1) LOOP
    UPDATE accounts SET balance = balance - amount WHERE id = sources[at] AND balance >= amount;
    IF FOUND THEN
      UPDATE accounts SET balance = balance + amount WHERE id = targets[at];
      done := done + 1;
    END IF;
  END LOOP;
  RETURN done;
END $$;

CREATE OR REPLACE FUNCTION transfers_netted(sources integer[], targets integer[], amount bigint)
RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
  LOCK TABLE accounts IN EXCLUSIVE MODE;
  IF EXISTS (
    SELECT FROM (SELECT id, count(*) * amount AS leaving FROM unnest(sources) id GROUP BY id) s
    JOIN accounts USING (id) WHERE balance < leaving
  ) THEN RETURN transfers(sources, targets, amount); END IF;
  UPDATE accounts SET balance = balance + change FROM (
    SELECT id, sum(part) AS change FROM (
      SELECT id, -amount AS part FROM unnest(sources) id
      UNION ALL SELECT id, amount FROM unnest(targets) id
    ) parts GROUP BY id
  ) net WHERE accounts.id = net.id;
  RETURN array_length(sources, 1);
END $$;
VACUUM (FREEZE, ANALYZE) accounts;
`;

export const PAY = 'UPDATE accounts SET balance = balance + $2 WHERE id = $1';
export const READ = 'SELECT balance FROM accounts WHERE id = $1';

/** Opens the accounts anew. */
export async function openBooks(client: PostgresConnection): Promise<void> {
  // VACUUM stands in no transaction, and several statements at once are one.
  const [schema = '', vacuum = ''] = SCHEMA.split(/(?=VACUUM)/);
  await client.query(schema);
  await client.query(vacuum);
}

/** What is wrong with the accounts of this server. */
export async function judgeBooks(
  client: PostgresConnection,
  name: string,
  expected: Expected,
): Promise<string | undefined> {
  const [row] = await client.query('SELECT sum(balance), count(*) FROM accounts');
  return expected.judge(name, Number(row?.[0]), Number(row?.[1]));
}
