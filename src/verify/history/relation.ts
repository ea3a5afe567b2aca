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
import { EFFECT, NEVER, WILD, type Steps } from './steps.ts';

export class Relation {
  readonly #steps: Steps;
  readonly #ground: Ground;
  /** Steps that were met in the call of this number. */
  readonly #met: Uint32Array;
  #meeting = 0;

  constructor(steps: Steps, ground: Ground) {
    this.#steps = steps;
    this.#ground = ground;
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
    const starts = this.#startsAt(configuration, place, now);
    if (starts.some((start) => Number.isNaN(start))) return true;
    const touch = steps.touchOf(one, place);
    if (steps.isExact(touch)) {
      const need = this.#neededBefore(step, touch, place);
      return starts.some((start) => this.#ground.optional.canMake(place, start, need, now));
    }
    if (starts.some((start) => !steps.fits(touch, start))) return true;
    // What only adds hands on what was left to it.
    if (steps.isSilent(one) && !steps.isSilent(step)) return true;
    // Another optional step may make it unfit first: not what fits every balance.
    const isAlone = this.#ground.optional.at(place).length === 1;
    if (!isAlone && steps.effect[touch] !== EFFECT.set) return true;
    const other = steps.placesOf(step).find((each) => each !== place);
    return other !== undefined && this.#isAwaitedAt(configuration, step, other, now);
  }

  /** What the step must find at the place to leave what the touch needs; NEVER: it does not. */
  #neededBefore(step: number, touch: number, place: number): number {
    const steps = this.#steps;
    const own = steps.touchOf(step, place);
    const need = steps.need[touch] as number;
    const left = this.#leaves(step, place);
    if (Number.isNaN(left)) return need - (steps.value[own] as number);
    if (left !== need) return NEVER;
    // Where it finds what it likes, it may as well find what is needed.
    return steps.isExact(own) ? (steps.need[own] as number) : need;
  }

  #isAwaitedAt(
    configuration: Configuration, step: number, place: number, now: number,
  ): boolean {
    const own = this.#steps.touchOf(step, place);
    return this.#startsAt(configuration, place, now).some((start) => {
      if (Number.isNaN(start)) return true;
      const after = this.#steps.after(own, start);
      const ahead = this.#ground.outlook(configuration, place, after, start, step);
      return ahead === OUTLOOK.awaited;
    });
  }

  /** What the place holds, and what pending steps that must happen may leave there. */
  #startsAt(configuration: Configuration, place: number, now: number): readonly number[] {
    const musts = this.#ground.pendingMusts(configuration, place, now);
    const left = musts.map((must) => this.#leaves(must, place));
    return [this.#ground.valueAt(configuration, place), ...left];
  }
}
