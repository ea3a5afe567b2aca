/**
 * The smallest part of a history that contradicts itself.
 *
 * Only parts are tried whose contradiction is one of the whole: all operations at some accounts
 * (of a transfer, that half of it), from a moment with balances that nobody knows, to a moment.
 * What was asked before the first moment may have happened before it, and what was answered after
 * the last may not have happened yet; so both are optional. Within that, reads are left out, and
 * writes made optional, one by one, as long as what is left contradicts itself (delta debugging,
 * Zeller and Hildebrandt 2002).
 */
import { Effort } from './effort.ts';
import type { Operation } from './history.ts';
import { linearize } from './linearize.ts';
import { linesOf, operationWords } from './operation-words.ts';
import { WILD, type Steps } from './steps.ts';

/** What a search of one candidate may cost. */
const EFFORT_EACH = 500_000;
/** What all of it may cost. */
const EFFORT_ALL = 5_000_000;
const SHOWN_MAX = 16;

export interface Witness {
  /** What can't all be, in the order in which it was asked. */
  readonly operations: readonly Operation[];
  /** What may or may not have happened meanwhile, which does not help either. */
  readonly optional: readonly Operation[];
  readonly sentences: readonly string[];
  readonly lines: readonly number[];
}

interface Searchable {
  readonly steps: Steps;
  readonly operationOf: (step: number) => Operation;
  readonly initial: (place: number) => number;
}

/** A part of the history, as above. */
interface Candidate {
  readonly places: ReadonlySet<number>;
  readonly from: number;
  readonly to: number;
  /** Steps that are left out, and that are made optional. */
  readonly dropped: ReadonlySet<number>;
  readonly weakened: ReadonlySet<number>;
}

/**
 * `violation` is the first step for which a search found no order. Undefined where no part that is
 * small enough to be searched contradicts itself.
 */
export function findWitness(part: Searchable, violation: number): Witness | undefined {
  const shrinking = new Shrinking(part);
  const found = shrinking.find(violation);
  if (found === undefined) return undefined;
  const { certain, optional } = shrinking.membersOf(found);
  const operations = certain.map(part.operationOf);
  const maybe = optional.map(part.operationOf);
  const isWhole = found.from === -Infinity;
  return {
    operations, optional: maybe,
    sentences: sentencesOf(operations, maybe, isWhole),
    lines: linesOf(operations),
  };
}

class Shrinking {
  readonly #part: Searchable;
  readonly #steps: Steps;
  readonly #effort = new Effort(EFFORT_ALL);

  constructor(part: Searchable) {
    this.#part = part;
    this.#steps = part.steps;
  }

  /** Undefined where nothing that is small enough to be tried contradicts itself. */
  find(violation: number): Candidate | undefined {
    const found = this.#grow(violation) ?? this.#everything(violation);
    if (found === undefined) return undefined;
    return this.#weaken(this.#narrowPlaces(this.#narrowTime(found)));
  }

