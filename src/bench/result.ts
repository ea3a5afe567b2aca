/**
 * What a benchmark tells, as `--json` prints it: an object a line, null where it is not known.
 * Scripts rely on these names.
 */
import type { Distribution } from './account-draw.ts';
import type { Bound, MachineDescription } from './machine.ts';
import type { Latency } from './meter.ts';
import type { BooksReport } from './own-accounts.ts';
import type { WorkloadName } from './workloads.ts';

/** What was asked for. */
interface Asked {
  readonly workload: WorkloadName;
  readonly longName: string;
  readonly clients: number;
  readonly accounts: number;
  readonly distribution: Distribution;
  readonly seed: number;
}

export interface ProcessResult {
  /** `frontend`, `backend 1`, …, `client`: the benchmark itself. */
  readonly name: string;
  readonly cpuSeconds: number | null;
  readonly cpuSecondsPer1000: number | null;
  readonly residentBytes: number | null;
  readonly peakBytes: number | null;
}

export interface WorkloadResult extends Asked {
  readonly type: 'workload';
  /** Of bulk; null otherwise. */
  readonly batch: number | null;
  readonly inFlight: number | null;
  /** Arrivals a second; null: each client asks when it was answered. */
  readonly rate: number | null;
  /** From the first question to the last answer. */
  readonly seconds: number;
  /** Done, each of them answered. */
  readonly operations: number;
  readonly operationsPerSecond: number;
  /** Arrivals; null without a rate. */
  readonly offered: number | null;
  /** Not done: turned away as BUSY, as UNAVAILABLE, and left out by the client itself. */
  readonly busy: number;
  readonly unavailable: number;
  readonly dropped: number;
  /** Not answered in time; the bank was asked later what became of them. */
  readonly unknown: number;
  /** Done in each second; the last one is not whole. */
  readonly perSecond: readonly number[];
  /** Of a request, in milliseconds. */
  readonly latencyMs: Latency | null;
  /** The longest time in which nothing was done. */
  readonly longestGapMs: number;
  readonly processes: readonly ProcessResult[];
  /** Of frontend and backends together. */
  readonly serversCpuSecondsPer1000: number | null;
  /** Calls of fdatasync and fsync, and bytes written to files, of all backends. */
  readonly syncs: number | null;
  readonly writtenBytes: number | null;
  readonly syncsPerSecondOfBackend: number | null;
  readonly syncsPerOperation: number | null;
  /** Taken by all backends. */
  readonly checkpoints: number | null;
  /** Processors that were busy for others than the bank and the client, and taken by others. */
  readonly foreignCores: number | null;
  readonly stolenCores: number | null;
  readonly books: BooksResult;
}

export interface BooksResult extends BooksReport {
  /** Replicas in sync had the same digest at the same seq; false: they were never seen at one. */
  readonly areAlike: boolean;
}

export interface FailoverResult extends Asked {
  readonly type: 'failover';
  readonly victim: 'backend' | 'frontend';
  /** The longest time without any answer, of each kill. */
  readonly gapsMs: readonly number[];
  readonly medianMs: number;
  readonly maxMs: number;
  readonly operations: number;
  readonly busy: number;
  readonly unavailable: number;
  readonly unknown: number;
  /** Answered and not in the books afterwards: anything but 0 is an error, and no result. */
  readonly lost: 0;
}

/** The last line: what all of this was measured on. */
export interface SettingResult {
  readonly type: 'setting';
  readonly version: string | null;
  readonly bank: 'scratch' | 'running';
  readonly address: string;
  readonly replicas: number;
  readonly inSync: number;
  readonly durability: string;
  readonly directory: string | null;
  readonly fileSystem: string | null;
  readonly machine: MachineDescription;
  /** Measured just before, without the bank; null where that could not be done. */
  readonly fdatasyncMs: Bound | null;
  readonly roundTripMs: Bound | null;
  /** As they were checked last; null where only failovers were run, which check their own. */
  readonly books: BooksResult | null;
}

export type BenchResult = WorkloadResult | FailoverResult | SettingResult;
