/** A backend's link to the frontend over simulated connections: it dials again after each loss. */
import type { CutMode } from '../core/chaos-message.ts';
import type { FromBackend, Message, ToBackend } from '../core/message.ts';
import type { Link, LinkEvents } from '../host/ports.ts';
import type { Pipe } from './pipe.ts';
import type { SimBackend } from './sim-backend.ts';
import type { SimCluster } from './sim-cluster.ts';
import type { SimFrontend } from './sim-frontend.ts';
import type { SimProcess } from './sim-process.ts';

interface Connection {
  readonly pipe: Pipe;
  readonly frontend: SimFrontend;
  readonly id: number;
}

export class SimLink implements Link {
  readonly #cluster: SimCluster;
  readonly #backend: SimBackend;
  readonly #process: SimProcess;
  readonly #events: LinkEvents;
  #connection: Connection | undefined;
  #isClosed = false;

  constructor(
    cluster: SimCluster,
    backend: SimBackend,
    process: SimProcess,
    events: LinkEvents,
  ) {
    this.#cluster = cluster;
    this.#backend = backend;
    this.#process = process;
    this.#events = events;
  }

  get isUp(): boolean {
    return this.#connection !== undefined;
  }

  open(): void {
    this.#dialSoon();
  }

  send(message: Message): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const { pipe, frontend, id } = connection;
    this.#process.live(() => {
      this.#cluster.noteMessage(this.#backend.name, 'frontend', message);
      this.#cluster.invariants.onSaid(this.#backend, id, frontend.owner, message);
      pipe.send(0, () => frontend.fromBackend(id, message as FromBackend));
      if (message.type === 'promised') this.#onPromised();
    });
  }

  approve(): void {}

  drop(detail: string): void {
    if (this.#connection === undefined) return;
    this.#backend.leave(detail);
  }

  cut(mode: CutMode, forMs: number): void {
    const pipe = this.#connection?.pipe;
    if (mode !== 'to') pipe?.stall(0, forMs);
    if (mode !== 'from') pipe?.stall(1, forMs);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#connection = undefined;
    this.#process.live(() => this.#backend.hangUp());
  }

  /** What arrived over this connection; of an old one nothing counts. */
  deliver(pipe: Pipe, message: ToBackend): void {
    this.#process.live(() => {
      if (this.#connection?.pipe !== pipe || !pipe.open) return;
      const tailSeq = this.#backend.participant?.tail.seq;
      this.#events.onMessage(message);
      // Heeded, if it is the tail now.
      const isTaken = message.type === 'prepare' && message.seq !== tailSeq
        && message.seq === this.#backend.participant?.tail.seq;
      if (isTaken) this.#cluster.invariants.onPrepare(this.#backend, message);
    });
  }

  onClosed(pipe: Pipe, detail: string): void {
    this.#process.live(() => {
      if (this.#connection?.pipe !== pipe) return;
      this.#connection = undefined;
      this.#events.onDown(detail);
      this.#dialSoon();
    });
  }

  #onPromised(): void {
    const strike = this.#backend.atPromise;
    this.#backend.atPromise = undefined;
    // Not in the midst of what it does.
    if (strike !== undefined) this.#cluster.queue.after(0, strike);
  }

  #dialSoon(): void {
    this.#process.after(5 + this.#cluster.delays.upTo(40), () => this.#dial());
  }

  #dial(): void {
    if (this.#isClosed) return;
    if (!this.#cluster.accept(this.#backend)) return this.#dialSoon();
    const { pipe, frontend, connection } = this.#backend;
    if (pipe === undefined || frontend === undefined) return this.#dialSoon();
    this.#connection = { pipe, frontend, id: connection };
    this.#events.onUp();
  }
}
