/**
 * The failure detector: who is up, from the state of connections, heartbeats and read timeouts.
 *
 * A killed backend is known by its broken connection, a paused or half-open one by its silence. It
 * may suspect wrongly (eventually perfect, Chandra & Toueg 1996): suspicion only ever leads to a
 * view change, never to a decision. A pause of this very process is no one else's silence.
 */
import type { BackendId } from './ids.ts';

/** Heartbeats in one read timeout, and the longest pause between two: backends listen for them. */
const HEARTBEATS_PER_TIMEOUT = 5;
const HEARTBEAT_MS_MAX = 500;

export class StatusArray {
  readonly #readTimeoutMs: number;
  readonly #heardMs = new Map<BackendId, number>();
  #pingedMs = -Infinity;
  #tickedMs: number;
  #wasPaused = false;

  constructor(readTimeoutMs: number, nowMs: number) {
    this.#readTimeoutMs = readTimeoutMs;
    this.#tickedMs = nowMs;
  }

  /** Something arrived from it. */
  heard(id: BackendId, nowMs: number): void {
    this.#heardMs.set(id, nowMs);
  }

  gone(id: BackendId): void {
    this.#heardMs.delete(id);
  }

  /** Whether it is time for another round of heartbeats; counts it as sent. */
  takeHeartbeat(nowMs: number): boolean {
    const everyMs = Math.min(this.#readTimeoutMs / HEARTBEATS_PER_TIMEOUT, HEARTBEAT_MS_MAX);
    if (nowMs - this.#pingedMs < everyMs) return false;
    this.#pingedMs = nowMs;
    return true;
  }

  /** Whether this very process stood still before the last tick. */
  get wasPaused(): boolean {
    return this.#wasPaused;
  }

  /** The connected backends that have been silent for the read timeout. */
  onTick(nowMs: number): BackendId[] {
    const pausedMs = nowMs - this.#tickedMs;
    this.#tickedMs = nowMs;
    this.#wasPaused = pausedMs > this.#readTimeoutMs / 2;
    const silent: BackendId[] = [];
    for (const [id, heardMs] of this.#heardMs) {
      if (this.#wasPaused) this.#heardMs.set(id, heardMs + pausedMs);
      else if (nowMs - heardMs > this.#readTimeoutMs) silent.push(id);
    }
    return silent;
  }
}
