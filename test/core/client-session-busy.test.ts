/** What a client does where more is asked for than can be served: it sheds, rather than waits. */
import t from 'tap';
import {
  BUSY_KNOWN_MS, BUSY_PAUSE_MS, BUSY_PAUSE_MS_MAX, IN_FLIGHT_OPERATIONS_MAX,
} from '../../src/core/busy-backoff.ts';
import { REFUSED_PAUSE_MS } from '../../src/core/client-session.ts';
import { CHUNK_OPERATIONS_MAX, encodeChunk, type Operation } from '../../src/core/operation.ts';
import { RecordedSession, result } from '../support/recorded-session.ts';

function bulk(client: RecordedSession, amount: number): void {
  const chunk = encodeChunk(0, 0, [{ kind: 'deposit', account: 100, amount }]);
  client.session.submitBulk('request', chunk, client.nowMs + 10_000);
}

/** With request 64-2 refused at 0. */
function refused(code: 'BUSY' | 'UNAVAILABLE' = 'BUSY'): RecordedSession {
  const client = RecordedSession.writing();
  bulk(client, 1);
  client.flush();
  client.refuse('request', 64, 2, code);
  client.take();
  return client;
}

t.test('client session: busy: single operations wait, and share a frame then', async (t) => {
  const client = refused();
  for (const mark of [2, 3]) {
    client.write(mark, 10_000);
    client.flush();
  }
  client.tick(BUSY_PAUSE_MS - 1);
  t.same(client.take(), []);
  client.tick(BUSY_PAUSE_MS);
  t.same(client.take(), ['request 64-3 deposit(2) deposit(3)']);
});

t.test('client session: busy: prepared chunks are refused at once, unsent', async (t) => {
  const client = refused();
  bulk(client, 2);
  client.write(3, 10_000);
  bulk(client, 4);
  t.notOk(client.session.isIdle);
  client.flush();
  t.same(client.take(), ['- refused BUSY', '- refused BUSY']);
  client.tick(BUSY_PAUSE_MS);
  bulk(client, 5);
  client.flush();
  t.same(client.take(), ['request 64-3 deposit(3)', 'request 64-4 deposit(5)']);
});

t.test('client session: busy: what was queued before is sent after the pause', async (t) => {
  const client = RecordedSession.writing();
  bulk(client, 1);
  client.flush();
  client.query(1, 10_000);
  bulk(client, 2);
  client.flush();
  client.refuse('request', 64, 2);
  client.take();
  client.tick(BUSY_PAUSE_MS - 1);
  t.same(client.take(), []);
  client.answerQuery(1, [result('ok')]);
  client.tick(BUSY_PAUSE_MS);
  t.same(client.take(), ['q-1 ok', 'request 64-3 deposit(2)']);
});

t.test('client session: busy: what is under way is answered, and a deadline kept', async (t) => {
  const client = RecordedSession.writing();
  bulk(client, 1);
  client.write(2, 10_000);
  client.flush();
  client.take();
  client.refuse('request', 64, 2);
  client.query(1, 100);
  client.flush();
  client.answer(64, 3, [result('ok')]);
  t.same(client.take(), ['64-2 refused BUSY', '64-3 ok']);
  client.tick(100);
  t.same(client.take(), ['- refused UNAVAILABLE']);
});

t.test('client session: busy, again and again: longer pauses, until one is served', async (t) => {
  const client = refused();
  let number = 3;
  /** Sends one after so long, not before. */
  const sentAfter = (ms: number): void => {
    client.write(number, 100_000);
    client.tick(client.nowMs + ms - 1);
    t.same(client.take(), []);
    client.tick(client.nowMs + 1);
    t.same(client.take(), [`request 64-${number} deposit(${number})`]);
    number += 1;
  };
  for (const ms of [1, 2, 4, 4].map((times) => times * BUSY_PAUSE_MS)) {
    sentAfter(ms);
    client.refuse('request', 64, number - 1);
    client.take();
  }
  t.equal(4 * BUSY_PAUSE_MS, BUSY_PAUSE_MS_MAX);
  sentAfter(BUSY_PAUSE_MS_MAX);
  client.answer(64, number - 1, [result('ok')]);
  client.write(number, 100_000);
  client.flush();
  client.refuse('request', 64, number);
  number += 1;
  client.take();
  sentAfter(BUSY_PAUSE_MS);
});

