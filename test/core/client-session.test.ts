import t from 'tap';
import { IN_FLIGHT_OPERATIONS_MAX } from '../../src/core/busy-backoff.ts';
import { CLUSTER_NONE, type Seq, type Timestamp } from '../../src/core/ids.ts';
import type { Original } from '../../src/core/message.ts';
import {
  CHUNK_OPERATIONS_MAX,
  encodeChunk,
  REASON,
  type Operation,
} from '../../src/core/operation.ts';
import {
  CLUSTER,
  encodeResults,
  OTHER_CLUSTER,
  RecordedSession,
  result,
  SEQ,
  TIME,
} from '../support/recorded-session.ts';

const ok = result('ok');
const expired = result('sessionExpired');
const passedOver = result('badRequest', { detail: REASON.passedOver });

function deposits(count: number): Operation[] {
  return Array.from({ length: count }, (_, amount) => ({ kind: 'deposit', account: 100, amount }));
}

/** The first answer, elsewhere, of the only operation in a frame. */
function firstAnswer(index = 0): Original {
  return { index, seq: 5 as Seq, timestamp: 50 as Timestamp, result: encodeResults([ok]) };
}

t.test('client session: hello: first, and nothing before the welcome', async (t) => {
  const client = new RecordedSession();
  client.query(5);
  client.flush();
  client.session.onConnected();
  client.flush();
  t.same(client.take(), ['client-hello']);
  client.session.onDisconnected();
  client.connect();
  t.same(client.take(), ['client-hello', 'welcomed', 'query 1 query(5)']);
});

t.test('client session: hello: names the cluster once it is known', async (t) => {
  const client = RecordedSession.open();
  client.disconnect();
  client.connect();
  const clusters = client.sent.map((hello) => hello.type === 'client-hello' && hello.cluster);
  t.same(clusters, [CLUSTER_NONE, CLUSTER]);
});

t.test('client session: writes: a session first, then numbers from 1 in order', async (t) => {
  const client = RecordedSession.open();
  client.write(1);
  client.write(2);
  client.flush();
  client.write(3);
  client.flush();
  t.same(client.take(), ['open-session']);
  client.grant(64);
  t.same(client.take(), ['request 64-1 deposit(1) deposit(2) deposit(3)']);
  client.write(4);
  client.write(5);
  client.flush();
  client.write(6);
  client.flush();
  t.same(client.take(), ['request 64-4 deposit(4) deposit(5)', 'request 64-6 deposit(6)']);
});

t.test('client session: a session that nobody asked for is ignored', async (t) => {
  const client = RecordedSession.writing();
  client.grant(128);
  client.write(1);
  client.flush();
  t.same(client.take(), ['request 64-2 deposit(1)']);
});

t.test('client session: writes and queries: frames keep the order of submission', async (t) => {
  const client = RecordedSession.writing();
  client.query(1);
  client.write(1);
  client.write(2);
  client.query(2);
  client.query(3);
  client.write(3);
  client.flush();
  t.same(client.take(), ['query 1 query(1)'], 'a write waits for the queries before it');
  client.answerQuery(1, [ok]);
  client.flush();
  const run = ['request 64-2 deposit(1) deposit(2)', 'query 2 query(2) query(3)'];
  t.same(client.take(), ['q-1 ok', ...run], 'a query does not wait for a write');
  client.answerQuery(2, [ok, ok]);
  client.flush();
  t.same(client.take(), [], 'its answer counts when the write before it is answered');
  client.answer(64, 2, [ok, ok]);
  client.flush();
  const answers = ['64-2 ok', '64-3 ok', 'q-2 ok', 'q-2 ok'];
  t.same(client.take(), [...answers, 'request 64-4 deposit(3)']);
});

t.test('client session: a lost query: sent again, nothing behind it has run before', async (t) => {
  const client = RecordedSession.writing();
  client.write(1);
  client.query(1);
  client.write(2);
  client.flush();
  const sent = ['request 64-2 deposit(1)', 'query 1 query(1)'];
  t.same(client.take(), sent);
  client.disconnect();
  client.connect();
  t.same(client.take(), ['client-hello', 'welcomed', ...sent]);
  client.answer(64, 2, [ok]);
  client.answerQuery(1, [ok]);
  client.flush();
  t.same(client.take(), ['64-2 ok', 'q-1 ok', 'request 64-3 deposit(2)']);
});

