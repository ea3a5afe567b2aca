/**
 * The search: is there an order of the steps, each between its invocation and its completion, in
 * which every answer is right?
 *
 * It is the search of Wing and Gong (1993) with the memory of configurations and the just-in-time
 * linearization of Lowe (2017): the completions are gone through in the order of real time, with
 * the set of all configurations that explain everything up to there, so that it never goes back,
 * and memory is bounded by what is concurrent. Configurations are compared by exact keys, not
 * hashes. A violation is the first completion that no configuration survives.
 *
 * Keeps true: of each order that explains the history, some configuration in the set is a part, as
 * far as it needs to be. To get there it is enough to linearize, when a step completes, only steps
 * that it can't change places with (partial-order reduction, see relation.ts); an observer at
 * once, where it is right; what leaves a place hopeless, not at all; an optional step, only where
 * another awaits what it does; and of two configurations that differ only in optional steps, the
 * one that used fewer. Nothing here recurs, and the sequence numbers of answers are not looked at.
 */
import type { Effort } from './effort.ts';
import { GROUND_ITSELF, Ground, OUTLOOK, type Configuration } from './ground.ts';
import { Relation } from './relation.ts';
import { EFFECT, type Steps } from './steps.ts';

export type Linearization =
  | { readonly kind: 'linearizable' }
  /** No order explains everything up to the completion of this step. */
  | { readonly kind: 'violated'; readonly step: number }
  | { readonly kind: 'undecided'; readonly step: number };

export interface SearchOptions {
  readonly initial: (place: number) => number;
  readonly effort: Effort;
  /** Told how many steps were explained since the last call. */
  readonly onProgress?: ((steps: number) => void) | undefined;
}

const PROGRESS_STEPS = 4_096;
/** A narrow search looks only for so many unknown outcomes that must be seen together. */
const TOGETHER_IF_NARROW = 2;

/** Finds an order, finds that there is none, or gives up. */
export function linearize(steps: Steps, options: SearchOptions): Linearization {
  const narrow = linearizeNarrowly(steps, options);
  if (narrow.kind !== 'violated' || isNarrowEnough(steps)) return narrow;
  return linearizeFully(steps, options);
}

/** The order that it finds is one; where it finds none, there may be one, unless that is enough. */
export function linearizeNarrowly(steps: Steps, options: SearchOptions): Linearization {
  return new Search(steps, options, TOGETHER_IF_NARROW).run();
}

/** Whether a narrow search of these steps is a full one. */
export function isNarrowEnough(steps: Steps): boolean {
  return !steps.optional.includes(1);
}

export function linearizeFully(steps: Steps, options: SearchOptions): Linearization {
  return new Search(steps, options, Infinity).run();
}

interface Reached {
  readonly configuration: Configuration;
  /** What was linearized since the last completion, in order. */
  readonly path: readonly number[];
}

class Search {
  readonly #steps: Steps;
  readonly #ground: Ground;
  readonly #relation: Relation;
  readonly #options: SearchOptions;
  #configurations: readonly Configuration[] = [GROUND_ITSELF];

  constructor(steps: Steps, options: SearchOptions, together: number) {
    this.#steps = steps;
    this.#options = options;
    this.#ground = new Ground(steps, options.initial, together);
    this.#relation = new Relation(steps, this.#ground);
  }

