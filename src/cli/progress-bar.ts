/**
 * How far something long has come, on one line of a terminal: bar, share, rate and what is left.
 * On what is no terminal, nothing.
 */
import type { Writable } from 'node:stream';
import { isTerminal } from './colour.ts';
import { oneLine } from './quote.ts';
import { ProgressLine } from './progress-line.ts';

const BAR_CELLS = 20;

export interface ProgressBarOptions {
  readonly output: Writable;
  /** What it is about: a directory, `seeds`. */
  readonly label: string;
  /** How a count is written: `1.5 MiB`, `1200 seeds`. */
  readonly format: (count: number) => string;
  readonly nowMs?: () => number;
}

export class ProgressBar implements Disposable {
  readonly #options: ProgressBarOptions;
  readonly #nowMs: () => number;
  readonly #line: ProgressLine | undefined;
  readonly #startedMs: number;

  constructor(options: ProgressBarOptions) {
    const { output, label, nowMs = () => performance.now() } = options;
    this.#options = options;
    this.#nowMs = nowMs;
    this.#startedMs = nowMs();
    if (isTerminal(output)) this.#line = new ProgressLine(output, oneLine(label));
  }

  /** Whether anybody sees it: what is only for the bar need not be computed otherwise. */
  get isShown(): boolean {
    return this.#line !== undefined;
  }

  /** `total` is undefined where nobody knows when it ends; `detail` stands at the end. */
  show(done: number, total: number | undefined, detail = ''): void {
    this.#line?.show(() => this.#text(done, total, detail));
  }

  [Symbol.dispose](): void {
    this.#line?.[Symbol.dispose]();
  }

  #text(done: number, total: number | undefined, detail: string): string {
    const { format } = this.#options;
    const seconds = (this.#nowMs() - this.#startedMs) / 1000;
    const rate = seconds > 0 ? done / seconds : 0;
    const parts = [`${format(rate)}/s`, ...(detail === '' ? [] : [detail])];
    if (total === undefined || total <= 0) return [format(done), ...parts].join(', ');
    const share = Math.min(1, done / total);
    const cells = Math.floor(share * BAR_CELLS);
    const bar = '#'.repeat(cells) + '-'.repeat(BAR_CELLS - cells);
    const left = rate > 0 ? [`${formatLeft((total - done) / rate)} left`] : [];
    const percent = String(Math.floor(share * 100)).padStart(3);
    return [`[${bar}] ${percent} % of ${format(total)}`, ...parts, ...left].join(', ');
  }
}

/** `5 s`, `2 min 5 s`, `3 h 10 min`. */
function formatLeft(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
