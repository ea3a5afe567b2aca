/**
 * What happened when: how many operations were answered, how fast, what the status array was, and
 * which faults were done. All times are milliseconds since the run began.
 *
 * Its memory is bounded by the length of the run, not by its operations: answers are counted in
 * bins of time, each with a histogram of its own (HdrHistogram, Tene).
 */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { lasts, type FaultOrder } from './fault.ts';

export type Completion = 'ok' | 'fail' | 'info';

export interface Bin {
  ok: number;
  fail: number;
  info: number;
  /** Of answers, `ok` and `fail`, in microseconds. */
  readonly latency: RecordableHistogram;
}

/** From its time on the status array was this; undefined: the frontend did not answer. */
export interface StatusSample {
  readonly atMs: number;
  readonly bits: readonly number[] | undefined;
}

export interface FaultSpan {
  readonly order: FaultOrder;
  readonly atMs: number;
  /** Undefined while it goes on. */
  endMs: number | undefined;
  /** What was said of it: which backends it took. */
  readonly words: string[];
  /** Why it could not be done. */
  trouble: string | undefined;
}

/** A part of the run: set up, faults, healing, reading back. */
export interface Phase {
  readonly name: string;
  readonly atMs: number;
}

const BINS_WANTED = 200;
const BIN_WIDTHS_MS = [100, 200, 250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000] as const;
const LATENCY_US_MAX = 600_000_000;

export class Timeline {
  readonly binMs: number;
  readonly bins: Bin[] = [];
  readonly statuses: StatusSample[] = [];
  readonly faults: FaultSpan[] = [];
  readonly phases: Phase[] = [];
  readonly latency: RecordableHistogram = newHistogram();
  readonly #now: () => number;
  #lastOkMs: number | undefined;
  #longestGap = { fromMs: 0, toMs: 0 };
  #endMs = 0;

  /** `now`: since the run began; `expectedMs`: about how long it will take. */
  constructor(now: () => number, expectedMs: number) {
    this.#now = now;
    const width = expectedMs / BINS_WANTED;
    this.binMs = BIN_WIDTHS_MS.find((each) => each >= width) ?? 600_000;
  }

  get nowMs(): number {
    return this.#now();
  }

  /** The end of the run, once it is over. */
  get endMs(): number {
    return Math.max(this.#endMs, this.bins.length * this.binMs);
  }

  /** The longest time of the workload without an OK. */
  get longestGap(): { readonly fromMs: number; readonly toMs: number } {
    return this.#longestGap;
  }

  total(completion: Completion): number {
    return this.bins.reduce((sum, bin) => sum + bin[completion], 0);
  }

  completed(completion: Completion, tookMs: number): void {
    const nowMs = this.#now();
    const bin = this.#binAt(nowMs);
    bin[completion] += 1;
    if (completion === 'info') return;
    const tookUs = Math.max(1, Math.min(LATENCY_US_MAX, Math.round(tookMs * 1_000)));
    bin.latency.record(tookUs);
    this.latency.record(tookUs);
    if (completion === 'ok') this.#noteOk(nowMs);
  }

  /** Whether it is news. */
  status(bits: readonly number[] | undefined, atMs: number = this.#now()): boolean {
    const last = this.statuses.at(-1);
    if (last !== undefined && last.bits?.join() === bits?.join()) return false;
    // A question that was not answered is told later than the answers before it, never earlier.
    this.statuses.push({ atMs: Math.max(atMs, last?.atMs ?? 0), bits });
    return true;
  }

  fault(order: FaultOrder): FaultSpan {
    const span: FaultSpan = {
      order, atMs: this.#now(), endMs: undefined, words: [], trouble: undefined,
    };
    this.faults.push(span);
    return span;
  }

  phase(name: string): void {
    this.phases.push({ name, atMs: this.#now() });
  }

  /** No operation is asked for any more: what is silent from here on is no gap. */
  workloadEnds(): void {
    this.#noteOk(this.#now());
    this.#lastOkMs = undefined;
  }

  ends(): void {
    this.#endMs = this.#now();
  }

  #noteOk(nowMs: number): void {
    const fromMs = this.#lastOkMs ?? nowMs;
    const { fromMs: from, toMs: to } = this.#longestGap;
    if (nowMs - fromMs > to - from) this.#longestGap = { fromMs, toMs: nowMs };
    this.#lastOkMs = nowMs;
  }

  #binAt(atMs: number): Bin {
    const index = Math.floor(atMs / this.binMs);
    while (this.bins.length <= index) {
      this.bins.push({ ok: 0, fail: 0, info: 0, latency: newHistogram() });
    }
    return this.bins[index] as Bin;
  }
}

function newHistogram(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: LATENCY_US_MAX, figures: 2 });
}

/** What became of a fault, as far as the status array tells. */
export interface Aftermath {
  /** After so long the array changed; undefined: it did not. */
  readonly changedAfterMs: number | undefined;
  /** After so long they were in sync again; undefined: not until the end, or it did not change. */
  readonly backAfterMs: number | undefined;
}

/** What is known of the array and of the faults, in the order of time. */
export type Chronicle = Pick<Timeline, 'statuses' | 'faults'>;

/** The backends that it was done to, as far as its words tell. */
export function takenBy({ words }: FaultSpan): readonly number[] {
  const ids = words.flatMap((each) =>
    /\bbackends? (\d+(?:(?:, | and )\d+)*)/.exec(each)?.[1]?.match(/\d+/g) ?? []);
  return [...new Set(ids.map(Number))].toSorted((one, other) => one - other);
}

/**
 * Of a fault that was done to backends, their places in the array are looked at; of any other, all.
 */
export function aftermathOf(fault: FaultSpan, { statuses, faults }: Chronicle): Aftermath {
  const { atMs } = fault;
  const ids = takenBy(fault);
  const areUp = (sample: StatusSample): boolean => isWhole(sample, ids);
  const before = statuses.findLast((sample) => sample.atMs <= atMs);
  const wasWhole = before === undefined || areUp(before);
  const after = statuses.filter((sample) => sample.atMs > atMs);
  const changed = wasWhole
    ? after.find((sample) => !areUp(sample))
    : after.find((sample) => sample.bits?.join() !== before.bits?.join());
  if (changed === undefined || changed.atMs > blameUntil(fault, faults)) {
    return { changedAfterMs: undefined, backAfterMs: undefined };
  }
  const back = after.find((sample) => sample.atMs > changed.atMs && areUp(sample));
  const isBackAtOnce = back === undefined && areUp(changed);
  return {
    changedAfterMs: changed.atMs - atMs,
    backAfterMs: isBackAtOnce ? changed.atMs - atMs : back && back.atMs - atMs,
  };
}

/** What changes later is the next fault's doing, or later than anyone needs to notice. */
function blameUntil(fault: FaultSpan, faults: readonly FaultSpan[]): number {
  const endMs = lasts(fault.order.kind) ? (fault.endMs ?? Infinity) : fault.atMs;
  const next = faults.find((other) => other.atMs > endMs && other.trouble === undefined);
  return Math.min(endMs + NOTICED_MS_MAX, next?.atMs ?? Infinity);
}

const NOTICED_MS_MAX = 1_500;

/** Whether all are in sync, or those that are named. */
export function isWhole({ bits }: StatusSample, ids: readonly number[] = []): boolean {
  if (bits === undefined || bits.length === 0) return false;
  return ids.length === 0 ? bits.every((bit) => bit === 1) : ids.every((id) => bits[id - 1] === 1);
}
