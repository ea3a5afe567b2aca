/** What becomes of the operations of a plan: the bank does them, or a dry run looks at them. */
import type { Operation } from '../../core/operation.ts';
import type { Refused } from '../refusal.ts';

export type Done =
  | { readonly refused: Refused }
  /** `account` is what a CREATE made. */
  | { readonly account: number; readonly isBefore: boolean };

export interface Doer {
  readonly isDryRun: boolean;
  /** Until the next call, `find` knows these. Throws Stopped. */
  prepare(names: ReadonlySet<string>): Promise<void>;
  /** The number of the account of this name; null: nobody has it. */
  readonly find: (name: string) => number | null;
  /** For each of the operations, in their order. Throws Stopped. */
  do(operations: readonly Operation[]): Promise<readonly Done[]>;
}
