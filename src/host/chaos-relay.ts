/**
 * What a client orders of chaos, passed on to the backend that it is for, and the backend's word
 * that it begins, passed back. It stands before the coordinator, which has no part in it.
 *
 * Keeps true: a bank started with --no-chaos passes on nothing; each order is answered once, as
 * long as its client is there, also where the backend is lost before it could say a word.
 */
import type { Chaos, ChaosAnswer, Cutting } from '../core/chaos-message.ts';
import type { ConnectionId, CoordinatorHost, Now } from '../core/effect.ts';
import type { BackendId } from '../core/ids.ts';
import type { ClientHello, FromBackend, FromClient, Hello } from '../core/message.ts';
import type { Receiver } from './reception.ts';

/** Longer than anybody watches. */
const FOR_MS_MAX = 3_600_000;
const TOO_LONG = 'it may last an hour at most';

/** Where the orders come from and go to. */
export interface ChaosReceiver extends Receiver {
  connectionOf(backend: BackendId): ConnectionId | undefined;
}

interface Order {
  readonly client: ConnectionId;
  readonly number: number;
  readonly backend: ConnectionId;
}

export class ChaosRelay implements Receiver {
  readonly #receiver: ChaosReceiver;
  readonly #isAllowed: boolean;
  readonly #send: CoordinatorHost['send'];
  readonly #orders = new Map<number, Order>();
  #lastOrder = 0;

  constructor(receiver: ChaosReceiver, isAllowed: boolean, send: CoordinatorHost['send']) {
    this.#receiver = receiver;
    this.#isAllowed = isAllowed;
    this.#send = send;
  }

  onBackendHello(connection: ConnectionId, hello: Hello, peer: string, now: Now): void {
    this.#receiver.onBackendHello(connection, hello, peer, now);
  }

  onBackendMessage(connection: ConnectionId, message: FromBackend, now: Now): void {
    if (message.type === 'cutting') this.#onCutting(connection, message);
    else this.#receiver.onBackendMessage(connection, message, now);
  }

  onClientHello(connection: ConnectionId, hello: ClientHello, now: Now): void {
    this.#receiver.onClientHello(connection, hello, now);
  }

  onClientMessage(connection: ConnectionId, message: FromClient, now: Now): void {
    if (message.type === 'chaos') this.#onChaos(connection, message);
    else this.#receiver.onClientMessage(connection, message, now);
  }

  onGone(connection: ConnectionId, now: Now): void {
    for (const [order, { client, backend, number }] of this.#orders) {
      if (client !== connection && backend !== connection) continue;
      this.#orders.delete(order);
      if (client !== connection) this.#refuse(client, number, 'the backend was lost before');
    }
    this.#receiver.onGone(connection, now);
  }

  #onChaos(client: ConnectionId, { number, backend: id, mode, forMs }: Chaos): void {
    if (!this.#isAllowed) {
      const detail = 'this bank was started with --no-chaos';
      this.#send(client, { type: 'chaos-answer', number, outcome: 'not-allowed', detail });
      return;
    }
    const backend = this.#receiver.connectionOf(id);
    if (backend === undefined || forMs > FOR_MS_MAX) {
      const detail = backend === undefined ? `backend ${id} is not connected` : TOO_LONG;
      return this.#refuse(client, number, detail);
    }
    this.#lastOrder += 1;
    this.#orders.set(this.#lastOrder, { client, number, backend });
    this.#send(backend, { type: 'cut', order: this.#lastOrder, mode, forMs });
  }

  #onCutting(connection: ConnectionId, { order }: Cutting): void {
    const waiting = this.#orders.get(order);
    if (waiting?.backend !== connection) return;
    this.#orders.delete(order);
    this.#answer(waiting.client, waiting.number, 'begins', '');
  }

  #refuse(client: ConnectionId, number: number, detail: string): void {
    this.#answer(client, number, 'refused', detail);
  }

  #answer(
    client: ConnectionId, number: number, outcome: ChaosAnswer['outcome'], detail: string,
  ): void {
    this.#send(client, { type: 'chaos-answer', number, outcome, detail });
  }
}
