import t from 'tap';
import { SessionPool } from '../../src/core/session-pool.ts';

t.test('session pool: those who wait are served first, each session is given once', async (t) => {
  const pool = new SessionPool();
  t.equal(pool.takeOrder(), true, 'the first lease is ordered before anyone asks');
  t.equal(pool.takeOrder(), false, 'and not twice');
  t.equal(pool.take(7), undefined);
  t.equal(pool.take(8), undefined);
  const given: [number, number][] = [];
  pool.onLease(64, 3, (to, session) => given.push([to, session]));
  t.same(given, [[7, 64], [8, 65]]);
  t.equal(pool.takeOrder(), false, 'there is one left');
  t.equal(pool.take(9), 66);
  t.equal(pool.takeOrder(), true);
});

t.test('session pool: more wait than a lease has: the rest wait for the next', async (t) => {
  const pool = new SessionPool();
  for (const connection of [1, 2, 3]) pool.take(connection);
  const given: number[] = [];
  pool.onLease(64, 2, (to) => given.push(to));
  pool.onLease(128, 2, (to) => given.push(to));
  t.same(given, [1, 2, 3]);
});

t.test('session pool: the epoch ends: what was ordered is lost, who waits is known', async (t) => {
  const pool = new SessionPool();
  pool.takeOrder();
  pool.take(5);
  pool.onEpochEnded();
  t.equal(pool.takeOrder(), true, 'another one is ordered');
  t.same(pool.drain(), [5]);
  t.same(pool.drain(), []);
});

t.test('session pool: asks twice: is given one; has gone: none', async (t) => {
  const pool = new SessionPool();
  for (const connection of [1, 1, 2, 3]) pool.take(connection);
  pool.onGone(2);
  const given: number[] = [];
  pool.onLease(64, 4, (to) => given.push(to));
  t.same(given, [1, 3]);
});
