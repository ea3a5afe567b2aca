import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Message } from '../../src/core/message.ts';
import { CLUSTER_NONE } from '../../src/core/ids.ts';
import { TcpConnection, type TcpConnectionOptions } from '../../src/host/tcp-connection.ts';
import { encodeFrame, HELLO_BODY_BYTES_MAX } from '../../src/wire/frame.ts';

const HELLO: Message = { type: 'client-hello', cluster: CLUSTER_NONE };
const ASK: Message = { type: 'ask-status' };

function report(json: string): Message {
  return { type: 'status-report', json };
}

function bytesOf(...messages: readonly Message[]): Buffer {
  return Buffer.concat(messages.flatMap((message) => encodeFrame(message)));
}

/** A connection under test, the raw socket at its other end, and what its owner was told. */
class Pair {
  readonly connection: TcpConnection;
  readonly peer: Socket;
  readonly told: string[] = [];
  detail = '';
  onMessage: (message: Message) => void = () => {};
  onBad: () => void = () => {};
  readonly closed = Promise.withResolvers<void>();

  constructor(socket: Socket, peer: Socket, options: TcpConnectionOptions) {
    this.peer = peer;
    this.connection = new TcpConnection(socket, {
      onMessage: (message) => {
        this.told.push(message.type);
        this.onMessage(message);
      },
      onBad: (fault) => {
        this.told.push(`bad ${fault}`);
        this.onBad();
      },
      onClosed: (detail) => {
        this.detail = detail;
        this.told.push('closed');
        this.closed.resolve();
      },
    }, options);
  }
}

async function pair(t: Test, options: TcpConnectionOptions = {}): Promise<Pair> {
  const server = createServer({ allowHalfOpen: true }); // it ends by itself, and nobody for it
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1');
  peer.on('error', () => {});
  const made = new Pair(await accepted, peer, options);
  t.teardown(() => {
    made.connection.destroy();
    peer.destroy();
    server.close();
  });
  return made;
}

t.test('tcp connection: messages: in order, whatever the pieces', async (t) => {
  const { peer, told, connection } = await pair(t);
  const bytes = bytesOf(HELLO, ASK, report('{}'), ASK);
  for (const byte of bytes) peer.write(Buffer.of(byte));
  while (told.length < 4) await sleep(5);
  t.same(told, ['client-hello', 'ask-status', 'status-report', 'ask-status']);
  t.match(connection.peer, /^127\.0\.0\.1:\d+$/);
});

t.test('tcp connection: what is sent in one turn leaves together', async (t) => {
  const { peer, connection } = await pair(t);
  const pieces: Buffer[] = [];
  peer.on('data', (piece: Buffer) => pieces.push(piece));
  for (let count = 0; count < 50; count += 1) connection.send(ASK);
  const expected = Buffer.concat(Array.from({ length: 50 }, () => bytesOf(ASK)));
  while (Buffer.concat(pieces).length < expected.length) await sleep(5);
  t.ok(Buffer.concat(pieces).equals(expected));
  t.equal(pieces.length, 1);
});

t.test('tcp connection: close: flushes, tells once, delivers nothing more', async (t) => {
  const { peer, connection, told, closed } = await pair(t);
  let received = 0;
  peer.on('data', (piece: Buffer) => {
    received += piece.length;
  });
  const large = report(`"${'x'.repeat(900_000)}"`);
  for (let count = 0; count < 10; count += 1) connection.send(large);
  connection.close();
  connection.close();
  connection.send(ASK);
  peer.write(bytesOf(HELLO, ASK));
  await closed.promise;
  t.equal(received, 10 * bytesOf(large).length);
  await sleep(20);
  t.same(told, ['closed']);
});

t.test('tcp connection: close: a peer that neither reads nor ends: bounded', async (t) => {
  const { peer, connection, closed } = await pair(t, { closeTimeoutMs: 100 });
  peer.pause();
  for (let count = 0; count < 20; count += 1) connection.send(report(`"${'x'.repeat(900_000)}"`));
  connection.close();
  const startMs = performance.now();
  await closed.promise;
  t.ok(performance.now() - startMs < 1000);
});

t.test('tcp connection: close: what the peer still sends is read away', async (t) => {
  const { peer, connection, told, closed } = await pair(t, { closeTimeoutMs: 5000 });
  connection.pause();
  peer.write(Buffer.alloc(1_000_000));
  await sleep(20);
  const heard: Buffer[] = [];
  peer.on('data', (piece: Buffer) => heard.push(piece));
  connection.send(ASK);
  connection.close();
  const startMs = performance.now();
  await closed.promise;
  t.ok(performance.now() - startMs < 2500);
  t.ok(Buffer.concat(heard).equals(bytesOf(ASK)), 'a reset did not overtake what was sent');
  t.same(told, ['closed']);
});

t.test('tcp connection: destroy within a message: the rest is discarded', async (t) => {
  for (const how of ['close', 'destroy'] as const) {
    const made = await pair(t);
    made.onMessage = () => made.connection[how]();
    made.peer.write(bytesOf(HELLO, ASK, ASK));
    await made.closed.promise;
    t.same(made.told, ['client-hello', 'closed'], how);
  }
});

