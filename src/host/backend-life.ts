/** One life of a backend: a replica on its directory, and its link to the frontend. */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Cut } from '../core/chaos-message.ts';
import type { BackendId } from '../core/ids.ts';
import type { Message } from '../core/message.ts';
import { isToBackend } from '../wire/codec.ts';
import { formatAddress } from './address.ts';
import type { DataDirectory } from './data-directory.ts';
import { FrontendLink } from './frontend-link.ts';
import type { Log } from './log.ts';
import { recover } from './recovery.ts';
import { Replica, type ReplicaEnding } from './replica.ts';
import { aborted } from './stop-request.ts';

export type LifeEnding =
  | ReplicaEnding
  | { readonly kind: 'stopped' }
  /** The frontend will never take this backend. */
  | { readonly kind: 'refused'; readonly detail: string };

export interface LifeOptions {
  readonly directory: DataDirectory;
  readonly id: BackendId;
  /** Of the frontend. */
  readonly host: string;
  readonly port: number;
  readonly count: number;
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
const CONNECT_TIMEOUT_MS = 1_000;
/** A frontend that is back by then, or the stop of the whole bank, is not worth a line. */
const WAIT_SHOWN_MS = 600;

export class BackendLife {
  readonly #options: LifeOptions;
  readonly #replica: Replica;
  readonly #link: FrontendLink;
  readonly #refused = Promise.withResolvers<LifeEnding>();
  #heardMs = 0;
  #tickedMs = performance.now();
  /** Set from the first loss until the frontend is heard again: then the wait is told, once. */
  #waiting: NodeJS.Timeout | undefined;
  #lossDetail = '';

  /** Recovers what the directory holds. */
  static async begin(options: LifeOptions): Promise<BackendLife> {
    const { id, directory, damage, count, log, trace, onInSync } = options;
    // The journal tells from its opening on, the replica hears from its construction on.
    const recovered = await recover({ directory, backend: id, damage, log });
    const life: BackendLife = new BackendLife(options, new Replica({
      ...recovered,
      participant: {
        ...recovered.participant, count, pid: process.pid, directory: resolve(directory.path),
        nonce: randomBytes(16).toString('hex'),
      },
      send: (message) => life.#link.send(message),
      onInSync, log, trace,
    }));
    recovered.hear(life.#replica);
    return life;
  }

  private constructor(options: LifeOptions, replica: Replica) {
    const { host, port } = options;
    this.#options = options;
    this.#replica = replica;
    this.#link = new FrontendLink(
      {
        onUp: () => this.#onUp(),
        onMessage: (message) => this.#onMessage(message),
        onDown: (detail) => this.#onDown(detail),
      },
      { host, port, connectTimeoutMs: CONNECT_TIMEOUT_MS },
    );
  }

  /** Resolves when the life has ended and its files are closed. */
  async run(signal: AbortSignal): Promise<LifeEnding> {
    const ticker = setInterval(() => this.#onTick(), TICK_MS);
    this.#link.open();
    const stopped = aborted(signal).then((): LifeEnding => ({ kind: 'stopped' }));
    const ending = await Promise.race([stopped, this.#replica.ended, this.#refused.promise]);
    clearInterval(ticker);
    clearTimeout(this.#waiting);
    await this.#link.close();
    if (ending.kind !== 'failed') await this.#replica.close(ending.kind === 'stopped');
    return ending;
  }

  #onUp(): void {
    this.#heardMs = performance.now();
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
    const { host, port, log } = this.#options;
    this.#replica.participant.onDisconnected();
    this.#lossDetail = detail;
    this.#waiting ??= setTimeout(() => {
      log(`waiting for the frontend at ${formatAddress(host, port)} (${this.#lossDetail})`);
    }, WAIT_SHOWN_MS);
  }

  #onHeard(): void {
    this.#heardMs = performance.now();
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
  }

  #onTick(): void {
    const nowMs = performance.now();
    const pausedMs = nowMs - this.#tickedMs;
    this.#tickedMs = nowMs;
    // A pause of this very process is not the frontend's silence: what it said is still to be read.
    if (pausedMs > SILENCE_MS / 2) this.#heardMs += pausedMs;
    if (this.#link.isUp && nowMs - this.#heardMs > SILENCE_MS) this.#link.drop('it is silent');
    this.#replica.onTick();
  }
}
