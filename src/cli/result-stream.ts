/**
 * Stdout for what is long: whoever writes waits for a reader that is slow, and is told when the
 * reader has gone (or the disk behind it is full, which `main` reports).
 */
import { once } from 'node:events';
import type { Writable } from 'node:stream';

export class ResultStream implements Disposable {
  readonly #output: Writable;
  readonly #ended = new AbortController();
  readonly #onError = (): void => this.#ended.abort();
  readonly #interrupted: AbortSignal;

  constructor(output: Writable, interrupted: AbortSignal) {
    this.#output = output;
    this.#interrupted = interrupted;
    output.on('error', this.#onError);
    interrupted.addEventListener('abort', this.#onError);
    if (interrupted.aborted) this.#ended.abort();
  }

  /** Aborted when nobody reads on, or a signal came: there is nothing more to do. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** False where there is no use in more. */
  async write(text: string): Promise<boolean> {
    if (this.ended.aborted || this.#output.destroyed) return false;
    if (text === '' || this.#output.write(text)) return true;
    try {
      await once(this.#output, 'drain', { signal: this.ended });
      return true;
    } catch {
      return false;
    }
  }

  [Symbol.dispose](): void {
    this.#output.off('error', this.#onError);
    this.#output.on('error', () => {});
    this.#interrupted.removeEventListener('abort', this.#onError);
  }
}
