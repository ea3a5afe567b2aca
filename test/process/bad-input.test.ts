/**
 * Bad input at the port of one bank, in one way after another: a clear error or a closed
 * connection, the service unharmed, nothing changed. Who behaves is served all the while.
 */
import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import {
  CLUSTER_NONE, type BackendId, type ClusterId, type Epoch, type Incarnation,
} from '../../src/core/ids.ts';
import type { Hello, Message } from '../../src/core/message.ts';
import { CHUNK_OPERATIONS_MAX, encodeChunk, RESULT_BYTES } from '../../src/core/operation.ts';
import { Random } from '../../src/core/random.ts';
import { pause, TestBank, until } from '../support/bank.ts';
import { joined, rawFrame } from '../support/raw-frame.ts';
import { RawSocket } from '../support/raw-socket.ts';

const CLIENT_HELLO: Message = { type: 'client-hello', cluster: CLUSTER_NONE };
const QUERY_100 = encodeChunk(0, 0, [{ kind: 'query', account: 100 }]);
/** The same ones in every run. */
const random = new Random(1);

function drawnBytes(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => random.int(256));
}

t.test('bad input: one bank, everything that is not for it', async (t) => {
  const bank = await TestBank.start(t, { frontend: ['--read-timeout', '3s'] });
  await bank.commands('CREATE 100', 'CREATE 5');
  const before = await facts(bank);
  // Seconds pass until they have waited for too long: everything else happens meanwhile.
  const [drips, silent] = [await dripping(t, bank.port), await RawSocket.connect(t, bank.port)];

  await t.test('what is no frame: closed', async (t) => {
    const strangers: Record<string, Uint8Array | string> = {
      'random bytes': drawnBytes(100_000),
      'a TLS hello': Buffer.from('16030100a5010000a10303' + '00'.repeat(64), 'hex'),
      'an HTTP request': 'GET / HTTP/1.1\r\nHost: bank\r\n\r\n',
      'NULs': new Uint8Array(10_000),
      'a command in plain text': 'QUERY 100\r\n',
      'the magic, then rubbish': Buffer.concat([Buffer.from('BNKD'), drawnBytes(1_000)]),
      'another version': rawFrame(64, new Uint8Array(16), { version: 1 }),
      'a wrong checksum of the body': rawFrame(64, new Uint8Array(16), { bodyChecksum: 1 }),
      'an unknown type': rawFrame(250, new Uint8Array(16)),
      'a length of 4 GiB': rawFrame(64, new Uint8Array(16), { length: 0xffffffff }),
      'a frame too long for a hello': rawFrame(64, new Uint8Array(5_000)),
      'a flipped bit in the header': flipped(joined(CLIENT_HELLO), 9),
      'a flipped bit in the body': flipped(joined(CLIENT_HELLO), 30),
      'a body of too few fields': rawFrame(64, new Uint8Array(3)),
      'half a frame, then the end': joined(CLIENT_HELLO).subarray(0, 20),
    };
    for (const [name, bytes] of Object.entries(strangers)) {
      const raw = await RawSocket.connect(t, bank.port);
      raw.write(bytes);
      if (name.startsWith('half')) raw.socket.end();
      await raw.closed();
      t.ok(raw.messages.every(({ type }) => type === 'refused'), `${name}: closed`);
    }
  });

  await t.test('frames in the wrong role or order: refused with a sentence', async (t) => {
    const hello = helloOf('11'.repeat(16) as ClusterId, 1);
    const conversations: Record<string, readonly Message[]> = {
      'no hello': [{ type: 'ask-status' }],
      'a vote first': [vote()],
      'two hellos of a client': [CLIENT_HELLO, CLIENT_HELLO],
      'a client that votes': [CLIENT_HELLO, vote()],
      'a client that talks as a frontend': [CLIENT_HELLO, { type: 'session', session: 1 as never }],
      'a client of another bank': [{ type: 'client-hello', cluster: '22'.repeat(16) as ClusterId }],
      'a backend of another bank': [hello],
      'a backend that is none of the count': [helloOf(CLUSTER_NONE, 7)],
      'a backend that asks for the status': [hello, { type: 'ask-status' }],
    };
    for (const [name, messages] of Object.entries(conversations)) {
      const raw = await RawSocket.connect(t, bank.port);
      for (const message of messages) raw.say(message);
      const refused = await raw.hear('refused');
      t.match(refused?.detail, /\w+ \w+/, `${name}: ${refused?.detail}`);
      await raw.closed();
    }
  });

  await t.test('a second backend 1, empty or with forged words: refused', async (t) => {
    const { cluster, epoch } = await bank.status();
    for (const claimed of [CLUSTER_NONE, cluster as ClusterId]) {
      const raw = await RawSocket.connect(t, bank.port);
      raw.say(helloOf(claimed, 1));
      raw.say({ ...vote(), epoch: epoch as Epoch });
      const refused = await raw.hear('refused');
      t.match(refused?.detail, /already running/);
      await raw.closed();
    }
  });

  await t.test('hostile chunks: refused or answered as malformed, service goes on', async (t) => {
    for (const [name, chunk] of Object.entries(hostileChunks())) {
      const raw = await RawSocket.connect(t, bank.port);
      raw.say(CLIENT_HELLO);
      raw.say({ type: 'open-session' });
      const session = (await raw.hear('session'))?.session ?? 0;
      new DataView(chunk.buffer).setBigInt64(8, BigInt(session), true);
      for (let copy = 0; copy < 20; copy += 1) raw.say({ type: 'request', chunk });
      for (let copy = 0; copy < 20; copy += 1) raw.say({ type: 'query', query: copy, chunk });
      raw.say({ type: 'query', query: 99, chunk: QUERY_100 });
      await until(`an end of ${name}`, () => raw.isClosed || raw.messages.some(
        (message) => message.type === 'query-answered' && message.query === 99));
      t.pass(name);
      await serves(t, bank, `after ${name}`);
    }
  });

  await t.test('random chunks with a right header: every operation is answered', async (t) => {
    const raw = await RawSocket.connect(t, bank.port);
    raw.say(CLIENT_HELLO);
    for (let query = 0; query < 200; query += 1) {
      const chunk = new Uint8Array(64 * 21);
      chunk.set(drawnBytes(64 * 20), 64);
      chunk.set(queries(20).subarray(0, 64));
      raw.say({ type: 'query', query, chunk });
    }
    await until('all answers', () => raw.isClosed || raw.messages.length >= 201);
    t.notOk(raw.isClosed);
  });

  await t.test('2,000 idle connections: the service is unharmed', async (t) => {
    const idle: RawSocket[] = [];
    for (let round = 0; round < 20; round += 1) {
      idle.push(...await Promise.all(
        Array.from({ length: 100 }, () => RawSocket.connect(t, bank.port))));
    }
    for (const raw of idle) raw.say(CLIENT_HELLO);
    await Promise.all(idle.map((raw) => raw.hear('welcome')));
    t.notOk(idle.some((raw) => raw.isClosed));
    await serves(t, bank, 'beside them');
  });

  await t.test('a client that never reads its answers: held back, then dropped', async (t) => {
    const raw = await RawSocket.connect(t, bank.port);
    raw.say(CLIENT_HELLO);
    await raw.hear('welcome');
    raw.socket.pause();
    const chunk = queries(CHUNK_OPERATIONS_MAX);
    for (let query = 0; query < 100; query += 1) raw.say({ type: 'query', query, chunk });
    for (let round = 0; round < 5; round += 1) {
      await serves(t, bank, 'beside it');
      await pause(100);
    }
    const resident = residentMiB((await bank.status()) as unknown as { frontend: { pid: number } });
    t.ok(await resident < 600, 'its answers do not pile up');
  });

  await t.test('largest chunks of QUERYs, several connections at once: all answered', async (t) => {
    const clients = await Promise.all(Array.from({ length: 6 }, () => bank.connect(20_000)));
    const operations = Array.from({ length: CHUNK_OPERATIONS_MAX }, () =>
      ({ kind: 'query' as const, account: 100 }));
    const outcomes = await Promise.all(clients.flatMap((client) =>
      Array.from({ length: 5 }, () => client.bulk(operations))));
    for (const outcome of outcomes) {
      if (outcome.kind !== 'answered') t.fail(JSON.stringify(outcome));
      else t.equal(outcome.results.length, CHUNK_OPERATIONS_MAX * RESULT_BYTES);
    }
    await serves(t, bank, 'after them');
  });

  await t.test('slow and silent ones: closed in time, and nobody waits for them', async (t) => {
    await serves(t, bank, 'meanwhile');
    await Promise.all([drips.closed(), silent.closed()]);
    t.match(await drips.hear('refused'), { detail: /within \d+ ms/ });
  });

  await t.test('in the end: no process has ended, nothing has changed', async (t) => {
    t.same(await facts(bank), before);
    t.ok([bank.frontend, ...bank.ids.map((id) => bank.backend(id))].every((each) => each.running));
    t.ok(bank.frontend.lines.length < 500, 'strangers do not fill the log');
  });
});

