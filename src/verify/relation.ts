/**
 * Which pending steps may have to come before a step, for the search (linearize.ts).
 *
 * In an order, let each step at a place follow the one at that place before it. Where the last step
 * needs a value, whatever it follows must leave that value; and so on backwards. So only what
 * leaves what another needs, directly or by way of others, may have to come before; all else can
 * change places with it and come later. The answers tell most values, so that this is mostly
 * nothing.
 */
import { OUTLOOK, type Configuration, type Ground } from './ground.ts';
import { WILD, type Steps } from './steps.ts';

export class Relation {
  readonly #steps: Steps;
  readonly #ground: Ground;
  readonly #together: number;
  /** Steps that were met in the call of this number. */
  readonly #met: Uint32Array;
  #meeting = 0;

  /** `together`: how many optional steps are looked at as one. */
  constructor(steps: Steps, ground: Ground, together: number) {
    this.#steps = steps;
    this.#ground = ground;
    this.#together = together;
    this.#met = new Uint32Array(steps.count);
  }

  /** What may have to come before the step when it completes. */
  before(configuration: Configuration, step: number): number[] {
    this.#meeting += 1;
    this.#met[step] = this.#meeting;
    const now = this.#steps.completed[step] as number;
    const wanted = [step];
    for (const one of wanted) {
      for (const which of [0, 1] as const) {
        const place = this.#steps.placeOf(one, which);
        if (place >= 0) this.#addAt(configuration, place, one, now, wanted);
      }
    }
    return wanted.slice(1);
  }

  #addAt(
    configuration: Configuration, place: number, one: number, now: number, wanted: number[],
  ): void {
    const steps = this.#steps;
    const touch = steps.touchOf(one, place);
    const value = this.#ground.valueAt(configuration, place);
    // Two that only add amounts can change places, unless one is short of what the other brings.
    const canSwap = steps.isSilent(one) && steps.fits(touch, value);
    const musts = this.#ground.pendingMusts(configuration, place, now);
    for (const other of musts) {
      if (this.#met[other] === this.#meeting || (canSwap && steps.isSilent(other))) continue;
      if (!steps.fits(touch, this.#leaves(other, place))) continue;
      this.#met[other] = this.#meeting;
      wanted.push(other);
    }
    for (const other of this.#ground.pendingMays(configuration, place, now)) {
      if (this.#met[other] === this.#meeting || (canSwap && steps.isSilent(other))) continue;
      if (!this.#canBeOfUse(configuration, other, one, place, now)) continue;
      this.#met[other] = this.#meeting;
      wanted.push(other);
    }
  }

  /** The value that the step leaves at the place, whenever it is done; WILD: it depends. */
  #leaves(step: number, place: number): number {
    return this.#steps.after(this.#steps.touchOf(step, place), WILD);
  }

  /**
   * Whether the optional step, coming just before `one` at the place, can be of use: to it, or at
   * its other place to what comes next there.
   */
  #canBeOfUse(
    configuration: Configuration, step: number, one: number, place: number, now: number,
  ): boolean {
    const steps = this.#steps;
    const starts = this.#startsOf(configuration, step, place, now);
    if (starts === undefined) return true;
    const own = steps.touchOf(step, place);
    const touch = steps.touchOf(one, place);
    const isExact = steps.isExact(touch);
    let canPrecede = false;
    for (const start of starts) {
      if (!steps.fits(own, start) || !steps.fits(touch, steps.after(own, start))) continue;
      canPrecede = true;
      if (isExact || !steps.fits(touch, start)) return true;
    }
    const other = steps.placesOf(step).find((each) => each !== place);
    if (!canPrecede || other === undefined) return false;
    return this.#isAwaitedAt(configuration, step, other, now);
  }

  #isAwaitedAt(
    configuration: Configuration, step: number, place: number, now: number,
  ): boolean {
    const starts = this.#startsOf(configuration, step, place, now);
    if (starts === undefined) return true;
    const own = this.#steps.touchOf(step, place);
    for (const start of starts) {
      if (!this.#steps.fits(own, start)) continue;
      const after = this.#steps.after(own, start);
      const ahead = this.#ground.outlook(configuration, place, after, start, step);
      if (ahead === OUTLOOK.awaited) return true;
    }
    return false;
  }

  /** The values that the step may find at the place; undefined where they can't be listed. */
  #startsOf(
    configuration: Configuration, step: number, place: number, now: number,
  ): ReadonlySet<number> | undefined {
    const musts = this.#ground.pendingMusts(configuration, place, now);
    const left = musts.filter((must) => must !== step).map((must) => this.#leaves(must, place));
    const starts = [this.#ground.valueAt(configuration, place), ...left];
    if (starts.some((start) => Number.isNaN(start))) return undefined;
    const mays = this.#ground.pendingMays(configuration, place, now)
      .filter((may) => may !== step);
    if (this.#together === Infinity && mays.length > ADDED_MAX) return undefined;
    let reached: ReadonlySet<number> = new Set(starts);
    for (let round = 1; round <= Math.min(this.#together - 1, mays.length); round += 1) {
      reached = this.#afterAny(reached, mays, place);
    }
    return reached;
  }

  /** The values, and those that one of the steps makes of them. */
  #afterAny(values: ReadonlySet<number>, mays: readonly number[], place: number): Set<number> {
    const after = new Set(values);
    for (const may of mays) {
      const touch = this.#steps.touchOf(may, place);
      for (const value of values) {
        if (this.#steps.fits(touch, value)) after.add(this.#steps.after(touch, value));
      }
    }
    return after;
  }
}

/** With more optional steps at one place, whatever they add up to is taken to be possible. */
const ADDED_MAX = 8;
