/**
 * Answers: what one command line gets back, as the line of text and as the JSON object, and what it
 * adds to the exit status. Scripts rely on both forms (interface.md).
 */
import type { ChalkInstance } from 'chalk';
import { formatAmount } from '../core/amount.ts';
import type { Operation, Result } from '../core/operation.ts';
import type { Outcome } from '../core/outcome.ts';
import { statusLine, type StatusReport } from '../host/status-report.ts';
import type { BadRequest } from './command-language.ts';
import { COMMAND_WORDS, helpLines, type CommandWord } from './command-words.ts';
import { EXIT, type AnswerStatus } from './exit-status.ts';
import { oneLine } from './quote.ts';
import { exitStatusOf, refusalOfOutcome, refusalOfResult, type Refused } from './refusal.ts';
import { statusLines } from './status-table.ts';

export interface Answer {
  /** `OK …` or `ERR …`, one line without its end. */
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
  readonly status: AnswerStatus;
  /** What a person at a terminal sees instead of the text. */
  readonly screen?: (paint: ChalkInstance) => string;
}

/** What the bank, or the way to it, made of an operation. */
export function answerOutcome(operation: Operation, outcome: Outcome): Answer {
  const word = operation.kind as CommandWord;
  const request = outcome.request ?? null;
  if (outcome.kind !== 'answered') return refuse(word, request, refusalOfOutcome(outcome));
  const { result, seq } = outcome;
  const refusal = refusalOfResult(result, outcome.request);
  if (refusal !== undefined) return refuse(word, request, refusal);
  return {
    text: ['OK', ...okWords(result)].join(' '),
    json: { ok: true, op: word, request, seq, ...okFields(operation, result) },
    status: EXIT.done,
  };
}

/** A line that was not understood. */
export function answerBadRequest(bad: BadRequest): Answer {
  return refuse(bad.word ?? null, null, { word: 'BAD_REQUEST', sentence: bad.sentence });
}

export function answerQuit(): Answer {
  return { text: 'OK', json: { ok: true, op: 'quit' }, status: EXIT.done };
}

export function answerHelp(): Answer {
  return {
    text: ['OK', ...COMMAND_WORDS].join(' '),
    json: { ok: true, op: 'help', commands: COMMAND_WORDS },
    status: EXIT.done,
    screen: () => helpLines().join('\n'),
  };
}

export function answerStatus(report: StatusReport): Answer {
  return {
    text: `OK ${statusLine(report)}`,
    json: { ok: true, op: 'status', ...report },
    status: EXIT.done,
    screen: (paint) => statusLines(report, paint).join('\n'),
  };
}

/** Nothing was sent, or nothing came back of what changes nothing. */
export function answerUnavailable(word: CommandWord, sentence: string): Answer {
  return refuse(word, null, { word: 'UNAVAILABLE', sentence });
}

function refuse(op: CommandWord | null, request: string | null, refusal: Refused): Answer {
  const { word } = refusal;
  const message = oneLine(refusal.sentence);
  const definite = word !== 'UNKNOWN_OUTCOME';
  return {
    text: `ERR ${word.replaceAll('_', ' ')}: ${message}`,
    json: { ok: false, op, request, code: word, message, definite },
    status: exitStatusOf(word),
  };
}

/** What follows OK. For OUTCOME the result tells what kind of operation was asked about. */
function okWords(result: Result): readonly string[] {
  if (result.code === 'neverHappened') return ['NEVER', 'HAPPENED'];
  const { kind, account, balance, toBalance, scale } = result;
  switch (kind) {
    case 'create':
      return [String(account)];
    case 'update':
    case 'query':
    case 'deposit':
    case 'withdraw':
      return [formatAmount(balance, scale)];
    case 'transfer':
      return [formatAmount(balance, scale), formatAmount(toBalance, scale)];
    case 'outcome':
    case 'lease':
    case 'end':
    case undefined:
      return [];
  }
}

function okFields(operation: Operation, result: Result): Readonly<Record<string, unknown>> {
  const asked = operation.kind === 'outcome' ? { first: result.kind ?? null } : {};
  if (result.code === 'neverHappened') return { happened: false };
  const { kind, account, balance, toBalance, scale } = result;
  switch (kind) {
    case 'create':
    case 'update':
    case 'query':
    case 'deposit':
    case 'withdraw':
      return { ...asked, account, balance: formatAmount(balance, scale) };
    case 'transfer':
      return {
        ...asked,
        account,
        balance: formatAmount(balance, scale),
        ...(operation.kind === 'outcome' ? {} : { toAccount: operation.toAccount }),
        toBalance: formatAmount(toBalance, scale),
      };
    case 'outcome':
    case 'lease':
    case 'end':
    case undefined:
      return asked;
  }
}
