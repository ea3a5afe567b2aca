/**
 * Refusals as users and scripts read them: a code, and a sentence that helps (interface.md, "The
 * command language"). The text form writes the code's words with spaces: `ERR ACCT NOT FOUND: …`.
 *
 * A result tells the account's balance, not its limits: a sentence says no more than is known.
 */
import { formatAmount } from '../core/amount.ts';
import { MOVEMENT } from '../core/movement-table.ts';
import {
  AMOUNT_MAX, DEFAULT_SCALE, REASON, type Operation, type Result,
} from '../core/operation.ts';
import type { Outcome } from '../core/outcome.ts';
import { EXIT, type AnswerStatus } from './exit-status.ts';
import { quote } from './quote.ts';

export type RefusalWord =
  | 'ACCT_NOT_FOUND' | 'INSUFFICIENT_FUNDS' | 'LIMIT_EXCEEDED' | 'BAD_REQUEST' | 'KEY_REUSED'
  | 'SESSION_EXPIRED' | 'BUSY' | 'UNAVAILABLE' | 'UNKNOWN_OUTCOME' | 'CONDITION_FAILED'
  | 'ACCT_FROZEN' | 'ACCT_CLOSED' | 'CURRENCY_MISMATCH' | 'NAME_TAKEN' | 'NOT_EMPTY'
  | 'ID_TAKEN' | 'NOT_FOUND' | 'SETTLED' | 'EXCEEDS_ORIGINAL' | 'GROUP_REFUSED' | 'OUT_OF_BALANCE';

const MOST = formatAmount(AMOUNT_MAX, DEFAULT_SCALE);
export const NOTHING_OF_GROUP = 'nothing of the group happened';

export interface Refused {
  readonly word: RefusalWord;
  readonly sentence: string;
}

const STATES: Readonly<Record<number, string>> = {
  [MOVEMENT.open]: 'is a hold that is still open',
  [MOVEMENT.posted]: 'is posted already: it was captured, or is a transfer',
  [MOVEMENT.voided]: 'was voided',
  [MOVEMENT.expired]: 'has expired',
};

/**
 * What the ledger refused; undefined where it did not. Who knows the operation is told more exactly
 * which limit stood in its way.
 */
export function refusalOfResult(
  result: Result, request: string, operation?: Operation,
): Refused | undefined {
  const { account } = result;
  const balance = formatAmount(result.balance, result.scale);
  switch (result.code) {
    case 'ok':
    case 'neverHappened':
      return undefined;
    case 'accountNotFound':
      return { word: 'ACCT_NOT_FOUND', sentence: `account ${account} does not exist` };
    case 'insufficientFunds':
      return { word: 'INSUFFICIENT_FUNDS', sentence: describeFloor(result, operation) };
    case 'limitExceeded':
      return { word: 'LIMIT_EXCEEDED', sentence: describeCeiling(result, operation) };
    case 'conditionFailed': {
      const sentence = `account ${account} is at version ${result.detail} and has ${balance}`;
      return { word: 'CONDITION_FAILED', sentence };
    }
    case 'accountFrozen':
      return { word: 'ACCT_FROZEN', sentence: `account ${account} is frozen` };
    case 'accountClosed':
      return { word: 'ACCT_CLOSED', sentence: `account ${account} is closed` };
    case 'currencyMismatch':
      return { word: 'CURRENCY_MISMATCH', sentence: `account ${account} has another currency` };
    case 'nameTaken':
      return { word: 'NAME_TAKEN', sentence: `account ${account} has that name` };
    case 'notEmpty':
      return { word: 'NOT_EMPTY', sentence: `account ${account} has ${balance}` };
    case 'idTaken':
      return { word: 'ID_TAKEN', sentence: `a hold or transfer has ${idOf(operation)} already` };
    case 'movementNotFound':
      return { word: 'NOT_FOUND', sentence: `no hold or transfer has ${idOf(operation)}` };
    case 'movementSettled': {
      const state = STATES[result.detail] ?? 'is settled';
      return { word: 'SETTLED', sentence: `${nameOf(operation)} ${state}` };
    }
    case 'exceedsOriginal': {
      const done = result.kind === 'reverse' ? 'reversed' : 'captured';
      const left = result.balance === 0 ? 'nothing' : balance;
      const sentence = `of ${nameOf(operation)}, ${left} is left to be ${done}`;
      return { word: 'EXCEEDS_ORIGINAL', sentence };
    }
    case 'groupRefused': {
      const sentence = `line ${result.detail + 1} of its group was refused; ${NOTHING_OF_GROUP}`;
      return { word: 'GROUP_REFUSED', sentence };
    }
    case 'badRequest':
      return { word: 'BAD_REQUEST', sentence: describeReason(result.detail) };
    case 'keyReused':
      return {
        word: 'KEY_REUSED',
        sentence: 'the key was used before with another command or group, or sealed by OUTCOME',
      };
    case 'sessionExpired':
      return { word: 'SESSION_EXPIRED', sentence: 'it is too long ago to be known' };
    case 'duplicate':
      // The first answer should stand here; without it nobody can say what it was.
      return {
        word: 'UNKNOWN_OUTCOME',
        sentence: `${request} was answered before; ${ask(request)}`,
      };
  }
}

