/**
 * Operations as the search sees them: **steps**, each of which reads and changes at most two places
 * (a place is an account, or the register), in columns of numbers.
 *
 * What an answer told is folded into what the step needs: DEPOSIT 100 5.00 → 45.00 needs 40.00. So
 * most steps fit exactly one value of each of their places, which is what makes the search short.
 */

/** A place's value that nothing is known of; it fits every need that some value fits. */
export const WILD = NaN;
/** The value of an account that does not exist yet. */
export const NOT_THERE = -1;
/** Needed by what can't have happened. */
export const NEVER = -2;

export const EFFECT = { none: 0, add: 1, set: 2 } as const;
export type Effect = (typeof EFFECT)[keyof typeof EFFECT];

/** What a step has to do with one place. Without `need`, whatever lies in `least`..`most` fits. */
export interface Touch {
  readonly place: number;
  readonly need?: number;
  /** Fits any value but `need`. */
  readonly isOther?: boolean;
  readonly least?: number;
  readonly most?: number;
  readonly effect?: Effect;
  readonly value?: number;
}

export interface StepSpan {
  readonly invoked: number;
  /** Infinity: it may take effect at any time after its invocation. */
  readonly completed: number;
  /** It may also never take effect. */
  readonly isOptional: boolean;
  /** The operation that it stands for. */
  readonly source: number;
}

const TOUCHES = 2;
const NO_PLACE = -1;

/** Sorted by `invoked`. Touches lie at 2 * step and 2 * step + 1. */
export class Steps {
  readonly count: number;
  readonly places: number;
  readonly invoked: Float64Array;
  readonly completed: Float64Array;
  readonly optional: Uint8Array;
  readonly source: Int32Array;
  readonly place: Int32Array;
  readonly need: Float64Array;
  readonly isOther: Uint8Array;
  readonly least: Float64Array;
  readonly most: Float64Array;
  readonly effect: Uint8Array;
  readonly value: Float64Array;
  #filled = 0;

  constructor(count: number, places: number) {
    this.count = count;
    this.places = places;
    this.invoked = new Float64Array(count);
    this.completed = new Float64Array(count);
    this.optional = new Uint8Array(count);
    this.source = new Int32Array(count);
    this.place = new Int32Array(TOUCHES * count).fill(NO_PLACE);
    this.need = new Float64Array(TOUCHES * count);
    this.isOther = new Uint8Array(TOUCHES * count);
    this.least = new Float64Array(TOUCHES * count);
    this.most = new Float64Array(TOUCHES * count);
    this.effect = new Uint8Array(TOUCHES * count);
    this.value = new Float64Array(TOUCHES * count);
  }

