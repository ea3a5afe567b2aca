/**
 * Passes a journal's events to the replica that is built around it: the journal speaks from its
 * opening on, the replica needs the open journal to be built. What comes before is kept where it
 * matters.
 */
import type { Seq } from '../core/ids.ts';
import type { Reserve } from '../core/message.ts';
import type { JournalEvents } from './ports.ts';

export class JournalRelay implements JournalEvents {
  #target: JournalEvents | undefined;
  #failure: Error | undefined;
  #damage: string | undefined;

  to(target: JournalEvents): void {
    this.#target = target;
    if (this.#failure !== undefined) target.onFailed(this.#failure);
    if (this.#damage !== undefined) target.onCorruption(this.#damage);
  }

  onSynced(seq: Seq): void {
    this.#target?.onSynced(seq);
  }

  onReserve(reserve: Reserve): void {
    this.#target?.onReserve(reserve);
  }

  onFailed(error: Error): void {
    this.#failure = error;
    this.#target?.onFailed(error);
  }

  onCorruption(detail: string): void {
    this.#damage = detail;
    this.#target?.onCorruption(detail);
  }
}
