/**
 * Sessions ready to be handed out: the frontend orders a lease of many at once, so that a client's
 * first write costs no round of its own. What was not handed out dies with the frontend.
 */
import type { ConnectionId } from './effect.ts';
import type { SessionId } from './ids.ts';

export class SessionPool {
  #next = 0;
  #left = 0;
  #ordered = false;
  #waiting: ConnectionId[] = [];

  /** A session, or undefined: the connection will be given one when a lease arrives. */
  take(connection: ConnectionId): SessionId | undefined {
    if (this.#left === 0) {
      if (!this.#waiting.includes(connection)) this.#waiting.push(connection);
      return undefined;
    }
    this.#left -= 1;
    this.#next += 1;
    return (this.#next - 1) as SessionId;
  }

  /** Whether a lease is to be ordered now; counts it as ordered. */
  takeOrder(): boolean {
    if (this.#ordered || this.#left > 0) return false;
    this.#ordered = true;
    return true;
  }

  /** The lease is there; hands sessions to those who wait. */
  onLease(
    first: number, count: number, give: (to: ConnectionId, session: SessionId) => void,
  ): void {
    this.#ordered = false;
    this.#next = first;
    this.#left = count;
    for (const connection of this.#waiting.splice(0, count)) {
      const session = this.take(connection);
      if (session !== undefined) give(connection, session);
    }
  }

  /** Nothing is kept for one that has gone. */
  onGone(connection: ConnectionId): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting !== connection);
  }

  /** What was ordered is lost with its epoch. */
  onEpochEnded(): void {
    this.#ordered = false;
  }

  /** Those who wait, to be refused. */
  drain(): ConnectionId[] {
    return this.#waiting.splice(0);
  }
}
