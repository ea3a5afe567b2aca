/**
 * How far something has come that goes through the history: said on stderr where it takes longer
 * than a second; on a terminal on one line that is written anew, elsewhere on a line now and then.
 */
import type { Writable } from 'node:stream';
import { ProgressBar } from './progress-bar.ts';

const PATIENCE_MS = 1_000;
const LINE_MS = 10_000;

/** Begins to say how far something of this name has come. */
export type Watch = (label: string) => ReplayProgress;

export class ReplayProgress implements Disposable {
  readonly #output: Writable;
  readonly #label: string;
  readonly #nowMs: () => number;
  readonly #bar: ProgressBar;
  #nextMs: number;

  constructor(output: Writable, label: string, nowMs = () => performance.now()) {
    this.#output = output;
    this.#label = label;
    this.#nowMs = nowMs;
    this.#nextMs = nowMs() + PATIENCE_MS;
    const format = (count: number): string => `${Math.round(count)} entries`;
    this.#bar = new ProgressBar({ output, label, format, nowMs });
  }

  show(seq: number, lastSeq: number): void {
    const nowMs = this.#nowMs();
    if (nowMs < this.#nextMs) return;
    if (this.#bar.isShown) return this.#bar.show(seq, lastSeq);
    this.#nextMs = nowMs + LINE_MS;
    const share = Math.floor((100 * seq) / Math.max(1, lastSeq));
    this.#output.write(`${this.#label}: replayed ${seq} of ${lastSeq} entries (${share} %)\n`);
  }

  /** Where nobody knows how many there will be. */
  showCount(count: number, what: string): void {
    const nowMs = this.#nowMs();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + LINE_MS;
    this.#output.write(`${this.#label}: looked at ${count} ${what}\n`);
  }

  [Symbol.dispose](): void {
    this.#bar[Symbol.dispose]();
  }
}
