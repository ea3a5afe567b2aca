/**
 * Answers: what one command line gets back, as the line of text and as the JSON object, and what it
 * adds to the exit status. Scripts rely on both forms (interface.md).
 */
import type { ChalkInstance } from 'chalk';
import { formatAmount } from '../core/amount.ts';
import type { Timestamp } from '../core/ids.ts';
import type { Operation } from '../core/operation.ts';
import type { AnsweredOutcome, Outcome } from '../core/outcome.ts';
import {
  readAccount, readTrial, type AccountsPage, type TrialBalance,
} from '../host/account-reports.ts';
import { holdId } from '../host/client-operations.ts';
import { statusLine, type StatusReport } from '../host/status-report.ts';
import {
  accountLine, accountsTable, accountsWords, accountTable, trialTable, trialWords,
} from './account-text.ts';
import type { BadRequest, OperationCommand } from './command-language.ts';
import { COMMAND_WORDS, helpLines, type CommandWord } from './command-words.ts';
import { EXIT, type AnswerStatus } from './exit-status.ts';
import { isoTime } from './iso-time.ts';
import { oneLine, quote } from './quote.ts';
import { exitStatusOf, refusalOfOutcome, refusalOfResult, type Refused } from './refusal.ts';
import { statusLines } from './status-table.ts';

const MICROSECONDS = 1e6;

type Asked = Omit<OperationCommand, 'type'>;

export interface Answer {
  /** `OK …` or `ERR …`, one line without its end. */
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
  readonly status: AnswerStatus;
  /** What a person at a terminal sees instead of the text. */
  readonly screen?: (paint: ChalkInstance) => string;
}

/** What the bank, or the way to it, made of an operation. */
export function answerOutcome({ word, operation }: Asked, outcome: Outcome): Answer {
  const request = outcome.request ?? null;
  if (outcome.kind !== 'answered') return refuse(word, request, refusalOfOutcome(outcome));
  const { result, seq, timestamp } = outcome;
  const refusal = refusalOfResult(result, outcome.request, operation);
  if (refusal !== undefined) return refuse(word, request, refusal);
  const time = timestamp === undefined ? {} : { timestamp: isoTime(timestamp) };
  return {
    text: ['OK', ...okWords(operation, outcome)].join(' '),
    json: {
      ok: true, op: word, request, seq, ...okFields(operation, outcome),
      ...detailFields(outcome), ...time,
    },
    status: EXIT.done,
  };
}

/** ACCOUNT. */
export function answerAccount(asked: Asked, outcome: Outcome): Answer {
  const { word, operation } = asked;
  if (!hasReport(outcome)) return answerOutcome(asked, outcome);
  const { request, seq } = outcome;
  const account = readAccount(outcome);
  if (account === undefined) {
    const { account: number, terms: { name } = {} } = operation;
    const sentence = name === undefined
      ? `account ${number} does not exist` : `no account has the name ${quote(name)}`;
    return refuse(word, request, { word: 'ACCT_NOT_FOUND', sentence });
  }
  return {
    text: `OK ${accountLine(account)}`,
    json: { ok: true, op: word, request, seq, ...account },
    status: EXIT.done,
    screen: () => accountTable(account).join('\n'),
  };
}

/** ACCOUNTS, of a page. */
export function answerAccounts({ word }: Asked, page: AccountsPage): Answer {
  return {
    text: ['OK', ...accountsWords(page)].join(' '),
    json: { ok: true, op: word, ...page },
    status: EXIT.done,
    screen: (paint) => accountsTable(page, paint).join('\n'),
  };
}

/** TRIAL. */
export function answerTrial(asked: Asked, outcome: Outcome): Answer {
  if (!hasReport(outcome)) return answerOutcome(asked, outcome);
  return answerTrialBalance(asked, outcome.request, readTrial(outcome));
}

/**
 * TRIAL, of now or of the past. Where the sums differ, the bank is wrong: neither the asker nor a
 * try later helps.
 */
export function answerTrialBalance(
  { word }: Asked, request: string | null, { seq, currencies }: TrialBalance,
): Answer {
  const wrong = currencies.filter(({ difference }) => !/^[0.]+$/.test(difference));
  if (wrong.length > 0) {
    const sentence = trialWords(wrong).join(' ');
    const refusal = refuse(word, request, { word: 'OUT_OF_BALANCE', sentence });
    return { ...refusal, json: { ...refusal.json, seq, currencies } };
  }
  return {
    text: ['OK', ...trialWords(currencies)].join(' '),
    json: { ok: true, op: word, request, seq, currencies },
    status: EXIT.done,
    screen: (paint) => trialTable(currencies, paint).join('\n'),
  };
}

