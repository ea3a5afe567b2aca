/**
 * How long requests wait for service instead of being refused: while a frontend starts or takes
 * over, and after a pause of its own, the backends are about to be there. Once all of them have
 * failed before its eyes there is nothing to wait for.
 */
export class Patience {
  readonly #forMs: number;
  #untilMs: number;
  /** After a pause of this process its backends, whom it did not hear, have hung up on it. */
  #forgivenUntilMs = 0;

  constructor(readTimeoutMs: number, nowMs: number) {
    this.#forMs = 2 * readTimeoutMs;
    this.#untilMs = nowMs + this.#forMs;
  }

  isOver(nowMs: number): boolean {
    return nowMs >= this.#untilMs;
  }

  onTakeover(nowMs: number): void {
    this.#untilMs = Math.max(this.#untilMs, nowMs + this.#forMs);
  }

  onOwnPause(nowMs: number): void {
    this.#forgivenUntilMs = nowMs + this.#forMs;
  }

  onAllLost(nowMs: number): void {
    this.#untilMs = Math.max(nowMs, this.#forgivenUntilMs);
  }
}
