/** How far something long has come, on one line of a terminal that is removed at the end. */
import type { Writable } from 'node:stream';

const REDRAW_MS = 100;
const CLEAR_LINE = '\r\x1b[K';

export class ProgressLine implements Disposable {
  readonly #output: Writable;
  readonly #label: string;
  #drawnMs = -Infinity;

  constructor(output: Writable, label: string) {
    this.#output = output;
    this.#label = label;
  }

  /**
   * `bankd-data/backend-1: entry 12345`; only now and then, however often it is called: only then
   * is the text made.
   */
  show(what: () => string): void {
    const nowMs = performance.now();
    if (nowMs - this.#drawnMs < REDRAW_MS) return;
    this.#drawnMs = nowMs;
    this.#output.write(`${CLEAR_LINE}${this.#label}: ${what()}`);
  }

  [Symbol.dispose](): void {
    if (this.#drawnMs > -Infinity) this.#output.write(CLEAR_LINE);
  }
}