/** What nobody decided: refused before it happened, or unknown. */
export function refusalOfOutcome(outcome: Exclude<Outcome, { kind: 'answered' }>): Refused {
  if (outcome.kind === 'refused') return { word: outcome.code, sentence: outcome.detail };
  const { detail, request } = outcome;
  const sentence = `${detail}; it may or may not have happened: ${ask(request)}`;
  return { word: 'UNKNOWN_OUTCOME', sentence };
}

/** How bad a refusal is for the exit status. */
export function exitStatusOf(word: RefusalWord): AnswerStatus {
  switch (word) {
    case 'UNKNOWN_OUTCOME':
      return EXIT.unknownOutcome;
    case 'BUSY':
    case 'UNAVAILABLE':
      return EXIT.unreachable;
    case 'ACCT_NOT_FOUND':
    case 'INSUFFICIENT_FUNDS':
    case 'LIMIT_EXCEEDED':
    case 'BAD_REQUEST':
    case 'KEY_REUSED':
    case 'SESSION_EXPIRED':
    case 'CONDITION_FAILED':
    case 'ACCT_FROZEN':
    case 'ACCT_CLOSED':
    case 'CURRENCY_MISMATCH':
    case 'NAME_TAKEN':
    case 'NOT_EMPTY':
    case 'ID_TAKEN':
    case 'NOT_FOUND':
    case 'SETTLED':
    case 'EXCEEDS_ORIGINAL':
    case 'GROUP_REFUSED':
      return EXIT.refused;
    case 'OUT_OF_BALANCE':
      return EXIT.integrity;
  }
}

/** OUTCOME does not know it. */
function idOf(operation?: Operation): string {
  return operation?.id === undefined ? 'that id' : `the id ${quote(operation.id)}`;
}

function nameOf(operation?: Operation): string {
  return operation?.id === undefined ? 'it' : quote(operation.id);
}

function ask(request: string): string {
  return `ask OUTCOME ${request}`;
}

/**
 * Less than the floor would have been left of the balance, or of it without what is held. Where
 * nobody set another floor, it is 0.
 */
function describeFloor(result: Result, operation?: Operation): string {
  const { kind, account, balance } = result;
  const has = `account ${account} has ${formatAmount(balance, result.scale)}`;
  switch (kind) {
    case 'create':
      return 'a new account must not begin below its floor';
    case 'amend':
      return `${has}, and less is available than that floor`;
    case 'update':
      return `${has}, and must keep more than the new balance`;
    default: {
      const amount = unitsOf(result, operation);
      const hasTerms = balance < 0 || (amount !== undefined && amount <= balance);
      return hasTerms ? `${has}, and not so much is available` : has;
    }
  }
}

/** A balance would have gone above the ceiling, or above what any account can hold. */
function describeCeiling(result: Result, operation?: Operation): string {
  const { kind, account, balance, scale } = result;
  const has = `account ${account} has ${formatAmount(balance, scale)}`;
  if (kind === 'create') return 'a new account must not begin above its ceiling';
  // Of the accounts of a movement only the one that gets the money has a ceiling to go above.
  const isFrom = operation?.toAccount !== undefined && account === operation.account;
  if (isFrom) return 'so many holds are open that there is no room for another movement with an id';
  if (kind === 'amend') return `${has}, which is above that ceiling`;
  if (kind === 'update') return `${has}, and its ceiling is below the new balance`;
  const amount = unitsOf(result, operation);
  if (amount === undefined) return `${has}, and can't hold so much more`;
  if (balance + amount <= AMOUNT_MAX) return `${has}, and must not go above its ceiling`;
  return `account ${account} can hold at most ${formatAmount(AMOUNT_MAX, scale)}`;
}

/** The amount in the account's smallest unit; undefined for OUTCOME, which does not know it. */
function unitsOf(
  result: Result, { amount, scale = 0 }: Partial<Operation> = {},
): number | undefined {
  return amount === undefined ? undefined : amount * 10 ** (result.scale - scale);
}

function describeReason(reason: number): string {
  switch (reason) {
    case REASON.sameAccount:
      return 'from and to are the same account';
    case REASON.tooManyDigits:
      return `an account keeps ${DEFAULT_SCALE} digits after the point, or those of its currency`;
    case REASON.amountTooLarge:
      return `an amount is at most ${MOST}, or 2^53 - 1 of the currency's smallest unit`;
    case REASON.passedOver:
      return 'its number was passed over by a later request; it did not happen and never will';
    case REASON.unknownCurrency:
      return 'there is no such currency';
    case REASON.floorAboveCeiling:
      return 'the floor would be above the ceiling';
    default:
      return 'the bank could not read the request';
  }
}
