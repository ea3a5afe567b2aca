/**
 * What a backend says under an epoch, heard from outside (replication.md, "Every connection begins
 * with a promise"): an epoch is granted once, to one owner, and no older one after it; under an
 * epoch nothing is said but on the connection on which it was promised, after the promise.
 *
 * Some of these rules stand in two places of the product, so that one left out does no harm alone:
 * here it shows all the same.
 */
import { EPOCH_NONE, type Epoch, type OwnerId } from '../core/ids.ts';
import type { Message } from '../core/message.ts';

interface Grant {
  readonly epoch: Epoch;
  readonly owner: OwnerId;
}

export class PromiseWatch {
  #granted: Grant | undefined;
  #connection = 0;
  #epoch: Epoch = EPOCH_NONE;

  /** The newest promise that its directory is sure to hold. */
  get granted(): Grant | undefined {
    return this.#granted;
  }

  /** Its directory may be older than what it said, or another's. */
  forget(): void {
    this.#granted = undefined;
  }

  /** What is wrong with it; undefined where nothing is. */
  onSaid(connection: number, owner: OwnerId, message: Message): string | undefined {
    if (!('epoch' in message) || message.epoch === EPOCH_NONE) return undefined;
    if (message.type === 'promised') return this.#onPromised(connection, owner, message.epoch);
    if (connection === this.#connection && message.epoch === this.#epoch) return undefined;
    return `says ${message.type} under epoch ${message.epoch}, not promised on this connection`;
  }

  #onPromised(connection: number, owner: OwnerId, epoch: Epoch): string | undefined {
    const before = this.#granted;
    this.#granted = { epoch, owner };
    this.#connection = connection;
    this.#epoch = epoch;
    if (before === undefined || epoch > before.epoch) return undefined;
    if (epoch < before.epoch) return `promises epoch ${epoch} after ${before.epoch}`;
    return owner === before.owner ? undefined : `promises epoch ${epoch} to a second owner`;
  }
}
