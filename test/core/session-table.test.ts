import t from 'tap';
import type { Seq } from '../../src/core/ids.ts';
import { RunRing } from '../../src/core/run-ring.ts';
import { SESSION_UNKNOWN, SESSIONS_PER_LEASE, SessionTable } from '../../src/core/session-table.ts';

const seq = (value: number) => value as Seq;

t.test('session table: lease: its sessions are known, no others', async (t) => {
  const table = new SessionTable(4, new RunRing(10));
  t.equal(SESSIONS_PER_LEASE, 64);
  t.equal(table.openLease(seq(3)), 192);
  for (const session of [0, 1, 63, 64, 191, 256, 2 ** 53 - 1]) {
    t.equal(table.find(session), SESSION_UNKNOWN, `${session}`);
  }
  const records = Array.from({ length: 64 }, (_, slot) => table.find(192 + slot));
  t.equal(new Set(records).size, 64);
  t.notOk(records.includes(SESSION_UNKNOWN));
  t.equal(table.openLease(seq(3)), undefined, 'one lease an entry');
  t.equal(table.openLease(seq(4)), 256);
});

t.test('session table: eviction: the lease used longest ago, the older of two', async (t) => {
  const table = new SessionTable(3, new RunRing(10));
  for (const opened of [1, 2, 3]) table.openLease(seq(opened));
  table.touch(table.find(64), seq(5));
  table.touch(table.find(192 + 7), seq(5));
  const known = () => [1, 2, 3, 6, 7, 8].filter(
    (opened) => table.find(opened * 64) !== SESSION_UNKNOWN,
  );
  table.openLease(seq(6));
  t.same(known(), [1, 3, 6]);
  table.openLease(seq(7));
  t.same(known(), [3, 6, 7], '1 and 3 were last used alike');
  table.openLease(seq(8));
  t.same(known(), [6, 7, 8]);
});

t.test('session table: eviction: the new sessions are blank', async (t) => {
  const table = new SessionTable(1, new RunRing(10));
  table.openLease(seq(1));
  const record = table.find(64);
  table.recordRun(record, 64, 1, 5, seq(1), 0);
  table.end(record);
  table.openLease(seq(2));
  t.equal(table.find(64), SESSION_UNKNOWN);
  t.equal(table.find(128), record, 'in the old place');
  t.ok(table.admits(record, 1));
  table.seal(record, 9);
  t.equal(table.outcome(record, 1), 'never-ran');
});

t.test('session table: admits: new numbers of a session that has not ended', async (t) => {
  const table = new SessionTable(1, new RunRing(10));
  table.openLease(seq(1));
  const record = table.find(64);
  t.notOk(table.admits(record, 0), 'requests are numbered from 1');
  table.recordRun(record, 64, 3, 2, seq(1), 10);
  for (const request of [0, 3, 4]) t.notOk(table.admits(record, request));
  t.ok(table.admits(record, 5));
  t.throws(() => table.recordRun(record, 64, 4, 1, seq(2), 0), { name: 'AssertionFailure' });
  t.throws(() => table.outcome(record, 5), { name: 'AssertionFailure' });
  table.seal(record, 8);
  t.notOk(table.admits(record, 8));
  t.ok(table.admits(record, 9));
  t.throws(() => table.seal(record, 8), { name: 'AssertionFailure' });
  table.end(record);
  t.notOk(table.admits(record, 9));
  t.same(table.outcome(record, 4), { seq: 1, index: 11 });
  t.same(table.outcome(record, 7), 'never-ran');
});

t.test('session table: restore: goes on alike; what does not fit is named', async (t) => {
  const runs = new RunRing(10);
  const table = new SessionTable(2, runs);
  for (const opened of [1, 2, 3]) table.openLease(seq(opened));
  table.recordRun(table.find(130), 130, 1, 1, seq(3), 0);
  const [leases, sessions] = table.snapshot();
  const restored = SessionTable.restore(leases, sessions, 2, runs);
  t.same([64, 128, 192].map((id) => restored.find(id)), [64, 128, 192].map((id) => table.find(id)));
  t.same(restored.outcome(restored.find(130), 1), { seq: 3, index: 0 });
  t.throws(() => SessionTable.restore(leases, sessions, 1, runs), { message: /in 2 leases/ });
  t.throws(
    () => SessionTable.restore(leases, undefined, 2, runs), { message: /no table sessions/ },
  );
  t.throws(
    () => SessionTable.restore(leases, sessions, 2, new RunRing(10)),
    { message: /names a run that does not exist/ },
  );
  const twice = leases && { ...leases, pages: [Float64Array.from(leases.pages[0] ?? [])] };
  twice?.pages[0]?.copyWithin(0, 2, 4);
  t.throws(
    () => SessionTable.restore(twice, sessions, 2, runs), { message: /two leases of one seq/ },
  );
});
