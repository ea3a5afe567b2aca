/** What the growth of cost is measured at, and what comes of it. */

export type Axis = 'clients' | 'batch' | 'accounts' | 'journal';

export const AXIS_WORDS: Readonly<Record<Axis, string>> = {
  clients: 'clients, one checked transfer each at a time',
  batch: 'transfers a batch, four batches in flight',
  accounts: 'accounts, bulk transfers between random ones',
  journal: 'transfers in the journal before, 64 clients, one checked transfer each at a time',
};

export interface GrowthScale {
  readonly seconds: number;
  readonly points: Readonly<Record<Axis, readonly number[]>>;
  /** Undefined: not tried. */
  readonly overload: OverloadScale | undefined;
}

export interface OverloadScale {
  readonly peakSeconds: number;
  readonly overloadSeconds: number;
  readonly afterSeconds: number;
}

export const GROWTH_SCALES = {
  whole: {
    seconds: 3,
    points: {
      clients: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024],
      batch: [1, 4, 16, 64, 256, 1_024, 4_096, 8_190],
      accounts: [1_000, 10_000, 100_000, 1_000_000, 10_000_000],
      journal: [0, 10_000, 100_000, 1_000_000, 10_000_000],
    },
    overload: { peakSeconds: 6, overloadSeconds: 12, afterSeconds: 12 },
  },
  smoke: {
    seconds: 0.3,
    points: {
      clients: [1, 16], batch: [1, 8_190], accounts: [1_000, 10_000], journal: [0, 10_000],
    },
    overload: { peakSeconds: 2, overloadSeconds: 3, afterSeconds: 3 },
  },
} as const satisfies Readonly<Record<string, GrowthScale>>;

/** Only these axes, and `overload`. */
export function partOf(scale: GrowthScale, wanted: readonly string[]): GrowthScale {
  const { seconds, points, overload } = scale;
  const only = (axis: Axis): readonly number[] => wanted.includes(axis) ? points[axis] : [];
  return {
    seconds,
    points: {
      clients: only('clients'), batch: only('batch'), accounts: only('accounts'),
      journal: only('journal'),
    },
    overload: wanted.includes('overload') ? overload : undefined,
  };
}

export interface GrowthPoint {
  readonly at: number;
  readonly throughput: number;
  readonly p50: number;
  readonly p99: number;
}

export interface Growth {
  readonly startedAt: string;
  readonly machine: string;
  readonly seconds: number;
  /** Empty where it was not asked for. */
  readonly sweeps: Readonly<Record<Axis, readonly GrowthPoint[]>>;
  readonly overload: Overload | undefined;
  /** Points that were not measured: why. */
  readonly faults: readonly string[];
}

/** One bin of time of the overload trial; counts, not rates. */
export interface OverloadBin {
  readonly offered: number;
  readonly done: number;
  /** Turned away: nothing happened. */
  readonly shed: number;
  /** Not answered in time. */
  readonly late: number;
  /** Median latency of those that were done, ms; NaN where none was. */
  readonly p50: number;
}

export interface Overload {
  readonly binMs: number;
  readonly bins: readonly OverloadBin[];
  /** When the overload began and ended, ms since the first bin. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Operations a second: what was sustained before, and what was then asked for. */
  readonly peak: number;
  readonly offered: number;
  /** Latency of what was done under overload, ms. */
  readonly p50: number;
  readonly p99: number;
  readonly books: string | undefined;
}

/** The load is above what is sustained by so much. */
export const OVERLOAD_TIMES = 4;
/** After it, so much of what is sustained is asked for: what must be served without any refusal. */
export const AFTER_PART = 0.5;
const KEPT_PART = 0.9;
const RECOVERY_MS_MAX = 10_000;
/** When it has recovered, no more is under way than arrives in so long. */
const RECOVERED_LAG_MS = 500;

export interface OverloadVerdict {
  readonly hasShed: boolean;
  /** Throughput under overload, as a part of the peak. */
  readonly keptPart: number;
  /** After the end of the overload; undefined: not within the trial. */
  readonly recoveryMs: number | undefined;
  readonly isPassed: boolean;
}

export function judgeOverload(overload: Overload): OverloadVerdict {
  const { bins, binMs, fromMs, toMs, peak, books } = overload;
  const [from, to] = [fromMs, toMs].map((ms) => Math.round(ms / binMs)) as [number, number];
  const during = bins.slice(from, to);
  const done = during.reduce((sum, bin) => sum + bin.done, 0);
  const keptPart = done / (during.length * binMs / 1_000) / peak;
  const hasShed = during.some(({ shed }) => shed > 0);
  // Recovered is what stays so: what is asked is served soon, and nobody turned away.
  const underWayMax = peak * AFTER_PART * RECOVERED_LAG_MS / 1_000;
  const isGood = ({ shed, late }: OverloadBin, at: number): boolean =>
    shed === 0 && late === 0 && underWay(bins.slice(0, at + 1)) <= underWayMax;
  const lastBad = bins.findLastIndex((bin, at) => at >= to && !isGood(bin, at));
  const recoveredAt = lastBad === -1 ? to : lastBad + 1;
  const recoveryMs = recoveredAt >= bins.length ? undefined : (recoveredAt - to) * binMs;
  const isPassed = hasShed && keptPart >= KEPT_PART && books === undefined &&
    recoveryMs !== undefined && recoveryMs <= RECOVERY_MS_MAX;
  return { hasShed, keptPart, recoveryMs, isPassed };
}

/** Asked for in these bins, the first and those after it, and not settled in them. */
function underWay(bins: readonly OverloadBin[]): number {
  return bins.reduce((sum, { offered, done, shed, late }) => sum + offered - done - shed - late, 0);
}

export function overloadText(overload: Overload): string {
  const { peak, offered, p50, p99, books } = overload;
  const { hasShed, keptPart, recoveryMs, isPassed } = judgeOverload(overload);
  const rates = `${Math.round(peak)}/s sustained, ${Math.round(offered)}/s asked for`;
  const recovery = recoveryMs === undefined ? 'never recovered in the trial'
    : `recovered after ${(recoveryMs / 1_000).toFixed(1)} s`;
  const shed = hasShed ? 'sheds with BUSY' : 'sheds nothing';
  const kept = `keeps ${Math.round(keptPart * 100)} % of its peak` +
    ` (p50 ${Math.round(p50)} ms, p99 ${Math.round(p99)})`;
  const wrong = books === undefined ? '' : `; WRONG BOOKS: ${books}`;
  return `${isPassed ? 'passed' : 'FAILED'}: ${rates}: ${shed}, ${kept}, ${recovery}${wrong}`;
}
