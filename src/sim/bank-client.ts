/** A client as those see it who start, strike and judge it, whatever its make. */
import type { Thing } from '../core/client-queue.ts';
import type { Observed } from './observed.ts';
import type { SimClientEnd } from './sim-frontend.ts';

export interface BankClient extends SimClientEnd {
  /** All that it submitted, and what became of it. */
  readonly history: readonly Observed[];
  readonly onlyReads: boolean;
  /** Whether it has submitted everything, waits for nothing, and the bank was there for it. */
  readonly isServed: boolean;
  start(): void;
  /** The faults are over. */
  hurry(): void;
  /** It is well, and is to ask once more, this first: is the bank still there for it? */
  askAgain(first: Thing): void;
  /** It gives up its connection, and the frontend does not know for a while. */
  leave(afterMs: number): void;
  /** What it waited for it will never know. Another begins in its place. */
  crash(): void;
}
