/**
 * The rules of movements in BigInt, in the order that `core/movement-rules.ts` states; the first
 * objection is the answer, and then nothing is done.
 */
import { EXPIRED_AT_ONCE_MAX } from '../../core/movement-rules.ts';
import { MOVEMENT } from '../../core/movement-table.ts';
import {
  ALL_THAT_IS_LEFT, CODE, FLAG_ID, FLAG_TERMS, KIND, REASON,
} from '../../core/operation.ts';
import { isExact, isNatural, LARGEST } from './amounts.ts';
import type { Account, TwinAccounts } from './twin-accounts.ts';
import { digitsOf, NO_CURRENCY } from './twin-currencies.ts';
import type { Movement, TwinMovements } from './twin-movements.ts';
import { isFollowUp, type Answer, type TwinOperation } from './twin-records.ts';
import {
  bad, done, MALFORMED, move, objectToAmount, objectToMove, refusal, unitsOf,
} from './twin-rules.ts';

const MICROSECONDS = 1_000_000;

export interface TwinBooks {
  readonly accounts: TwinAccounts;
  readonly movements: TwinMovements;
}

/** Where the operation stands in the order. */
export interface Moment {
  readonly seq: number;
  readonly index: number;
  readonly timestamp: number;
}

/** Its fields fit its kind, whatever there is. */
export function isWellFormedMovement(operation: TwinOperation): boolean {
  const { kind, flags, id, code, account, toAccount, amount, scale } = operation;
  const hasId = (flags & FLAG_ID) !== 0;
  if (id === undefined || hasId !== (id !== '') || (flags & FLAG_TERMS) !== 0) return false;
  if (!isNatural(amount)) return false;
  if (!isFollowUp(kind)) {
    const isFree = !/^\d+\.\d+$/.test(id);
    return isFree && isExact(account) && isExact(toAccount) && (kind === KIND.hold || code === 0);
  }
  const isWhole = code === ALL_THAT_IS_LEFT && amount === 0n && scale === 0;
  return hasId && (isWhole || (code === 0 && kind !== KIND.void));
}

/** Does what the operation asks for, or nothing. */
export function writeMovement(
  books: TwinBooks, operation: TwinOperation, moment: Moment,
): Answer {
  if (!isWellFormedMovement(operation)) return MALFORMED;
  const { kind, id = '' } = operation;
  if (!isFollowUp(kind)) return begin(books, operation, moment);
  releaseIfDue(books, id, moment.timestamp);
  const movement = books.movements.find(id);
  if (movement === undefined) return { code: CODE.movementNotFound };
  const [from, to] = [movement.from, movement.to].map((each) => at(books, each));
  if (from === undefined || to === undefined) throw new Error(`${id} is between no accounts`);
  const isOpen = movement.state === MOVEMENT.open;
  const isFit = kind === KIND.reverse ? movement.state === MOVEMENT.posted : isOpen;
  if (!isFit) {
    const { number: account, digits } = from;
    return { code: CODE.movementSettled, account, detail: movement.state, scale: digits };
  }
  if (kind === KIND.void) return release(books, id, MOVEMENT.voided);
  return kind === KIND.capture
    ? capture(books, operation, movement, [from, to])
    : reverse(books, operation, movement, [from, to]);
}

/** Of what is due by then so much is released as one entry may. */
export function expire(books: TwinBooks, timestamp: number): void {
  const due = books.movements.due(timestamp, EXPIRED_AT_ONCE_MAX);
  for (const id of due) release(books, id, MOVEMENT.expired);
}

/** There were too many for it to be released with its entry. */
function releaseIfDue(books: TwinBooks, id: string, timestamp: number): void {
  const { state, expiresAt = 0 } = books.movements.find(id) ?? {};
  const isDue = state === MOVEMENT.open && expiresAt !== 0 && expiresAt <= timestamp;
  if (isDue) release(books, id, MOVEMENT.expired);
}

