/**
 * The clocks of one simulated process: a monotonic one that is never quite right, and one on the
 * wall that jumps.
 */
import type { Now } from '../core/effect.ts';
import type { EventQueue } from './event-queue.ts';

const WALL_US = 1e15;

export class SimClock {
  /** The clock on the wall may jump. */
  wallOffsetUs = 0;
  readonly #queue: EventQueue;
  readonly #rate: number;
  readonly #startedMs: number;

  /** A rate of 1.1 is a clock that is 10 % too fast. */
  constructor(queue: EventQueue, rate: number) {
    this.#queue = queue;
    this.#rate = rate;
    this.#startedMs = queue.nowMs;
  }

  get nowMs(): number {
    return this.#startedMs + (this.#queue.nowMs - this.#startedMs) * this.#rate;
  }

  now(): Now {
    const ms = this.nowMs;
    return { ms, wallUs: Math.floor(ms * 1_000) + WALL_US + this.wallOffsetUs };
  }

  /** How long what takes `ms` by this clock really takes. */
  real(ms: number): number {
    return ms / this.#rate;
  }
}
