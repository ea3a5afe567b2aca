/** Writes that are asked for with their details: two numbers each, and one outcome. */
import t from 'tap';
import { IN_FLIGHT_OPERATIONS_MAX } from '../../src/core/busy-backoff.ts';
import { CHUNK_OPERATIONS_MAX, REASON } from '../../src/core/operation.ts';
import { readDetails } from '../../src/core/write-details.ts';
import { RecordedSession, result } from '../support/recorded-session.ts';

const ok = result('ok', { account: 100, balance: 30 });
const told = result('ok', { kind: 'details', account: 20, balance: 25 });
const none = result('neverHappened', { kind: 'details' });

t.test('client session: details: right behind their write, under the next number', async (t) => {
  const client = RecordedSession.writing();
  const tickets = [client.write(1), client.writeFully(2), client.writeFully(3), client.write(4)];
  client.flush();
  const sent = 'deposit(1) deposit(2) details(0) deposit(3) details(0) deposit(4)';
  t.same(client.take(), [`request 64-2 ${sent}`]);
  const poor = result('insufficientFunds');
  client.answer(64, 2, [ok, ok, told, poor, none, ok]);
  t.same(client.take(), ['64-2 ok', '64-3 ok', '64-5 insufficientFunds', '64-7 ok']);
  const details = tickets.map((ticket) => client.outcomes.get(ticket))
    .map((outcome) => outcome && 'details' in outcome ? outcome.details : undefined);
  t.same(details, [undefined, { before: 20, available: 25 }, undefined, undefined]);
  client.write(5);
  client.flush();
  t.same(client.take(), ['request 64-8 deposit(5)']);
});

t.test('client session: details: of both accounts, where money moved between two', async (t) => {
  for (const kind of ['transfer', 'capture', 'reverse'] as const) {
    const client = RecordedSession.writing();
    const ticket = client.session.submit({ kind, account: 100, toAccount: 101, id: 'i' }, 99, true);
    client.flush();
    const moved = result('ok', { kind, account: 100, balance: 30, toBalance: 90 });
    const both = { ...told, toBalance: 70, detail: 8 };
    client.answer(64, 2, [moved, both]);
    const expected = { before: 20, available: 25, toBefore: 100, toAvailable: 70, toVersion: 8 };
    t.match(client.outcomes.get(ticket), { result: { kind }, details: expected }, kind);
  }
});

t.test('client session: details: of what is no write nobody asks', async (t) => {
  const client = RecordedSession.writing();
  client.session.submit({ kind: 'outcome', key: 'k' }, 1000, true);
  client.session.submit({ kind: 'query', account: 7 }, 1000, true);
  client.flush();
  t.same(client.take(), ['request 64-2 outcome(0)', 'query 1 query(7)']);
});

t.test('client session: details: not told in time: unknown, by the id of the write', async (t) => {
  const client = RecordedSession.writing();
  client.writeFully(1, 300);
  client.writeFully(2, 500);
  client.flush();
  client.take();
  client.tick(300);
  t.same(client.take(), ['64-2 unknown']);
  client.answer(64, 2, [ok, told, ok, told]);
  t.same(client.take(), ['64-4 ok'], 'the other was waited for');
});

t.test('client session: details: after a lost connection: the same two numbers', async (t) => {
  const client = RecordedSession.writing();
  const ticket = client.writeFully(1);
  client.flush();
  const sent = client.take();
  client.disconnect();
  client.writeFully(2);
  client.connect();
  const again = client.take().slice(2);
  t.same(again, [...sent, 'request 64-4 deposit(2) details(0)']);
  client.answer(64, 2, [ok, told]);
  t.match(client.outcomes.get(ticket), { request: '64-2', details: { before: 20 } });
});

t.test('client session: details: the session is lost: both again, in another', async (t) => {
  const client = RecordedSession.writing();
  client.writeFully(1);
  client.writeFully(2);
  client.flush();
  client.take();
  const expired = result('sessionExpired');
  client.answer(64, 2, [expired, expired, expired, expired]);
  client.grant(65);
  const again = 'request 65-1 deposit(1) details(0) deposit(2) details(0)';
  t.same(client.take(), ['open-session', again]);
  client.answer(65, 1, [ok, told, ok, told]);
  t.same(client.take(), ['65-1 ok', '65-3 ok']);
});

t.test('client session: details: lost on the way, or refused: definite, as ever', async (t) => {
  const client = RecordedSession.writing();
  client.writeFully(1);
  client.flush();
  client.disconnect();
  client.connect();
  client.take();
  const passedOver = result('badRequest', { detail: REASON.passedOver });
  client.answer(64, 2, [passedOver, { ...passedOver, kind: 'details' }]);
  client.writeFully(2);
  client.flush();
  client.refuse('request', 64, 4, 'UNAVAILABLE');
  client.write(3);
  client.flush();
  t.same(client.take(), [
    '64-2 refused UNAVAILABLE', 'request 64-4 deposit(2) details(0)', '64-4 refused UNAVAILABLE',
    'request 64-6 deposit(3)',
  ]);
});

t.test('client session: details: a frame is not cut between the two', async (t) => {
  const client = RecordedSession.writing();
  client.write(1);
  for (let mark = 0; mark < CHUNK_OPERATIONS_MAX / 2; mark += 1) client.writeFully(mark);
  client.flush();
  const [first = '', second] = client.take();
  const count = first.split(' ').length - 2;
  t.equal(count, CHUNK_OPERATIONS_MAX - 1);
  t.ok(first.endsWith(' details(0)'));
  t.equal(second, `request 64-${2 + count} deposit(${CHUNK_OPERATIONS_MAX / 2 - 1}) details(0)`);
});

t.test('client session: details: the first of a full frame counts twice, too', async (t) => {
  const client = RecordedSession.writing();
  client.writeFully(0);
  for (let mark = 1; mark < CHUNK_OPERATIONS_MAX; mark += 1) client.write(mark);
  client.flush();
  const [first = '', second] = client.take();
  t.equal(first.split(' ').length - 2, CHUNK_OPERATIONS_MAX);
  t.equal(second, `request 64-${2 + CHUNK_OPERATIONS_MAX} deposit(${CHUNK_OPERATIONS_MAX - 1})`);
});

t.test('client session: details: only those are told; not what else stands there', async (t) => {
  t.equal(readDetails(ok, ok), undefined);
  t.equal(readDetails(result('duplicate'), told), undefined);
  t.same(readDetails(ok, told), { before: 20, available: 25 });
});

t.test('client session: details: in flight: both count; one place is not enough', async (t) => {
  const client = RecordedSession.writing();
  for (let mark = 1; mark < IN_FLIGHT_OPERATIONS_MAX; mark += 1) client.write(mark);
  client.flush();
  t.equal(client.take().length, 4);
  client.writeFully(7);
  client.flush();
  t.same(client.take(), []);
  client.answer(64, 2, Array.from({ length: CHUNK_OPERATIONS_MAX }, () => ok));
  const next = 1 + IN_FLIGHT_OPERATIONS_MAX;
  t.equal(client.take().at(-1), `request 64-${next} deposit(7) details(0)`);
});

t.test('client session: details: an answer without them has the wrong length', async (t) => {
  const client = RecordedSession.writing();
  client.writeFully(1);
  client.flush();
  client.take();
  client.answer(64, 2, [ok]);
  t.same(client.take(), ['drop: the answer to 64-2 has the wrong length']);
});
