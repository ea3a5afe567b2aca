/**
 * A connection of made-up time: ordered in each direction, cut at any moment, slow for a while, or
 * stalled without anyone knowing. Messages of different connections overtake each other.
 */
import type { Delays, EventQueue } from './event-queue.ts';

/** 0: to the frontend; 1: from it. */
export type Direction = 0 | 1;

export class Pipe {
  open = true;
  readonly #readyMs = [0, 0];
  readonly #stalledMs = [0, 0];
  /** What has arrived during a stall, in order. */
  readonly #held: Record<Direction, (() => void)[]> = { 0: [], 1: [] };
  readonly #queue: EventQueue;
  readonly #delays: Delays;
  /** Each way takes up to so long. */
  readonly #latencyMs: number;
  #slowMs = 0;
  #slowUntilMs = 0;

  constructor(queue: EventQueue, delays: Delays, latencyMs = 2) {
    this.#queue = queue;
    this.#delays = delays;
    this.#latencyMs = latencyMs;
  }

  send(direction: Direction, deliver: () => void): void {
    if (!this.open) return;
    const { nowMs } = this.#queue;
    const isSlow = nowMs < this.#slowUntilMs;
    const delayMs = this.#delays.upTo(this.#latencyMs + (isSlow ? this.#slowMs : 0));
    const at = Math.max(nowMs + delayMs, this.#readyMs[direction] ?? 0);
    this.#readyMs[direction] = at;
    this.#queue.after(at - nowMs, () => this.#arrive(direction, deliver));
  }

  /** Half-open: nothing arrives in this direction for so long, and no one is told. */
  stall(direction: Direction, forMs: number): void {
    this.#stalledMs[direction] = this.#queue.nowMs + forMs;
  }

  /** What is sent takes up to so much longer, for a while. */
  slow(byMs: number, forMs: number): void {
    this.#slowMs = byMs;
    this.#slowUntilMs = this.#queue.nowMs + forMs;
  }

  /** The network is well again: what was held back arrives. */
  heal(): void {
    this.#stalledMs.fill(0);
    this.#slowUntilMs = 0;
    this.#release(0);
    this.#release(1);
  }

  isStalled(direction: Direction): boolean {
    return this.#queue.nowMs < (this.#stalledMs[direction] ?? 0);
  }

  get isSlow(): boolean {
    return this.#queue.nowMs < this.#slowUntilMs;
  }

  #arrive(direction: Direction, deliver: () => void): void {
    if (!this.open) return;
    const held = this.#held[direction];
    if (held.length === 0 && !this.isStalled(direction)) return deliver();
    held.push(deliver);
    if (held.length === 1) this.#releaseLater(direction);
  }

  #releaseLater(direction: Direction): void {
    const waitMs = (this.#stalledMs[direction] ?? 0) - this.#queue.nowMs;
    this.#queue.after(Math.max(0, waitMs), () => this.#release(direction));
  }

  #release(direction: Direction): void {
    if (this.#held[direction].length === 0) return;
    if (this.isStalled(direction)) return this.#releaseLater(direction);
    for (const deliver of this.#held[direction].splice(0)) if (this.open) deliver();
  }
}
