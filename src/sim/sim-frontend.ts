/** A simulated frontend process: one life of the real coordinator, with its connections. */
import { Coordinator } from '../core/coordinator.ts';
import type { ControlOutcome, CoordinatorHost, Now, StopReason } from '../core/effect.ts';
import type { BackendId, ClusterId, OwnerId } from '../core/ids.ts';
import type {
  FromBackend,
  FromClient,
  Message,
  ToBackend,
  ToClient,
} from '../core/message.ts';
import type { ControlRecord } from '../core/view.ts';
import { ClientWatch } from './client-watch.ts';
import { FailureWatch } from './failure-watch.ts';
import { SimBackend } from './sim-backend.ts';
import type { SimCluster } from './sim-cluster.ts';
import { Pipe } from './pipe.ts';
import type { SimClock } from './sim-clock.ts';

const TICK_MS = 10;

/**
 * A client gives up its connection at once; the frontend learns it after so long. Where the machine
 * of the client dies, what it had sent and is on its way may be lost.
 */
export type HangUp = (afterMs: number, isLost: boolean) => void;

/** A client's connection as the cluster sees it. */
export interface SimClientEnd {
  readonly name: string;
  onConnected(send: (message: FromClient) => void, hangUp: HangUp): void;
  onMessage(message: ToClient): void;
  onDisconnected(): void;
}

interface Peer {
  readonly end: SimBackend | SimClientEnd;
  readonly pipe: Pipe;
  /** The client at the other end has given it up. */
  left: boolean;
  readonly watch: ClientWatch | undefined;
}

/** The process dies at one of its effects: before, or after, the n-th from now. */
export interface Doom {
  readonly effect: 'send' | 'control write';
  readonly when: 'before' | 'after';
  left: number;
  readonly restartMs: number;
}

export interface FrontendChoices {
  readonly recover?: boolean;
  readonly acceptDataLoss?: boolean;
  readonly keysMax?: number;
}

export class SimFrontend {
  readonly coordinator: Coordinator;
  readonly owner: OwnerId;
  alive = true;
  paused = false;
  stopped: { readonly reason: StopReason; readonly detail: string } | undefined;
  readonly clock: SimClock;
  doom: Doom | undefined;
  readonly failures = new FailureWatch();
  /** The control record that it writes, and writes again until it knows what became of it. */
  writing: ControlRecord | undefined;
  /** It may have been written. */
  #isUnsure = false;
  readonly #cluster: SimCluster;
  readonly #peers = new Map<number, Peer>();
  #held: (() => void)[] = [];

