/**
 * A `Connection` over a TCP socket: the frontend's to everyone, everyone's to the frontend.
 *
 * What it keeps true:
 * - Messages are delivered in order, and none after `close`, `destroy` or a bad frame: what was
 *   unread on a connection that ended is discarded.
 * - The owner is never called from within one of its own calls, and `onClosed` once, last.
 * - Everything is bounded: the first message comes in time, a frame that has begun ends in time,
 *   what the peer does not read does not pile up, and closing takes bounded time.
 *
 * What is sent within one turn of the event loop leaves in one gathered write, but for what is
 * large.
 */
import type { Socket } from 'node:net';
import type { ConnectionId } from '../core/effect.ts';
import type { Message } from '../core/message.ts';
import {
  FRAME_BODY_BYTES_MAX, FrameDecoder, HELLO_BODY_BYTES_MAX, Outbox, type BadReason,
} from '../wire/frame.ts';
import { formatAddress } from './address.ts';
import type { Line } from './cut-switch.ts';
import { flushAtEndOfTurn, type Flushable } from './end-of-turn.ts';
import type { Connection } from './ports.ts';
import { describeSocketError } from './socket-error.ts';
import type { InputListener, SocketInput } from './socket-input.ts';

/** Why a connection is of no use: bytes that are no frame, or a peer that is too slow. */
export type ConnectionFault = BadReason | 'handshake-timeout' | 'frame-timeout' | 'slow-reader';

export interface TcpConnectionEvents {
  onMessage(message: Message): void;
  /**
   * At most once; nothing more is read. What is sent from within still leaves, then the connection
   * closes by itself (a `slow-reader` is gone already).
   */
  onBad(fault: ConnectionFault, detail: string): void;
  /** Exactly once, whoever closed it; why, where that is known. */
  onClosed(detail: string): void;
}

export interface TcpConnectionOptions {
  /** The first message must have come by then. */
  readonly handshakeTimeoutMs?: number;
  /** A frame that has begun must have ended by then. */
  readonly frameTimeoutMs?: number;
  /** A peer that leaves more than this unread is dropped. */
  readonly queuedBytesMax?: number;
  /** After `close`, what was sent has so long to leave. */
  readonly closeTimeoutMs?: number;
  /** Of every message after the first, which is a hello and bounded as such. */
  readonly bodyBytesMax?: number;
}

const DEFAULTS: Required<TcpConnectionOptions> = {
  handshakeTimeoutMs: 5000,
  frameTimeoutMs: 10_000,
  queuedBytesMax: 64 * 1024 * 1024,
  closeTimeoutMs: 1000,
  bodyBytesMax: FRAME_BODY_BYTES_MAX,
};

const KEEPALIVE_DELAY_MS = 1000;
/** Up to here it is cheaper to copy parts together than to have the kernel gather them. */
const GATHERED_BYTES_MAX = 16 * 1024;
/**
 * So much doesn't wait for the end of the turn: else a process with a thousand connections would
 * make all that it sends over them, and keep it, before the first byte leaves.
 */
const LARGE_BYTES = 128 * 1024;

let lastId: ConnectionId = 0;

export class TcpConnection implements Connection, Flushable, InputListener {
  readonly id: ConnectionId = ++lastId;
  readonly peer: string;
  readonly #socket: Socket;
  /** The socket itself, but while a cut stands between. */
  #line: Line;
  /** What the peer did while the line was deaf. */
  readonly #unheeded: (() => void)[] = [];
  readonly #events: TcpConnectionEvents;
  readonly #options: Required<TcpConnectionOptions>;
  readonly #decoder = new FrameDecoder({ bodyBytesMax: HELLO_BODY_BYTES_MAX });
  /** `open` delivers, `closing` flushes and discards, `gone` does nothing. */
  #state: 'open' | 'closing' | 'gone' = 'open';
  #isGreeted = false;
  #isPaused = false;
  #isDelivering = false;
  /** Sent in this turn, not yet handed to the socket. */
  readonly #outbox = new Outbox();
  /** Since when the peer owes the rest of a frame, or its first; undefined: it owes nothing. */
  #owedSinceMs: number | undefined = performance.now();
  #watchdog: NodeJS.Timeout | undefined;
  #closeTimer: NodeJS.Timeout | undefined;
  #detail = 'the connection was closed';

