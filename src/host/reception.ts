/**
 * Everyone who is connected to the frontend: tells backends from clients by their first message,
 * and passes what they say to the coordinator.
 *
 * A connection that says what its role may not, or bytes that are no frame, is closed with a
 * sentence; it never reaches the coordinator, which only learns that the peer is gone.
 */
import type { ConnectionId, Now } from '../core/effect.ts';
import type { ClientHello, FromBackend, FromClient, Hello, Message } from '../core/message.ts';
import type { ToBackend, ToClient } from '../core/message.ts';
import { isFromBackend, isFromClient, isToClient } from '../wire/codec.ts';
import { readClock } from './clock.ts';
import { ClientPressure } from './client-pressure.ts';
import type { Log } from './log.ts';
import type { Accepted } from './socket-input.ts';
import { TcpConnection, type ConnectionFault } from './tcp-connection.ts';

const CONNECTIONS_MAX = 10_000;
/** Answers that a client leaves unread before the frontend reads no more of it. */
const UNREAD_BYTES_MAX = 4 * 1024 * 1024;
/** A peer that leaves more unread is dropped. */
const QUEUED_BYTES_MAX = 64 * 1024 * 1024;
/** A peer that doesn't answer the end of its connection must not hold up a stop. */
const CLOSE_TIMEOUT_MS = 300;
/** Strangers must not fill the log. */
const REJECTIONS_LOGGED_MAX = 20;
const REJECTIONS_WINDOW_MS = 10_000;

/** The coordinator, as far as connections are concerned. */
export interface Receiver {
  onBackendHello(connection: ConnectionId, hello: Hello, peer: string, now: Now): void;
  onBackendMessage(connection: ConnectionId, message: FromBackend, now: Now): void;
  onClientHello(connection: ConnectionId, hello: ClientHello, now: Now): void;
  onClientMessage(connection: ConnectionId, message: FromClient, now: Now): void;
  onGone(connection: ConnectionId, now: Now): void;
}

interface Peer {
  readonly connection: TcpConnection;
  role: 'unknown' | 'backend' | 'client';
  readonly pressure: ClientPressure;
  paused: boolean;
}

export class Reception {
  readonly #receiver: Receiver;
  /** Called whenever something arrived: a turn has begun that must be flushed. */
  readonly #onInput: () => void;
  readonly #log: Log;
  readonly #peers = new Map<ConnectionId, Peer>();
  readonly #paused = new Set<Peer>();
  #rejectionsLogged = 0;
  #rejectionsSinceMs = 0;

  constructor(receiver: Receiver, onInput: () => void, log: Log) {
    this.#receiver = receiver;
    this.#onInput = onInput;
    this.#log = log;
  }

  onAccepted({ socket, input }: Accepted): void {
    const options = { queuedBytesMax: QUEUED_BYTES_MAX, closeTimeoutMs: CLOSE_TIMEOUT_MS };
    const connection = new TcpConnection(
      socket,
      {
        onMessage: (message) => this.#onMessage(peer, message),
        onBad: (fault, detail) => this.#onBad(peer, fault, detail),
        onClosed: () => this.#onClosed(peer),
      },
      options,
      input,
    );
    const peer: Peer = {
      connection, role: 'unknown', pressure: new ClientPressure(), paused: false,
    };
    this.#peers.set(connection.id, peer);
    if (this.#peers.size > CONNECTIONS_MAX) {
      this.#reject(peer, true, `more than ${CONNECTIONS_MAX} connections`);
    }
  }

