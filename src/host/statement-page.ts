/** What a backend tells of an account's statement at once. Amounts are decimals. */
import type { Kind } from '../core/operation.ts';
import type { Position } from '../core/history-page.ts';

/** A change of the account's balance. */
export interface StatementLine extends Position {
  /** ISO 8601, to the microsecond. */
  readonly timestamp: string;
  readonly op: Kind;
  /** What came, or below zero, what went; null where nobody can tell any more. */
  readonly amount: string | null;
  /** Behind it. */
  readonly balance: string;
  /** The account on the other side; undefined where money came into the bank or left it. */
  readonly other?: number;
  /** Of the hold or transfer that it is, or follows up on. */
  readonly id?: string;
  readonly key?: string;
  readonly reference?: string;
}

export interface StatementPage {
  readonly account: number;
  readonly name: string | null;
  readonly currency: string | null;
  /** Newest first. */
  readonly lines: readonly StatementLine[];
  /**
   * The balance before the last of the lines; where there are none, at the moment up to which they
   * were asked for, or where the page ends. Null where nobody can tell any more.
   */
  readonly opening: string | null;
  /** To go on from, to what was before; null at the end. */
  readonly next: number | null;
}
