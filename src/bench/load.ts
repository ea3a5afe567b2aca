/** A load that is put on a bank: what all of them have in common. */
import { REASON } from '../core/operation.ts';
import type { AccountDraw } from './account-draw.ts';
import type { BenchClient } from './bench-client.ts';
import { BenchError } from './bench-error.ts';
import type { Meter } from './meter.ts';
import type { OwnAccounts } from './own-accounts.ts';

export interface Load {
  /** Asks until that time, or the abort, and resolves when nothing is under way any more. */
  run(meter: Meter, untilMs: number, stop: AbortSignal): Promise<void>;
  /** Puts into the books what they were not told while it was measured. */
  keepBooks(): void;
}

export interface LoadParts {
  readonly clients: readonly BenchClient[];
  readonly accounts: OwnAccounts;
  readonly draw: AccountDraw;
  readonly unsettled: Unsettled;
}

/** Whoever was turned away waits so long: asking at once again would only make it worse. */
export const REFUSED_PAUSE_MS = 5;

/** Writes of which nobody knew in time whether they happened. */
export class Unsettled {
  readonly #requests = new Map<string, (seq: number) => void>();

  get size(): number {
    return this.#requests.size;
  }

  /** `apply` puts it into the books, should it have happened. */
  add(request: string, apply: (seq: number) => void): void {
    this.#requests.set(request, apply);
  }

  /** Asks what became of them. Throws BenchError where that can't be had. */
  async settle(client: BenchClient): Promise<void> {
    for (const [request, apply] of this.#requests) {
      const outcome = await client.outcome(request);
      const { size } = this.#requests;
      if (outcome.kind !== 'answered') {
        throw new BenchError('unknown-outcome', `${size} requests may have happened, and the bank` +
          ` does not tell: ${outcome.detail}`);
      }
      const { result, seq } = outcome;
      const isDone = result.code === 'ok';
      const never = result.code === 'neverHappened'
        || (result.code === 'badRequest' && result.detail === REASON.passedOver);
      if (!isDone && !never) {
        throw new BenchError('unknown-outcome', `nobody knows any more what became of ${request}:` +
          ` the bank says ${result.code}`);
      }
      if (isDone) apply(seq);
      this.#requests.delete(request);
    }
  }
}

export function wrongAnswer(sentence: string): BenchError {
  return new BenchError('integrity', `the bank is wrong: ${sentence}`);
}