  /** Takes over an open socket, wholly; with the input that it was made with, if any. */
  constructor(
    socket: Socket, events: TcpConnectionEvents, options: TcpConnectionOptions = {},
    input?: SocketInput,
  ) {
    this.#socket = socket;
    this.#line = socket;
    this.#events = events;
    this.#options = { ...DEFAULTS, ...options };
    this.peer = formatAddress(socket.remoteAddress ?? 'unknown', socket.remotePort ?? 0);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEPALIVE_DELAY_MS);
    if (input !== undefined) input.listen(this);
    else socket.on('data', (piece: Buffer) => this.onPiece(piece, piece.length));
    socket.on('error', (error: Error) => {
      this.#detail = describeSocketError(error);
    });
    // No half-open ends: a peer that says no more gets what was sent, within the time of a close.
    socket.on('end', () => this.#heed(() => this.close()));
    socket.on('close', () => this.#heed(() => this.#onClose()));
    this.#watch(this.#options.handshakeTimeoutMs);
  }

  get queuedBytes(): number {
    return this.#line.writableLength + this.#outbox.bytes;
  }

  /** Without effect on a connection that ended or is ending. */
  send(message: Message): void {
    if (this.#state !== 'open' || !this.#line.writable) return;
    if (this.#outbox.bytes === 0) flushAtEndOfTurn(this);
    this.#outbox.put(message);
    if (this.#outbox.bytes >= LARGE_BYTES) this.flush();
    if (this.queuedBytes > this.#options.queuedBytesMax) this.#dropSlowReader();
  }

  pause(): void {
    if (this.#state !== 'open') return;
    this.#isPaused = true;
    this.#line.pause();
  }

  resume(): void {
    if (!this.#isPaused || this.#state !== 'open') return;
    this.#isPaused = false;
    // The peer could not go on: its time begins anew.
    if (this.#owedSinceMs !== undefined) this.#owedSinceMs = performance.now();
    this.#line.resume();
    // What was pushed and not yet delivered does not wait for new data.
    queueMicrotask(() => this.#deliver());
  }

  get room(): Uint8Array | undefined {
    // While a cut stands between, no more than a portion passes at once.
    const isClear = this.#state === 'open' && this.#line === this.#socket;
    return isClear ? this.#decoder.room : undefined;
  }

  onFilled(count: number): void {
    if (this.#state !== 'open') return;
    this.#decoder.filled(count);
    this.#onInput();
  }

  onPiece(piece: Uint8Array, count: number): void {
    if (this.#state !== 'open') return;
    this.#decoder.push(piece, count);
    this.#onInput();
  }

  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#stopWatching();
    this.flush();
    this.#line.end();
    // Unread data would turn the end into a reset, which may overtake what was sent: read it away.
    this.#line.resume();
    this.#closeTimer = setTimeout(() => this.destroy(), this.#options.closeTimeoutMs);
  }

  destroy(): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    this.#stopWatching();
    this.#line.destroy();
  }

  /** Hands what was sent to the socket; by itself at the end of the turn. */
  flush(): void {
    const { bytes } = this.#outbox;
    if (bytes === 0 || this.#state === 'gone') return;
    const parts = this.#outbox.take();
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) this.#line.write(only);
    else if (bytes <= GATHERED_BYTES_MAX) this.#line.write(Buffer.concat(parts, bytes));
    else {
      this.#line.cork();
      for (const part of parts) this.#line.write(part);
      this.#line.uncork();
    }
  }

  /** From now on, and after what was sent, everything is done to this line to the socket. */
  divert(lineTo: (socket: Socket) => Line): void {
    this.flush();
    this.#line = lineTo(this.#socket);
    if (this.#isPaused) this.#line.pause();
    for (const act of this.#unheeded.splice(0)) this.#heed(act);
  }

  #heed(act: () => void): void {
    if (this.#line.isDeaf === true) this.#unheeded.push(act);
    else act();
  }

  #onInput(): void {
    this.#deliver();
    // What a pause has left unread is not there any more when this returns.
    this.#decoder.keep();
    if (this.#line !== this.#socket) this.#line.onPortion?.();
  }

  #deliver(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    let isNewFrame = this.#owedSinceMs === undefined;
    while (this.#state === 'open' && !this.#isPaused) {
      const decoded = this.#decoder.next();
      if (decoded.kind === 'bad') {
        this.#onFault(decoded.reason, decoded.detail);
        break;
      }
      if (decoded.kind === 'need-more') {
        this.#noteOwed(isNewFrame);
        break;
      }
      isNewFrame = true;
      this.#greet();
      this.#events.onMessage(decoded.message);
    }
    this.#isDelivering = false;
  }

  /** The peer is known by its first message: from now on larger ones are taken. */
  #greet(): void {
    if (this.#isGreeted) return;
    this.#isGreeted = true;
    this.#decoder.limitBodies(this.#options.bodyBytesMax);
    this.#stopWatching();
  }

  #noteOwed(isNewFrame: boolean): void {
    if (!this.#isGreeted) return;
    if (!this.#decoder.hasPartial) this.#owedSinceMs = undefined;
    else if (isNewFrame) this.#owedSinceMs = performance.now();
    if (this.#owedSinceMs !== undefined) this.#watch(this.#options.frameTimeoutMs);
  }

  /** One timer at most, looked after when it fires: none is made for each frame. */
  #watch(delayMs: number): void {
    this.#watchdog ??= setTimeout(() => this.#onWatchdog(), delayMs).unref();
  }

  #stopWatching(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = undefined;
  }

  #onWatchdog(): void {
    this.#watchdog = undefined;
    if (this.#owedSinceMs === undefined || this.#state !== 'open') return;
    const { handshakeTimeoutMs, frameTimeoutMs } = this.#options;
    const allowedMs = this.#isGreeted ? frameTimeoutMs : handshakeTimeoutMs;
    const remainingMs = this.#owedSinceMs + allowedMs - performance.now();
    if (this.#isPaused) this.#watch(allowedMs);
    else if (remainingMs > 0) this.#watch(Math.ceil(remainingMs));
    else if (this.#isGreeted) this.#onFault('frame-timeout', `a frame took over ${allowedMs} ms`);
    else this.#onFault('handshake-timeout', `no message came within ${allowedMs} ms`);
  }

  #onFault(fault: ConnectionFault, detail: string): void {
    this.#detail = detail;
    this.#stopWatching();
    this.#events.onBad(fault, detail);
    this.close();
  }

  /** Not at once: this is within the owner's call of `send`. */
  #dropSlowReader(): void {
    const detail = `the peer left more than ${this.#options.queuedBytesMax} bytes unread`;
    this.#detail = detail;
    process.nextTick(() => this.#events.onBad('slow-reader', detail));
    this.destroy();
  }

  #onClose(): void {
    this.#state = 'gone';
    this.#stopWatching();
    clearTimeout(this.#closeTimer);
    this.#events.onClosed(this.#detail);
  }
}