  run(): Linearization {
    const { effort, onProgress } = this.#options;
    let explained = 0;
    for (const step of inOrderOfCompletion(this.#steps)) {
      if (!this.#completeSimply(step)) this.#complete(step);
      if (effort.isOver) return { kind: 'undecided', step };
      if (this.#configurations.length === 0) return { kind: 'violated', step };
      explained += 1;
      if (explained % PROGRESS_STEPS === 0) onProgress?.(PROGRESS_STEPS);
    }
    return { kind: 'linearizable' };
  }

  /** The common case: there is one configuration, and only one way to go on. */
  #completeSimply(step: number): boolean {
    if (this.#configurations.length !== 1) return false;
    this.#options.effort.spent += 1;
    const ground = this.#ground;
    if (ground.isDone(step)) return true;
    if (!ground.fits(GROUND_ITSELF, step)) return false;
    const related = this.#relation.before(GROUND_ITSELF, step);
    for (const other of related) {
      if (!this.#isFree(GROUND_ITSELF, other) || !ground.fits(GROUND_ITSELF, other)) return false;
    }
    for (const other of related) ground.commit(other);
    if (this.#steps.isObserver(step)) ground.commit(step);
    else {
      const after = ground.with(GROUND_ITSELF, step);
      if (!this.#isPossible(GROUND_ITSELF, after, step)) this.#configurations = [];
      else ground.commit(step);
    }
    return true;
  }

  #complete(step: number): void {
    const next = new Distinct(this.#steps, this.#ground);
    for (const configuration of this.#configurations) {
      if (this.#ground.has(configuration, step)) next.add(configuration);
      else this.#reach(configuration, step, next);
      if (this.#options.effort.isOver) return;
    }
    this.#configurations = this.#settle(next.all(), step);
  }

  /** Adds every configuration with the step linearized that is needed. */
  #reach(start: Configuration, step: number, next: Distinct): void {
    const seen = new Distinct(this.#steps, this.#ground);
    const stack: Reached[] = [{ configuration: start, path: [] }];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const { effort } = this.#options;
      effort.spent += 1;
      if (effort.isOver) return;
      const related = this.#relation.before(top.configuration, step);
      const configuration = this.#observe(top.configuration, [step, ...related]);
      const path = [
        ...top.path, ...configuration.applied.slice(top.configuration.applied.length),
      ];
      if (this.#ground.has(configuration, step)) {
        if (this.#isNeeded(path, step)) next.add(configuration);
        continue;
      }
      for (const other of [step, ...related]) {
        if (this.#ground.has(configuration, other) || this.#isFree(configuration, other)) continue;
        if (!this.#ground.fits(configuration, other)) continue;
        const after = this.#ground.with(configuration, other);
        if (!this.#isPossible(configuration, after, other)) continue;
        if (other === step) {
          if (this.#isNeeded(path, step)) next.add(after);
        } else if (seen.add(after)) {
          stack.push({ configuration: after, path: [...path, other] });
        }
      }
    }
  }

  /** With the observers among the steps that are right now: it can't hurt to have them behind. */
  #observe(configuration: Configuration, steps: readonly number[]): Configuration {
    let observed = configuration;
    for (const step of steps) {
      const isRight = this.#isFree(observed, step) && this.#ground.fits(observed, step);
      if (isRight) observed = this.#ground.with(observed, step);
    }
    return observed;
  }

  /** Observes, and so fixes nothing: an unknown value that is observed would be known after it. */
  #isFree(configuration: Configuration, step: number): boolean {
    if (!this.#steps.isObserver(step)) return false;
    for (const which of [0, 1] as const) {
      const place = this.#steps.placeOf(step, which);
      if (place >= 0 && Number.isNaN(this.#ground.valueAt(configuration, place))) return false;
    }
    return true;
  }

  /** Whether what lies ahead allows the step; an optional one must also be of use. */
  #isPossible(before: Configuration, after: Configuration, step: number): boolean {
    const steps = this.#steps;
    let isOfUse = steps.optional[step] === 0;
    for (const which of [0, 1] as const) {
      const place = steps.placeOf(step, which);
      if (place < 0 || steps.effect[steps.touchOf(step, place)] === EFFECT.none) continue;
      const [was, is] = [this.#ground.valueAt(before, place), this.#ground.valueAt(after, place)];
      const ahead = this.#ground.outlook(after, place, is, was, step);
      if (ahead === OUTLOOK.hopeless) return false;
      if (ahead === OUTLOOK.awaited) isOfUse = true;
    }
    return isOfUse;
  }

  /**
   * Whether each step of the path is tied to the last one, by places shared along the way. What was
   * observed on it may tie two places, but need not.
   */
  #isNeeded(path: readonly number[], step: number): boolean {
    const places = new Set([this.#steps.placeOf(step, 0), this.#steps.placeOf(step, 1)]);
    places.delete(-1);
    for (const earlier of path.toReversed()) {
      const own = [this.#steps.placeOf(earlier, 0), this.#steps.placeOf(earlier, 1)];
      if (!own.some((place) => places.has(place))) {
        if (this.#steps.isObserver(earlier)) continue;
        return false;
      }
      for (const place of own) if (place >= 0) places.add(place);
    }
    return true;
  }

  /** What all have in common becomes part of the ground. */
  #settle(configurations: readonly Configuration[], completed: number): readonly Configuration[] {
    const [first] = configurations;
    if (first === undefined) return configurations;
    const ground = this.#ground;
    if (configurations.length === 1) {
      for (const [place, value] of first.values) ground.setValue(place, value);
      for (const step of first.applied) ground.markDone(step);
      return [GROUND_ITSELF];
    }
    const places = new Set(configurations.flatMap(({ values }) => [...values.keys()]));
    for (const place of places) {
      const value = ground.valueAt(first, place);
      const isCommon = configurations.every((each) => ground.valueAt(each, place) === value);
      const isDead = configurations.every((each) => ground.isDead(each, place));
      if (!isCommon && !isDead) continue;
      ground.setValue(place, value);
      places.delete(place);
    }
    ground.markDone(completed);
    const next = new Distinct(this.#steps, ground);
    for (const { applied, values } of configurations) {
      const differing = [...places].map((place): [number, number] =>
        [place, ground.valueAt({ applied, values }, place)]);
      next.add({
        applied: applied.filter((step) => step !== completed),
        values: new Map(differing),
      });
    }
    return next.all();
  }
}

/** Configurations, each once, and none that only used more optional steps than another. */
class Distinct {
  readonly #steps: Steps;
  readonly #ground: Ground;
  readonly #byKey = new Map<string, Configuration[]>();

  constructor(steps: Steps, ground: Ground) {
    this.#steps = steps;
    this.#ground = ground;
  }

  /** Whether it is new. */
  add(configuration: Configuration): boolean {
    const key = this.#keyOf(configuration);
    const alike = this.#byKey.get(key) ?? [];
    const own = this.#optionalOf(configuration);
    if (alike.some((other) => isSubset(this.#optionalOf(other), own))) return false;
    const rest = alike.filter((other) => !isSubset(own, this.#optionalOf(other)));
    this.#byKey.set(key, [...rest, configuration]);
    return true;
  }

  all(): readonly Configuration[] {
    return [...this.#byKey.values()].flat();
  }

  /** What is linearized of what must be, and every value: equal keys mean equal futures. */
  #keyOf(configuration: Configuration): string {
    const musts = configuration.applied.filter((step) => this.#steps.optional[step] === 0);
    const values = [...configuration.values]
      .filter(([place, value]) => !Object.is(value, this.#ground.valueAt(GROUND_ITSELF, place)))
      .sort(([one], [other]) => one - other);
    return `${musts.sort((one, other) => one - other).join()};${values.join()}`;
  }

  #optionalOf({ applied }: Configuration): ReadonlySet<number> {
    return new Set(applied.filter((step) => this.#steps.optional[step] === 1));
  }
}

function isSubset(part: ReadonlySet<number>, whole: ReadonlySet<number>): boolean {
  return part.isSubsetOf(whole);
}

/** The steps that must happen. */
function inOrderOfCompletion({ count, optional, completed }: Steps): Int32Array {
  const steps = new Int32Array(count);
  let length = 0;
  for (let step = 0; step < count; step += 1) {
    if (optional[step] === 1) continue;
    steps[length] = step;
    length += 1;
  }
  return steps.subarray(0, length).sort((one, other) =>
    (completed[one] as number) - (completed[other] as number));
}