t.test('client session: queries behind a write wait until it has a session', async (t) => {
  const client = RecordedSession.open();
  client.query(1);
  client.write(1);
  client.query(2);
  client.flush();
  t.same(client.take(), ['query 1 query(1)', 'open-session']);
  client.answerQuery(1, [ok]);
  t.same(client.take(), ['q-1 ok']);
  client.grant(64);
  t.same(client.take(), ['request 64-1 deposit(1)', 'query 2 query(2)']);
});

t.test('client session: answers: results, place and id of each', async (t) => {
  const client = RecordedSession.writing();
  const first = client.write(1);
  const second = client.write(2);
  const query = client.query(100);
  client.flush();
  client.answer(64, 2, [result('ok', { balance: 150 }), result('insufficientFunds')]);
  client.answerQuery(1, [result('ok', { kind: 'query', balance: 150 })]);
  t.match(client.outcomes.get(first), {
    kind: 'answered',
    seq: SEQ,
    timestamp: TIME,
    request: '64-2',
    result: { code: 'ok', balance: 150 },
  });
  t.match(client.outcomes.get(second), { request: '64-3', result: { code: 'insufficientFunds' } });
  t.match(client.outcomes.get(query), { request: 'q-1', seq: SEQ, timestamp: undefined });
  t.ok(client.session.isIdle);
});

t.test('client session: answers: a first answer brings its own seq and timestamp', async (t) => {
  const client = RecordedSession.writing();
  const plain = client.write(1);
  const repeated = client.write(2);
  client.flush();
  client.answer(64, 2, [ok, ok], [firstAnswer(1)]);
  t.match(client.outcomes.get(plain), { seq: SEQ, timestamp: TIME });
  t.match(client.outcomes.get(repeated), { seq: 5, timestamp: 50 });
});

t.test('client session: answers: late, doubled, of another session: ignored', async (t) => {
  const client = RecordedSession.writing();
  client.write(1);
  client.query(1);
  client.flush();
  client.take();
  client.answer(128, 2, [ok]);
  client.answer(64, 1, [ok]);
  client.answer(64, 3, [ok]);
  client.answer(0, -1, [ok]);
  client.answerQuery(2, [ok]);
  client.answerQuery(-2, [ok]);
  t.same(client.take(), []);
  for (let time = 0; time < 2; time += 1) {
    client.answer(64, 2, [ok]);
    client.answerQuery(1, [ok]);
  }
  t.same(client.take(), ['64-2 ok', 'q-1 ok']);
});

t.test('client session: answers: of the wrong length: the connection is dropped', async (t) => {
  const client = RecordedSession.writing();
  client.write(1);
  client.write(2);
  client.flush();
  client.take();
  for (const results of [[ok], [ok, ok, ok], []]) client.answer(64, 2, results);
  const drop = 'drop: the answer to 64-2 has the wrong length';
  t.same(client.take(), [drop, drop, drop]);
  client.answer(64, 2, [ok, ok]);
  t.same(client.take(), ['64-2 ok', '64-3 ok'], 'and nothing was settled by them');
});

t.test('client session: out of turn: the connection is dropped', async (t) => {
  const client = new RecordedSession();
  client.session.onConnected();
  client.take();
  client.session.onMessage({ type: 'status-report', json: '{}' });
  t.same(client.take(), ['drop: the frontend said status-report out of turn']);
  client.session.onDisconnected();
  client.connect();
  client.take();
  client.welcome();
  t.same(client.take(), ['drop: the frontend said welcome out of turn']);
});

t.test('client session: chunks: no more operations than one may carry', async (t) => {
  const client = RecordedSession.writing();
  for (let mark = 0; mark < CHUNK_OPERATIONS_MAX + 2; mark += 1) client.write(mark);
  client.flush();
  const frames = client.take();
  t.same(
    frames.map((line) => line.split(' ').length - 2),
    [CHUNK_OPERATIONS_MAX, 2],
  );
  t.match(frames[1], /^request 64-8192 deposit\(8190\) deposit\(8191\)$/);
});