/** What asks for more than the history has. */
export function answerBeyond({ word }: Asked, sentence: string): Answer {
  return refuse(word, null, { word: 'BAD_REQUEST', sentence });
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

export function refuse(op: CommandWord | null, request: string | null, refusal: Refused): Answer {
  const { word } = refusal;
  const message = oneLine(refusal.sentence);
  const definite = word !== 'UNKNOWN_OUTCOME';
  return {
    text: `ERR ${word.replaceAll('_', ' ')}: ${message}`,
    json: { ok: false, op, request, code: word, message, definite },
    status: exitStatusOf(word),
  };
}

function hasReport(outcome: Outcome): outcome is AnsweredOutcome {
  return outcome.kind === 'answered' && outcome.report !== undefined;
}

/** What follows OK. For OUTCOME the result tells what kind of operation was asked about. */
function okWords(operation: Operation, outcome: AnsweredOutcome): readonly string[] {
  const { result } = outcome;
  if (result.code === 'neverHappened') return ['NEVER', 'HAPPENED'];
  const { kind, account, balance, toBalance, scale } = result;
  switch (kind) {
    case 'create':
      return [String(account)];
    case 'update':
    case 'query':
    case 'deposit':
    case 'withdraw':
    case 'amend':
    case 'void':
      return [formatAmount(balance, scale)];
    case 'hold':
      return [holdIdOf(operation, outcome) ?? []].flat();
    case 'transfer':
    case 'capture':
    case 'reverse':
      return [formatAmount(balance, scale), formatAmount(toBalance, scale)];
    case 'outcome':
    case 'lease':
    case 'end':
    case 'account':
    case 'accounts':
    case 'trial':
    case 'statement':
    case 'history':
    case 'expire':
    case 'remember':
    case 'details':
    case undefined:
      return [];
  }
}

/** Its own, or the one that the bank gave. OUTCOME does not know the first: undefined. */
function holdIdOf({ id }: Operation, outcome: AnsweredOutcome): string | undefined {
  return id ?? holdId(outcome);
}

/** What only whoever asked for the hold knows of it. */
function heldFields(
  { kind, toAccount, amount = 0, scale = 0, forSeconds }: Operation,
  { result, timestamp }: AnsweredOutcome,
): Readonly<Record<string, unknown>> {
  if (kind !== 'hold') return {};
  const units = amount * 10 ** (result.scale - scale);
  const expires = forSeconds === undefined || timestamp === undefined
    ? null : isoTime((timestamp + forSeconds * MICROSECONDS) as Timestamp);
  return { toAccount, amount: formatAmount(units, result.scale), expiresAt: expires };
}

/** `to…` is said where money moved between two accounts. */
function detailFields(
  { result: { scale }, details }: AnsweredOutcome,
): Readonly<Record<string, unknown>> {
  if (details === undefined) return {};
  const { before, available, toBefore, toAvailable, toVersion } = details;
  const amount = (units: number): string => formatAmount(units, scale);
  const one = { balanceBefore: amount(before), available: amount(available) };
  if (toBefore === undefined || toAvailable === undefined) return one;
  return {
    ...one, toBalanceBefore: amount(toBefore), toAvailable: amount(toAvailable), toVersion,
  };
}

/** The version is that of the account; of a transfer, of the one that the money leaves. */
function okFields(
  operation: Operation, outcome: AnsweredOutcome,
): Readonly<Record<string, unknown>> {
  const { result } = outcome;
  const asked = operation.kind === 'outcome' ? { first: result.kind ?? null } : {};
  if (result.code === 'neverHappened') return { happened: false };
  const { kind, account, toBalance, scale, detail: version } = result;
  const balance = formatAmount(result.balance, scale);
  const { id } = operation;
  const askedOf = operation.kind === 'outcome' ? undefined : operation.toAccount;
  const toAccount = result.toAccount ?? askedOf;
  const named = id === undefined ? asked : { ...asked, id };
  switch (kind) {
    case 'create':
    case 'update':
    case 'query':
    case 'deposit':
    case 'withdraw':
    case 'amend':
    case 'void':
      return { ...named, account, balance, version };
    case 'hold': {
      const held = { ...asked, id: holdIdOf(operation, outcome) ?? null, account, balance };
      return { ...held, ...heldFields(operation, outcome), version };
    }
    case 'transfer':
    case 'capture':
    case 'reverse':
      return {
        ...named,
        account,
        balance,
        ...(toAccount === undefined ? {} : { toAccount }),
        toBalance: formatAmount(toBalance, scale),
        version,
      };
    case 'outcome':
    case 'lease':
    case 'end':
    case 'account':
    case 'accounts':
    case 'trial':
    case 'statement':
    case 'history':
    case 'expire':
    case 'remember':
    case 'details':
    case undefined:
      return asked;
  }
}
