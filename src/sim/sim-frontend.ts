/** A simulated frontend process: one life of the real coordinator, with its connections. */
import { Coordinator } from '../core/coordinator.ts';
import type { CoordinatorHost, Now, StopReason } from '../core/effect.ts';
import type { ClusterId, OwnerId } from '../core/ids.ts';
import type {
  FromBackend,
  FromClient,
  Message,
  ToBackend,
  ToClient,
} from '../core/message.ts';
import { SimBackend } from './sim-backend.ts';
import type { SimCluster } from './sim-cluster.ts';
import { Pipe } from './event-queue.ts';

const TICK_MS = 10;
const WALL_US = 1e15;

/** A client's connection as the cluster sees it. */
export interface SimClientEnd {
  readonly name: string;
  onConnected(send: (message: FromClient) => void): void;
  onMessage(message: ToClient): void;
  onDisconnected(): void;
}

interface Peer {
  readonly end: SimBackend | SimClientEnd;
  readonly pipe: Pipe;
}

export interface FrontendChoices {
  readonly recover?: boolean;
  readonly acceptDataLoss?: boolean;
}

export class SimFrontend {
  readonly coordinator: Coordinator;
  readonly owner: OwnerId;
  alive = true;
  paused = false;
  stopped: { readonly reason: StopReason; readonly detail: string } | undefined;
  /** The clock on the wall may jump. */
  wallOffsetUs = 0;
  readonly #cluster: SimCluster;
  readonly #peers = new Map<number, Peer>();
  #held: (() => void)[] = [];

  constructor(cluster: SimCluster, choices: FrontendChoices) {
    this.#cluster = cluster;
    this.owner = cluster.id128() as OwnerId;
    this.coordinator = new Coordinator(
      {
        owner: this.owner,
        newCluster: cluster.id128() as ClusterId,
        record: cluster.store.record,
        readTimeoutMs: cluster.readTimeoutMs,
        minInSync: cluster.minInSync,
        recover: choices.recover ?? false,
        acceptDataLoss: choices.acceptDataLoss ?? false,
        chaos: true,
        frontend: { pid: 1, host: 'sim', port: 1, version: 'sim', directory: '' },
      },
      this.#host(),
      this.#now(),
    );
    this.#tick();
  }

  /** Runs in this process: now, or when it goes on. */
  sees(input: (coordinator: Coordinator, now: Now) => void): void {
    if (!this.alive) return;
    if (this.paused) {
      this.#held.push(() => this.sees(input));
      return;
    }
    input(this.coordinator, this.#now());
    if (this.alive) this.coordinator.flush(this.#now());
  }

  crash(): void {
    if (!this.alive) return;
    this.alive = false;
    for (const connection of [...this.#peers.keys()]) this.#close(connection);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    for (const run of this.#held.splice(0)) run();
  }

  acceptBackend(backend: SimBackend): void {
    const { queue, delays } = this.#cluster;
    backend.pipe = new Pipe(queue, delays);
    backend.frontend = this;
    backend.connection = this.#cluster.newConnection();
    this.#peers.set(backend.connection, { end: backend, pipe: backend.pipe });
  }

  acceptClient(client: SimClientEnd): void {
    const connection = this.#cluster.newConnection();
    const pipe = new Pipe(this.#cluster.queue, this.#cluster.delays);
    this.#peers.set(connection, { end: client, pipe });
    client.onConnected((message) => {
      this.#cluster.noteMessage(client.name, 'frontend', message);
      pipe.send(0, () => this.#fromClient(connection, pipe, message));
    });
  }

  cutClient(client: SimClientEnd): void {
    for (const [connection, { end }] of [...this.#peers]) {
      if (end !== client) continue;
      this.sees((coordinator, now) => coordinator.onGone(connection, now));
      this.#close(connection);
    }
  }

  fromBackend(connection: number, message: FromBackend): void {
    this.sees((coordinator, now) => {
      if (this.#peers.get(connection)?.pipe.open !== true) return;
      if (message.type === 'hello') coordinator.onBackendHello(connection, message, 'sim', now);
      else coordinator.onBackendMessage(connection, message, now);
    });
  }

  #fromClient(connection: number, pipe: Pipe, message: FromClient): void {
    this.sees((coordinator, now) => {
      if (!pipe.open) return;
      if (message.type === 'client-hello') coordinator.onClientHello(connection, message, now);
      else coordinator.onClientMessage(connection, message, now);
    });
  }

  #now(): Now {
    const ms = this.#cluster.queue.nowMs;
    return { ms, wallUs: Math.floor(ms * 1000) + WALL_US + this.wallOffsetUs };
  }

  #tick(): void {
    this.#cluster.queue.after(TICK_MS, () => {
      if (!this.alive) return;
      if (!this.paused) this.sees((coordinator, now) => coordinator.onTick(now));
      this.#tick();
    });
  }

  #host(): CoordinatorHost {
    return {
      send: (connection, message) => this.#send(connection, message),
      close: (connection) => this.#close(connection),
      writeControl: (record) =>
        this.#cluster.store.write(record, this, (outcome) =>
          this.sees((coordinator, now) => coordinator.onControlWritten(outcome, now)),
        ),
      wake: (delayMs) =>
        this.#cluster.queue.after(delayMs, () =>
          this.sees((coordinator, now) => coordinator.flush(now)),
        ),
      log: (line) => this.#cluster.note(`frontend: ${line}`),
      trace: this.#cluster.traceLine,
      stop: (reason, detail) => {
        this.stopped ??= { reason, detail };
        this.#cluster.note(`frontend stops: ${reason}: ${detail}`);
        // The process takes its time to end.
        this.#cluster.queue.after(1 + this.#cluster.delays.upTo(60), () =>
          this.#cluster.onFrontendStopped(this),
        );
      },
    };
  }

  #send(connection: number, message: ToBackend | ToClient): void {
    const peer = this.#peers.get(connection);
    if (peer === undefined) return;
    const { end, pipe } = peer;
    if (end instanceof SimBackend) {
      this.#cluster.noteMessage('frontend', `backend ${end.id}`, message as Message);
      if (end.connection !== connection) return;
      pipe.send(1, () => end.deliver(message as ToBackend));
    } else {
      this.#cluster.noteMessage('frontend', end.name, message as Message);
      this.#cluster.invariants.onToClient(this, message as ToClient);
      pipe.send(1, () => end.onMessage(message as ToClient));
    }
  }

  #close(connection: number): void {
    const peer = this.#peers.get(connection);
    if (peer === undefined) return;
    this.#peers.delete(connection);
    const { end, pipe } = peer;
    // What was sent before the close still arrives, in order, and then the end of the stream.
    pipe.send(1, () => {
      pipe.open = false;
      if (!(end instanceof SimBackend)) end.onDisconnected();
      else if (end.pipe === pipe) end.onClosed();
    });
  }
}