t.test('client session: in flight: bounded; what is settled makes room', async (t) => {
  const client = RecordedSession.writing();
  for (let mark = 0; mark < IN_FLIGHT_OPERATIONS_MAX; mark += 1) client.write(mark);
  client.flush();
  t.equal(client.take().length, 4);
  client.write(1);
  client.query(2);
  client.flush();
  t.same(client.take(), [], 'full');
  client.answer(
    64,
    2,
    Array.from({ length: CHUNK_OPERATIONS_MAX }, () => ok),
  );
  const last = 2 + IN_FLIGHT_OPERATIONS_MAX;
  t.same(client.take().slice(-2), [`request 64-${last} deposit(1)`, 'query 1 query(2)']);
});

t.test('client session: in flight: a deadline frees the room, too', async (t) => {
  const client = RecordedSession.writing();
  for (let mark = 0; mark < IN_FLIGHT_OPERATIONS_MAX; mark += 1) client.write(mark, 500);
  client.flush();
  client.write(1, 1000);
  client.take();
  client.tick(500);
  t.equal(client.take().at(-1), `request 64-${2 + IN_FLIGHT_OPERATIONS_MAX} deposit(1)`);
});

t.test('client session: reconnection: all unanswered again, in order, as it was', async (t) => {
  const client = RecordedSession.writing();
  client.write(1);
  client.flush();
  client.write(2);
  client.flush();
  client.query(1);
  client.flush();
  client.answerQuery(1, [ok]);
  const frames = client.take();
  client.disconnect();
  client.write(3);
  client.flush();
  t.same(client.take(), [], 'nothing without a connection');
  client.connect();
  const again = ['client-hello', 'welcomed', ...frames];
  t.same(client.take(), again, 'also the query whose answer did not count yet');
  client.disconnect();
  client.connect();
  t.same(client.take(), again, 'and once more');
});

t.test('client session: reconnection: a query keeps its number and its place', async (t) => {
  const client = RecordedSession.writing();
  client.query(1);
  client.write(1);
  client.query(2);
  client.flush();
  const frames = client.take();
  client.disconnect();
  client.connect();
  t.same(client.take().slice(2), frames);
});

t.test('client session: reconnection: an answer that was lost comes as a duplicate', async (t) => {
  const client = RecordedSession.writing();
  const ticket = client.write(1);
  client.flush();
  client.disconnect();
  client.connect();
  client.take();
  client.answer(64, 2, [ok], [firstAnswer()]);
  t.same(client.take(), ['64-2 ok']);
  t.match(client.outcomes.get(ticket), { seq: 5, timestamp: 50 });
  client.answer(64, 2, [ok], [firstAnswer()]);
  t.same(client.take(), []);
});

t.test('client session: reconnection: a session is asked for again', async (t) => {
  const client = RecordedSession.open();
  client.write(1);
  client.flush();
  client.disconnect();
  client.connect();
  t.same(client.take(), ['open-session', 'client-hello', 'welcomed', 'open-session']);
});

t.test('client session: nothing of a lost connection counts', async (t) => {
  const client = RecordedSession.writing();
  client.write(1);
  client.flush();
  client.disconnect();
  client.take();
  client.answer(64, 2, [ok]);
  t.same(client.take(), []);
});

t.test('client session: refusal of a first sending: definite, its number gone', async (t) => {
  const client = RecordedSession.writing();
  client.write(1);
  client.flush();
  client.write(2);
  client.flush();
  client.take();
  client.refuse('request', 64, 2, 'UNAVAILABLE');
  client.write(3);
  client.flush();
  t.same(client.take(), ['64-2 refused UNAVAILABLE', 'request 64-4 deposit(3)']);
  client.disconnect();
  client.connect();
  const again = ['request 64-3 deposit(2)', 'request 64-4 deposit(3)'];
  t.same(client.take().slice(2), again, 'not 64-2');
});

t.test('client session: refusal of a query: definite, whichever sending', async (t) => {
  const client = RecordedSession.open();
  client.query(1);
  client.flush();
  client.disconnect();
  client.connect();
  client.take();
  client.refuse('query', 0, 1);
  t.same(client.take(), ['q-1 refused BUSY']);
});