t.test('client session: busy: nobody waits for more than a quarter of his time', async (t) => {
  const client = refused();
  client.write(2, 10_000);
  client.flush();
  client.tick(100);
  client.write(3, 1_100);
  client.tick(349);
  t.same(client.take(), []);
  client.tick(350);
  t.same(client.take(), ['request 64-3 deposit(2) deposit(3)']);
  bulk(client, 4);
  client.flush();
  t.same(client.take(), ['- refused BUSY'], 'that pause goes on');
  client.refuse('request', 64, 3);
  t.same(client.take(), ['64-3 refused BUSY', '64-4 refused BUSY']);
  client.write(5, 10_000);
  client.tick(BUSY_PAUSE_MS - 1);
  t.same(client.take(), [], 'it is the same pause');
  client.tick(BUSY_PAUSE_MS);
  t.same(client.take(), ['request 64-5 deposit(5)']);
});

t.test('client session: busy: what was queued waits for a quarter of its time', async (t) => {
  const client = RecordedSession.writing();
  bulk(client, 1);
  client.flush();
  client.query(1, 10_000);
  client.write(2, 800);
  client.flush();
  client.refuse('request', 64, 2);
  client.answerQuery(1, [result('ok')]);
  client.take();
  client.tick(199);
  t.same(client.take(), []);
  client.tick(200);
  t.same(client.take(), ['request 64-3 deposit(2)']);
});

t.test('client session: busy, and connected anew: that is over', async (t) => {
  const client = refused();
  client.disconnect();
  client.connect();
  client.take();
  bulk(client, 2);
  client.write(3);
  client.flush();
  t.same(client.take(), ['request 64-3 deposit(2)', 'request 64-4 deposit(3)']);
});

t.test('client session: busy, several at once: one pause', async (t) => {
  const client = RecordedSession.writing();
  for (const amount of [1, 2, 3]) bulk(client, amount);
  client.flush();
  for (const number of [2, 3, 4]) client.refuse('request', 64, number);
  client.write(4, 10_000);
  client.take();
  client.tick(BUSY_PAUSE_MS);
  t.same(client.take(), ['request 64-5 deposit(4)']);
});

t.test('client session: unavailable: nothing waits for that', async (t) => {
  const client = refused('UNAVAILABLE');
  bulk(client, 2);
  client.flush();
  t.same(client.take(), ['request 64-3 deposit(2)']);
});

t.test('client session: busy, said of a repetition: it is sent again, by its number', async (t) => {
  const client = RecordedSession.writing();
  client.write(1, 10_000);
  client.flush();
  client.disconnect();
  client.connect();
  t.same(client.take(), ['request 64-2 deposit(1)', 'client-hello', 'welcomed',
    'request 64-2 deposit(1)']);
  client.refuse('request', 64, 2);
  client.tick(REFUSED_PAUSE_MS);
  t.same(client.take(), ['request 64-2 deposit(1)']);
});

const BATCH: readonly Operation[] = Array.from({ length: CHUNK_OPERATIONS_MAX }, () =>
  ({ kind: 'deposit', account: 100, amount: 1 }));
const RESULTS = BATCH.map(() => result('ok'));
const CHUNK = encodeChunk(0, 0, BATCH);
const EACH_MS = 50;

/** Of these lines, how many are requests, and how many say that one was refused. */
function countsOf(lines: readonly string[]): readonly [sent: number, busy: number] {
  const count = (beginning: string): number =>
    lines.filter((line) => line.startsWith(beginning)).length;
  return [count('request'), count('- refused BUSY')];
}

/** It keeps so many whole chunks asked for; the frontend serves one each 50 ms. */
class Pipeline {
  readonly client = RecordedSession.writing();
  #nextRequest = 2;

  get busy(): number {
    return [...this.client.outcomes.values()].filter((outcome) =>
      outcome.kind === 'refused' && outcome.code === 'BUSY').length;
  }

  ask(count: number, timeoutMs = 10_000): void {
    for (let asked = 0; asked < count; asked += 1) {
      this.client.session.submitBulk('request', CHUNK, this.client.nowMs + timeoutMs);
    }
    this.client.flush();
  }

