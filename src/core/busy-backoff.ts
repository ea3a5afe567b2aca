/**
 * How a client holds back after a BUSY: for a while it sends nothing, then one chunk's worth, and
 * more as it is served, so that little is sent in vain: in the time that it takes to refuse, a bank
 * could serve. (Compare Jacobson, "Congestion avoidance and control", SIGCOMM 1988.)
 */
import { CHUNK_OPERATIONS_MAX } from './operation.ts';

/** So many operations are sent and unanswered at most; the rest waits in the queue. */
export const IN_FLIGHT_OPERATIONS_MAX = 4 * CHUNK_OPERATIONS_MAX;
/** Doubled each time until something is served. At first as long as a bank lets anybody wait. */
export const BUSY_PAUSE_MS = 1_000;
export const BUSY_PAUSE_MS_MAX = 4_000;
/** So long after the pause a BUSY tells nothing: the load is another by now. */
export const BUSY_KNOWN_MS = 4_000;

export class BusyBackoff {
  #busyUntilMs = -Infinity;
  /** Until then nothing is to be sent; earlier where somebody has little time. */
  #pausedUntilMs = -Infinity;
  #pauseMs = BUSY_PAUSE_MS;
  #window = IN_FLIGHT_OPERATIONS_MAX;

  /** The bank was busy, and whether it is still has not been tried. */
  isBusy(nowMs: number): boolean {
    return nowMs < this.#busyUntilMs;
  }

  isPaused(nowMs: number): boolean {
    return nowMs < this.#pausedUntilMs;
  }

  /** So many operations may be under way. */
  windowAt(nowMs: number): number {
    const isKnown = nowMs < this.#busyUntilMs + BUSY_KNOWN_MS;
    return isKnown ? this.#window : IN_FLIGHT_OPERATIONS_MAX;
  }

  /**
   * Whether there is use in one chunk more, where so many operations wait already: not where as
   * much waits as is to show whether the bank is still busy.
   */
  takesBulk(waitingOperations: number, nowMs: number): boolean {
    if (this.isBusy(nowMs)) return false;
    const isNarrow = this.windowAt(nowMs) < IN_FLIGHT_OPERATIONS_MAX;
    return !isNarrow || waitingOperations < CHUNK_OPERATIONS_MAX;
  }

  onBusy(nowMs: number): void {
    if (!this.isBusy(nowMs)) {
      this.#busyUntilMs = nowMs + this.#pauseMs;
      this.#pauseMs = Math.min(2 * this.#pauseMs, BUSY_PAUSE_MS_MAX);
    }
    this.#pausedUntilMs = this.#busyUntilMs;
    this.#window = CHUNK_OPERATIONS_MAX;
  }

  /** Somebody can't wait for longer. */
  endPauseBy(ms: number): void {
    this.#pausedUntilMs = Math.min(this.#pausedUntilMs, ms);
  }

  onServed(nowMs: number): void {
    this.#pauseMs = BUSY_PAUSE_MS;
    // What was sent before a BUSY tells nothing of what can be sent after the pause.
    if (this.isBusy(nowMs)) return;
    this.#window = Math.min(IN_FLIGHT_OPERATIONS_MAX, this.#window + CHUNK_OPERATIONS_MAX);
  }

  /** Another frontend is next, or the same begun anew: of how busy it is nothing is known. */
  onDisconnected(): void {
    this.#busyUntilMs = -Infinity;
    this.#pausedUntilMs = -Infinity;
    this.#window = IN_FLIGHT_OPERATIONS_MAX;
  }
}
