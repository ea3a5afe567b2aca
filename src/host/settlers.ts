/** Whom the outcomes of a client's submissions are for. Tickets are never used twice. */
import type { Ticket } from '../core/client-queue.ts';
import type { BulkOutcome, Outcome } from '../core/outcome.ts';

export class Settlers {
  readonly #waiting = new Map<Ticket, (outcome: never) => void>();
  /** Wakes whoever waits until nothing is unsettled. */
  #idlers: (() => void)[] = [];

  /** Resolves when the ticket is settled, which it is once. */
  wait<AnyOutcome extends Outcome | BulkOutcome>(ticket: Ticket): Promise<AnyOutcome> {
    return new Promise((resolve) => this.#waiting.set(ticket, resolve));
  }

  settle(ticket: Ticket, outcome: Outcome | BulkOutcome): void {
    const resolve = this.#waiting.get(ticket);
    this.#waiting.delete(ticket);
    // What is settled is what was submitted: a single operation, or a chunk.
    resolve?.(outcome as never);
    if (this.#waiting.size > 0) return;
    for (const wake of this.#idlers.splice(0)) wake();
  }

  /** Resolves when nothing is waited for. */
  idle(): Promise<void> {
    if (this.#waiting.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idlers.push(resolve));
  }
}
