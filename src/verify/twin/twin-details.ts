/**
 * More about a write: what the operation `details` directly behind it in its chunk is answered.
 * Whoever repeats a write is led to the first answer of the write, whose details they want.
 */
import { CODE, KIND, OF_THE_WRITE } from '../../core/operation.ts';
import type { Account, TwinAccounts } from './twin-accounts.ts';
import { isMovement, type Answer, type TwinOperation } from './twin-records.ts';
import { isWrite } from './twin-rules.ts';

/** An operation, and what it was answered. */
export interface Told {
  readonly operation: TwinOperation | undefined;
  readonly answer: Answer;
}

export const NO_DETAILS: Answer = { code: CODE.neverHappened };

/** Of what stands before it in its chunk and was the last to be done. */
export function detailsOf(accounts: TwinAccounts, before: Told | undefined): Answer {
  const { operation, answer } = before ?? {};
  if (operation === undefined || answer === undefined) return NO_DETAILS;
  if (!isWrite(operation.kind) && !isMovement(operation)) return NO_DETAILS;
  if (answer.code === CODE.duplicate) return { ...answer, detail: OF_THE_WRITE };
  const one = accounts.find(BigInt(answer.account ?? 0));
  if (answer.code !== CODE.ok || one === undefined) return NO_DETAILS;
  const others = [...accounts.before.keys()].filter((number) => number !== one.number);
  const other = others.map((number) => accounts.find(BigInt(number)))[0];
  return {
    code: CODE.ok,
    // A new account had nothing.
    account: operation.kind === KIND.create ? 0n : accounts.before.get(one.number) ?? NaN,
    balance: availableOf(one),
    scale: one.digits,
    ...(other && { detail: other.version, toBalance: availableOf(other) }),
  };
}

function availableOf({ balance, held }: Account): bigint {
  return balance - held;
}
