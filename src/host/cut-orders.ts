/**
 * Cuts that a client has ordered and that nobody has answered yet. An order is sent once, on the
 * connection at hand: whether one on a lost connection was heard, nobody knows.
 */
import type { Chaos, ChaosAnswer, CutMode } from '../core/chaos-message.ts';
import type { BackendId } from '../core/ids.ts';
import { Unreachable } from './unreachable.ts';

/** `begins`, or why it does not. */
export type CutAnswer = Pick<ChaosAnswer, 'outcome' | 'detail'>;

interface Waiting {
  readonly deadlineMs: number;
  readonly resolve: (answer: CutAnswer) => void;
  readonly reject: (error: Error) => void;
}

export class CutOrders {
  readonly #send: (order: Chaos) => void;
  readonly #waiting = new Map<number, Waiting>();
  #lastNumber = 0;

  constructor(send: (order: Chaos) => void) {
    this.#send = send;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  add(backend: number, mode: CutMode, forMs: number, deadlineMs: number): Promise<CutAnswer> {
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { deadlineMs, resolve, reject });
      this.#send({ type: 'chaos', number, backend: backend as BackendId, mode, forMs });
    });
  }

  onAnswer({ number, outcome, detail }: ChaosAnswer): void {
    this.#waiting.get(number)?.resolve({ outcome, detail });
    this.#waiting.delete(number);
  }

  onTick(nowMs: number): void {
    for (const [number, { deadlineMs, reject }] of this.#waiting) {
      if (deadlineMs > nowMs) continue;
      this.#waiting.delete(number);
      reject(new Unreachable('no-connection', 'the cut was not answered in time'));
    }
  }

  abandon(detail: string): void {
    for (const { reject } of this.#waiting.values()) {
      reject(new Unreachable('no-connection', detail));
    }
    this.#waiting.clear();
  }
}