  /** The steps of the candidate, in the order of their invocation. */
  membersOf(candidate: Candidate): { certain: number[]; optional: number[] } {
    const certain: number[] = [];
    const optional: number[] = [];
    for (const step of this.#stepsOf(candidate)) {
      if (this.#isOptional(candidate, step)) optional.push(step);
      else certain.push(step);
    }
    return { certain, optional };
  }

  /** Ever larger windows around the violation, of few accounts before many. */
  #grow(violation: number): Candidate | undefined {
    const own = new Set(this.#steps.placesOf(violation));
    const choices = [...own].map((place) => new Set([place]));
    if (own.size > 1) choices.push(own);
    for (let size = 4; size < 4 * this.#steps.count; size *= 4) {
      for (const places of choices) {
        const found = this.#window(violation, places, size);
        if (found !== undefined) return found;
      }
      const near = this.#near(violation, size);
      const found = this.#window(violation, near, size);
      if (found !== undefined) return found;
      if (this.#effort.isOver) return undefined;
    }
    return undefined;
  }

  /** All places of the steps invoked just before the violation was answered. */
  #near(violation: number, size: number): ReadonlySet<number> {
    const places = new Set<number>();
    const first = Math.max(0, violation - size);
    for (let step = first; step < Math.min(this.#steps.count, violation + size); step += 1) {
      for (const place of this.#steps.placesOf(step)) places.add(place);
    }
    return places;
  }

  #window(violation: number, places: ReadonlySet<number>, size: number): Candidate | undefined {
    const around = this.#around(violation, places, size);
    const [first] = around;
    if (first === undefined) return undefined;
    const isFromStart = around.length < size && around[0] === this.#around(0, places, 1)[0];
    const to = around
      .map((step) => this.#steps.completed[step] as number)
      .reduce((latest, end) => (end < Infinity ? Math.max(latest, end) : latest), -1);
    const none = new Set<number>();
    const from = isFromStart ? -Infinity : (this.#steps.invoked[first] as number);
    const candidate = { places, from, to, dropped: none, weakened: none };
    return this.#contradicts(candidate) ? candidate : undefined;
  }

  /** So many steps at the places before the step, and after it. */
  #around(step: number, places: ReadonlySet<number>, size: number): number[] {
    const touches = (other: number): boolean =>
      this.#steps.placesOf(other).some((place) => places.has(place));
    const before: number[] = [];
    for (let at = step; at >= 0 && before.length < size; at -= 1) {
      if (touches(at)) before.push(at);
    }
    const after: number[] = [];
    for (let at = step + 1; at < this.#steps.count && after.length < size; at += 1) {
      if (touches(at)) after.push(at);
    }
    return [...before.reverse(), ...after];
  }

  #everything(violation: number): Candidate | undefined {
    const places = new Set(Array.from({ length: this.#steps.places }, (_, place) => place));
    const to = this.#steps.completed[violation] as number;
    const none = new Set<number>();
    const whole = { places, from: -Infinity, to, dropped: none, weakened: none };
    return this.#contradicts(whole) ? whole : undefined;
  }

  /** The earliest end, then the latest beginning: both only ever take something away. */
  #narrowTime(candidate: Candidate): Candidate {
    const moments = this.#momentsOf(candidate);
    const last = firstThat(moments, (to) => this.#contradicts({ ...candidate, to }));
    const ended = last === undefined ? candidate : { ...candidate, to: last };
    const backwards = moments.filter((moment) => moment <= ended.to).reverse();
    const first = firstThat(backwards, (from) => this.#contradicts({ ...ended, from }));
    return first === undefined ? ended : { ...ended, from: first };
  }

  #narrowPlaces(candidate: Candidate): Candidate {
    let narrowed = candidate;
    for (const place of candidate.places) {
      const places = new Set(narrowed.places);
      places.delete(place);
      const smaller = { ...narrowed, places };
      if (places.size > 0 && this.#contradicts(smaller)) narrowed = smaller;
    }
    return narrowed === candidate ? candidate : this.#narrowTime(narrowed);
  }

  #weaken(candidate: Candidate): Candidate {
    let weaker = candidate;
    for (const step of this.membersOf(candidate).certain) {
      const set = this.#steps.isObserver(step) ? 'dropped' : 'weakened';
      const less = { ...weaker, [set]: new Set([...weaker[set], step]) };
      if (this.#contradicts(less)) weaker = less;
    }
    return weaker;
  }

  #momentsOf(candidate: Candidate): number[] {
    const moments = this.#stepsOf(candidate).flatMap((step) =>
      [this.#steps.invoked[step] as number, this.#steps.completed[step] as number]);
    return moments.filter((moment) => moment < Infinity).sort((one, other) => one - other);
  }

  #contradicts(candidate: Candidate): boolean {
    if (this.#effort.isOver) return false;
    const selection = this.#steps.select(this.#stepsOf(candidate), {
      keepsPlace: (place) => candidate.places.has(place),
      isOptional: (step) => this.#isOptional(candidate, step),
    });
    const effort = new Effort(Math.min(EFFORT_EACH, EFFORT_ALL - this.#effort.spent));
    const isWhole = candidate.from === -Infinity;
    const initial = (place: number): number =>
      isWhole ? this.#part.initial(selection.places[place] ?? 0) : WILD;
    const found = linearize(selection.steps, { initial, effort });
    this.#effort.spent += effort.spent + selection.steps.count;
    return found.kind === 'violated';
  }

  #isOptional({ from, to, weakened }: Candidate, step: number): boolean {
    const { optional, invoked, completed } = this.#steps;
    return optional[step] === 1 || weakened.has(step) ||
      (invoked[step] as number) < from || (completed[step] as number) > to;
  }

  /** What has to do with it: an observer that may as well not have been is left out. */
  #stepsOf(candidate: Candidate): number[] {
    const { places, from, to, dropped } = candidate;
    const steps: number[] = [];
    for (let step = 0; step < this.#steps.count; step += 1) {
      if ((this.#steps.invoked[step] as number) >= to) break;
      if ((this.#steps.completed[step] as number) < from || dropped.has(step)) continue;
      if (!this.#steps.placesOf(step).some((place) => places.has(place))) continue;
      if (this.#steps.isObserver(step) && this.#isOptional(candidate, step)) continue;
      steps.push(step);
    }
    return steps;
  }
}

/** Where only the whole contradicts itself, as far as is known: up to this operation. */
export function wholeWitness(operation: Operation): Witness {
  return {
    operations: [operation], optional: [], lines: linesOf([operation]),
    sentences: [
      `no order explains all answers up to ${words(operation)}`,
      'no smaller part that contradicts itself was found',
    ],
  };
}

/** The first of the items that holds, where it holds for all after one for which it does. */
function firstThat(
  items: readonly number[], holds: (item: number) => boolean,
): number | undefined {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(items[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return items[low];
}

/** Who was answered before whom was asked, and that nothing explains it. */
function sentencesOf(
  operations: readonly Operation[], optional: readonly Operation[], isWhole: boolean,
): readonly string[] {
  const shown = operations.slice(0, SHOWN_MAX);
  const more = operations.length - shown.length;
  const sentences = shown.flatMap((later) => {
    const before = operations.filter(({ completed }) => completed < later.invoked);
    // Those that nothing else lies behind: the rest follows.
    const latest = before.filter((one) =>
      !before.some((other) => one.completed < other.invoked));
    return latest.map((earlier) =>
      `${words(later)} was asked after ${words(earlier)} had been answered`);
  });
  if (sentences.length === 0) sentences.push(...shown.map(words));
  for (const create of [...operations, ...optional]) {
    const { numberedAfter: earlier } = create;
    if (earlier === undefined) continue;
    sentences.push(`${words(create)} had its turn after ${words(earlier)} was asked`);
  }
  const those = operations.length === 1 ? 'this' : 'these';
  const start = isWhole ? '' : ', whatever was there before';
  const others = optional.length === 1 ? 'one other operation' : `${optional.length} others`;
  const maybes = optional.length === 0 ? '' :
    `; that ${others} there may have happened, or not, does not help`;
  const count = more > 0 ? ` (and ${more} more operations)` : '';
  return [...sentences, `no order explains ${those}${count}${start}${maybes}`];
}

function words(operation: Operation): string {
  return `client ${operation.process}'s ${operationWords(operation)}`;
}
