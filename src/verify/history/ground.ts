/**
 * What all configurations of the search have in common: the steps that are linearized in each of
 * them, the values of the places, and which steps may come next at each place.
 *
 * A **configuration** is what distinguishes one way from another: the steps that it has linearized
 * beyond the ground, and the values that differ from the ground's.
 */
import { OptionalSums } from './optional-sums.ts';
import { EFFECT, type Steps } from './steps.ts';

export interface Configuration {
  readonly applied: readonly number[];
  readonly values: ReadonlyMap<number, number>;
}

export const GROUND_ITSELF: Configuration = { applied: [], values: new Map() };

/** What lies ahead of a place that has some value, as far as the next step at it goes. */
export const OUTLOOK = {
  /** No step that can be the next there fits. */
  hopeless: 0,
  /** One fits that would fit otherwise, too, or none is to come. */
  indifferent: 1,
  /** One fits that awaits this very value. */
  awaited: 2,
} as const;
export type Outlook = (typeof OUTLOOK)[keyof typeof OUTLOOK];

export class Ground {
  readonly #steps: Steps;
  /** What the places' optional steps can do. */
  readonly optional: OptionalSums;
  readonly #done: Uint8Array;
  readonly #values: Float64Array;
  /** The places' steps that must happen, in the order of invocation: slices of one array. */
  readonly #musts: Int32Array;
  readonly #ends: Int32Array;
  readonly #heads: Int32Array;

