/**
 * What a completion of a bank's operation says, in any of the forms in which histories are
 * recorded: bankd's own object, the text answer, balances alone, or nothing but that it happened.
 */
import { readAccount, readHundredths } from './decimal.ts';
import {
  answerOf, NOTHING_HAPPENED, UNANSWERED, type Answer, type BankKind, type Refusal,
} from './history.ts';

const LEDGER_REFUSALS: readonly string[] = [
  'ACCT_NOT_FOUND', 'INSUFFICIENT_FUNDS', 'LIMIT_EXCEEDED',
];
/** What leaves it open whether the operation, or an earlier try of it, happened. */
const INDEFINITE: readonly string[] = ['UNKNOWN_OUTCOME', 'SESSION_EXPIRED'];
/** It did not happen, and that is all. */
const DEFINITE: readonly string[] = ['BAD_REQUEST', 'KEY_REUSED', 'BUSY', 'UNAVAILABLE'];
const OK_ONLY = answerOf('ok');
type Fields = Readonly<Record<string, unknown>>;

/** A sentence where the result makes no sense. */
export function readBankAnswer(
  kind: BankKind,
  type: 'ok' | 'fail' | 'info',
  result: unknown,
): Answer | string {
  if (type === 'info') return UNANSWERED;
  const answer = readResult(kind, result);
  if (type === 'ok') return answer;
  // What failed did not happen, whatever else is written beside it.
  return typeof answer === 'string' || answer.kind === 'ok' ? NOTHING_HAPPENED : answer;
}

function readResult(kind: BankKind, result: unknown): Answer | string {
  if (result === undefined || result === null || result === true) return OK_ONLY;
  if (typeof result === 'string') return readText(kind, result);
  if (typeof result === 'number') return readWords(kind, [result]);
  if (Array.isArray(result)) return readWords(kind, result);
  if (typeof result === 'object') return readObject(kind, result as Fields);
  return `a result that is ${typeof result}`;
}

/** `OK 40.00 60.00`, `ERR INSUFFICIENT FUNDS: …`, a code, or the bare words. */
function readText(kind: BankKind, text: string): Answer | string {
  const words = text.trim().split(/\s+/);
  const [first = '', ...rest] = words;
  if (/^ok$/i.test(first)) return readWords(kind, rest);
  const refusal = /^(?:ERR[\s:]+)?([A-Z][A-Z _]*?)\s*(?::\s*(.*))?$/is.exec(text.trim());
  const code = refusal?.[1]?.toUpperCase().replace(/\s+/g, '_');
  if (code === 'NEVER_HAPPENED') return answerOf('never');
  if (code !== undefined && /^[A-Z_]+$/.test(code)) return refuse(code, refusal?.[2] ?? '');
  return readWords(kind, words);
}

function readWords(kind: BankKind, words: readonly unknown[]): Answer | string {
  const [one, two] = words;
  if (words.length === 0) return OK_ONLY;
  if (words.length > 2) return 'a result of more than two values';
  if (one === 'NEVER' && two === 'HAPPENED') return answerOf('never');
  if (kind === 'create') {
    const account = readAccount(one);
    if (account !== undefined && two === undefined) return answerOf('ok', { account });
    return 'a CREATE is answered with the number of an account';
  }
  const balance = readHundredths(one);
  const toBalance = two === undefined ? NaN : readHundredths(two);
  if (balance === undefined || toBalance === undefined) return 'a result that is no balance';
  return answerOf('ok', { balance, toBalance });
}

function readObject(kind: BankKind, fields: Fields): Answer | string {
  const { code } = fields;
  if (code !== undefined && code !== null && code !== 'OK') {
    if (typeof code !== 'string') return 'a code that is no text';
    return refuse(code, String(fields['message'] ?? ''));
  }
  if (fields['happened'] === false) return answerOf('never');
  const account = optional(fields['account'], readAccount);
  const toAccount = optional(fields['toAccount'], readAccount);
  const balance = optional(fields['balance'], readHundredths);
  const toBalance = optional(fields['toBalance'], readHundredths);
  const seq = optional(fields['seq'], readAccount);
  if (account === undefined || toAccount === undefined) return 'an account that is no number';
  if (balance === undefined || toBalance === undefined) return 'a balance that is no amount';
  if (seq === undefined) return 'a seq that is no number';
  if (kind === 'create' && Number.isNaN(account) && !Number.isNaN(balance)) {
    return answerOf('ok', { seq });
  }
  return answerOf('ok', { account, toAccount, balance, toBalance, seq });
}

function optional(value: unknown, read: (value: unknown) => number | undefined) {
  return value === undefined || value === null ? NaN : read(value);
}

function refuse(code: string, sentence: string): Answer | string {
  if (INDEFINITE.includes(code)) return UNANSWERED;
  if (DEFINITE.includes(code)) return NOTHING_HAPPENED;
  if (!LEDGER_REFUSALS.includes(code)) return `a result ${quoteShort(code)} that is no answer`;
  const account = readAccount(/\baccount ([0-9]+)/.exec(sentence)?.[1]) ?? NaN;
  const balance = readHundredths(/\bhas (-?[0-9]+(?:\.[0-9]+)?)/.exec(sentence)?.[1]) ?? NaN;
  return answerOf('refused', { refusal: code as Refusal, account, balance });
}

function quoteShort(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