  add(span: StepSpan, touches: readonly Touch[]): void {
    const step = this.#filled;
    this.#filled += 1;
    this.invoked[step] = span.invoked;
    this.completed[step] = span.completed;
    this.optional[step] = span.isOptional ? 1 : 0;
    this.source[step] = span.source;
    touches.forEach((touch, which) => this.#addTouch(TOUCHES * step + which, touch));
  }

  /** The first touch of the step, or its second; -1: it has none. */
  placeOf(step: number, which: 0 | 1): number {
    return this.place[TOUCHES * step + which] as number;
  }

  /** The touch of this place, which the step must have. */
  touchOf(step: number, place: number): number {
    const first = TOUCHES * step;
    return this.place[first] === place ? first : first + 1;
  }

  fits(touch: number, value: number): boolean {
    const need = this.need[touch] as number;
    if (Number.isNaN(value)) return need !== NEVER;
    if (Number.isNaN(need)) {
      return value >= (this.least[touch] as number) && value <= (this.most[touch] as number);
    }
    return this.isOther[touch] === 1 ? value !== need && value >= 0 : value === need;
  }

  /** The place's value after it. */
  after(touch: number, value: number): number {
    switch (this.effect[touch] as Effect) {
      case EFFECT.none: {
        // What is observed is known from then on.
        const isExact = Number.isNaN(value) && this.isExact(touch);
        return isExact ? (this.need[touch] as number) : value;
      }
      case EFFECT.add: {
        const before = Number.isNaN(value) && this.isExact(touch) ? this.need[touch] : value;
        return (before as number) + (this.value[touch] as number);
      }
      case EFFECT.set:
        return this.value[touch] as number;
    }
  }

  /** Fits one value only. */
  isExact(touch: number): boolean {
    return !Number.isNaN(this.need[touch]) && this.isOther[touch] === 0;
  }

  /** Changes nothing. */
  isObserver(step: number): boolean {
    const first = TOUCHES * step;
    return this.effect[first] === EFFECT.none && this.effect[first + 1] === EFFECT.none;
  }

  /** Adds amounts and says nothing of the balances: two such may change places. */
  isSilent(step: number): boolean {
    for (let which = 0; which < TOUCHES; which += 1) {
      const touch = TOUCHES * step + which;
      if (this.place[touch] === NO_PLACE) continue;
      if (this.effect[touch] !== EFFECT.add || !Number.isNaN(this.need[touch])) return false;
    }
    return true;
  }

  /** Those of the steps that the choice keeps, with the places that it keeps, numbered anew. */
  select(members: ArrayLike<number>, choose: Choice = {}): Selection {
    const places = new Map<number, number>();
    const renumber = (place: number): number | undefined => {
      if (choose.keepsPlace?.(place) === false) return undefined;
      const known = places.get(place) ?? places.size;
      places.set(place, known);
      return known;
    };
    for (let at = 0; at < members.length; at += 1) {
      this.placesOf(members[at] as number).forEach(renumber);
    }
    const selected = new Steps(members.length, places.size);
    for (let at = 0; at < members.length; at += 1) {
      const step = members[at] as number;
      const isOptional = this.optional[step] === 1 || choose.isOptional?.(step) === true;
      const completed = isOptional ? Infinity : (this.completed[step] as number);
      const invoked = this.invoked[step] as number;
      const touches = this.#touchesOf(step, renumber);
      selected.add({ invoked, completed, isOptional, source: step }, touches);
    }
    return { steps: selected, places: [...places.keys()] };
  }

  /** One place or two. */
  placesOf(step: number): readonly number[] {
    const [first, second] = [this.placeOf(step, 0), this.placeOf(step, 1)];
    return second === NO_PLACE ? [first] : [first, second];
  }

  #touchesOf(step: number, renumber: (place: number) => number | undefined): Touch[] {
    const touches: Touch[] = [];
    for (let touch = TOUCHES * step; touch < TOUCHES * (step + 1); touch += 1) {
      if (this.place[touch] === NO_PLACE) continue;
      const place = renumber(this.place[touch] as number);
      if (place !== undefined) touches.push(this.#touchAt(touch, place));
    }
    return touches;
  }

  #touchAt(touch: number, place: number): Touch {
    return {
      place,
      need: this.need[touch] as number,
      isOther: this.isOther[touch] === 1,
      least: this.least[touch] as number,
      most: this.most[touch] as number,
      effect: this.effect[touch] as Effect,
      value: this.value[touch] as number,
    };
  }

  #addTouch(at: number, touch: Touch): void {
    this.place[at] = touch.place;
    this.need[at] = touch.need ?? NaN;
    this.isOther[at] = touch.isOther === true ? 1 : 0;
    this.least[at] = touch.least ?? 0;
    this.most[at] = touch.most ?? Infinity;
    this.effect[at] = touch.effect ?? EFFECT.none;
    this.value[at] = touch.value ?? 0;
  }
}

export interface Choice {
  readonly keepsPlace?: (place: number) => boolean;
  readonly isOptional?: (step: number) => boolean;
}

export interface Selection {
  readonly steps: Steps;
  /** What each of its places was called before. */
  readonly places: readonly number[];
}
