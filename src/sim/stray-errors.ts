/**
 * Promises of the hosted code that were rejected with nobody waiting: in production each ends its
 * process, here each is a finding.
 */
import { Gone } from './sim-file-system.ts';

export class StrayErrors {
  readonly #onRejected: (error: unknown) => void;

  constructor(onStray: (error: unknown) => void) {
    this.#onRejected = (error) => {
      if (!(error instanceof Gone)) onStray(error);
    };
    process.on('unhandledRejection', this.#onRejected);
  }

  [Symbol.dispose](): void {
    process.off('unhandledRejection', this.#onRejected);
  }
}
