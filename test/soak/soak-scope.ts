/** What a test of tap's is to `TestBank`: it ends what was started. */
import type { Scope } from '../support/bank.ts';

export class SoakScope implements Scope {
  readonly #ends: (() => unknown)[] = [];

  teardown: Scope['teardown'] = (end) => {
    this.#ends.unshift(end);
  };

  async end(): Promise<void> {
    for (const end of this.#ends) await end();
  }
}
