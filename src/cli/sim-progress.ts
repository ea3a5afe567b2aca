/** How far a long simulation has come: a bar on a terminal, else a line every few seconds. */
import { note, type CliContext } from './context.ts';
import { ProgressBar } from './progress-bar.ts';
import type { SeedResult } from './sim-seeds.ts';

const LINE_EVERY_MS = 10_000;

export class SimProgress implements Disposable {
  readonly #context: CliContext;
  readonly #count: number | undefined;
  readonly #bar: ProgressBar;
  readonly #startedMs = performance.now();
  #saidMs = performance.now();

  /** Infinity: without end. */
  constructor(context: CliContext, count: number) {
    this.#context = context;
    this.#count = count === Infinity ? undefined : count;
    this.#bar = new ProgressBar({ output: context.stderr, label: 'sim', format: formatSeeds });
  }

  show(done: number): void {
    if (this.#bar.isShown) return this.#bar.show(done, this.#count);
    const nowMs = performance.now();
    if (nowMs - this.#saidMs < LINE_EVERY_MS) return;
    this.#saidMs = nowMs;
    const rate = (1_000 * done) / Math.max(1, nowMs - this.#startedMs);
    const of = this.#count === undefined ? '' : ` of ${this.#count}`;
    note(this.#context, `sim: ${done}${of} seeds, ${rate.toFixed(1)} seeds/s`);
  }

  [Symbol.dispose](): void {
    this.#bar[Symbol.dispose]();
  }
}

function formatSeeds(count: number): string {
  return Number.isInteger(count) ? `${count} seeds` : `${count.toFixed(1)} seeds`;
}

/** `431 operations answered, 25 refused, 3 unknown`. */
export function formatOutcomes(
  { answered, refused, unknown }: Pick<SeedResult, 'answered' | 'refused' | 'unknown'>,
): string {
  return `${answered} operations answered, ${refused} refused, ${unknown} unknown`;
}
