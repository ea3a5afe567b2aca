/**
 * A frontend for tests of clients: real sockets, the real wire format, a bank in memory, and a
 * script that may do to each message and each answer what the network or a crash would.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Epoch, SessionId } from '../../src/core/ids.ts';
import type { FromClient, Message, ToClient } from '../../src/core/message.ts';
import { isFromClient } from '../../src/wire/codec.ts';
import { encodeFrame, FrameDecoder } from '../../src/wire/frame.ts';
import { FakeBank } from './fake-bank.ts';
import { CLUSTER, describe } from './recorded-session.ts';

export interface FakeConnection {
  /** Counts connections from 1. */
  readonly number: number;
  readonly socket: Socket;
  send(message: Message): void;
}

export interface Script {
  /** Before a message is executed: true means that the script has dealt with it. */
  onRequest?(message: FromClient, connection: FakeConnection): boolean;
  /** After it was executed, instead of sending the answer: true as above. */
  onAnswer?(answer: ToClient, connection: FakeConnection): boolean;
}

export class FakeFrontend {
  readonly bank = new FakeBank();
  /** What it says when it is asked for its status. */
  report: object = { status: [1, 0, 1] };
  /** Everything that clients said, as `describe` puts it, `number:` of the connection before it. */
  readonly heard: string[] = [];
  readonly #script: Script;
  readonly #connections = new Set<FakeConnection>();
  #server: Server | undefined;
  #connectionsSoFar = 0;
  #port = 0;

  private constructor(script: Script) {
    this.#script = script;
  }

  static async start(script: Script = {}): Promise<FakeFrontend> {
    const frontend = new FakeFrontend(script);
    await frontend.listen();
    return frontend;
  }

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#connectionsSoFar;
  }

  /** On the same port as before. */
  listen(): Promise<void> {
    const server = createServer((socket) => this.#onSocket(socket));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', () => {
        this.#port = (server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  /** Resets every connection. */
  cut(): void {
    for (const { socket } of this.#connections) socket.resetAndDestroy();
  }

  stop(): Promise<void> {
    this.cut();
    return new Promise((resolve) => {
      if (this.#server === undefined) return resolve();
      this.#server.close(() => resolve());
      this.#server = undefined;
    });
  }

  #onSocket(socket: Socket): void {
    const decoder = new FrameDecoder();
    socket.setNoDelay(true);
    const number = ++this.#connectionsSoFar;
    const connection: FakeConnection = {
      number, socket,
      send: (message) => {
        for (const part of encodeFrame(message)) socket.write(part);
      },
    };
    this.#connections.add(connection);
    socket.on('error', () => {});
    socket.on('close', () => this.#connections.delete(connection));
    socket.on('data', (piece: Buffer) => {
      decoder.push(piece);
      for (let next = decoder.next(); next.kind !== 'need-more'; next = decoder.next()) {
        if (next.kind === 'bad') throw new Error(`a client sent a bad frame: ${next.detail}`);
        if (!isFromClient(next.message)) throw new Error(`a client said ${next.message.type}`);
        this.#onMessage(next.message, connection);
      }
    });
  }

  #onMessage(message: FromClient, connection: FakeConnection): void {
    this.heard.push(`${connection.number}: ${describe(message)}`);
    if (this.#script.onRequest?.(message, connection) === true) return;
    const answer = this.#answer(message);
    if (this.#script.onAnswer?.(answer, connection) === true) return;
    connection.send(answer);
  }

  #answer(message: FromClient): ToClient {
    switch (message.type) {
      case 'client-hello': return { type: 'welcome', cluster: CLUSTER, epoch: 1 as Epoch };
      case 'open-session': {
        return { type: 'session', session: this.bank.openSession() as SessionId };
      }
      case 'request': {
        const view = new DataView(message.chunk.buffer, message.chunk.byteOffset);
        const session = Number(view.getBigInt64(8, true)) as SessionId;
        const firstRequest = Number(view.getBigInt64(16, true));
        return { type: 'answered', session, firstRequest, ...this.bank.execute(message.chunk) };
      }
      case 'query': {
        const { seq, results } = this.bank.execute(message.chunk);
        return { type: 'query-answered', query: message.query, seq, results };
      }
      case 'ask-status': return { type: 'status-report', json: JSON.stringify(this.report) };
      case 'chaos':
        return { type: 'chaos-answer', number: message.number, outcome: 'begins', detail: '' };
    }
  }
}
