/**
 * Draws accounts at random: uniformly, or by Zipf's law with the exponent 0.99 of YCSB (Cooper et
 * al., SoCC 2010), the popular ones scattered among the others.
 *
 * Keeps true: the same seed draws the same accounts, and what was drawn from a state is drawn from
 * it again. A draw takes a few nanoseconds: clients share the processors with the bank that they
 * measure. Zipf's law is drawn by the alias method (Walker 1977, Vose 1991): two numbers, no power.
 */
import { assert } from '../core/assert.ts';
import { Random } from '../core/random.ts';

export type Distribution = 'uniform' | 'zipfian';

const EXPONENT = 0.99;
const WORDS = 2 ** 32;
/** So many are drawn at once for those who take one at a time. */
const AHEAD = 4_096;

export class AccountDraw {
  readonly count: number;
  readonly #alias: AliasTable | undefined;
  /** Of the generator, splitmix32. */
  #state: number;
  readonly #ahead = new Uint32Array(AHEAD);
  #taken = AHEAD;

  constructor(count: number, distribution: Distribution, seed: number) {
    assert(count >= 2, 'a transfer needs two accounts');
    this.count = count;
    this.#alias = distribution === 'zipfian' ? zipfTable(count, seed) : undefined;
    this.#state = seed | 0;
  }

  /** An index, from 0 to `count` - 1. */
  next(): number {
    if (this.#taken === AHEAD) {
      this.#state = this.#fill(this.#ahead, this.#state);
      this.#taken = 0;
    }
    return this.#ahead[this.#taken++] as number;
  }

  /** An index, and not this one. */
  nextBut(other: number): number {
    const index = this.next();
    return index === other ? (index + 1) % this.count : index;
  }

  /** Pairs of different ones in a row; the state from which `refillPairs` draws them again. */
  fillPairs(into: Uint32Array): number {
    const from = this.#state;
    this.#state = this.refillPairs(into, from);
    return from;
  }

  /** What was drawn from this state; the one behind it. */
  refillPairs(into: Uint32Array, from: number): number {
    const state = this.#fill(into, from);
    for (let at = 0; at < into.length; at += 2) {
      const index = into[at] as number;
      if (into[at + 1] === index) into[at + 1] = (index + 1) % this.count;
    }
    return state;
  }

  /** The state behind what was drawn. */
  #fill(into: Uint32Array, from: number): number {
    return this.#alias === undefined
      ? fillUniformly(into, from, this.count) : fillByAlias(into, from, this.#alias);
  }
}

function fillUniformly(into: Uint32Array, from: number, count: number): number {
  const scale = count / WORDS;
  let state = from;
  for (let at = 0; at < into.length; at += 1) {
    state = (state + 0x9e3779b9) | 0;
    into[at] = mix(state) * scale;
  }
  return state;
}

function fillByAlias(into: Uint32Array, from: number, { keep, alias }: AliasTable): number {
  const scale = keep.length / WORDS;
  let state = from;
  for (let at = 0; at < into.length; at += 1) {
    state = (state + 0x9e3779b9) | 0;
    const column = (mix(state) * scale) | 0;
    state = (state + 0x9e3779b9) | 0;
    into[at] = mix(state) < (keep[column] as number) ? column : (alias[column] as number);
  }
  return state;
}

/** A number below 2^32. */
function mix(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

/** Each column stands for its own index, and for its alias from `keep` (of 2^32) upward. */
interface AliasTable {
  readonly keep: Float64Array;
  readonly alias: Uint32Array;
}

function zipfTable(count: number, seed: number): AliasTable {
  const keep = new Float64Array(count);
  const places = shuffled(count, seed);
  let sum = 0;
  for (let rank = 0; rank < count; rank += 1) {
    const weight = (rank + 1) ** -EXPONENT;
    keep[places[rank] as number] = weight;
    sum += weight;
  }
  for (let at = 0; at < count; at += 1) keep[at] = ((keep[at] as number) * count) / sum;
  const alias = balance(keep);
  for (let at = 0; at < count; at += 1) keep[at] = (keep[at] as number) * WORDS;
  return { keep, alias };
}

/** Fills the columns that are less than 1 high from those that are higher; their aliases. */
function balance(heights: Float64Array): Uint32Array {
  const alias = new Uint32Array(heights.length);
  const low = new Uint32Array(heights.length);
  const high = new Uint32Array(heights.length);
  let lows = 0;
  let highs = 0;
  for (let at = 0; at < heights.length; at += 1) {
    if ((heights[at] as number) < 1) low[lows++] = at;
    else high[highs++] = at;
  }
  while (lows > 0 && highs > 0) {
    const short = low[--lows] as number;
    const tall = high[highs - 1] as number;
    alias[short] = tall;
    const left = (heights[tall] as number) - (1 - (heights[short] as number));
    heights[tall] = left;
    if (left >= 1) continue;
    highs -= 1;
    low[lows++] = tall;
  }
  // What is left is 1 high, but for rounding.
  while (highs > 0) heights[high[--highs] as number] = 1;
  while (lows > 0) heights[low[--lows] as number] = 1;
  return alias;
}

/** Fisher and Yates. */
function shuffled(count: number, seed: number): Uint32Array {
  const random = new Random(seed);
  const places = Uint32Array.from({ length: count }, (_, at) => at);
  for (let at = count - 1; at > 0; at -= 1) {
    const other = random.int(at + 1);
    [places[at], places[other]] = [places[other] as number, places[at] as number];
  }
  return places;
}
