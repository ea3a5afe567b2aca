/** How far a model is explored. */
import type { Budget } from './layout.ts';

/** How often each of these may happen in one run; `faults`: how many of them in all. */
export interface ModelOptions extends Readonly<Record<Budget, number>> {
  /** No coordinator takes a higher epoch. */
  readonly epochs: number;
  /** Begins before the bank is made, without a control record; else with one just written. */
  readonly bootstrap: boolean;
  /** The second frontend may start while the first lives. */
  readonly rivals: boolean;
  /** Whether orders that make no difference are left out; the states are fewer then. */
  readonly reduced: boolean;
  /** Whether the two machines are proved to be what they are taken for, at the end. */
  readonly verifyMerges: boolean;
  /** Ends the search with that many states; it has not seen all then. */
  readonly statesMax: number;
}

/** The smallest size at which every rule of the protocol is at work. */
export const SMALLEST: ModelOptions = {
  epochs: 2,
  bootstrap: false,
  rivals: false,
  reduced: true,
  verifyMerges: false,
  faults: 2,
  crashes: 1,
  cuts: 0,
  wipes: 1,
  frontendCrashes: 1,
  ticks: 1,
  writes: 1,
  reads: 1,
  failedWrites: 0,
  statesMax: 20_000_000,
};
