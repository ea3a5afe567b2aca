/**
 * Made-up time: a queue of events, and how long things take.
 *
 * Code that waits on promises is hosted as well: an event that settles one says so (`stir`), and
 * the next event runs only when everything that was waiting for it has run.
 */
import type { Random } from '../core/random.ts';

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Events in the order of their times, then of their making (a binary heap). */
export class EventQueue {
  nowMs = 0;
  readonly #heap: Event[] = [];
  #order = 0;
  #stirred = false;

  /** The event settles promises: whoever waits for them runs before the next event. */
  stir(): void {
    this.#stirred = true;
  }

  after(delayMs: number, run: () => void): void {
    const event = { atMs: this.nowMs + delayMs, order: (this.#order += 1), run };
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent] as Event)) break;
      heap[at] = heap[parent] as Event;
      at = parent;
    }
    heap[at] = event;
  }

  async runUntil(endMs: number): Promise<void> {
    for (;;) {
      if (this.#stirred) await this.#settle();
      const next = this.#heap[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#takeFirst();
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = endMs;
  }

  /** A tick comes when no microtask is left, and costs a third of what a turn of the loop does. */
  async #settle(): Promise<void> {
    this.#stirred = false;
    await new Promise<void>(process.nextTick);
  }

  #takeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop() as Event;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Event)) child += 1;
      if (!isBefore(heap[child] as Event, last)) break;
      heap[at] = heap[child] as Event;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/** How long things take: drawn, or in a scenario always the middle. */
export class Delays {
  readonly #random: Random;
  readonly #fixed: boolean;

  constructor(random: Random, fixed: boolean) {
    this.#random = random;
    this.#fixed = fixed;
  }

  upTo(ms: number): number {
    return this.#fixed ? ms / 2 : this.#random.next() * ms;
  }

  /** Of what hardly takes any time: none, in a scenario. */
  small(): number {
    return this.#fixed ? 0 : this.#random.next() * 0.2;
  }
}
