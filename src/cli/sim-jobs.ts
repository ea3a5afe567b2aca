/**
 * Seeds of the simulator in several child processes: this very bankd, each with a run of seeds at a
 * time. The results come in the order of the seeds, whatever the number of processes.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { EnvironmentError } from '../host/environment-error.ts';
import { selfCommand } from '../host/self.ts';
import type { SimOverrides } from '../sim/sim-options.ts';
import { EXIT } from './exit-status.ts';
import type { SeedRange, SeedResult } from './sim-seeds.ts';

/** So many seeds a process runs before it ends: its start is little beside them. */
const RUN_SEEDS = 1_000;

/** In order, until the signal is aborted. Nothing is left running. */
export async function* seedsInChildren(
  range: SeedRange, jobs: number, overrides: SimOverrides, signal: AbortSignal,
): AsyncGenerator<SeedResult> {
  const pool = new SeedPool(range, jobs, overrides);
  const onAbort = (): void => pool.stop();
  signal.addEventListener('abort', onAbort);
  try {
    for (let seed = range.first; seed < range.first + range.count; seed += 1) {
      const result = await pool.take(seed);
      if (result === undefined) return;
      yield result;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    pool.stop();
  }
}

class SeedPool {
  readonly #range: SeedRange;
  readonly #overrides: SimOverrides;
  readonly #runSeeds: number;
  readonly #children = new Set<ChildProcess>();
  readonly #results = new Map<number, SeedResult>();
  #nextSeed: number;
  #failure: Error | undefined;
  #isStopped = false;
  #wake: () => void = () => {};

  constructor(range: SeedRange, jobs: number, overrides: SimOverrides) {
    this.#range = range;
    this.#overrides = overrides;
    this.#nextSeed = range.first;
    this.#runSeeds = Math.min(RUN_SEEDS, Math.ceil(range.count / jobs));
    for (let job = 0; job < jobs; job += 1) this.#startNext();
  }

  /** Waits for the result of the seed; undefined when the pool was stopped. */
  async take(seed: number): Promise<SeedResult | undefined> {
    for (;;) {
      if (this.#isStopped) return undefined;
      const result = this.#results.get(seed);
      this.#results.delete(seed);
      if (result !== undefined) return result;
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  stop(): void {
    this.#isStopped = true;
    for (const child of this.#children) child.kill('SIGTERM');
    this.#wake();
  }

  #startNext(): void {
    const end = this.#range.first + this.#range.count;
    const seeds = Math.min(this.#runSeeds, end - this.#nextSeed);
    if (seeds <= 0 || this.#isStopped) return;
    const first = this.#nextSeed;
    this.#nextSeed += seeds;
    this.#run(first, seeds).then(() => this.#startNext(), (error: unknown) => {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
      this.#wake();
    });
  }

  async #run(first: number, seeds: number): Promise<void> {
    const { file, args } = selfCommand(argumentsOf(first, seeds, this.#overrides));
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'], env: environment() });
    this.#children.add(child);
    const ended = once(child, 'close');
    try {
      for await (const line of createInterface({ input: child.stdout })) this.#onLine(line);
      const [status] = (await ended) as [number | null];
      if (this.#isStopped || status === EXIT.done || status === EXIT.integrity) return;
      throw new EnvironmentError('io', `a process with seeds from ${first} ended (${status})`);
    } finally {
      this.#children.delete(child);
    }
  }

  #onLine(line: string): void {
    const result = JSON.parse(line) as SeedResult;
    this.#results.set(result.seed, result);
    this.#wake();
  }
}

function argumentsOf(first: number, seeds: number, overrides: SimOverrides): readonly string[] {
  const sizes = Object.entries(overrides)
    .filter(([, value]) => value !== undefined)
    .flatMap(([name, value]) => [`--${name}`, String(value)]);
  const range = ['--first', String(first), '--seeds', String(seeds)];
  return ['sim', ...range, '--jobs', '1', '--json', ...sizes];
}

/** What the user gave in the environment is in the arguments already. */
function environment(): NodeJS.ProcessEnv {
  const { BANKD_SEED: _seed, ...rest } = process.env;
  return rest;
}
