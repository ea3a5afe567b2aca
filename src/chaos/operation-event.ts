/** Operations and what became of them, as a history spells them. */
import { formatAmount } from '../core/amount.ts';
import { DEFAULT_SCALE, type Operation, type Result } from '../core/operation.ts';
import type { Outcome } from '../core/outcome.ts';

/** A code such as `INSUFFICIENT_FUNDS`, and a sentence. */
export interface Refusal {
  readonly word: string;
  readonly sentence: string;
}

/** What was refused or is unknown; undefined where the operation was done. */
export type RefusalOf = (outcome: Outcome) => Refusal | undefined;

export const UNKNOWN_OUTCOME = 'UNKNOWN_OUTCOME';

/** `[100, 101, "1.00"]`. */
export function argsOf(operation: Operation): readonly (number | string)[] {
  const { account, toAccount, amount, scale = DEFAULT_SCALE } = operation;
  return [
    ...(account === undefined ? [] : [account]),
    ...(toAccount === undefined ? [] : [toAccount]),
    ...(amount === undefined ? [] : [formatAmount(amount, scale)]),
  ];
}

/** `{"account":100,"balance":"40.00","seq":17}`. */
export function resultOf(
  operation: Operation,
  { account, balance, toBalance, scale }: Result,
  seq: number,
): Readonly<Record<string, unknown>> {
  const own = { account, balance: formatAmount(balance, scale) };
  if (operation.kind !== 'transfer') return { ...own, seq };
  const other = { toAccount: operation.toAccount, toBalance: formatAmount(toBalance, scale) };
  return { ...own, ...other, seq };
}
