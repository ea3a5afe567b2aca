/** Seeds of the simulator, one after the other in this process, and what each was found to be. */
import { setImmediate } from 'node:timers/promises';
import type { SimOverrides } from '../sim/sim-options.ts';
import { simulate, type Verdict } from '../sim/simulate.ts';

/** What `bankd sim --json` prints of a seed. */
export interface SeedResult {
  readonly seed: number;
  readonly ok: boolean;
  /** Of everything that happened: the same seed twice, the same hash. */
  readonly hash: string;
  readonly simulatedMs: number;
  /** Operations of clients, by what became of them. */
  readonly answered: number;
  readonly refused: number;
  readonly unknown: number;
  readonly faults: number;
  /** What must hold and did not. */
  readonly found: readonly string[];
}

export interface SeedRange {
  readonly first: number;
  /** Infinity: without end. */
  readonly count: number;
}

export function resultOf(verdict: Verdict): SeedResult {
  const { options, found, answered, refused, unknown, faults, simulatedMs } = verdict;
  return {
    seed: options.seed,
    ok: found.length === 0,
    hash: formatHash(verdict.traceHash),
    simulatedMs: Math.round(simulatedMs),
    answered,
    refused,
    unknown,
    faults: faults.length,
    found,
  };
}

export function formatHash(hash: number): string {
  return hash.toString(16).padStart(8, '0');
}

/** In order, until the signal is aborted. Signals and output get their turn between two seeds. */
export async function* seedsHere(
  { first, count }: SeedRange, overrides: SimOverrides, signal: AbortSignal,
): AsyncGenerator<SeedResult> {
  for (let seed = first; seed < first + count && !signal.aborted; seed += 1) {
    yield resultOf(await simulate(seed, overrides));
    await setImmediate();
  }
}
