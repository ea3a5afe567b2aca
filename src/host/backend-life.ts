/** One life of a backend: a replica on its directory, and its link to the frontend. */
import type { Cut } from '../core/chaos-message.ts';
import type { BackendId } from '../core/ids.ts';
import type { Message } from '../core/message.ts';
import type { Participant } from '../core/participant.ts';
import { isToBackend } from '../wire/codec.ts';
import { aborted } from './aborted.ts';
import { formatAddress } from './address.ts';
import type { DataDirectory } from './data-directory.ts';
import type { Log } from './log.ts';
import type { Cancel, Link, LinkEvents, Machine } from './ports.ts';
import { recover } from './recovery.ts';
import { Replica, type ReplicaEnding } from './replica.ts';
import type { Sizes } from './sizes.ts';

export type LifeEnding =
  | ReplicaEnding
  | { readonly kind: 'stopped' }
  /** The frontend will never take this backend. */
  | { readonly kind: 'refused'; readonly detail: string };

export interface LifeOptions {
  readonly machine: Machine;
  readonly sizes: Sizes;
  /** Makes the link to the frontend, closed yet. */
  readonly connect: (events: LinkEvents) => Link;
  readonly directory: DataDirectory;
  readonly id: BackendId;
  /** Of the frontend. */
  readonly host: string;
  readonly port: number;
  readonly count: number;
  readonly pid: number;
  /** Damage that the life before met in the files, and a recovery might not. */
  readonly damage: string | undefined;
  readonly log: Log;
  readonly trace: Log | undefined;
  /** Called each time that the backend becomes a member of the view. */
  readonly onInSync: () => void;
}

const TICK_MS = 100;
/** Three times the default read timeout, within which a frontend sends several heartbeats. */
const SILENCE_MS = 3_000;
/** A frontend that is back by then, or the stop of the whole bank, is not worth a line. */
const WAIT_SHOWN_MS = 600;

export class BackendLife {
  readonly #options: LifeOptions;
  readonly #replica: Replica;
  readonly #link: Link;
  readonly #refused = Promise.withResolvers<LifeEnding>();
  #heardMs = 0;
  #tickedMs: number;
  /** Set from the first loss until the frontend is heard again: then the wait is told, once. */
  #cancelWaiting: Cancel | undefined;
  #lossDetail = '';
  #cancelTick: Cancel = () => {};

  /** Recovers what the directory holds. */
  static async begin(options: LifeOptions): Promise<BackendLife> {
    const { machine, sizes, id, count, pid, log, trace, onInSync } = options;
    // The journal tells from its opening on, the replica hears from its construction on.
    const recovered = await recover({ ...options, backend: id });
    const life: BackendLife = new BackendLife(options, new Replica({
      ...recovered,
      machine, sizes,
      participant: {
        ...recovered.participant, count, pid, directory: options.directory.path,
        nonce: machine.randomBytes(16).toHex(),
      },
      send: (message) => life.#link.send(message),
      onInSync, log, trace,
    }));
    recovered.hear(life.#replica);
    return life;
  }

  private constructor(options: LifeOptions, replica: Replica) {
    this.#options = options;
    this.#replica = replica;
    this.#tickedMs = options.machine.nowMs();
    this.#link = options.connect({
      onUp: () => this.#onUp(),
      onMessage: (message) => this.#onMessage(message),
      onDown: (detail) => this.#onDown(detail),
    });
  }

  /** For whoever looks on: what the backend is by now. */
  get participant(): Participant {
    return this.#replica.participant;
  }

  /** Resolves when the life has ended and its files are closed. */
  async run(signal: AbortSignal): Promise<LifeEnding> {
    this.#tickLater();
    this.#link.open();
    const stopped = aborted(signal).then((): LifeEnding => ({ kind: 'stopped' }));
    const ending = await Promise.race([stopped, this.#replica.ended, this.#refused.promise]);
    this.#cancelTick();
    this.#cancelWaiting?.();
    await this.#link.close();
    if (ending.kind !== 'failed') await this.#replica.close(ending.kind === 'stopped');
    return ending;
  }

  #onUp(): void {
    this.#heardMs = this.#options.machine.nowMs();
    this.#replica.participant.onConnected();
  }

  #onMessage(message: Message): void {
    this.#onHeard();
    if (!isToBackend(message)) return this.#link.drop(`a frontend does not say ${message.type}`);
    if (message.type === 'refused') return this.#onRefused(message.retry, message.detail);
    if (message.type === 'cut') return this.#onCut(message);
    if (message.type === 'promise') this.#link.approve();
    this.#replica.participant.onMessage(message);
  }

  #onRefused(retry: boolean, detail: string): void {
    this.#options.log(`refused by the frontend: ${detail}`);
    if (!retry) this.#refused.resolve({ kind: 'refused', detail });
  }

  /** Its answer is the last that passes. */
  #onCut({ order, mode, forMs }: Cut): void {
    this.#options.log(`bankd chaos: cut off from the frontend for ${forMs / 1000} s (${mode})`);
    this.#link.send({ type: 'cutting', order });
    this.#link.cut(mode, forMs);
  }

  #onDown(detail: string): void {
    const { machine, host, port, log } = this.#options;
    this.#replica.participant.onDisconnected();
    this.#lossDetail = detail;
    this.#cancelWaiting ??= machine.after(WAIT_SHOWN_MS, () => {
      log(`waiting for the frontend at ${formatAddress(host, port)} (${this.#lossDetail})`);
    });
  }

  #onHeard(): void {
    this.#heardMs = this.#options.machine.nowMs();
    this.#cancelWaiting?.();
    this.#cancelWaiting = undefined;
  }

  #tickLater(): void {
    this.#cancelTick = this.#options.machine.after(TICK_MS, () => {
      this.#tickLater();
      this.#onTick();
    });
  }

  #onTick(): void {
    const nowMs = this.#options.machine.nowMs();
    const pausedMs = nowMs - this.#tickedMs;
    this.#tickedMs = nowMs;
    // A pause of this very process is not the frontend's silence: what it said is still to be read.
    if (pausedMs > SILENCE_MS / 2) this.#heardMs += pausedMs;
    if (this.#link.isUp && nowMs - this.#heardMs > SILENCE_MS) this.#link.drop('it is silent');
    this.#replica.onTick();
  }
}
