/**
 * How a batch grows to what the load allows: when one has been decided, the next waits a moment for
 * those who were answered to come back, rather than go with the few who came meanwhile.
 *
 * Under clients with one operation each at a time, half as many batches then carry twice as much.
 * Where they do not come back in time (they think, or are gone) it soon waits no more, and tries
 * again later. A batch that nobody was answered before never waits. (Compare commit_delay,
 * PostgreSQL.)
 */
const GATHER_MS = 2;
/** So many decisions pass without waiting after one that waited in vain. */
const DISTRUST_DECISIONS = 64;

export class Gather {
  readonly #wake: (delayMs: number) => void;
  #expected = 0;
  #untilMs = 0;
  #distrust = 0;

  constructor(wake: (delayMs: number) => void) {
    this.#wake = wake;
  }

  /** A batch was decided: so many chunks are being answered, so many wait already. */
  onDecided(answered: number, queued: number, nowMs: number): void {
    this.#expected = 0;
    if (this.#distrust > 0) this.#distrust -= 1;
    else this.#expected = answered + queued;
    this.#untilMs = nowMs + GATHER_MS;
  }

  /**
   * Whether the next batch may go, with so many chunks queued; if not, the host is woken in time.
   */
  mayGo(queued: number, nowMs: number): boolean {
    const isComplete = queued >= this.#expected;
    if (!isComplete && nowMs < this.#untilMs) {
      this.#wake(this.#untilMs - nowMs);
      return false;
    }
    // Some may have left: only a large part missing tells that waiting is no use.
    if (2 * queued < this.#expected) this.#distrust = DISTRUST_DECISIONS;
    this.#expected = 0;
    return true;
  }
}
