/** Cuts on real sockets of this machine: what the two ends of a link to the frontend see. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import type { Message } from '../../src/core/message.ts';
import { FrontendLink } from '../../src/host/frontend-link.ts';
import { TcpConnection } from '../../src/host/tcp-connection.ts';
import { pause, until } from '../support/bank.ts';

/** A frontend's side of a link, and the link, which says `pong` n for each `ping` n. */
class Pair {
  readonly heardByFrontend: number[] = [];
  readonly heardByBackend: number[] = [];
  /** What became of the link and of the frontend's connections, in order. */
  readonly events: string[] = [];
  readonly link: FrontendLink;
  connection: TcpConnection | undefined;
  socket: Socket | undefined;
  #closing: Promise<void> | undefined;

  constructor(port: number) {
    this.link = new FrontendLink({
      onUp: () => {
        this.events.push('up');
        this.link.send(pong(0));
      },
      onMessage: (message) => {
        if (message.type !== 'ping') return;
        this.heardByBackend.push(message.probe);
        this.link.send(pong(message.probe));
      },
      onDown: () => this.events.push('down'),
    }, { host: '127.0.0.1', port, connectTimeoutMs: 1000 });
  }

  static async open(t: Test): Promise<Pair> {
    const onSocket = (socket: Socket): void => {
      pair.events.push('accepted');
      pair.socket = socket;
      pair.connection = new TcpConnection(socket, {
        onMessage: (message) => {
          if (message.type === 'pong') pair.heardByFrontend.push(message.probe);
        },
        onBad: () => {},
        onClosed: () => pair.events.push('closed'),
      });
    };
    const server = createServer(onSocket).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const pair = new Pair((server.address() as AddressInfo).port);
    pair.link.open();
    t.teardown(async () => {
      await pair.close();
      pair.connection?.destroy();
      server.close();
    });
    await until('the first word', () => pair.heardByFrontend.length === 1);
    return pair;
  }

  close(): Promise<void> {
    this.#closing ??= this.link.close();
    return this.#closing;
  }

  ping(probe: number): void {
    this.connection?.send({ type: 'ping', epoch: 1 as never, probe, commitSeq: 0 as never });
  }
}

function pong(probe: number): Message {
  return {
    type: 'pong', epoch: 1 as never, probe, lastSeq: 0 as never, digest: '0'.repeat(16),
    reserve: { bytes: 0, full: false }, journalBytes: 0, nextExpiry: 0, keysMax: 0,
    syncs: 0, writtenBytes: 0, checkpoints: 0,
  };
}

t.test('network cut: a short one: what was held back arrives, in order', async (t) => {
  const pair = await Pair.open(t);
  pair.link.send(pong(1)); // as a backend says that it obeys
  pair.link.cut('both', 300);
  pair.link.send(pong(2));
  pair.ping(3);
  await until('what was said before', () => pair.heardByFrontend.includes(1));
  await pause(150);
  t.same([pair.heardByFrontend, pair.heardByBackend], [[0, 1], []]);
  await until('everything', () => pair.heardByFrontend.includes(3));
  t.same(pair.heardByFrontend, [0, 1, 2, 3]);
  t.same(pair.events.sort(), ['accepted', 'up'], 'over the one connection');
});

t.test('network cut: one way: only that one is cut', async (t) => {
  const to = await Pair.open(t);
  to.link.cut('to', 60_000);
  to.ping(1);
  to.link.send(pong(2));
  await until('what it says', () => to.heardByFrontend.includes(2));
  t.same(to.heardByBackend, []);

  const from = await Pair.open(t);
  from.link.cut('from', 60_000);
  from.ping(1);
  await until('what is said to it', () => from.heardByBackend.includes(1));
  await pause(50);
  t.same(from.heardByFrontend, [0]);
});

t.test('network cut: a link given up: no end reaches the peer, no dial leaves', async (t) => {
  const pair = await Pair.open(t);
  pair.link.cut('both', 500);
  pair.link.drop('it is silent');
  await pause(200);
  t.same(pair.events.slice(2), ['down']);
  await until('a new connection', () => pair.events.filter((each) => each === 'up').length === 2);
  t.ok(pair.events.includes('closed'), 'the old one ends with the cut');
});

t.test("network cut: the frontend's end: is not seen before the cut ends", async (t) => {
  const pair = await Pair.open(t);
  pair.link.cut('both', 400);
  pair.socket?.resetAndDestroy();
  await pause(200);
  t.notOk(pair.events.includes('down'));
  await until('it is noticed', () => pair.events.includes('down'));
});

t.test('network cut: half-open: a new connection, and the old one learns nothing', async (t) => {
  const pair = await Pair.open(t);
  const old = pair.connection;
  pair.link.cut('half-open', 600);
  await until('the second', () => pair.events.filter((each) => each === 'accepted').length === 2);
  t.not(pair.connection, old);
  await until('its first word', () => pair.heardByFrontend.length === 2);
  t.notOk(pair.events.includes('closed'));
  await until('the end of the old one', () => pair.events.includes('closed'));
});

t.test('network cut: slow: late, also on a new connection', async (t) => {
  const pair = await Pair.open(t);
  const startMs = performance.now();
  pair.link.cut('slow', 60_000);
  pair.ping(1);
  await until('the answer', () => pair.heardByFrontend.includes(1));
  t.ok(performance.now() - startMs > 400, 'two beats');
  pair.link.drop('for a test');
  const droppedMs = performance.now();
  await until('the first word', () => pair.heardByFrontend.filter((each) => each === 0).length > 1);
  t.ok(performance.now() - droppedMs > 200);
});

t.test('network cut: a link that is closed: the cut ends at once', async (t) => {
  const pair = await Pair.open(t);
  pair.link.cut('both', 60_000);
  pair.link.send(pong(1));
  const startMs = performance.now();
  const closed = pair.close();
  await until('the end', () => pair.events.includes('closed'));
  t.ok(performance.now() - startMs < 1000);
  t.same(pair.heardByFrontend, [0, 1]);
  await closed;
});

t.test('network cut: another one: takes the place of the first', async (t) => {
  const pair = await Pair.open(t);
  pair.link.cut('both', 60_000);
  pair.link.send(pong(1));
  pair.link.cut('to', 100);
  await until('what the first held', () => pair.heardByFrontend.includes(1));
  pair.ping(2);
  await until('and it ends', () => pair.heardByBackend.includes(2));
});
