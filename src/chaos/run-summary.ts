/** A run in figures: what the terminal, `--json` and the report tell alike. */
import { formatOrder, formatPlan, type Plan } from './plan.ts';
import type { RunResult } from './plan-run.ts';
import type { Finding, VerdictWord } from './run-verdict.ts';
import { aftermathOf, type FaultSpan, type Timeline } from './timeline.ts';

export interface FaultSummary {
  /** As a plan spells it. */
  readonly fault: string;
  readonly atMs: number;
  /** Undefined where it could not be done. */
  readonly endMs: number | undefined;
  /** What was said of it, or why it could not be done. */
  readonly words: readonly string[];
  readonly done: boolean;
  /** Until the status array changed; undefined: it did not. */
  readonly changedAfterMs: number | undefined;
  /** Until those it was done to were in sync again, or all. */
  readonly backAfterMs: number | undefined;
}

export interface Figures {
  readonly seconds: number;
  readonly ok: number;
  readonly refused: number;
  readonly unknown: number;
  readonly okPerSecond: number;
  readonly longestGapMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface RunSummary {
  readonly verdict: VerdictWord;
  readonly findings: readonly Finding[];
  readonly plan: string;
  readonly steps: readonly string[];
  readonly seed: number;
  /** In UTC, to the second. */
  readonly startedAt: string;
  /** Of bankd. */
  readonly version: string;
  /** Repeats the run. */
  readonly command: string;
  /** Undefined where it was not kept. */
  readonly history: string | undefined;
  readonly events: number;
  readonly figures: Figures;
  readonly faults: readonly FaultSummary[];
}

export interface RunCircumstances {
  readonly seed: number;
  readonly startedAt: string;
  readonly version: string;
  readonly command: string;
  readonly historyPath: string | undefined;
}

export function summarize(
  { verdict, timeline, events }: RunResult,
  plan: Plan,
  { historyPath, ...circumstances }: RunCircumstances,
): RunSummary {
  return {
    verdict: verdict.word,
    findings: verdict.findings,
    plan: plan.name,
    steps: formatPlan(plan),
    ...circumstances,
    events,
    history: historyPath,
    figures: figuresOf(timeline),
    faults: timeline.faults.map((fault) => summarizeFault(fault, timeline)),
  };
}

function figuresOf(timeline: Timeline): Figures {
  const { latency, longestGap, endMs } = timeline;
  const ok = timeline.total('ok');
  const milliseconds = (us: number): number =>
    latency.count > 0 ? Math.round(us / 10) / 100 : 0;
  return {
    seconds: Math.round(endMs / 100) / 10,
    ok,
    refused: timeline.total('fail'),
    unknown: timeline.total('info'),
    okPerSecond: Math.round((ok * 1_000) / Math.max(1, endMs)),
    longestGapMs: Math.round(longestGap.toMs - longestGap.fromMs),
    p50Ms: milliseconds(latency.percentile(50)),
    p99Ms: milliseconds(latency.percentile(99)),
    maxMs: milliseconds(latency.max),
  };
}

function summarizeFault(fault: FaultSpan, timeline: Timeline): FaultSummary {
  const { order, atMs, endMs, words, trouble } = fault;
  const done = trouble === undefined;
  const aftermath = done ? aftermathOf(fault, timeline) : undefined;
  return {
    fault: formatOrder(order),
    atMs: Math.round(atMs),
    endMs: done && endMs !== undefined ? Math.round(endMs) : undefined,
    words: done ? words : [trouble],
    done,
    changedAfterMs: rounded(aftermath?.changedAfterMs),
    backAfterMs: rounded(aftermath?.backAfterMs),
  };
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value);
}