t.test('tcp connection: pause: nothing until resume, then all', async (t) => {
  const made = await pair(t);
  made.onMessage = () => made.connection.pause();
  made.peer.write(bytesOf(HELLO, ASK, report('{}')));
  await sleep(50);
  t.same(made.told, ['client-hello']);
  made.connection.resume();
  await sleep(20);
  t.same(made.told, ['client-hello', 'ask-status']);
  made.onMessage = () => {};
  made.connection.resume();
  made.peer.write(bytesOf(ASK));
  await sleep(50);
  t.same(made.told, ['client-hello', 'ask-status', 'status-report', 'ask-status']);
});

t.test('tcp connection: bad bytes: named, once; what is said then still arrives', async (t) => {
  const made = await pair(t);
  const heard: Buffer[] = [];
  made.peer.on('data', (piece: Buffer) => heard.push(piece));
  const farewell: Message = { type: 'refused', retry: false, detail: 'what was that' };
  made.onBad = () => made.connection.send(farewell);
  made.peer.write('GET / HTTP/1.1\r\n\r\n');
  made.peer.write(bytesOf(HELLO));
  await made.closed.promise;
  t.same(made.told, ['bad magic', 'closed']);
  t.ok(Buffer.concat(heard).equals(bytesOf(farewell)));
});

t.test('tcp connection: a first message larger than any hello is not taken', async (t) => {
  const made = await pair(t);
  made.peer.write(bytesOf(report(`"${'x'.repeat(HELLO_BODY_BYTES_MAX)}"`)));
  await made.closed.promise;
  t.same(made.told, ['bad too-long', 'closed']);
  const later = await pair(t);
  later.peer.write(bytesOf(HELLO, report(`"${'x'.repeat(HELLO_BODY_BYTES_MAX)}"`)));
  while (later.told.length < 2) await sleep(5);
  t.same(later.told, ['client-hello', 'status-report'], 'but a second one is');
});

t.test('tcp connection: no first message in time: closed', async (t) => {
  for (const begun of [Buffer.alloc(0), bytesOf(HELLO).subarray(0, 10)]) {
    const made = await pair(t, { handshakeTimeoutMs: 60 });
    made.peer.write(begun);
    await made.closed.promise;
    t.same(made.told, ['bad handshake-timeout', 'closed']);
  }
});

t.test('tcp connection: one byte now and then: the frame ends in time or not at all', async (t) => {
  const made = await pair(t, { frameTimeoutMs: 100 });
  made.peer.write(bytesOf(HELLO));
  const bytes = bytesOf(ASK);
  let at = 0;
  const drip = setInterval(() => made.peer.write(bytes.subarray(at, (at += 1))), 20);
  await made.closed.promise;
  clearInterval(drip);
  t.same(made.told, ['client-hello', 'bad frame-timeout', 'closed']);
});

t.test('tcp connection: frames that end in time: the timeout begins anew with each', async (t) => {
  // All of them take longer than one may, and none nearly as long, also on a busy machine.
  const made = await pair(t, { frameTimeoutMs: 1_000 });
  const bytes = bytesOf(ASK);
  made.peer.write(Buffer.concat([bytesOf(HELLO), bytes.subarray(0, 5)]));
  for (let count = 0; count < 4; count += 1) {
    await sleep(300);
    made.peer.write(Buffer.concat([bytes.subarray(5), bytes.subarray(0, 5)]));
  }
  made.peer.write(bytes.subarray(5));
  while (made.told.length < 6) await sleep(5);
  t.notMatch(made.told, ['bad frame-timeout']);
});

t.test('tcp connection: held back within a frame: its time begins anew after it', async (t) => {
  const made = await pair(t, { frameTimeoutMs: 400 });
  const bytes = bytesOf(ASK);
  made.peer.write(Buffer.concat([bytesOf(HELLO), bytes.subarray(0, 5)]));
  while (made.told.length === 0) await sleep(5);
  made.connection.pause();
  await sleep(1_000);
  made.connection.resume();
  await sleep(250);
  made.peer.write(bytes.subarray(5));
  while (made.told.length === 1) await sleep(5);
  t.same(made.told, ['client-hello', 'ask-status']);
});

t.test('tcp connection: idle after the hello: left alone', async (t) => {
  const made = await pair(t, { frameTimeoutMs: 50, handshakeTimeoutMs: 50 });
  made.peer.write(bytesOf(HELLO));
  await sleep(200);
  t.same(made.told, ['client-hello']);
});

t.test('tcp connection: a peer that does not read: dropped, by name, not from send', async (t) => {
  const made = await pair(t, { queuedBytesMax: 4_000_000 });
  made.peer.pause();
  let sent = 0;
  let most = 0;
  const large = report(`"${'x'.repeat(900_000)}"`);
  while (made.told.length === 0 && sent < 100) {
    most = Math.max(most, made.connection.queuedBytes);
    made.connection.send(large);
    t.same(made.told, [], 'nothing is told within the call');
    sent += 1;
    await sleep(1);
  }
  await made.closed.promise;
  t.same(made.told, ['bad slow-reader', 'closed']);
  t.ok(most <= 4_000_000, `${most} bytes were queued`);
  t.ok(made.connection.queuedBytes < 6_000_000);
});

t.test('tcp connection: the peer ends, or is gone: closed once', async (t) => {
  for (const how of ['end', 'resetAndDestroy'] as const) {
    const made = await pair(t);
    made.peer.write(bytesOf(HELLO));
    while (made.told.length < 1) await sleep(5);
    made.peer[how]();
    await made.closed.promise;
    made.connection.send(ASK);
    made.connection.destroy();
    t.same(made.told, ['client-hello', 'closed'], how);
    t.match(made.detail, how === 'end' ? /was closed/ : /was reset/);
  }
});