t.test('client session: refusal of a repetition: says nothing; again after a pause', async (t) => {
  const client = RecordedSession.writing();
  client.write(1);
  client.flush();
  const [first] = client.take();
  client.tick(10);
  client.disconnect();
  client.connect();
  client.take();
  client.refuse('request', 64, 2, 'UNAVAILABLE');
  client.write(2);
  client.query(1);
  client.flush();
  client.tick(109);
  t.same(client.take(), [], 'nothing overtakes it');
  client.tick(110);
  t.same(client.take(), [first, 'request 64-3 deposit(2)', 'query 1 query(1)']);
  client.refuse('request', 64, 2, 'BUSY');
  client.tick(210);
  t.equal(client.take().at(0), first, 'as often as need be');
  client.tick(1000);
  t.ok(client.take().includes('64-2 unknown'), 'and it never is said not to have happened');
});

t.test('client session: refusal of repetitions: all again, in order', async (t) => {
  const client = RecordedSession.writing();
  for (const mark of [1, 2, 3]) {
    client.write(mark);
    client.flush();
  }
  const frames = client.take();
  client.disconnect();
  client.connect();
  client.take();
  client.refuse('request', 64, 2);
  client.refuse('request', 64, 3);
  client.answer(64, 4, [ok]);
  client.tick(100);
  t.same(client.take(), ['64-4 ok', frames[0], frames[1]]);
  client.answer(64, 2, [passedOver]);
  client.answer(64, 3, [ok], [firstAnswer()]);
  t.same(client.take(), ['64-2 refused UNAVAILABLE', '64-3 ok'], 'the ledger tells them apart');
});

t.test('client session: refusal of a repetition: a first sending behind: definite', async (t) => {
  const client = RecordedSession.writing();
  client.write(1);
  client.flush();
  client.disconnect();
  client.connect();
  client.write(2);
  client.flush();
  client.take();
  client.refuse('request', 64, 2);
  client.refuse('request', 64, 3);
  t.same(client.take(), ['64-3 refused BUSY']);
});

t.test('client session: refusal of a repetition: queries right behind: asked anew', async (t) => {
  const client = RecordedSession.writing();
  client.write(1);
  client.query(1);
  client.flush();
  const frames = client.take();
  client.disconnect();
  client.connect();
  client.take();
  client.refuse('request', 64, 2);
  client.answerQuery(1, [ok]);
  t.same(client.take(), [], 'it may not have seen the write');
  client.tick(100);
  t.same(client.take(), [frames[0], 'query 2 query(1)']);
});

t.test('client session: refusal of a repetition: a second one prolongs nothing', async (t) => {
  const client = RecordedSession.writing();
  client.write(1);
  client.flush();
  client.disconnect();
  client.connect();
  const frame = client.take().at(-1);
  client.refuse('request', 64, 2);
  client.tick(50);
  client.refuse('request', 64, 2);
  client.tick(100);
  t.same(client.take(), [frame]);
});

t.test('client session: refusal of a repetition: a new connection ends the pause', async (t) => {
  const client = RecordedSession.writing();
  client.write(1);
  client.flush();
  const [frame] = client.take();
  client.disconnect();
  client.connect();
  client.refuse('request', 64, 2);
  client.disconnect();
  client.take();
  client.connect();
  t.same(client.take().slice(2), [frame]);
});

t.test('client session: refusal of the session: writes are refused, queries asked', async (t) => {
  const client = RecordedSession.open();
  client.write(1);
  client.query(1);
  client.write(2);
  client.flush();
  client.take();
  client.refuse('session', 0, 0, 'UNAVAILABLE');
  t.same(client.take(), ['- refused UNAVAILABLE', '- refused UNAVAILABLE', 'query 1 query(1)']);
  client.write(3);
  client.flush();
  t.same(client.take(), ['open-session'], 'asked for again with the next write');
});

t.test('client session: passed over: a first sending gets the answer as it is', async (t) => {
  const client = RecordedSession.writing();
  client.write(1);
  client.flush();
  client.take();
  client.answer(64, 2, [passedOver]);
  t.same(client.take(), ['64-2 badRequest']);
});

