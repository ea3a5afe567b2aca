/**
 * The rules of the bank as steps: what each answer needs of the balances, and what it makes of them
 * (compare core/account-operations.ts, which this must not share code with).
 *
 * Whether an account exists is not looked at here but in account-numbers.ts, which also tells a
 * CREATE its account.
 */
import { AMOUNT_MAX } from '../../core/operation.ts';
import type { Operation } from './history.ts';
import { EFFECT, NEVER, NOT_THERE, Steps, type Touch } from './steps.ts';

export interface BankSteps {
  readonly steps: Steps;
  /** The account at each place. */
  readonly accounts: readonly number[];
  /** What the steps' sources count. */
  readonly operations: readonly Operation[];
}

type TouchParts = Omit<Touch, 'place'>;
/** What it has to do with its account and, of a transfer, with the other one. */
type Rule = readonly [TouchParts, TouchParts?];

const IMPOSSIBLE: Rule = [{ need: NEVER }];

/** Operations in the order of their invocations, of which each CREATE that happened is numbered. */
export function bankSteps(operations: readonly Operation[]): BankSteps {
  const relevant = operations.filter(hasRule)
    .sort((one, other) => earliestOf(one) - earliestOf(other));
  const places = new Map<number, number>();
  const placeOf = (account: number): number => {
    const place = places.get(account) ?? places.size;
    places.set(account, place);
    return place;
  };
  for (const { account, toAccount, kind } of relevant) {
    placeOf(account);
    if (kind === 'transfer') placeOf(toAccount);
  }
  const steps = new Steps(relevant.length, places.size);
  relevant.forEach((operation, source) => {
    const { completed, answer, account, toAccount } = operation;
    const invoked = earliestOf(operation);
    const isOptional = answer.kind === 'unknown';
    const [own, other] = ruleOf(operation);
    const touches: Touch[] = [{ ...own, place: placeOf(account) }];
    if (other !== undefined) touches.push({ ...other, place: placeOf(toAccount) });
    steps.add({ invoked, completed, isOptional, source }, touches);
  });
  return { steps, accounts: [...places.keys()], operations: relevant };
}

function earliestOf({ invoked, numberedAfter }: Operation): number {
  return Math.max(invoked, numberedAfter?.invoked ?? -1);
}

/** Whether it says anything of balances. */
function hasRule({ kind, account, malformed, answer }: Operation): boolean {
  if (kind === 'outcome' || malformed !== undefined || Number.isNaN(account)) return false;
  switch (answer.kind) {
    case 'ok':
      return kind !== 'query' || !Number.isNaN(answer.balance);
    case 'refused':
      return answer.refusal !== 'ACCT_NOT_FOUND';
    case 'unknown':
      return kind !== 'query';
    case 'nothing':
    case 'never':
      return false;
  }
}

function ruleOf(operation: Operation): Rule {
  const { answer } = operation;
  if (answer.kind === 'refused') return refusalRule(operation);
  const { account, toAccount } = answer;
  const isOther = !Number.isNaN(account) && account !== operation.account;
  const isOtherTo = !Number.isNaN(toAccount) && toAccount !== operation.toAccount;
  return isOther || isOtherTo ? IMPOSSIBLE : effectRule(operation);
}

function effectRule({ kind, amount, answer }: Operation): Rule {
  const { balance, toBalance } = answer;
  const isTold = !Number.isNaN(balance);
  switch (kind) {
    case 'create':
      if (isTold && balance !== amount) return IMPOSSIBLE;
      return [{ need: NOT_THERE, effect: EFFECT.set, value: amount }];
    case 'update':
      if (isTold && balance !== amount) return IMPOSSIBLE;
      return [{ effect: EFFECT.set, value: amount }];
    case 'query':
      return [{ need: possible(balance) }];
    case 'deposit':
      return [addition(amount, balance)];
    case 'withdraw':
      return [subtraction(amount, balance)];
    case 'transfer':
      return [subtraction(amount, balance), addition(amount, toBalance)];
    case 'outcome': case 'read': case 'write': case 'cas':
      return IMPOSSIBLE;
  }
}

function refusalRule({ kind, account, amount, answer }: Operation): Rule {
  const takes = kind === 'withdraw' || kind === 'transfer';
  if (answer.refusal === 'INSUFFICIENT_FUNDS') {
    const isOther = !Number.isNaN(answer.account) && answer.account !== account;
    if (!takes || isOther) return IMPOSSIBLE;
    const { balance } = answer;
    if (Number.isNaN(balance)) return [{ most: amount - 1 }];
    return [{ need: balance < amount ? possible(balance) : NEVER }];
  }
  const tooMuch = { least: AMOUNT_MAX - amount + 1 };
  if (kind === 'deposit') return [tooMuch];
  return kind === 'transfer' ? [{ least: amount }, tooMuch] : IMPOSSIBLE;
}

function addition(amount: number, balance: number): TouchParts {
  const change = { effect: EFFECT.add, value: amount };
  if (Number.isNaN(balance)) return { ...change, most: AMOUNT_MAX - amount };
  return { ...change, need: possible(balance) === NEVER ? NEVER : possible(balance - amount) };
}

function subtraction(amount: number, balance: number): TouchParts {
  const change = { effect: EFFECT.add, value: -amount };
  if (Number.isNaN(balance)) return { ...change, least: amount };
  return { ...change, need: possible(balance) === NEVER ? NEVER : possible(balance + amount) };
}

/** What a balance can be; what it can't, nothing fits. */
function possible(balance: number): number {
  return balance >= 0 && balance <= AMOUNT_MAX ? balance : NEVER;
}
