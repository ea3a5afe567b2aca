/**
 * Refusals as users and scripts read them: a code, and a sentence that helps (interface.md, "The
 * command language"). The text form writes the code's words with spaces: `ERR ACCT NOT FOUND: …`.
 */
import { formatAmount } from '../core/amount.ts';
import { AMOUNT_MAX, DEFAULT_SCALE, REASON, type Result } from '../core/operation.ts';
import type { Outcome } from '../core/outcome.ts';
import { EXIT, type AnswerStatus } from './exit-status.ts';

export type RefusalWord =
  | 'ACCT_NOT_FOUND' | 'INSUFFICIENT_FUNDS' | 'LIMIT_EXCEEDED' | 'BAD_REQUEST' | 'KEY_REUSED'
  | 'SESSION_EXPIRED' | 'BUSY' | 'UNAVAILABLE' | 'UNKNOWN_OUTCOME';

export interface Refused {
  readonly word: RefusalWord;
  readonly sentence: string;
}

/** What the ledger refused; undefined where it did not. */
export function refusalOfResult(result: Result, request: string): Refused | undefined {
  const { account, balance, scale } = result;
  switch (result.code) {
    case 'ok':
    case 'neverHappened':
      return undefined;
    case 'accountNotFound':
      return { word: 'ACCT_NOT_FOUND', sentence: `account ${account} does not exist` };
    case 'insufficientFunds': {
      const sentence = `account ${account} has ${formatAmount(balance, scale)}`;
      return { word: 'INSUFFICIENT_FUNDS', sentence };
    }
    case 'limitExceeded': {
      const limit = formatAmount(AMOUNT_MAX, DEFAULT_SCALE);
      return { word: 'LIMIT_EXCEEDED', sentence: `account ${account} can hold at most ${limit}` };
    }
    case 'badRequest':
      return { word: 'BAD_REQUEST', sentence: describeReason(result.detail) };
    case 'keyReused':
      return {
        word: 'KEY_REUSED',
        sentence: 'the key was used before with another command, or sealed by OUTCOME',
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
      return EXIT.refused;
  }
}

function ask(request: string): string {
  return `ask OUTCOME ${request}`;
}

function describeReason(reason: number): string {
  switch (reason) {
    case REASON.sameAccount:
      return 'from and to are the same account';
    case REASON.tooManyDigits:
      return `an account keeps ${DEFAULT_SCALE} digits after the point`;
    case REASON.amountTooLarge:
      return `an amount is at most ${formatAmount(AMOUNT_MAX, DEFAULT_SCALE)}`;
    case REASON.passedOver:
      return 'its number was passed over by a later request; it did not happen and never will';
    default:
      return 'the bank could not read the request';
  }
}
