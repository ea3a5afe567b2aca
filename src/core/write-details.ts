/** What is told of a write beyond its result: of the operation `details` directly behind it. */
import type { Operation, Result } from './operation.ts';

export const ASK_DETAILS: Operation = { kind: 'details' };

/** Amounts in units of 10^-scale, as those of the result. */
export interface WriteDetails {
  /** The balance of the result's account before the write; 0 of a new one. */
  readonly before: number;
  /** Of its balance after the write, what is not held. */
  readonly available: number;
  /** The same of the other account, where the write moved money between two, and its version. */
  readonly toBefore?: number;
  readonly toAvailable?: number;
  readonly toVersion?: number;
}

/** Undefined where there are none: the write was refused, or nobody asked when it was done. */
export function readDetails(write: Result, told: Result): WriteDetails | undefined {
  if (write.code !== 'ok' || told.code !== 'ok' || told.kind !== 'details') return undefined;
  const { account: before, balance: available } = told;
  if (!movesBetweenTwo(write)) return { before, available };
  // What the one lost the other got.
  const toBefore = write.toBalance - (before - write.balance);
  return { before, available, toBefore, toAvailable: told.toBalance, toVersion: told.detail };
}

function movesBetweenTwo({ kind }: Result): boolean {
  return kind === 'transfer' || kind === 'capture' || kind === 'reverse';
}
