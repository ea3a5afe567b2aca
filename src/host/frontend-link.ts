/**
 * A link to the frontend that makes itself anew: dials, and after a loss dials again, with pauses
 * that grow. At most one connection at a time; what was unread on a lost one never arrives.
 */
import { connect, type Socket } from 'node:net';
import type { CutMode } from '../core/chaos-message.ts';
import type { Message } from '../core/message.ts';
import { formatAddress } from './address.ts';
import { NetworkCut } from './network-cut.ts';
import type { Link, LinkEvents } from './ports.ts';
import { redialPauseMs } from './redial-pause.ts';
import { describeSocketError } from './socket-error.ts';
import { SocketInput } from './socket-input.ts';
import { TcpConnection, type TcpConnectionOptions } from './tcp-connection.ts';

export interface FrontendLinkOptions extends TcpConnectionOptions {
  readonly host: string;
  readonly port: number;
  /** One attempt to connect takes no longer. */
  readonly connectTimeoutMs: number;
}

export class FrontendLink implements Link {
  readonly #events: LinkEvents;
  readonly #options: FrontendLinkOptions;
  #isClosed = false;
  #dialling: Socket | undefined;
  #connection: TcpConnection | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** When a connection was lost or could not be made, with none since that was approved. */
  #lostMs: number | undefined;
  #cut: NetworkCut | undefined;
  /** It would be dialled now, were there no cut. */
  #isDialHeld = false;
  #whenClosed: (() => void) | undefined;

  constructor(events: LinkEvents, options: FrontendLinkOptions) {
    this.#events = events;
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#connection !== undefined;
  }

  /** Begins; the events come from now on. */
  open(): void {
    this.#dial();
  }

  /** Without effect while there is no connection. */
  send(message: Message): void {
    this.#connection?.send(message);
  }

  /** The other end is one that can be worked with: the next loss begins with a short pause. */
  approve(): void {
    this.#lostMs = undefined;
  }

  /** Ends the present connection at once, for a new one. */
  drop(detail: string): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    connection.destroy();
    this.#onDown(detail);
  }

  /** Cut off, after what was sent; by itself it ends. A cut that lasts ends for the new one. */
  cut(mode: CutMode, forMs: number): void {
    this.#cut?.heal();
    this.#cut = new NetworkCut(mode, forMs, () => this.#onHealed());
    if (this.#connection !== undefined) this.#cut.hold(this.#connection);
    if (mode === 'half-open') this.drop('the connection was lost');
  }

  /** Ends it for ever, after what was sent. No event follows; resolves when nothing is open. */
  close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#cut?.heal();
    this.#dialling?.destroy();
    const connection = this.#connection;
    if (connection === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenClosed = resolve;
      connection.close();
    });
  }

  #dial(): void {
    this.#isDialHeld = this.#cut?.stopsDialling === true;
    if (this.#isDialHeld) return;
    const { host, port, connectTimeoutMs } = this.#options;
    // The connection itself answers the peer's end with its own, and not while it is cut.
    const input = new SocketInput();
    const { onread } = input;
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true, onread });
    this.#dialling = socket;
    const timer = setTimeout(() => socket.destroy(new Error('no answer')), connectTimeoutMs);
    let detail = 'no answer';
    const onError = (error: Error): void => {
      detail = describeSocketError(error);
    };
    const onClose = (): void => {
      clearTimeout(timer);
      this.#dialling = undefined;
      this.#onDown(`can't connect to ${formatAddress(host, port)}: ${detail}`);
    };
    socket.on('error', onError);
    socket.on('close', onClose);
    socket.once('connect', () => {
      clearTimeout(timer);
      this.#dialling = undefined;
      socket.off('error', onError).off('close', onClose);
      this.#onConnected(socket, input);
    });
  }

  #onConnected(socket: Socket, input: SocketInput): void {
    // Events of a connection that was dropped meanwhile are nobody's business.
    const isCurrent = (): boolean => !this.#isClosed && this.#connection === connection;
    let heard = false;
    const describe = (detail: string): string => (heard ? detail : this.#describeStranger(detail));
    const connection = new TcpConnection(socket, {
      onMessage: (message) => {
        heard = true;
        if (isCurrent()) this.#events.onMessage(message);
      },
      onBad: (_fault, detail) => {
        if (isCurrent()) this.drop(describe(detail));
      },
      onClosed: (detail) => {
        if (isCurrent()) this.drop(describe(detail));
        else if (this.#connection === connection) this.#whenClosed?.();
      },
    }, this.#options, input);
    this.#connection = connection;
    if (this.#cut?.mode === 'slow') this.#cut.hold(connection);
    this.#events.onUp();
  }

  /** Nothing that a frontend says came: another program may have the port. */
  #describeStranger(detail: string): string {
    const { host, port } = this.#options;
    return `what listens at ${formatAddress(host, port)} does not answer as a frontend: ${detail}`;
  }

  #onHealed(): void {
    this.#cut = undefined;
    if (this.#isDialHeld && !this.#isClosed) this.#dial();
  }

  #onDown(detail: string): void {
    if (this.#isClosed) return;
    const nowMs = performance.now();
    this.#lostMs ??= nowMs;
    this.#retry = setTimeout(() => this.#dial(), redialPauseMs(nowMs - this.#lostMs));
    this.#events.onDown(detail);
  }
}