t.test('client session: deadline: never sent: definite', async (t) => {
  const client = new RecordedSession();
  client.write(1, 100);
  client.query(1, 100);
  client.write(2, 101);
  client.tick(99);
  t.same(client.take(), []);
  client.tick(100);
  t.same(client.take(), ['- refused UNAVAILABLE', '- refused UNAVAILABLE']);
  client.tick(101);
  t.same(client.take(), ['- refused UNAVAILABLE']);
  t.ok(client.session.isIdle);
  client.connect();
  t.same(client.take(), ['client-hello', 'welcomed'], 'and never will be');
});

t.test('client session: deadline: sent: unknown for a write, definite for a query', async (t) => {
  const client = RecordedSession.writing();
  const write = client.write(1, 100);
  const query = client.query(1, 100);
  client.flush();
  client.take();
  client.tick(100);
  t.same(client.take(), ['64-2 unknown', 'q-1 refused UNAVAILABLE']);
  t.match(client.outcomes.get(write), { kind: 'unknown', definite: false, request: '64-2' });
  const detail = 'the question was not answered in time';
  t.match(client.outcomes.get(query), { kind: 'refused', definite: true, detail });
  client.answer(64, 2, [ok]);
  client.answerQuery(1, [ok]);
  t.same(client.take(), [], 'the answers come too late');
  client.write(2);
  client.flush();
  t.same(client.take(), ['request 64-3 deposit(2)'], 'the number is used up');
  client.disconnect();
  client.connect();
  t.same(client.take().slice(2), ['request 64-3 deposit(2)'], 'and not sent again');
});

t.test('client session: deadline: sent, connection lost: unknown', async (t) => {
  const client = RecordedSession.writing();
  client.write(1, 100);
  client.flush();
  client.disconnect();
  client.take();
  client.tick(100);
  t.same(client.take(), ['64-2 unknown']);
});

t.test('client session: deadline: each operation of a frame has its own', async (t) => {
  const client = RecordedSession.writing();
  client.write(1, 300);
  client.write(2, 100);
  client.write(3, 200);
  client.flush();
  client.take();
  client.tick(100);
  t.same(client.take(), ['64-3 unknown']);
  client.tick(250);
  t.same(client.take(), ['64-4 unknown']);
  client.answer(64, 2, [ok, ok, ok]);
  t.same(client.take(), ['64-2 ok']);
});

t.test('client session: session expired, sent once: all behind it in a new session', async (t) => {
  const client = RecordedSession.writing();
  client.write(1);
  client.write(2);
  client.query(1);
  client.write(3);
  client.flush();
  client.write(4);
  client.flush();
  client.take();
  client.answer(64, 2, [expired, expired]);
  client.write(5);
  client.flush();
  t.same(client.take(), ['open-session']);
  client.answerQuery(1, [ok]);
  client.answer(64, 4, [expired]);
  client.answer(64, 5, [expired]);
  t.same(client.take(), [], "what the old frames are answered is nobody's business");
  client.grant(128);
  t.same(client.take(), ['request 128-1 deposit(1) deposit(2)', 'query 2 query(1)']);
  client.answer(128, 1, [ok, ok]);
  t.same(client.take(), ['128-1 ok', '128-2 ok']);
  client.answerQuery(2, [ok]);
  client.flush();
  t.same(client.take(), ['q-2 ok', 'request 128-3 deposit(3) deposit(4) deposit(5)']);
});

t.test('client session: session expired: a query behind it that was answered early', async (t) => {
  const client = RecordedSession.writing();
  client.write(1);
  client.query(1);
  client.flush();
  client.take();
  client.answerQuery(1, [ok]);
  client.answer(64, 2, [expired]);
  client.flush();
  t.same(client.take(), ['open-session'], 'it did not see the write that has yet to run');
  client.grant(128);
  t.same(client.take(), ['request 128-1 deposit(1)', 'query 2 query(1)']);
  client.answer(128, 1, [ok]);
  client.answerQuery(2, [ok]);
  t.same(client.take(), ['128-1 ok', 'q-2 ok']);
});

