/**
 * A plan drawn from a seed, by swarm testing (Groce et al. 2012): each plan draws a palette of
 * faults and a temper first, so that some plans are all pauses and some are one kill in a minute;
 * plans that mix everything all the time would never meet what only a few faults bring about.
 *
 * The same seed, length and permission give the same plan.
 */
import { Random } from '../core/random.ts';
import { destroysData, lasts, type FaultKind, type FaultOrder } from './fault.ts';
import { CUT_MODES, type Plan, type PlanStep } from './plan.ts';

export interface DrawOptions {
  readonly seed: number;
  /** How long the faults go on. */
  readonly forMs: number;
  /** Whether faults that destroy data may be drawn. */
  readonly mayDestroy: boolean;
}

/** A full disk is left out: it can be had on few machines, and a seed means the same on all. */
const DRAWN: readonly FaultKind[] = ['kill', 'pause', 'cut', 'frontend', 'corrupt', 'wipe', 'all'];
/** Mean time between two faults. */
const GAPS_MS = [700, 2_000, 5_000] as const;
/** Data that is lost is fetched from the others, which takes its time. */
const GAP_MS_AFTER_LOSS = 6_000;
const FIRST_MS = 1_000;
const FOR_MS_MIN = 100;
const FOR_MS_MAX = 6_000;

export function drawPlan({ seed, forMs, mayDestroy }: DrawOptions): Plan {
  const random = new Random(seed);
  const palette = drawPalette(random, mayDestroy);
  const gapMs = random.pick(GAPS_MS);
  const steps: PlanStep[] = [];
  for (let atMs = FIRST_MS; atMs < forMs; ) {
    const order = drawOrder(random, random.pick(palette));
    steps.push({ atMs, order, everyMs: undefined, untilMs: undefined });
    atMs += round(random.next() * 2 * gapMs) + 50;
    if (destroysData(order.kind)) atMs += GAP_MS_AFTER_LOSS;
  }
  return { name: `seed ${seed}`, steps };
}

function drawPalette(random: Random, mayDestroy: boolean): readonly FaultKind[] {
  const allowed = DRAWN.filter((kind) => mayDestroy || !destroysData(kind));
  const palette = allowed.filter(() => random.chance(0.5));
  return palette.length > 0 ? palette : [random.pick(allowed)];
}

function drawOrder(random: Random, kind: FaultKind): FaultOrder {
  // Lost on two at once is lost: what destroys takes one.
  const isTwo = !destroysData(kind) && kind !== 'frontend' && random.chance(0.25);
  return {
    kind,
    count: isTwo ? 2 : 1,
    backend: undefined,
    forMs: lasts(kind) ? drawDuration(random) : 0,
    mode: kind === 'cut' ? random.pick(CUT_MODES) : undefined,
  };
}

/** Short ones are as likely as long ones: each doubling has the same chance. */
function drawDuration(random: Random): number {
  return round(FOR_MS_MIN * (FOR_MS_MAX / FOR_MS_MIN) ** random.next());
}

function round(milliseconds: number): number {
  return Math.max(50, 50 * Math.round(milliseconds / 50));
}
