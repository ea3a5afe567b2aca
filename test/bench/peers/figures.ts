/** What is measured, and what is made of it. */
import { WORKLOADS, type Workload } from './peer.ts';

export interface Figures {
  /** Operations a second. */
  readonly throughput: number;
  /** How long one takes, or one batch, ms. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Processor seconds of all servers for 1,000 operations. */
  readonly cpuPer1000: number;
  /** Processors that were busy for neither the servers nor the client. */
  readonly foreignCores: number;
}

export interface Contender {
  readonly key: string;
  readonly name: string;
  readonly setting: string;
  /** What this machine lacks for it, and which package brings that. */
  readonly missing?: string;
}

/** All rounds of one contender with one workload. */
export interface Series {
  readonly contender: string;
  readonly workload: Workload;
  readonly rounds: readonly Figures[];
  /** Turns that failed, or whose books were wrong: why. */
  readonly faults: readonly string[];
}

export interface Comparison {
  readonly startedAt: string;
  readonly machine: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly contenders: readonly Contender[];
  readonly series: readonly Series[];
}

/** bankd's throughput divided by a contender's that has to be reached. */
export interface Target {
  readonly workload: Workload;
  readonly against: string;
  readonly ratio: number;
}

export const TARGETS: readonly Target[] = [
  { workload: 'w1', against: 'redis', ratio: 1.28 },
  { workload: 'w2', against: 'redis', ratio: 1.6 },
  { workload: 'w3', against: 'redis', ratio: 1.9 },
  { workload: 'w4', against: 'redis', ratio: 9 },
  { workload: 'r1', against: 'postgres', ratio: 1.7 },
];

export const BANKD = 'bankd';

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** The median of each figure by itself; undefined where there was no round. */
export function medians(rounds: readonly Figures[]): Figures | undefined {
  if (rounds.length === 0) return undefined;
  const of = (figure: keyof Figures): number => median(rounds.map((each) => each[figure]));
  return {
    throughput: of('throughput'), p50: of('p50'), p99: of('p99'), max: of('max'),
    cpuPer1000: of('cpuPer1000'), foreignCores: of('foreignCores'),
  };
}

/** The sample below which this part of all lies; sorted samples. */
export function percentile(sorted: ArrayLike<number>, part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}

export interface Row {
  readonly contender: Contender;
  readonly figures: Figures;
  /** bankd's throughput divided by this one's; undefined for bankd itself, and without it. */
  readonly ratio: number | undefined;
}

export interface Section {
  readonly workload: Workload;
  readonly rows: readonly Row[];
}

/** By workload, in the order of the contenders. */
export function sectionsOf(comparison: Comparison): readonly Section[] {
  return WORKLOADS.map((workload) => {
    const ours = figuresOf(comparison, BANKD, workload);
    const rows = comparison.contenders.flatMap((contender): Row[] => {
      const figures = figuresOf(comparison, contender.key, workload);
      if (figures === undefined) return [];
      const isOurs = contender.key === BANKD || ours === undefined;
      const ratio = isOurs ? undefined : ours.throughput / figures.throughput;
      return [{ contender, figures, ratio }];
    });
    return { workload, rows };
  }).filter(({ rows }) => rows.length > 0);
}

export interface JudgedTarget extends Target {
  /** Undefined: not measured. */
  readonly reached: number | undefined;
  readonly isMet: boolean;
}

export function judgeTargets(comparison: Comparison): readonly JudgedTarget[] {
  return TARGETS.map((target) => {
    const ours = figuresOf(comparison, BANKD, target.workload);
    const theirs = figuresOf(comparison, target.against, target.workload);
    const reached = ours && theirs && ours.throughput / theirs.throughput;
    return { ...target, reached, isMet: reached !== undefined && reached >= target.ratio };
  });
}

export function faultsOf({ series }: Comparison): readonly string[] {
  return series.flatMap(({ contender, workload, faults }) =>
    faults.map((fault) => `${contender} ${workload}: ${fault}`));
}

/** bankd nets nothing: what it does for its bulk transfers stands beside those that do. */
function figuresOf(
  { series }: Comparison,
  contender: string,
  workload: Workload,
): Figures | undefined {
  const measured = contender === BANKD && workload === 'w4n' ? 'w4' : workload;
  const found = series.find((each) =>
    each.contender === contender && each.workload === measured);
  return found === undefined ? undefined : medians(found.rounds);
}