t.test('client session: session expired, sent twice: unknown; the rest anew', async (t) => {
  const client = RecordedSession.writing();
  client.write(1);
  client.flush();
  client.write(2);
  client.flush();
  client.disconnect();
  client.connect();
  client.write(3);
  client.flush();
  client.take();
  client.answer(64, 2, [expired]);
  t.same(client.take(), ['64-2 unknown']);
  client.write(4);
  client.flush();
  t.same(client.take(), [], 'numbers begin anew only when nothing of the old session is open');
  client.answer(64, 3, [expired]);
  t.same(client.take(), ['64-3 unknown']);
  client.answer(64, 4, [expired]);
  t.same(client.take(), ['open-session']);
  client.grant(128);
  t.same(client.take(), ['request 128-1 deposit(3) deposit(4)']);
});

t.test('client session: session expired: a deadline then is definite', async (t) => {
  const client = RecordedSession.writing();
  client.write(1, 100);
  client.flush();
  client.answer(64, 2, [expired]);
  client.take();
  client.tick(100);
  t.same(client.take(), ['- refused UNAVAILABLE']);
});

t.test("client session: OUTCOME of an expired session: an answer, one's own lives", async (t) => {
  const client = RecordedSession.writing();
  client.session.submit({ kind: 'outcome', account: 1, toAccount: 1 }, 1000);
  client.flush();
  client.write(1);
  client.flush();
  client.take();
  client.answer(64, 2, [expired]);
  client.answer(64, 3, [ok]);
  client.write(2);
  client.flush();
  t.same(client.take(), ['64-2 sessionExpired', '64-3 ok', 'request 64-4 deposit(2)']);
});

t.test('client session: OUTCOME in an expired session: anew, with its frame', async (t) => {
  const client = RecordedSession.writing();
  client.session.submit({ kind: 'outcome', account: 64, toAccount: 1, amount: 9 }, 1000);
  client.write(1);
  client.flush();
  client.take();
  client.answer(64, 2, [expired, expired]);
  client.grant(128);
  t.same(client.take(), ['open-session', 'request 128-1 outcome(9) deposit(1)']);
});

t.test('client session: OUTCOME repeated: its first answer, whatever it was', async (t) => {
  for (const first of [expired, passedOver]) {
    const client = RecordedSession.writing();
    client.session.submit({ kind: 'outcome', account: 1, toAccount: 1 }, 1000);
    client.flush();
    client.disconnect();
    client.connect();
    client.take();
    client.answer(64, 2, [first], [firstAnswer()]);
    client.write(1);
    client.flush();
    t.same(client.take(), [`64-2 ${first.code}`, 'request 64-3 deposit(1)']);
  }
});

t.test('client session: OUTCOME alone answered expired: a new session', async (t) => {
  const client = RecordedSession.writing();
  client.session.submit({ kind: 'outcome', account: 1, toAccount: 1 }, 1000);
  client.flush();
  client.answer(64, 2, [expired]);
  client.take();
  client.write(1);
  client.flush();
  t.same(client.take(), ['open-session']);
});

t.test('client session: END: the session is over, also where it had expired', async (t) => {
  for (const code of ['ok', 'sessionExpired'] as const) {
    const client = RecordedSession.writing();
    t.ok(client.session.hasSession);
    client.session.submit({ kind: 'end' }, 1000);
    client.flush();
    client.take();
    client.answer(64, 2, [result(code, { kind: 'end' })]);
    t.same(client.take(), [`64-2 ${code}`]);
    t.notOk(client.session.hasSession);
    client.write(1);
    client.flush();
    t.same(client.take(), ['open-session']);
  }
});

t.test('client session: another cluster: everything is settled, for good', async (t) => {
  const client = RecordedSession.writing();
  client.write(1);
  client.query(1);
  client.flush();
  client.disconnect();
  client.write(2);
  client.flush();
  client.take();
  client.connect(OTHER_CLUSTER);
  t.same(client.take(), [
    'client-hello',
    '64-2 unknown',
    'q-1 refused UNAVAILABLE',
    '- refused UNAVAILABLE',
    'failed: another bank answers at this address now',
  ]);
  client.write(3);
  client.flush();
  t.same(client.take(), ['- refused UNAVAILABLE']);
});

