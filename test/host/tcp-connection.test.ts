import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Message } from '../../src/core/message.ts';
import { CLUSTER_NONE } from '../../src/core/ids.ts';
import { takeOver, type SocketInput } from '../../src/host/socket-input.ts';
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
  readonly socket: Socket;
  readonly peer: Socket;
  readonly told: string[] = [];
  detail = '';
  onMessage: (message: Message) => void = () => {};
  onBad: () => void = () => {};
  readonly closed = Promise.withResolvers<void>();

  constructor(
    socket: Socket, peer: Socket, options: TcpConnectionOptions, input: SocketInput | undefined,
  ) {
    this.socket = socket;
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
    }, options, input);
  }
}

type Way = 'events' | 'onread';

/** In both of the ways in which a connection hears of what comes. */
function both(name: string, run: (t: Test, way: Way) => Promise<void>): void {
  for (const way of ['events', 'onread'] as const) t.test(`${name} (${way})`, (t) => run(t, way));
}

async function pair(t: Test, way: Way, options: TcpConnectionOptions = {}): Promise<Pair> {
  const server = createServer({ allowHalfOpen: true }); // it ends by itself, and nobody for it
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1');
  peer.on('error', () => {});
  const { socket, input } = way === 'onread'
    ? takeOver(await accepted) : { socket: await accepted, input: undefined };
  const made = new Pair(socket, peer, options, input);
  t.teardown(() => {
    made.connection.destroy();
    peer.destroy();
    server.close();
  });
  return made;
}

both('tcp connection: messages: in order, whatever the pieces', async (t, way) => {
  const { peer, told, connection } = await pair(t, way);
  const bytes = bytesOf(HELLO, ASK, report('{}'), ASK);
  for (const byte of bytes) peer.write(Buffer.of(byte));
  while (told.length < 4) await sleep(5);
  t.same(told, ['client-hello', 'ask-status', 'status-report', 'ask-status']);
  t.match(connection.peer, /^127\.0\.0\.1:\d+$/);
});

both('tcp connection: what is sent in one turn leaves together', async (t, way) => {
  const { peer, connection } = await pair(t, way);
  const pieces: Buffer[] = [];
  peer.on('data', (piece: Buffer) => pieces.push(piece));
  for (let count = 0; count < 50; count += 1) connection.send(ASK);
  const expected = Buffer.concat(Array.from({ length: 50 }, () => bytesOf(ASK)));
  while (Buffer.concat(pieces).length < expected.length) await sleep(5);
  t.ok(Buffer.concat(pieces).equals(expected));
  t.equal(pieces.length, 1);
});

both('tcp connection: close: flushes, tells once, delivers nothing more', async (t, way) => {
  const { peer, connection, told, closed } = await pair(t, way);
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

both('tcp connection: close: a peer that neither reads nor ends: bounded', async (t, way) => {
  const { peer, connection, closed } = await pair(t, way, { closeTimeoutMs: 100 });
  peer.pause();
  for (let count = 0; count < 20; count += 1) connection.send(report(`"${'x'.repeat(900_000)}"`));
  connection.close();
  const startMs = performance.now();
  await closed.promise;
  t.ok(performance.now() - startMs < 1000);
});

both('tcp connection: close: what the peer still sends is read away', async (t, way) => {
  const { peer, connection, told, closed } = await pair(t, way, { closeTimeoutMs: 5000 });
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

both('tcp connection: destroy within a message: the rest is discarded', async (t, way) => {
  for (const how of ['close', 'destroy'] as const) {
    const made = await pair(t, way);
    made.onMessage = () => made.connection[how]();
    made.peer.write(bytesOf(HELLO, ASK, ASK));
    await made.closed.promise;
    t.same(made.told, ['client-hello', 'closed'], how);
  }
});

both('tcp connection: pause: nothing until resume, then all', async (t, way) => {
  const made = await pair(t, way);
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

both('tcp connection: bad bytes: named, once; what is said then still arrives', async (t, way) => {
  const made = await pair(t, way);
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

both('tcp connection: a first message larger than any hello is not taken', async (t, way) => {
  const made = await pair(t, way);
  made.peer.write(bytesOf(report(`"${'x'.repeat(HELLO_BODY_BYTES_MAX)}"`)));
  await made.closed.promise;
  t.same(made.told, ['bad too-long', 'closed']);
  const later = await pair(t, way);
  later.peer.write(bytesOf(HELLO, report(`"${'x'.repeat(HELLO_BODY_BYTES_MAX)}"`)));
  while (later.told.length < 2) await sleep(5);
  t.same(later.told, ['client-hello', 'status-report'], 'but a second one is');
});

both('tcp connection: no first message in time: closed', async (t, way) => {
  for (const begun of [Buffer.alloc(0), bytesOf(HELLO).subarray(0, 10)]) {
    const made = await pair(t, way, { handshakeTimeoutMs: 60 });
    made.peer.write(begun);
    await made.closed.promise;
    t.same(made.told, ['bad handshake-timeout', 'closed']);
  }
});

both('tcp connection: a byte now and then: ends in time or not at all', async (t, way) => {
  const made = await pair(t, way, { frameTimeoutMs: 100 });
  made.peer.write(bytesOf(HELLO));
  const bytes = bytesOf(ASK);
  let at = 0;
  const drip = setInterval(() => made.peer.write(bytes.subarray(at, (at += 1))), 20);
  await made.closed.promise;
  clearInterval(drip);
  t.same(made.told, ['client-hello', 'bad frame-timeout', 'closed']);
});

both('tcp connection: frames that end in time: its time begins anew with each', async (t, way) => {
  // All of them take longer than one may, and none nearly as long, also on a busy machine.
  const made = await pair(t, way, { frameTimeoutMs: 1_000 });
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

both('tcp connection: held back within a frame: its time begins anew after it', async (t, way) => {
  const made = await pair(t, way, { frameTimeoutMs: 400 });
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

both('tcp connection: idle after the hello: left alone', async (t, way) => {
  const made = await pair(t, way, { frameTimeoutMs: 50, handshakeTimeoutMs: 50 });
  made.peer.write(bytesOf(HELLO));
  await sleep(200);
  t.same(made.told, ['client-hello']);
});

both('tcp connection: a peer that does not read: dropped, not from send', async (t, way) => {
  const made = await pair(t, way, { queuedBytesMax: 4_000_000 });
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

both('tcp connection: the peer ends, or is gone: closed once', async (t, way) => {
  for (const how of ['end', 'resetAndDestroy'] as const) {
    const made = await pair(t, way);
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

both('tcp connection: what is small leaves at the end of the turn, what is large at once',
  async (t, way) => {
    const { connection, socket, peer } = await pair(t, way);
    const large: Message = { type: 'query', query: 1, chunk: new Uint8Array(256 * 1024) };
    const all = bytesOf(ASK, large, ASK);
    connection.send(ASK);
    t.equal(socket.bytesWritten, 0);
    connection.send(large);
    t.equal(socket.bytesWritten, bytesOf(ASK, large).length);
    connection.send(ASK);
    t.equal(socket.bytesWritten, bytesOf(ASK, large).length);
    const pieces: Buffer[] = [];
    for await (const piece of peer) {
      pieces.push(piece as Buffer);
      if (Buffer.concat(pieces).length >= all.length) break;
    }
    t.ok(Buffer.concat(pieces).equals(all), 'in order');
  });
