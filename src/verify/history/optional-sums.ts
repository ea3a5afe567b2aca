/**
 * What the optional steps at a place (writes of unknown outcome) can make of its value together.
 *
 * All that a balance can become by some of them is looked up, not searched: the sums of all subsets
 * of their amounts, kept until there are others. An over-estimate (it does not ask whether funds
 * suffice, or whether one of them was used before) that rules out nearly everything.
 */
import type { Steps } from './steps.ts';

/** With more of them at one place, everything is taken to be possible: 2^16 sums are the most. */
const STEPS_MAX = 16;

interface Cached {
  readonly steps: readonly number[];
  readonly sums: ReadonlySet<number> | undefined;
  /** Values that some of them leave whatever was there before. */
  readonly jumps: readonly number[];
}

export class OptionalSums {
  readonly #steps: Steps;
  /** So many at most are taken together. */
  readonly #together: number;
  readonly #byPlace: (readonly number[])[] = [];
  readonly #cached: (Cached | undefined)[] = [];

  constructor(steps: Steps, together: number) {
    this.#steps = steps;
    this.#together = together;
  }

  /** In the order of invocation. */
  add(step: number, place: number): void {
    this.#byPlace[place] = [...this.at(place), step];
  }

  remove(step: number, place: number): void {
    this.#byPlace[place] = this.at(place).filter((each) => each !== step);
  }

  at(place: number): readonly number[] {
    return this.#byPlace[place] ?? NONE;
  }

  /** Whether some of those invoked until then can make the one value the other. */
  canMake(place: number, from: number, to: number, until: number): boolean {
    if (from === to) return true;
    const { sums, jumps } = this.#sumsAt(place, until);
    if (sums === undefined) return true;
    return sums.has(to - from) || jumps.some((jump) => sums.has(to - jump));
  }

  #sumsAt(place: number, until: number): Cached {
    const all = this.at(place);
    let count = all.length;
    while (count > 0 && (this.#steps.invoked[all[count - 1] as number] as number) > until) {
      count -= 1;
    }
    const cached = this.#cached[place];
    if (cached?.steps.length === count && all.every((step, at) =>
      at >= count || cached.steps[at] === step)) return cached;
    const fresh = this.#compute(all.slice(0, count), place);
    this.#cached[place] = fresh;
    return fresh;
  }

  #compute(steps: readonly number[], place: number): Cached {
    const touches = steps.map((step) => this.#steps.touchOf(step, place));
    const left = touches.map((touch) => this.#steps.after(touch, NaN));
    const jumps = left.filter((value) => !Number.isNaN(value));
    const amounts = touches
      .filter((_, at) => Number.isNaN(left[at]))
      .map((touch) => this.#steps.value[touch] as number);
    return { steps, jumps, sums: this.#sumsOf(amounts) };
  }

  #sumsOf(amounts: readonly number[]): ReadonlySet<number> | undefined {
    if (this.#together !== Infinity) return sumsOfFew(amounts, this.#together);
    if (amounts.length > STEPS_MAX) return undefined;
    const sums = new Set([0]);
    for (const amount of amounts) {
      for (const sum of [...sums]) sums.add(sum + amount);
    }
    return sums;
  }
}

const NONE: readonly number[] = [];

/** Sums of at most `together` of the amounts. */
function sumsOfFew(amounts: readonly number[], together: number): ReadonlySet<number> {
  let sums = new Set([0]);
  for (let round = 0; round < together; round += 1) {
    const more = amounts.flatMap((amount) => [...sums].map((sum) => sum + amount));
    sums = sums.union(new Set(more));
  }
  return sums;
}