t.test(
  'client session: a frontend without a bank: fine at first, never to repeat to',
  async (t) => {
    const client = new RecordedSession();
    client.connect(CLUSTER_NONE);
    client.disconnect();
    client.connect(CLUSTER);
    client.disconnect();
    client.write(1);
    client.take();
    client.connect(CLUSTER_NONE);
    t.same(client.take(), ['client-hello', 'drop: the frontend has no bank yet']);
    client.disconnect();
    client.connect(CLUSTER);
    t.same(client.take(), ['client-hello', 'welcomed', 'open-session']);
  },
);

t.test('client session: hello refused: for good, or to be tried again', async (t) => {
  const client = new RecordedSession();
  const ticket = client.query(1);
  client.session.onConnected();
  client.session.onMessage({ type: 'refused', retry: true, detail: 'come back later' });
  t.same(client.take(), ['client-hello', 'drop: come back later']);
  client.session.onDisconnected();
  client.session.onConnected();
  client.session.onMessage({ type: 'refused', retry: false, detail: 'not you' });
  t.same(client.take(), ['client-hello', '- refused UNAVAILABLE', 'failed: not you']);
  t.match(client.outcomes.get(ticket), { detail: 'not you' });
});

t.test('client session: abandoned: what was sent is unknown, the rest definite', async (t) => {
  const client = RecordedSession.writing();
  client.write(1);
  client.flush();
  client.write(2);
  client.take();
  client.session.abandon('closed');
  client.session.abandon('closed');
  t.same(client.take(), ['64-2 unknown', '- refused UNAVAILABLE', 'failed: closed']);
});

t.test('client session: bulk: a frame of its own, raw results', async (t) => {
  const client = RecordedSession.writing();
  client.write(7);
  const chunk = encodeChunk(0, 0, deposits(3));
  const before = chunk.slice();
  const ticket = client.session.submitBulk('request', chunk, 1000);
  client.write(8);
  client.flush();
  t.same(client.take(), [
    'request 64-2 deposit(7)',
    'request 64-3 deposit(0) deposit(1) deposit(2)',
    'request 64-6 deposit(8)',
  ]);
  t.same(chunk, before, "the caller's bytes stay as they are");
  client.answer(64, 3, [ok, result('insufficientFunds'), ok]);
  const results = encodeResults([ok, result('insufficientFunds'), ok]);
  t.match(client.outcomes.get(ticket), { kind: 'answered', results, request: '64-3', seq: SEQ });
});

t.test('client session: bulk: waits until all of it fits', async (t) => {
  const client = RecordedSession.writing();
  const large = encodeChunk(0, 0, deposits(CHUNK_OPERATIONS_MAX - 1));
  for (let at = 0; at < 4; at += 1) client.session.submitBulk('request', large, 1000);
  const queries = [1, 2, 3, 4, 5].map((account) => ({ kind: 'query', account }) as const);
  client.session.submitBulk('query', encodeChunk(0, 0, queries), 1000);
  client.flush();
  t.equal(client.take().length, 4);
  client.answer(
    64,
    2,
    Array.from({ length: CHUNK_OPERATIONS_MAX - 1 }, () => ok),
  );
  const [answered, sent] = client.take();
  t.equal(answered, '64-2 results of 8189');
  t.equal(sent, 'query 1 query(1) query(2) query(3) query(4) query(5)');
});

t.test('client session: bulk: expired: anew if sent once, unknown if twice', async (t) => {
  const client = RecordedSession.writing();
  client.session.submitBulk('request', encodeChunk(0, 0, deposits(2)), 1000);
  client.flush();
  client.take();
  client.answer(64, 2, [expired, expired]);
  client.grant(128);
  t.same(client.take(), ['open-session', 'request 128-1 deposit(0) deposit(1)']);
  client.disconnect();
  client.connect();
  client.take();
  client.answer(128, 1, [ok, expired]);
  t.same(client.take(), ['128-1 unknown']);
});

t.test('client session: bulk: refused and overdue', async (t) => {
  const client = RecordedSession.writing();
  client.session.submitBulk('request', encodeChunk(0, 0, deposits(2)), 1000);
  client.session.submitBulk('request', encodeChunk(0, 0, deposits(2)), 1000);
  client.flush();
  client.take();
  client.refuse('request', 64, 2);
  client.tick(1000);
  t.same(client.take(), ['64-2 refused BUSY', '64-4 unknown']);
});
