/**
 * CREATEs that did not tell their number fill the gaps between the numbers that were told.
 *
 * Keeps true: every way that makes a difference to the balances comes, or `given-up`.
 */
import type { Bounds, Guess } from './account-numbers.ts';
import type { Operation } from './history.ts';

/** So many ways to number the CREATEs are tried. */
const TRIES_MAX = 1_000_000;

/** Each way to choose CREATEs for the gaps that makes a difference to the balances. */
export function* fillGaps(
  gaps: readonly Bounds[],
  beyond: readonly Bounds[],
  untold: readonly Operation[],
  touched: ReadonlySet<number>,
  floor = -1,
): Generator<Guess | 'given-up'> {
  const choice = new Choice(untold, floor);
  const told = new Set<string>();
  let from = 0;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const gap = gaps[choice.count];
    if (gap !== undefined && choice.take(gap, from)) {
      from = 0;
      continue;
    }
    if (gap === undefined && choice.leavesRoomAfter(beyond)) {
      const difference = choice.difference(gaps, touched);
      if (!told.has(difference)) yield choice.guess(gaps);
      told.add(difference);
    }
    const dropped = choice.drop();
    if (dropped === undefined) return;
    from = dropped + 1;
  }
  yield 'given-up';
}

/** Which CREATE made the first gap, the second, and so on. */
class Choice {
  /** The first completed first; those of unknown outcome last. */
  readonly #candidates: readonly Operation[];
  readonly #isUsed: Uint8Array;
  readonly #floor: number;
  readonly #chosen: { readonly at: number; readonly after: number }[] = [];

  constructor(untold: readonly Operation[], floor: number) {
    this.#floor = floor;
    this.#candidates = untold.toSorted((one, other) =>
      one.completed === other.completed ?
        one.invoked - other.invoked : one.completed - other.completed);
    this.#isUsed = new Uint8Array(untold.length);
  }

  get count(): number {
    return this.#chosen.length;
  }

  /** Takes the first candidate from `from` on that can have made the account. */
  take(gap: Bounds, from: number): boolean {
    const earliest = Math.max(gap.after, this.#after);
    if (earliest >= gap.before) return false;
    for (let at = from; at < this.#candidates.length; at += 1) {
      const candidate = this.#candidates[at];
      if (candidate === undefined || this.#isUsed[at] === 1 || this.#isOutdone(at)) continue;
      if (candidate.invoked >= gap.before || candidate.completed <= earliest) continue;
      const after = Math.max(earliest, candidate.invoked);
      if (!this.#leavesRoom(after, at)) continue;
      this.#isUsed[at] = 1;
      this.#chosen.push({ at, after });
      return true;
    }
    return false;
  }

  /** Which candidate it was that is free again; undefined where none was taken. */
  drop(): number | undefined {
    const last = this.#chosen.pop();
    if (last !== undefined) this.#isUsed[last.at] = 0;
    return last?.at;
  }

  /** Whether all that are left over can make the accounts after the last, one after another. */
  leavesRoomAfter(beyond: readonly Bounds[]): boolean {
    const left = this.#candidates.filter((_, at) => this.#isUsed[at] === 0);
    return left.every(({ completed }, at) =>
      completed > Math.max(beyond[at]?.after ?? -1, this.#after));
  }

  guess(gaps: readonly Bounds[]): Guess {
    return new Map(this.#chosen.map(({ at }, which): [Operation, number] =>
      [this.#candidates[at] as Operation, gaps[which]?.account ?? NaN]));
  }

  /** What tells the guess from others: what the accounts that matter hold, and from when on. */
  difference(gaps: readonly Bounds[], touched: ReadonlySet<number>): string {
    return this.#chosen
      .filter((_, which) => touched.has(gaps[which]?.account ?? NaN))
      .map(({ at, after }) => `${this.#candidates[at]?.amount}@${after}`).join();
  }

  get #after(): number {
    return this.#chosen.at(-1)?.after ?? this.#floor;
  }

  /** Another of unknown outcome does all that this one could do, from earlier on. */
  #isOutdone(at: number): boolean {
    const { amount, completed } = this.#candidates[at] as Operation;
    if (completed < Infinity) return false;
    return this.#candidates.slice(0, at).some((other, which) =>
      this.#isUsed[which] === 0 && other.completed === Infinity && other.amount === amount);
  }

  /** Whether what is not used can still be completed in time; the first of them tells. */
  #leavesRoom(after: number, besides: number | undefined): boolean {
    for (const [at, { completed }] of this.#candidates.entries()) {
      if (this.#isUsed[at] === 0 && at !== besides) return completed > after;
    }
    return true;
  }
}