  constructor(cluster: SimCluster, choices: FrontendChoices) {
    this.#cluster = cluster;
    this.owner = cluster.id128() as OwnerId;
    this.clock = cluster.newClock();
    this.coordinator = new Coordinator(
      {
        owner: this.owner,
        newCluster: cluster.id128() as ClusterId,
        record: cluster.store.record,
        readTimeoutMs: cluster.readTimeoutMs,
        minInSync: cluster.minInSync,
        roundBytesMax: cluster.roundBytesMax,
        queueBounds: cluster.queueBounds,
        recover: choices.recover ?? false,
        acceptDataLoss: choices.acceptDataLoss ?? false,
        keysMax: choices.keysMax,
        chaos: true,
        frontend: { pid: 1, host: 'sim', port: 1, version: 'sim', directory: '' },
      },
      this.#host(),
      this.clock.now(),
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
    input(this.coordinator, this.clock.now());
    if (this.alive) this.coordinator.flush(this.clock.now());
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
    backend.pipe = this.#newPipe();
    backend.frontend = this;
    backend.connection = this.#cluster.newConnection();
    const { pipe, connection } = backend;
    this.#peers.set(connection, { end: backend, pipe, left: false, watch: undefined });
  }

  acceptClient(client: SimClientEnd): void {
    const connection = this.#cluster.newConnection();
    const watch = new ClientWatch();
    const peer: Peer = { end: client, pipe: this.#newPipe(), left: false, watch };
    this.#peers.set(connection, peer);
    client.onConnected(
      (message) => {
        this.#cluster.noteMessage(client.name, 'frontend', message);
        peer.pipe.send(0, () => this.#fromClient(connection, peer, message));
      },
      (afterMs, isLost) => {
        peer.left = true;
        if (isLost) peer.pipe.open = false;
        this.#cluster.queue.after(afterMs, () => this.#hangUp(connection, peer));
      },
    );
  }

  /** Both ends learn it. */
  cutClient(client: SimClientEnd): void {
    for (const [connection, { end, left }] of [...this.#peers]) {
      if (end !== client || left) continue;
      this.sees((coordinator, now) => coordinator.onGone(connection, now));
      this.#close(connection);
    }
  }

  /** The connections of the client that it has not given up. */
  pipesOf(client: SimClientEnd): Pipe[] {
    return [...this.#peers.values()]
      .filter(({ end, left }) => end === client && !left)
      .map(({ pipe }) => pipe);
  }

  /** Somebody who is connected waits for an answer; undefined where nobody does. */
  get owedAnswer(): string | undefined {
    for (const { end, pipe, left, watch } of this.#peers.values()) {
      const what = left || !pipe.open ? undefined : watch?.waitsFor;
      if (what !== undefined && !(end instanceof SimBackend)) return `${what} to ${end.name}`;
    }
    return undefined;
  }

  /** The network around it is well again. */
  healPipes(): void {
    for (const { pipe } of this.#peers.values()) pipe.heal();
  }

  fromBackend(connection: number, message: FromBackend): void {
    this.sees((coordinator, now) => {
      const peer = this.#peers.get(connection);
      if (peer?.pipe.open !== true) return;
      if (peer.end instanceof SimBackend) this.failures.onHeard(peer.end.id);
      if (message.type === 'hello') coordinator.onBackendHello(connection, message, 'sim', now);
      else coordinator.onBackendMessage(connection, message, now);
    });
  }

  /** The connection of a backend has ended. */
  losesBackend(id: BackendId, connection: number): void {
    this.sees((coordinator, now) => {
      this.#watchLoss(id, connection);
      coordinator.onGone(connection, now);
    });
  }

  /** Where it counts: the end of a connection that waits to be accepted is no failure. */
  #watchLoss(id: BackendId, connection: number): void {
    if (this.coordinator.connectionOf(id) === connection) this.failures.onLost(id);
  }

  #fromClient(connection: number, { pipe, watch }: Peer, message: FromClient): void {
    this.sees((coordinator, now) => {
      if (!pipe.open) return;
      watch?.onAsked(message);
      if (message.type === 'client-hello') coordinator.onClientHello(connection, message, now);
      else coordinator.onClientMessage(connection, message, now);
    });
  }

  #tick(): void {
    this.#cluster.queue.after(this.clock.real(TICK_MS), () => {
      if (!this.alive) return;
      if (!this.paused) this.sees((coordinator, now) => coordinator.onTick(now));
      this.#tick();
    });
  }

  #host(): CoordinatorHost {
    return {
      send: (connection, message) => this.#send(connection, message),
      close: (connection) => this.#hangUpOn(connection),
      writeControl: (record) =>
        this.#atEffect('control write', () => {
          this.#cluster.invariants.onViewWriting(this, record);
          this.writing = record;
          const moment = this.failures.onWriting();
          this.#cluster.store.write(record, this, (outcome) => {
            this.#noteOutcome(outcome);
            this.sees((coordinator, now) => {
              if (outcome === 'written') this.failures.onWritten(record.view.number, moment);
              coordinator.onControlWritten(outcome, now);
            });
          });
        }),
      wake: (delayMs) =>
        this.#cluster.queue.after(this.clock.real(delayMs), () =>
          this.sees((coordinator, now) => coordinator.flush(now)),
        ),
      log: (line) => {
        if (this.alive) this.#cluster.note(`frontend: ${line}`);
      },
      trace: this.#cluster.traceLine,
      stop: (reason, detail) => this.#stop(reason, detail),
    };
  }

  #noteOutcome(outcome: ControlOutcome): void {
    this.#isUnsure = outcome === 'unknown' || (outcome === 'failed' && this.#isUnsure);
    if (!this.#isUnsure) this.writing = undefined;
  }

  #stop(reason: StopReason, detail: string): void {
    if (!this.alive) return;
    this.stopped ??= { reason, detail };
    this.#cluster.note(`frontend stops: ${reason}: ${detail}`);
    // The process takes its time to end.
    this.#cluster.queue.after(1 + this.#cluster.delays.upTo(60), () =>
      this.#cluster.onFrontendStopped(this),
    );
  }

  /** What a process that has died would do has no effect, however far its code is run. */
  #atEffect(effect: Doom['effect'], act: () => void): void {
    if (!this.alive) return;
    const { doom } = this;
    const isDue = doom?.effect === effect && (doom.left -= 1) <= 0;
    if (!isDue) return act();
    this.doom = undefined;
    this.#cluster.note(`frontend dies ${doom.when} a ${effect}`);
    if (doom.when === 'after') act();
    this.#cluster.crashOne(this, doom.restartMs);
  }

  #send(connection: number, message: ToBackend | ToClient): void {
    const peer = this.#peers.get(connection);
    if (peer !== undefined) this.#atEffect('send', () => this.#put(connection, peer, message));
  }

  #put(connection: number, peer: Peer, message: ToBackend | ToClient): void {
    const { end, pipe } = peer;
    if (end instanceof SimBackend) {
      this.#cluster.noteMessage('frontend', end.name, message as Message);
      if (end.connection !== connection) return;
      if (message.type === 'read') this.#strikeAtRead(end);
      pipe.send(1, () => {
        // Its next life does not hear what was said to the one before.
        if (end.pipe === pipe) end.deliver(message as ToBackend);
      });
    } else {
      this.#cluster.noteMessage('frontend', end.name, message as Message);
      this.#cluster.invariants.onToClient(this, message as ToClient);
      peer.watch?.onTold(message as ToClient);
      pipe.send(1, () => {
        if (!peer.left) end.onMessage(message as ToClient);
      });
    }
  }

  #strikeAtRead(backend: SimBackend): void {
    const strike = backend.atRead;
    backend.atRead = undefined;
    strike?.();
  }

  /** The coordinator closes it. */
  #hangUpOn(connection: number): void {
    const end = this.#peers.get(connection)?.end;
    if (end instanceof SimBackend) this.#watchLoss(end.id, connection);
    this.#close(connection);
  }

  #close(connection: number): void {
    const peer = this.#peers.get(connection);
    if (peer === undefined) return;
    this.#peers.delete(connection);
    const { end, pipe } = peer;
    // What was sent before the close still arrives, in order, and then the end of the stream.
    pipe.send(1, () => {
      pipe.open = false;
      if (end instanceof SimBackend) {
        if (end.pipe === pipe) end.onClosed();
      } else if (!peer.left) end.onDisconnected();
    });
  }

  /** The client has given up: what it had sent still arrives, and then the end of the stream. */
  #hangUp(connection: number, { pipe }: Peer): void {
    const end = (): void => {
      pipe.open = false;
      if (!this.#peers.delete(connection)) return;
      this.sees((coordinator, now) => coordinator.onGone(connection, now));
    };
    if (pipe.open) pipe.send(0, end);
    else end();
  }

  #newPipe(): Pipe {
    const { queue, delays, latencyMs } = this.#cluster;
    return new Pipe(queue, delays, latencyMs);
  }
}
