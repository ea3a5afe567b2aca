/**
 * The pace of writes while a backend that joins does not come closer: two of its votes earn one
 * batch, so that it does. One that hardly votes can't stop the bank: a pause earns a batch as well.
 */
const VOTES_PER_BATCH = 2;
const PAUSE_MS = 20;

export class LagThrottle {
  #votes = 0;
  #wentMs = 0;

  onVote(): void {
    this.#votes += 1;
  }

  mayGo(nowMs: number): boolean {
    if (this.#votes < VOTES_PER_BATCH && nowMs - this.#wentMs < PAUSE_MS) return false;
    this.#votes = 0;
    this.#wentMs = nowMs;
    return true;
  }
}
