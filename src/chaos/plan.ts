/**
 * A plan: which faults are done to a bank, and when.
 *
 * It keeps true that what it is made of can be printed in the language that `parsePlan` reads, so
 * that every run, also one drawn from a seed, can be repeated from what it printed.
 */
import { destroysData, lasts, type CutMode, type FaultKind, type FaultOrder } from './fault.ts';

export interface PlanStep {
  readonly order: FaultOrder;
  /** The first time, counted from the beginning of the faults. */
  readonly atMs: number;
  /** Undefined: it is done once. */
  readonly everyMs: number | undefined;
  /** When it is not repeated any more; undefined: to the end. */
  readonly untilMs: number | undefined;
}

export interface Plan {
  readonly name: string;
  readonly steps: readonly PlanStep[];
}

/** One fault of a plan, at its time. */
export interface Occurrence {
  readonly atMs: number;
  readonly order: FaultOrder;
}

export const FAULT_KINDS: readonly FaultKind[] = [
  'kill', 'pause', 'cut', 'corrupt', 'wipe', 'frontend', 'all', 'disk-full',
];
export const CUT_MODES: readonly CutMode[] = ['both', 'to', 'from', 'half-open', 'slow'];

const DEFAULT_LENGTH_MS = 30_000;
/** So long a plan goes on after its last step. */
const AFTER_LAST_MS = 5_000;

/** Whether a fault of this kind takes backends, some of them or the one named. */
export function takesBackends(kind: FaultKind): boolean {
  return kind !== 'frontend' && kind !== 'all';
}

/** The kinds of its faults that may destroy data. */
export function destroyersOf(plan: Plan): readonly FaultKind[] {
  const kinds = plan.steps.map(({ order }) => order.kind);
  return [...new Set(kinds.filter(destroysData))];
}

/** How long a plan goes on where nobody says. */
export function lengthOf(plan: Plan): number {
  const ends = plan.steps.map(({ atMs, order }) => atMs + order.forMs + AFTER_LAST_MS);
  return Math.max(DEFAULT_LENGTH_MS, ...ends);
}

/** Every fault that begins within the time, in order. */
export function occurrences(plan: Plan, forMs: number): readonly Occurrence[] {
  const all: Occurrence[] = [];
  for (const { order, atMs, everyMs, untilMs = Infinity } of plan.steps) {
    const endMs = Math.min(forMs, untilMs);
    for (let at = atMs; at < endMs; at += everyMs ?? Infinity) all.push({ atMs: at, order });
  }
  return all.sort((one, other) => one.atMs - other.atMs);
}

/** The steps, one a line, as `parsePlan` reads them. */
export function formatPlan(plan: Plan): readonly string[] {
  return plan.steps.map((step) => `${formatTime(step)} ${formatOrder(step.order)}`);
}

/** `pause 2 for 500ms`, `cut backend 1 half-open for 3s`. */
export function formatOrder({ kind, count, backend, forMs, mode }: FaultOrder): string {
  const words: string[] = [kind];
  if (backend !== undefined) words.push(`backend ${backend}`);
  else if (takesBackends(kind)) words.push(String(count));
  if (mode !== undefined) words.push(mode);
  if (lasts(kind)) words.push(`for ${formatDuration(forMs)}`);
  return words.join(' ');
}

function formatTime({ atMs, everyMs, untilMs }: PlanStep): string {
  if (everyMs === undefined) return `at ${formatDuration(atMs)}`;
  const words = [`every ${formatDuration(everyMs)}`];
  if (atMs !== everyMs) words.push(`from ${formatDuration(atMs)}`);
  if (untilMs !== undefined) words.push(`until ${formatDuration(untilMs)}`);
  return words.join(' ');
}

/** Exactly, as a plan spells it. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds % 60_000 === 0 && milliseconds > 0) return `${milliseconds / 60_000}m`;
  if (milliseconds % 1_000 === 0) return `${milliseconds / 1_000}s`;
  return `${milliseconds}ms`;
}