  serve(): void {
    this.client.tick(this.client.nowMs + EACH_MS);
    this.client.answer(64, this.#nextRequest, RESULTS);
    this.#nextRequest += CHUNK_OPERATIONS_MAX;
  }
}

t.test('client session: more is asked for than answered: shed where it would wait for a quarter of '
  + 'its time', async (t) => {
  const pipeline = new Pipeline();
  pipeline.ask(IN_FLIGHT_OPERATIONS_MAX / CHUNK_OPERATIONS_MAX);
  for (let step = 0; step < 100; step += 1) {
    pipeline.ask(4);
    pipeline.serve();
  }
  const shed = pipeline.busy;
  t.ok(shed > 200, `${shed} were refused`);
  for (let step = 0; step < 46; step += 1) pipeline.serve();
  pipeline.ask(1);
  t.equal(pipeline.busy, shed, 'room again');
  pipeline.ask(1, 100);
  t.equal(pipeline.busy, shed + 1, 'there is no time for that one');
  t.notOk([...pipeline.client.outcomes.values()].some(({ kind }) => kind === 'unknown'));
});

t.test('client session: as many asked for as answered, however many: none is shed', async (t) => {
  const pipeline = new Pipeline();
  pipeline.ask(40);
  for (let step = 0; step < 100; step += 1) {
    pipeline.serve();
    pipeline.ask(1);
  }
  t.equal(pipeline.busy, 0);
});

t.test('client session: busy: then one chunk, and one more for each served', async (t) => {
  const client = refused();
  client.tick(BUSY_PAUSE_MS);
  /** What became of five more: sent, one by one, or refused while another waits. */
  const askFive = (): readonly [sent: number, busy: number] => {
    for (let count = 0; count < 5; count += 1) {
      client.session.submitBulk('request', CHUNK, client.nowMs + 10_000);
      client.flush();
    }
    return countsOf(client.take());
  };
  const flights = [askFive()];
  for (let served = 0; served < 3; served += 1) {
    client.answer(64, 3 + served * CHUNK_OPERATIONS_MAX, RESULTS);
    client.flush();
    flights.push(askFive());
  }
  t.same(flights, [[1, 3], [2, 3], [2, 3], [2, 0]], 'four at once in the end, and none refused');
});

t.test('client session: busy, a while ago: it tells nothing any more', async (t) => {
  /** How many of five in one turn are sent, and refused, so long after the pause. */
  const askFive = (afterMs: number): readonly [sent: number, busy: number] => {
    const client = refused();
    client.tick(BUSY_PAUSE_MS + afterMs);
    for (let count = 0; count < 5; count += 1) {
      client.session.submitBulk('request', CHUNK, client.nowMs + 10_000);
    }
    client.flush();
    return countsOf(client.take());
  };
  t.same(askFive(BUSY_KNOWN_MS - 1), [1, 4]);
  t.same(askFive(BUSY_KNOWN_MS), [4, 0]);
});

t.test('client session: busy: small chunks of one turn share the window', async (t) => {
  const client = refused();
  client.tick(BUSY_PAUSE_MS);
  client.write(2, 10_000);
  bulk(client, 3);
  bulk(client, 4);
  client.flush();
  t.same(client.take(), [
    'request 64-3 deposit(2)', 'request 64-4 deposit(3)', 'request 64-5 deposit(4)',
  ]);
});

t.test('client session: busy, and no connection since: chunks wait for the next', async (t) => {
  const client = refused();
  client.disconnect();
  bulk(client, 2);
  bulk(client, 3);
  client.flush();
  client.connect();
  t.same(client.take(), [
    'client-hello', 'welcomed', 'request 64-3 deposit(2)', 'request 64-4 deposit(3)',
  ]);
});

t.test('client session: busy: more under way than may be, and none waits: no rate', async (t) => {
  const client = RecordedSession.writing();
  let number = 2;
  for (let times = 0; times < 5; times += 1) {
    const numbers: number[] = [];
    for (let count = 0; count < 4; count += 1) {
      client.session.submitBulk('request', CHUNK, client.nowMs + 10_000);
      numbers.push(number);
      number += CHUNK_OPERATIONS_MAX;
    }
    client.flush();
    const [first = 0, ...others] = numbers;
    client.refuse('request', 64, first);
    client.tick(client.nowMs + BUSY_PAUSE_MS);
    client.tick(client.nowMs + BUSY_PAUSE_MS / 2);
    for (const other of others) client.answer(64, other, RESULTS);
  }
  client.take();
  client.write(1, client.nowMs + 10_000);
  client.write(2, client.nowMs + 10_000);
  client.flush();
  t.same(client.take(), [`request 64-${number} deposit(1) deposit(2)`]);
});

t.test('client session: shed, and closed in the same turn: settled', async (t) => {
  const client = refused();
  bulk(client, 2);
  client.session.abandon('closed');
  t.same(client.take(), ['- refused UNAVAILABLE', 'failed: closed']);
  t.ok(client.session.isIdle);
});