/** A byte a second of what a client says first. */
async function dripping(t: Test, port: number): Promise<RawSocket> {
  const drips = await RawSocket.connect(t, port);
  const frame = joined(CLIENT_HELLO);
  let sent = 0;
  const drip = setInterval(() => drips.write(frame.subarray(sent, (sent += 1))), 1_000);
  t.teardown(() => clearInterval(drip));
  return drips;
}

/** Headers and records that lie. */
function hostileChunks(): Record<string, Uint8Array> {
  const make = (change: (view: DataView) => void, records = 1): Uint8Array => {
    const deposits = Array.from({ length: records }, () =>
      ({ kind: 'deposit', account: 999, amount: 1, scale: 2 }) as const);
    const chunk = encodeChunk(1, 1, deposits);
    change(new DataView(chunk.buffer));
    return chunk;
  };
  return {
    'many operations, one record': make((view) => view.setUint32(4, CHUNK_OPERATIONS_MAX, true)),
    'more operations than allowed': make((view) => view.setUint32(4, 0xffffffff, true)),
    'no operations': make((view) => view.setUint32(4, 0, true)),
    'fewer operations than records': make((view) => view.setUint32(4, 1, true), 50),
    'more records than bytes': make((view) => view.setUint32(24, 0xffffffff, true)),
    'no chunk': make((view) => view.setUint8(0, 7)),
    'a first request far ahead': make((view) => view.setBigInt64(16, 2n ** 53n - 2n, true)),
    'a first request below zero': make((view) => view.setBigInt64(16, -5n, true)),
    'a lease, which is the frontend\'s to order': make((view) => view.setUint8(64, 8)),
    'an unknown kind': make((view) => view.setUint8(64, 77)),
    'a key that is not there': make((view) => view.setUint8(65, 1)),
    'unknown flags': make((view) => view.setUint8(65, 0xfe)),
    'an amount below zero': make((view) => view.setBigInt64(88, -1n, true)),
    'an amount beyond 2^53': make((view) => view.setBigInt64(88, 2n ** 60n, true)),
    'a scale of 255': make((view) => view.setUint8(66, 255)),
    'an account beyond 2^53': make((view) => view.setBigInt64(72, -(2n ** 62n), true)),
  };
}

