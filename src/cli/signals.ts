/**
 * Signals that interrupt a client: the first gives it the chance to print what it knows and to end
 * its session, the second ends it at once.
 */
import { constants } from 'node:os';
import { exitStatusOfSignal } from './exit-status.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Aborted with the number of the signal as its reason; dispose of it to leave signals alone again.
 */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  readonly #handlers = SIGNALS.map((name) => {
    const handler = (): void => this.#onSignal(constants.signals[name]);
    process.on(name, handler);
    return { name, handler };
  });

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    for (const { name, handler } of this.#handlers) process.off(name, handler);
  }

  #onSignal(signalNumber: number): void {
    if (this.#controller.signal.aborted) process.exit(exitStatusOfSignal(signalNumber));
    this.#controller.abort(signalNumber);
  }
}