  send(id: ConnectionId, message: ToBackend | ToClient): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    if (isToClient(message) && peer.role === 'client') peer.pressure.onSent(message);
    peer.connection.send(message);
  }

  /** After what was sent; the coordinator hears nothing of it any more. */
  close(id: ConnectionId): void {
    const peer = this.#peers.get(id);
    if (peer !== undefined) this.#forget(peer).connection.close();
  }

  /** Reads on from those who were held back and need not be any more. */
  onTick(): void {
    for (const peer of this.#paused) {
      if (isPressing(peer)) continue;
      this.#paused.delete(peer);
      peer.paused = false;
      peer.connection.resume();
    }
  }

  closeAll(): void {
    for (const peer of this.#peers.values()) this.#forget(peer).connection.close();
  }

  destroyAll(): void {
    for (const peer of this.#peers.values()) this.#forget(peer).connection.destroy();
  }

  #onMessage(peer: Peer, message: Message): void {
    this.#onInput();
    switch (peer.role) {
      case 'unknown':
        return this.#onFirstMessage(peer, message);
      case 'backend':
        return this.#onBackendMessage(peer, message);
      case 'client':
        return this.#onClientMessage(peer, message);
    }
  }

  #onFirstMessage(peer: Peer, message: Message): void {
    const { connection } = peer;
    if (message.type === 'hello') {
      peer.role = 'backend';
      this.#receiver.onBackendHello(connection.id, message, connection.peer, readClock());
    } else if (message.type === 'client-hello') {
      peer.role = 'client';
      this.#receiver.onClientHello(connection.id, message, readClock());
    } else {
      this.#reject(peer, false, `a conversation begins with a hello, not with ${message.type}`);
    }
  }

  #onBackendMessage(peer: Peer, message: Message): void {
    if (isFromBackend(message) && message.type !== 'hello') {
      this.#receiver.onBackendMessage(peer.connection.id, message, readClock());
    } else {
      this.#reject(peer, true, `a backend does not say ${message.type} here`);
    }
  }

  #onClientMessage(peer: Peer, message: Message): void {
    if (isFromClient(message) && message.type !== 'client-hello') {
      peer.pressure.onReceived(message);
      this.#receiver.onClientMessage(peer.connection.id, message, readClock());
      if (!peer.paused && isPressing(peer)) this.#holdBack(peer);
    } else {
      this.#reject(peer, true, `a client does not say ${message.type} here`);
    }
  }

  #holdBack(peer: Peer): void {
    peer.paused = true;
    peer.connection.pause();
    this.#paused.add(peer);
  }

  /** The connection closes by itself after this. */
  #onBad(peer: Peer, fault: ConnectionFault, detail: string): void {
    this.#logRejection(`closed the connection of ${peer.connection.peer}: ${detail}`);
    // Who doesn't speak our frames can't read a refusal; a damaged frame is no reason to give up.
    const retry = fault !== 'version';
    if (fault !== 'magic') peer.connection.send({ type: 'refused', retry, detail });
    this.#onClosed(peer);
  }

  #reject(peer: Peer, retry: boolean, detail: string): void {
    this.#logRejection(`refused ${peer.connection.peer}: ${detail}`);
    peer.connection.send({ type: 'refused', retry, detail });
    peer.connection.close();
    this.#onClosed(peer);
  }

  /** However it ended; the coordinator learns it at most once, and at once. */
  #onClosed(peer: Peer): void {
    if (!this.#peers.has(peer.connection.id)) return;
    this.#forget(peer);
    if (peer.role === 'unknown') return;
    this.#onInput();
    this.#receiver.onGone(peer.connection.id, readClock());
  }

  #forget(peer: Peer): Peer {
    this.#peers.delete(peer.connection.id);
    this.#paused.delete(peer);
    return peer;
  }

  #logRejection(line: string): void {
    const nowMs = performance.now();
    if (nowMs - this.#rejectionsSinceMs > REJECTIONS_WINDOW_MS) {
      this.#rejectionsSinceMs = nowMs;
      this.#rejectionsLogged = 0;
    }
    this.#rejectionsLogged += 1;
    if (this.#rejectionsLogged <= REJECTIONS_LOGGED_MAX) this.#log(line);
  }
}

function isPressing({ pressure, connection }: Peer): boolean {
  return pressure.isTooHigh || connection.queuedBytes > UNREAD_BYTES_MAX;
}
