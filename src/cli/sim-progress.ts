/** How far a long simulation has come: a bar on a terminal, else a line every few seconds. */
import { isTerminal } from './colour.ts';
import { note, type CliContext } from './context.ts';
import { ProgressLine } from './progress-line.ts';

const BAR_CELLS = 24;
const LINE_EVERY_MS = 10_000;

export class SimProgress implements Disposable {
  readonly #context: CliContext;
  readonly #count: number;
  readonly #line: ProgressLine | undefined;
  readonly #startedMs = performance.now();
  #saidMs = performance.now();

  /** Infinity: without end. */
  constructor(context: CliContext, count: number) {
    const { stderr } = context;
    this.#context = context;
    this.#count = count;
    this.#line = isTerminal(stderr) ? new ProgressLine(stderr, 'sim') : undefined;
  }

  show(done: number): void {
    const nowMs = performance.now();
    const words = this.#words(done, nowMs);
    if (this.#line !== undefined) return this.#line.show(this.#bar(done) + words);
    if (nowMs - this.#saidMs < LINE_EVERY_MS) return;
    this.#saidMs = nowMs;
    note(this.#context, `sim: ${words}`);
  }

  [Symbol.dispose](): void {
    this.#line?.[Symbol.dispose]();
  }

  #bar(done: number): string {
    if (this.#count === Infinity) return '';
    const filled = Math.floor((BAR_CELLS * done) / this.#count);
    return `[${'#'.repeat(filled).padEnd(BAR_CELLS, '.')}] `;
  }

  #words(done: number, nowMs: number): string {
    const rate = done / Math.max(0.001, (nowMs - this.#startedMs) / 1_000);
    const speed = `${rate.toFixed(1)} seeds/s`;
    if (this.#count === Infinity) return `${done} seeds, ${speed}`;
    const left = formatSeconds((this.#count - done) / Math.max(0.001, rate));
    return `${done} of ${this.#count} seeds, ${speed}, ${left} left`;
  }
}

/** `45s`, `3m05s`, `2h10m`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}m${String(whole % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m`;
}
