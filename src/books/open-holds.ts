/**
 * The holds that are open, by id, and how much of each account they set aside: the history tells
 * when one begins and when it is captured or voided; that it expires, only its time does.
 *
 * Keeps true: as in the ledger, what is due expires before anything else of an entry, the one that
 * is due first before the others, and no more at once than EXPIRED_AT_ONCE_MAX.
 */
import { present } from '../core/assert.ts';
import { ExpiryQueue } from '../core/expiry-queue.ts';
import { EXPIRED_AT_ONCE_MAX } from '../core/movement-rules.ts';

export interface Hold {
  readonly id: string;
  /** Where it began. */
  readonly seq: number;
  readonly index: number;
  readonly account: number;
  readonly toAccount: number;
  /** In the smallest unit. */
  readonly units: number;
  /** Microseconds since 1970; 0: never. */
  readonly expiresAt: number;
}

export class OpenHolds {
  readonly #byId = new Map<string, number>();
  readonly #slots: (Hold | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #expiries = new ExpiryQueue();
  readonly #held = new Map<number, number>();

  /** Of the account's balance. */
  heldOf(account: number): number {
    return this.#held.get(account) ?? 0;
  }

  add(hold: Hold): void {
    const slot = this.#free.pop() ?? this.#slots.length;
    this.#slots[slot] = hold;
    this.#byId.set(hold.id, slot);
    if (hold.expiresAt !== 0) this.#expiries.add(hold.expiresAt, slot);
    this.#held.set(hold.account, this.heldOf(hold.account) + hold.units);
  }

  /** Settled; undefined where none of the id is open. */
  take(id: string): Hold | undefined {
    const slot = this.#byId.get(id);
    if (slot === undefined) return undefined;
    const hold = present(this.#slots[slot], 'a hold that has an id is there');
    this.#byId.delete(id);
    this.#expiries.remove(slot);
    this.#slots[slot] = undefined;
    this.#free.push(slot);
    const held = this.heldOf(hold.account) - hold.units;
    if (held === 0) this.#held.delete(hold.account);
    else this.#held.set(hold.account, held);
    return hold;
  }

  /** Those that are due by then, each taken out. */
  *takeDue(timestamp: number): Generator<Hold> {
    for (let count = 0; count < EXPIRED_AT_ONCE_MAX; count += 1) {
      if (this.#expiries.nextAt > timestamp) return;
      const slot = present(this.#expiries.take(), 'what is due is there');
      const { id } = present(this.#slots[slot], 'what expires is open');
      yield present(this.take(id), 'what is open has an id');
    }
  }

  /** In the order of their slots. */
  *[Symbol.iterator](): Generator<Hold> {
    for (const hold of this.#slots) if (hold !== undefined) yield hold;
  }
}