  constructor(steps: Steps, initial: (place: number) => number, together: number) {
    this.#steps = steps;
    this.optional = new OptionalSums(steps, together);
    this.#done = new Uint8Array(steps.count);
    this.#values = Float64Array.from({ length: steps.places }, (_, place) => initial(place));
    const counts = new Int32Array(steps.places + 1);
    this.#forEachTouch((step, place) => {
      if (steps.optional[step] === 1) this.optional.add(step, place);
      else counts[place + 1] = (counts[place + 1] as number) + 1;
    });
    for (let place = 0; place < steps.places; place += 1) {
      counts[place + 1] = (counts[place + 1] as number) + (counts[place] as number);
    }
    this.#heads = counts.slice(0, steps.places);
    this.#ends = counts.slice(0, steps.places);
    this.#musts = new Int32Array(counts[steps.places] as number);
    this.#forEachTouch((step, place) => {
      if (steps.optional[step] === 1) return;
      this.#musts[this.#ends[place] as number] = step;
      this.#ends[place] = (this.#ends[place] as number) + 1;
    });
  }

  isDone(step: number): boolean {
    return this.#done[step] === 1;
  }

  has(configuration: Configuration, step: number): boolean {
    return this.#done[step] === 1 || configuration.applied.includes(step);
  }

  valueAt(configuration: Configuration, place: number): number {
    return configuration.values.get(place) ?? (this.#values[place] as number);
  }

  fits(configuration: Configuration, step: number): boolean {
    for (const which of [0, 1] as const) {
      const place = this.#steps.placeOf(step, which);
      if (place < 0) continue;
      const touch = this.#steps.touchOf(step, place);
      if (!this.#steps.fits(touch, this.valueAt(configuration, place))) return false;
    }
    return true;
  }

  /** The configuration after the step, which fits it. */
  with(configuration: Configuration, step: number): Configuration {
    const values = new Map(configuration.values);
    for (const which of [0, 1] as const) {
      const place = this.#steps.placeOf(step, which);
      if (place < 0) continue;
      const before = this.valueAt(configuration, place);
      values.set(place, this.#steps.after(this.#steps.touchOf(step, place), before));
    }
    return { applied: [...configuration.applied, step], values };
  }

  /** Makes the step, which fits the ground, part of it. */
  commit(step: number): void {
    for (const which of [0, 1] as const) {
      const place = this.#steps.placeOf(step, which);
      if (place < 0) continue;
      const touch = this.#steps.touchOf(step, place);
      this.#values[place] = this.#steps.after(touch, this.#values[place] as number);
    }
    this.markDone(step);
  }

  setValue(place: number, value: number): void {
    this.#values[place] = value;
  }

  markDone(step: number): void {
    this.#done[step] = 1;
    for (const which of [0, 1] as const) {
      const place = this.#steps.placeOf(step, which);
      if (place < 0) continue;
      if (this.#steps.optional[step] === 0) this.#advance(place);
      else this.optional.remove(step, place);
    }
  }

  /** Steps at the place that must happen, are not linearized, and were invoked before `now`. */
  pendingMusts(configuration: Configuration, place: number, now: number): number[] {
    const pending: number[] = [];
    const end = this.#ends[place] as number;
    for (let at = this.#heads[place] as number; at < end; at += 1) {
      const step = this.#musts[at] as number;
      if ((this.#steps.invoked[step] as number) > now) break;
      if (!this.has(configuration, step)) pending.push(step);
    }
    return pending;
  }

  /** Steps at the place that may happen, did not, and were invoked before `now`. */
  pendingMays(configuration: Configuration, place: number, now: number): number[] {
    const pending: number[] = [];
    for (const step of this.optional.at(place)) {
      if ((this.#steps.invoked[step] as number) > now) break;
      if (!this.has(configuration, step)) pending.push(step);
    }
    return pending;
  }

  /** Of the place after `step` gave it the value, where it had `before`. */
  outlook(
    configuration: Configuration, place: number, value: number, before: number, step: number,
  ): Outlook {
    const { touches, completed } = this.#ahead(configuration, place);
    const plain = this.#judge(touches, value, before);
    const isOptional = this.#steps.optional[step] === 1;
    const isEnough = plain === OUTLOOK.indifferent && !isOptional;
    if (plain === OUTLOOK.awaited || isEnough || Number.isNaN(value)) return plain;
    // What only adds hands on what was left to it.
    const isHandedOn = !this.#steps.isSilent(step) &&
      touches.some((touch) => this.#steps.isSilent(touch >> 1));
    if (isHandedOn) return OUTLOOK.awaited;
    const others = this.optional.at(place);
    if (others.length === 0) return plain;
    const canHelp = touches.some((touch) => (this.#steps.isExact(touch) ?
      this.optional.canMake(place, value, this.#steps.need[touch] as number, completed) :
      !this.#steps.fits(touch, value)));
    if (canHelp) return OUTLOOK.awaited;
    const isFunded = others.some((may) => {
      const touch = this.#steps.touchOf(may, place);
      return this.#steps.fits(touch, value) && !this.#steps.fits(touch, before);
    });
    return isFunded ? OUTLOOK.awaited : plain;
  }

  /** Whether the place's value will never be looked at: what can come next overwrites it. */
  isDead(configuration: Configuration, place: number): boolean {
    if (this.optional.at(place).some((may) => !this.has(configuration, may))) return false;
    return this.#ahead(configuration, place).touches.every((touch) =>
      this.#steps.effect[touch] === EFFECT.set && Number.isNaN(this.#steps.need[touch]));
  }

  /** What of what must happen can be the next at the place, and until when it must have been. */
  #ahead(configuration: Configuration, place: number): { touches: number[]; completed: number } {
    const steps = this.#steps;
    const end = this.#ends[place] as number;
    const touches: number[] = [];
    let completed = Infinity;
    for (let at = this.#heads[place] as number; at < end; at += 1) {
      const step = this.#musts[at] as number;
      if (this.has(configuration, step)) continue;
      // What was invoked after another was completed can't be the next.
      if ((steps.invoked[step] as number) > completed) break;
      completed = Math.min(completed, steps.completed[step] as number);
      touches.push(steps.touchOf(step, place));
    }
    return { touches, completed };
  }

  #judge(touches: readonly number[], value: number, before: number): Outlook {
    if (touches.length === 0 || Number.isNaN(value)) return OUTLOOK.indifferent;
    let best: Outlook = OUTLOOK.hopeless;
    for (const touch of touches) {
      if (!this.#steps.fits(touch, value)) continue;
      if (this.#steps.isExact(touch) || !this.#steps.fits(touch, before)) return OUTLOOK.awaited;
      best = OUTLOOK.indifferent;
    }
    return best;
  }

  #advance(place: number): void {
    const end = this.#ends[place] as number;
    let head = this.#heads[place] as number;
    while (head < end && this.#done[this.#musts[head] as number] === 1) head += 1;
    this.#heads[place] = head;
  }

  #forEachTouch(visit: (step: number, place: number) => void): void {
    for (let step = 0; step < this.#steps.count; step += 1) {
      for (const which of [0, 1] as const) {
        const place = this.#steps.placeOf(step, which);
        if (place >= 0) visit(step, place);
      }
    }
  }
}