function begin(
  { accounts, movements }: TwinBooks, operation: TwinOperation, { seq, index, timestamp }: Moment,
): Answer {
  const { kind, account, toAccount, amount, scale, code } = operation;
  if (account === toAccount) return bad(REASON.sameAccount);
  const id = operation.id || `${seq}.${index}`;
  const from = accounts.find(account);
  const digits = from?.digits ?? digitsOf(NO_CURRENCY) ?? NaN;
  if (movements.find(id) !== undefined) return { code: CODE.idTaken, account, scale: digits };
  const objection = objectToAmount(amount, scale, digits);
  if (objection !== undefined) return objection;
  if (from === undefined) return { code: CODE.accountNotFound, account };
  const to = accounts.find(toAccount);
  if (to === undefined) return { code: CODE.accountNotFound, account: toAccount };
  const units = unitsOf(amount, scale, digits);
  const refused = objectToMove(from, to, units);
  if (refused !== undefined) return refused;
  const isHold = kind === KIND.hold;
  const held = from.held + units;
  if (isHold && held > LARGEST) return refusal(CODE.limitExceeded, from);
  const isAdded = movements.add(id, {
    from: from.number, to: to.number, amount: units, reversed: 0n,
    expiresAt: code === 0 ? 0 : timestamp + code * MICROSECONDS,
    state: isHold ? MOVEMENT.open : MOVEMENT.posted,
  });
  if (!isAdded) return refusal(CODE.limitExceeded, from);
  if (!isHold) return move(accounts, [from, to], units);
  return { ...done(accounts.change(from, { held })), toBalance: operation.id ? -1 : index };
}

/** What is not captured of it is released. */
function capture(
  { accounts, movements }: TwinBooks, operation: TwinOperation, movement: Movement,
  [from, to]: readonly [Account, Account],
): Answer {
  const { amount } = movement;
  const units = partOf(operation, amount, from);
  if (typeof units !== 'bigint') return units;
  if (units > amount) return exceeds(from, amount);
  // What it takes is what it sets free: it can't be too little.
  const objection = objectToMove({ ...from, held: from.held - amount }, to, units);
  if (objection !== undefined) return objection;
  movements.change(operation.id ?? '', { ...movement, amount: units, state: MOVEMENT.posted });
  const left = accounts.change(from, {
    held: from.held - amount, balance: from.balance - units,
  });
  const toBalance = accounts.change(to, { balance: to.balance + units }).balance;
  return { ...done(left), toAccount: to.number, toBalance };
}

function reverse(
  { accounts, movements }: TwinBooks, operation: TwinOperation, movement: Movement,
  [from, to]: readonly [Account, Account],
): Answer {
  const left = movement.amount - movement.reversed;
  const units = partOf(operation, left, from);
  if (typeof units !== 'bigint') return units;
  if (left === 0n || units > left) return exceeds(from, left);
  const objection = objectToMove(to, from, units);
  if (objection !== undefined) return objection;
  movements.change(operation.id ?? '', { ...movement, reversed: movement.reversed + units });
  const { balance: toBalance } = accounts.change(to, { balance: to.balance - units });
  const back = done(accounts.change(from, { balance: from.balance + units }));
  return { ...back, toAccount: to.number, toBalance };
}

function release({ accounts, movements }: TwinBooks, id: string, state: number): Answer {
  const movement = movements.find(id);
  const from = accounts.find(BigInt(movement?.from ?? 0));
  if (movement === undefined || from === undefined) throw new Error(`there is no hold ${id}`);
  movements.change(id, { ...movement, state });
  return done(accounts.change(from, { held: from.held - movement.amount }));
}

/** Of so much; or why it is no amount. */
function partOf(
  { code, amount, scale }: TwinOperation, all: bigint, { digits }: Account,
): bigint | Answer {
  if (code === ALL_THAT_IS_LEFT) return all;
  return objectToAmount(amount, scale, digits) ?? unitsOf(amount, scale, digits);
}

function exceeds({ number, digits }: Account, left: bigint): Answer {
  return { code: CODE.exceedsOriginal, account: number, balance: left, scale: digits };
}

function at({ accounts }: TwinBooks, number: number): Account | undefined {
  return accounts.find(BigInt(number));
}
