/** How long something is tried again, and when it is given up. */
import { sleep } from '../../host/sleep.ts';

/** Between two tries: a backend's fall costs less. */
const PAUSE_MS = 100;

export class Patience {
  readonly #endsMs: number;

  constructor(timeoutMs: number) {
    this.#endsMs = performance.now() + timeoutMs;
  }

  /** At least 1. */
  get leftMs(): number {
    return Math.max(1, this.#endsMs - performance.now());
  }

  get isOver(): boolean {
    return performance.now() >= this.#endsMs;
  }

  /** Before the next try. */
  async pause(): Promise<void> {
    await sleep(Math.min(PAUSE_MS, this.leftMs));
  }
}
