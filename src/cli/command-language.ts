/**
 * The command language: one line of text to one command (interface.md, "The command language").
 *
 * It is the same at the prompt, in a pipe and as arguments. Nothing that it does not understand
 * exactly becomes an operation: everything else is a bad request, with a sentence that helps.
 */
import { parseAmount, type ScaledAmount } from '../core/amount.ts';
import type { Operation } from '../core/operation.ts';
import { parseRequestId } from '../core/request-id.ts';
import {
  findForm, isWrite, nearestWord, usageOf,
  type CommandForm, type CommandWord, type WriteWord,
} from './command-words.ts';
import { quote } from './quote.ts';

/** The longest line that is read; what is longer is a bad request, whatever it says. */
export const LINE_LENGTH_MAX = 4096;

/** What a line asks for. */
export type Command =
  | { readonly type: 'operation'; readonly word: CommandWord; readonly operation: Operation }
  | { readonly type: 'quit' }
  | { readonly type: 'status' }
  | { readonly type: 'help' };

/** Not understood, or not allowed: nothing was sent. */
export interface BadRequest {
  readonly type: 'bad';
  /** Undefined where not even the command word was understood. */
  readonly word: CommandWord | undefined;
  readonly sentence: string;
}

/** A blank line or a comment: it gets no answer. */
export interface Nothing {
  readonly type: 'nothing';
}

export type ParsedLine = Command | BadRequest | Nothing;

const KEY = /^@[\x21-\x7e]{1,64}$/;

/** Parses a line, with or without its end. */
export function parseLine(line: string): ParsedLine {
  const text = line.replace(/\r?\n?$/, '').replace(/^[ \t]+/, '');
  if (text === '' || text.startsWith('#')) return { type: 'nothing' };
  if (text.length > LINE_LENGTH_MAX) {
    return bad(undefined, `the line is longer than ${LINE_LENGTH_MAX} characters`);
  }
  const [first = '', ...rest] = text.split(/[ \t]+/).filter((part) => part !== '');
  if (!first.startsWith('@')) return parseCommand(undefined, first, rest);
  if (!KEY.test(first)) {
    return bad(undefined, `${quote(first)} is not a key: @ and 1 to 64 visible ASCII characters`);
  }
  const [word, ...parameters] = rest;
  if (word === undefined) return bad(undefined, 'a command must follow the key');
  return parseCommand(first.slice(1), word, parameters);
}

function parseCommand(
  key: string | undefined,
  typed: string,
  parameters: readonly string[],
): ParsedLine {
  const form = findForm(typed);
  if (form === undefined) return unknownCommand(typed);
  const { word } = form;
  if (key !== undefined && !isWrite(word)) {
    return bad(word, `${word.toUpperCase()} takes no key: it changes no account`);
  }
  if (parameters.length !== form.parameters.length) return wrongArity(form, parameters.length);
  if (isWrite(word)) return parseWrite(word, key, parameters);
  switch (word) {
    case 'query':
      return parseQuery(parameters[0] ?? '');
    case 'outcome':
      return parseOutcome(parameters[0] ?? '');
    case 'quit':
    case 'status':
    case 'help':
      return { type: word };
  }
}

function parseWrite(
  word: WriteWord,
  key: string | undefined,
  parameters: readonly string[],
): ParsedLine {
  const accounts: number[] = [];
  for (const text of parameters.slice(0, -1)) {
    const account = parseAccount(text);
    if (typeof account === 'string') return bad(word, account);
    accounts.push(account);
  }
  const amount = readAmount(parameters.at(-1) ?? '');
  if (typeof amount === 'string') return bad(word, amount);
  const [account, toAccount] = accounts;
  if (account !== undefined && account === toAccount) {
    return bad(word, 'from and to are the same account');
  }
  const operation: Operation = {
    kind: word,
    ...(account === undefined ? {} : { account }),
    ...(toAccount === undefined ? {} : { toAccount }),
    ...amount,
    ...(key === undefined ? {} : { key }),
  };
  return { type: 'operation', word, operation };
}

function parseQuery(text: string): ParsedLine {
  const account = parseAccount(text);
  if (typeof account === 'string') return bad('query', account);
  return { type: 'operation', word: 'query', operation: { kind: 'query', account } };
}

function parseOutcome(text: string): ParsedLine {
  if (KEY.test(text)) {
    const operation: Operation = { kind: 'outcome', key: text.slice(1) };
    return { type: 'operation', word: 'outcome', operation };
  }
  const request = parseRequestId(text);
  if (request === undefined) {
    return bad('outcome', `${quote(text)} is neither a request id such as 1088-3 nor an @key`);
  }
  if (request.kind === 'query') return bad('outcome', 'a QUERY changes nothing: ask it again');
  const { session, number } = request;
  const operation: Operation = { kind: 'outcome', account: session, toAccount: number };
  return { type: 'operation', word: 'outcome', operation };
}

/** The account's number, or why it is none. */
function parseAccount(text: string): number | string {
  if (!/^[0-9]+$/.test(text)) return `${quote(text)} is not an account number`;
  const digits = text.replace(/^0+(?=[0-9])/, '');
  // More than 16 digits are above 2^53; of up to 16, what rounds to 2^53 or more is not safe.
  const account = digits.length > 16 ? Infinity : Number(digits);
  if (!Number.isSafeInteger(account)) return 'there is no account number above 2^53 - 1';
  return account;
}

/** The amount, or why it is none. */
function readAmount(text: string): ScaledAmount | string {
  const amount = parseAmount(text);
  if (amount !== undefined) return amount;
  const rule = 'a decimal from 0 to 90071992547409.91, at most two digits after the point';
  return `${quote(text)} is not an amount: ${rule}`;
}

function unknownCommand(typed: string): BadRequest {
  const near = nearestWord(typed);
  const tip = near === undefined ? 'HELP lists the commands' : `did you mean ${near}?`;
  return bad(undefined, `unknown command ${quote(typed)}; ${tip}`);
}

function wrongArity(form: CommandForm, given: number): BadRequest {
  const wanted = form.parameters.length;
  const count = wanted === 0 ? 'no argument' : `${wanted} argument${wanted === 1 ? '' : 's'}`;
  const { word } = form;
  const usage = usageOf(form);
  return bad(word, `${word.toUpperCase()} takes ${count}, not ${given}; usage: ${usage}`);
}

function bad(word: CommandWord | undefined, sentence: string): BadRequest {
  return { type: 'bad', word, sentence };
}
