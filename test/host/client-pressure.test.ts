import t from 'tap';
import type { Seq, SessionId, Timestamp } from '../../src/core/ids.ts';
import type { FromClient, ToClient } from '../../src/core/message.ts';
import { ClientPressure } from '../../src/host/client-pressure.ts';

const MEGABYTE = 1024 * 1024;

function request(bytes: number): FromClient {
  return { type: 'request', chunk: new Uint8Array(bytes) };
}

const ANSWERED: ToClient = {
  type: 'answered', session: 1 as SessionId, firstRequest: 1,
  seq: 1 as Seq, timestamp: 1 as Timestamp,
  results: new Uint8Array(32), originals: [],
};

t.test('client pressure: more than 8 MiB unanswered: too high, until answered', async (t) => {
  const pressure = new ClientPressure();
  for (let sent = 0; sent < 7; sent += 1) pressure.onReceived(request(MEGABYTE));
  t.notOk(pressure.isTooHigh);
  pressure.onReceived(request(MEGABYTE));
  t.ok(pressure.isTooHigh);
  pressure.onSent(ANSWERED);
  t.notOk(pressure.isTooHigh);
});

t.test('client pressure: every kind of request, answered: the sum is nothing', async (t) => {
  const pressure = new ClientPressure();
  const refusal: ToClient = {
    type: 'refusal', thing: 'request', session: 1 as SessionId, number: 1, code: 'BUSY', detail: '',
  };
  for (let round = 0; round < 1_000; round += 1) {
    pressure.onReceived(request(MEGABYTE));
    pressure.onReceived({ type: 'query', query: 1, chunk: new Uint8Array(MEGABYTE) });
    pressure.onReceived({ type: 'open-session' });
    pressure.onReceived({ type: 'ask-status' });
    pressure.onSent(ANSWERED);
    pressure.onSent({
      type: 'query-answered', query: 1, seq: 1 as Seq, results: new Uint8Array(32),
    });
    pressure.onSent({ type: 'session', session: 1 as SessionId });
    pressure.onSent({ type: 'status-report', json: '{}' });
    pressure.onReceived(request(MEGABYTE));
    pressure.onSent(refusal);
  }
  t.notOk(pressure.isTooHigh);
});

t.test('client pressure: a flood of tiny requests: counts too', async (t) => {
  const pressure = new ClientPressure();
  for (let sent = 0; sent < 4_000; sent += 1) pressure.onReceived({ type: 'ask-status' });
  t.notOk(pressure.isTooHigh);
  for (let sent = 0; sent < 200; sent += 1) pressure.onReceived({ type: 'ask-status' });
  t.ok(pressure.isTooHigh);
});

t.test('client pressure: never quite answered: nothing piles up', async (t) => {
  const pressure = new ClientPressure();
  const before = process.memoryUsage().heapUsed;
  pressure.onReceived({ type: 'ask-status' });
  for (let sent = 0; sent < 6_000_000; sent += 1) {
    pressure.onReceived({ type: 'ask-status' });
    pressure.onSent({ type: 'status-report', json: '' });
  }
  const grown = process.memoryUsage().heapUsed - before;
  // A young generation of garbage is no growth; all costs would take 48 MB.
  t.ok(grown < 32 * MEGABYTE, `${grown} bytes for one unanswered request`);
  t.notOk(pressure.isTooHigh);
});
