/**
 * Counts what a load was answered, and how fast.
 *
 * Keeps true: an answer costs the client no object; latencies go into a histogram of nanoseconds
 * with three significant digits.
 */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { Outcome } from '../core/outcome.ts';
import type { BulkOutcome } from '../host/client.ts';
import { rounded } from './rounded.ts';

export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export class Meter {
  readonly startMs: number;
  /** Operations that were done. */
  done = 0;
  /** Operations that the bank turned away, by the code that it gave. */
  busy = 0;
  unavailable = 0;
  /** Of which nobody knew in time whether they happened; the books are told later. */
  unknown = 0;
  /** Arrivals of an open loop, and those that were left out because too many were open. */
  offered = 0;
  dropped = 0;
  /** Operations done in each second. */
  readonly series: number[] = [];
  #longestGapMs = 0;
  #lastAnswerMs: number;
  readonly #latencies: RecordableHistogram = createHistogram();

  constructor(startMs: number) {
    this.startMs = startMs;
    this.#lastAnswerMs = startMs;
  }

  /** When something was done last; the start, where nothing was yet. */
  get lastAnswerMs(): number {
    return this.#lastAnswerMs;
  }

  /** The longest time in which nothing at all was done. */
  get longestGapMs(): number {
    return this.#longestGapMs;
  }

  /** From now on it is looked for anew. */
  forgetGap(): void {
    this.#longestGapMs = 0;
  }

  /** So many operations, asked for at `fromMs`. */
  onDone(operations: number, fromMs: number, nowMs: number): void {
    this.done += operations;
    this.#latencies.record(Math.max(1, Math.round((nowMs - fromMs) * 1e6)));
    const gapMs = nowMs - this.#lastAnswerMs;
    if (gapMs > this.#longestGapMs) this.#longestGapMs = gapMs;
    this.#lastAnswerMs = nowMs;
    const second = Math.floor((nowMs - this.startMs) / 1000);
    while (this.series.length <= second) this.series.push(0);
    this.series[second] = (this.series[second] as number) + operations;
  }

  /** So many operations were not done, or perhaps not. */
  onNotDone(operations: number, outcome: Exclude<Outcome | BulkOutcome, { kind: 'answered' }>) {
    if (outcome.kind === 'unknown') this.unknown += operations;
    else if (outcome.code === 'BUSY') this.busy += operations;
    else this.unavailable += operations;
  }

  /** In milliseconds; undefined where nothing was done. */
  get latencyMs(): Latency | undefined {
    const histogram = this.#latencies;
    if (histogram.count === 0) return undefined;
    const at = (percent: number): number => rounded(histogram.percentile(percent) / 1e6, 3);
    return { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: at(100) };
  }
}
