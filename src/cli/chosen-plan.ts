/**
 * Which plan a command line asks for: a file, a name, a seed, or one fault that a workload is to
 * see.
 */
import { readFileSync } from 'node:fs';
import { drawPlan } from '../chaos/draw-plan.ts';
import { lasts, type FaultOrder } from '../chaos/fault.ts';
import { parsePlan, type PlanError } from '../chaos/parse-plan.ts';
import { destroyersOf, formatOrder, lengthOf, takesBackends, type Plan } from '../chaos/plan.ts';
import { SCENARIOS, scenarioNamed } from '../chaos/scenarios.ts';
import { fromErrno, isMissing } from '../host/environment-error.ts';
import { notAllowed, usageError, type CliError } from './cli-error.ts';
import { nearest } from './nearest.ts';
import { missingOption } from './options.ts';
import { quote } from './quote.ts';
import { formatDuration } from './validators.ts';

export interface PlanWish {
  readonly scenario: string | undefined;
  readonly seed: number | undefined;
  readonly forMs: number | undefined;
  readonly yesReally: boolean;
  /** One fault. */
  readonly single: FaultOrder | undefined;
}

export interface ChosenPlan {
  readonly plan: Plan;
  readonly seed: number;
  readonly forMs: number;
  /** The flags that ask for the same again. */
  readonly flags: readonly string[];
}

const DRAWN_FOR_MS = 30_000;
/** A single fault comes after so much calm, at the latest half-way. */
const CALM_MS = 3_000;
const AFTER_SINGLE_MS = 5_000;
const SEEDS = 2 ** 32;

/** Throws a CliError where there is no such plan, or it must not be done. */
export function choosePlan(wish: PlanWish): ChosenPlan {
  const chosen = findPlan(wish);
  const destroyers = destroyersOf(chosen.plan);
  if (destroyers.length === 0 || wish.yesReally) return chosen;
  throw notAllowed(
    `the plan ${chosen.plan.name} may destroy data (${destroyers.join(', ')})`,
    'add --yes-really where the bank is one that may be lost',
  );
}

function findPlan(wish: PlanWish): ChosenPlan {
  const { scenario, single, yesReally } = wish;
  const seed = wish.seed ?? Math.floor(Math.random() * SEEDS);
  const permission = yesReally ? ['--yes-really'] : [];
  const choose = (plan: Plan, forMs: number, flags: readonly string[]): ChosenPlan => {
    const always = ['--seed', String(seed), '--for', formatDuration(forMs), ...permission];
    return { plan, seed, forMs, flags: [...flags, ...always] };
  };
  if (single !== undefined) {
    if (scenario !== undefined) throw usageError('--scenario and a fault are two plans: one a run');
    const isLasting = lasts(single.kind);
    const whole = CALM_MS + single.forMs + AFTER_SINGLE_MS;
    const forMs = isLasting ? whole : (wish.forMs ?? whole);
    const plan = singleStep(single, Math.min(CALM_MS, forMs / 2));
    const length = isLasting ? [] : ['--for', formatDuration(forMs)];
    const flags = [...flagsOf(single), ...length, '--seed', String(seed), ...permission];
    return { plan, seed, forMs, flags };
  }
  if (scenario === undefined) {
    if (wish.seed === undefined) throw missingOption('--scenario FILE|NAME, --seed N or a fault');
    const forMs = wish.forMs ?? DRAWN_FOR_MS;
    return choose(drawPlan({ seed, forMs, mayDestroy: yesReally }), forMs, []);
  }
  const plan = scenarioNamed(scenario) ?? readPlan(scenario);
  return choose(plan, wish.forMs ?? lengthOf(plan), ['--scenario', scenario]);
}

function singleStep(order: FaultOrder, atMs: number): Plan {
  const step = { order, atMs, everyMs: undefined, untilMs: undefined };
  return { name: formatOrder(order), steps: [step] };
}

/** Those that order the fault. */
function flagsOf({ kind, count, backend, forMs, mode }: FaultOrder): readonly string[] {
  return [
    `--${kind}`,
    ...(takesBackends(kind) ? [String(count)] : []),
    ...(backend === undefined ? [] : ['--backend', String(backend)]),
    ...(mode === undefined ? [] : ['--mode', mode]),
    ...(lasts(kind) ? ['--for', formatDuration(forMs)] : []),
  ];
}

function readPlan(path: string): Plan {
  const parsed = parsePlan(readText(path), path);
  if (parsed.ok) return parsed.plan;
  throw misread(path, parsed.error);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (!isMissing(error)) throw fromErrno(error, `read ${path}`);
    const near = nearest(path, SCENARIOS.map(({ name }) => name));
    const tip = near === undefined
      ? 'bankd chaos --scenario list shows the names' : `did you mean ${near}?`;
    throw usageError(`${quote(path)} is neither a scenario nor a file`, tip);
  }
}

function misread(path: string, { line, sentence, word, candidates }: PlanError): CliError {
  const near = word === '' ? undefined : nearest(word, candidates);
  const tip = near === undefined ? undefined : `did you mean ${near}?`;
  return usageError(`${path}:${line}: ${sentence}`, tip);
}
