/** A socket to the bank's port that says whatever a test wants, and remembers what it is told. */
import { connect, type Socket } from 'node:net';
import type { Test } from 'tap';
import type { Message } from '../../src/core/message.ts';
import { encodeFrame, FrameDecoder } from '../../src/wire/frame.ts';

export class RawSocket {
  readonly messages: Message[] = [];
  readonly socket: Socket;
  readonly #decoder = new FrameDecoder();
  #closed = false;
  #watchers: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (piece: Buffer) => this.#onData(piece));
    socket.on('error', () => {});
    socket.on('end', () => this.#close());
    socket.on('close', () => this.#close());
  }

  /** Open; destroyed at the end of the test. */
  static async connect(test: Test, port: number): Promise<RawSocket> {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.setNoDelay(true);
    test.teardown(() => socket.destroy());
    const raw = new RawSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return raw;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  write(bytes: Uint8Array | string): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  say(message: Message): void {
    for (const part of encodeFrame(message)) this.write(part);
  }

  /** The first message of the type, awaited; undefined where the connection closes first. */
  async hear<Type extends Message['type']>(
    type: Type,
  ): Promise<Extract<Message, { type: Type }> | undefined> {
    const find = (): Extract<Message, { type: Type }> | undefined => this.messages.find(
      (message): message is Extract<Message, { type: Type }> => message.type === type,
    );
    while (find() === undefined && !this.#closed) await this.#change();
    return find();
  }

  /** Resolves when the other end has closed it. */
  async closed(): Promise<void> {
    while (!this.#closed) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#watchers.push(resolve));
  }

  #onData(piece: Uint8Array): void {
    this.#decoder.push(new Uint8Array(piece));
    for (;;) {
      const decoded = this.#decoder.next();
      if (decoded.kind !== 'message') break;
      this.messages.push(decoded.message);
    }
    this.#wake();
  }

  #close(): void {
    this.#closed = true;
    this.socket.destroy();
    this.#wake();
  }

  #wake(): void {
    for (const watcher of this.#watchers.splice(0)) watcher();
  }
}
