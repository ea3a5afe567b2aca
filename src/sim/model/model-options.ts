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

/**
 * Two backends, two epochs, an entry in each (the frontend's own lease of sessions, of which a
 * client hears), one fault: a crash, a directory lost, a connection broken, a frontend gone.
 */
const SMALLEST: ModelOptions = {
  epochs: 2,
  bootstrap: false,
  rivals: false,
  faults: 1,
  crashes: 1,
  cuts: 1,
  wipes: 1,
  frontendCrashes: 1,
  failedWrites: 0,
  ticks: 0,
  writes: 0,
  reads: 0,
  reduced: true,
  verifyMerges: true,
  statesMax: 20_000_000,
};

const RIVALS: Partial<ModelOptions> = {
  rivals: true, reads: 1, crashes: 0, wipes: 0, frontendCrashes: 0,
};

/** Those that are explored by default, each with one thing more than the first. */
export const MODELS = {
  smallest: SMALLEST,
  bootstrap: { ...SMALLEST, bootstrap: true },
  'failed write of the record': { ...SMALLEST, failedWrites: 1, faults: 2, crashes: 0, wipes: 0 },
  'second frontend': { ...SMALLEST, ...RIVALS },
  'lost directory, second epoch': { ...SMALLEST, faults: 2, crashes: 0, cuts: 0 },
  'late backend': { ...SMALLEST, crashes: 0, cuts: 0, wipes: 0, ticks: 1 },
  'a write and a read': { ...SMALLEST, cuts: 0, wipes: 0, writes: 1, reads: 1 },
} as const satisfies Readonly<Record<string, ModelOptions>>;

/** Larger ones, for a machine with time and memory. */
export const LARGER_MODELS = {
  time: { ...SMALLEST, ticks: 1 },
  'two faults': { ...SMALLEST, faults: 2 },
  'lost directory, late backend': { ...SMALLEST, faults: 2, crashes: 0, cuts: 0, ticks: 1 },
  'second frontend, two cuts': { ...SMALLEST, ...RIVALS, faults: 2, cuts: 2 },
} as const satisfies Readonly<Record<string, ModelOptions>>;