function queries(count: number): Uint8Array {
  return encodeChunk(0, 0, Array.from({ length: count }, () => ({ kind: 'query', account: 100 })));
}

function helloOf(cluster: ClusterId, backend: number): Hello {
  return {
    type: 'hello', cluster, backend: backend as BackendId, count: 3, pid: 1, condition: 'empty',
    incarnation: randomBytes(16).toString('hex') as Incarnation, detail: '', directory: '',
    nonce: randomBytes(16).toString('hex'), promisedEpoch: 0 as Epoch,
    view: { number: 0 as never, members: [] },
  };
}

function vote(): Extract<Message, { type: 'vote' }> {
  return {
    type: 'vote', epoch: 1 as Epoch, seq: 1 as never, hash: '0'.repeat(64) as never,
    digest: '0'.repeat(32), reserve: { bytes: 0, full: true },
  };
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 4;
  return copy;
}

/** What no stranger may change. */
async function facts(bank: TestBank): Promise<unknown> {
  const { cluster, epoch, view, status } = await bank.status();
  const balances = await bank.commands('QUERY 100', 'QUERY 101', 'QUERY 102', 'QUERY 999');
  return { cluster, epoch, view, status, balances };
}

async function serves(t: Test, bank: TestBank, when: string): Promise<void> {
  await using client = await bank.connect(5_000);
  t.match(await client.query(100), { kind: 'answered', result: { balance: 10_000 } }, when);
}

async function residentMiB({ frontend }: { frontend: { pid: number } }): Promise<number> {
  const { readFileSync } = await import('node:fs');
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${frontend.pid}/status`, 'utf8'));
  return Number(match?.[1]) / 1024;
}
