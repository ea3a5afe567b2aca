/**
 * The command language: one line of text to one command (interface.md, "The command language").
 *
 * It is the same at the prompt, in a pipe and as arguments. Nothing that it does not understand
 * exactly becomes an operation: everything else is a bad request, with a sentence that helps.
 */
import type { Moment } from '../core/moment.ts';
import type { Operation } from '../core/operation.ts';
import { readAt } from './at-clause.ts';
import { CONDITIONS, KEY, type Option, type Parts } from './command-parts.ts';
import {
  findForm, nearestWord, usageOf, type CommandForm, type CommandWord,
} from './command-words.ts';
import { splitWords, type Word } from './line-words.ts';
import { nearest } from './nearest.ts';
import { quote } from './quote.ts';
import type { StatementParts } from './statement-parts.ts';

/** The longest line that is read; what is longer is a bad request, whatever it says. */
export const LINE_LENGTH_MAX = 4096;

/** What is asked of the ledger. */
export interface OperationCommand {
  readonly type: 'operation';
  readonly word: CommandWord;
  readonly operation: Operation;
  /** It asks about the past. */
  readonly at?: Moment;
  /** Of a STATEMENT: which lines it asks for, and in what form. */
  readonly statement?: StatementParts;
}

/** What a line asks for. */
export type Command =
  | OperationCommand
  | { readonly type: 'quit' }
  | { readonly type: 'status' }
  | { readonly type: 'help' };

/** Of a group of commands, which is done as a whole (`group-reader.ts`). */
export type GroupWord =
  | { readonly type: 'begin'; readonly key?: string }
  | { readonly type: 'commit' | 'rollback' };

/** It asks the ledger nothing. */
type BareWord = Exclude<Command | GroupWord, OperationCommand>['type'];

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

export type ParsedLine = Command | GroupWord | BadRequest | Nothing;

/** Parses a line, with or without its end. */
export function parseLine(line: string): ParsedLine {
  const text = line.replace(/\r?\n?$/, '').replace(/^[ \t]+/, '');
  if (text === '' || text.startsWith('#')) return { type: 'nothing' };
  if (text.length > LINE_LENGTH_MAX) {
    return bad(undefined, `the line is longer than ${LINE_LENGTH_MAX} characters`);
  }
  const words = splitWords(text);
  if (words === undefined) {
    return bad(undefined, 'a word in double quotes does not end; \\" and \\\\ stand for " and \\');
  }
  const [first = { text: '', isQuoted: false }, ...rest] = words;
  if (first.isQuoted || !first.text.startsWith('@')) {
    return parseCommand(undefined, first.text, rest);
  }
  if (!KEY.test(first.text)) {
    const rule = '@ and 1 to 64 visible ASCII characters';
    return bad(undefined, `${quote(first.text)} is not a key: ${rule}`);
  }
  const [word, ...parameters] = rest;
  if (word === undefined) return bad(undefined, 'a command must follow the key');
  return parseCommand(first.text.slice(1), word.text, parameters);
}

function parseCommand(
  key: string | undefined, typed: string, words: readonly Word[],
): ParsedLine {
  const form = findForm(typed);
  if (form === undefined) return unknownCommand(typed);
  const { word, make } = form;
  if (key !== undefined && !form.isWrite && form.takesKey !== true) {
    return bad(word, `${word.toUpperCase()} takes no key${whyNoKey(form)}`);
  }
  const tailAt = words.findIndex((each) => beginsTail(form, each));
  const count = tailAt < 0 ? words.length : tailAt;
  const [least, most] = aritiesOf(form);
  if (count < least || count > most) return wrongArity(form, count);
  const parts = readParts(form, words.slice(0, count), words.slice(count));
  if (typeof parts === 'string') return bad(word, parts);
  if (make === undefined) return bareCommand(word as BareWord, key);
  const operation = make(key === undefined ? parts : { ...parts, key });
  if (typeof operation === 'string') return bad(word, operation);
  const { at } = parts;
  return {
    type: 'operation', word, operation,
    ...(at === undefined ? {} : { at }),
    ...(word === 'statement' ? { statement: parts } : {}),
  };
}

function whyNoKey({ word, make }: CommandForm): string {
  if (word === 'commit' || word === 'rollback') return ': that of a group stands before its BEGIN';
  return make === undefined ? '' : ': it changes no account';
}

function bareCommand(type: BareWord, key: string | undefined): Command | GroupWord {
  return type === 'begin' && key !== undefined ? { type, key } : { type };
}

/** Here the parameters end. */
function beginsTail({ takesMoment }: CommandForm, { text, isQuoted }: Word): boolean {
  const word = text.toLowerCase();
  const isClause = word === 'if' || (word === 'at' && takesMoment === true);
  return !isQuoted && (isClause || text.startsWith('--'));
}

function readParts(
  form: CommandForm, parameters: readonly Word[], tail: readonly Word[],
): Parts | string {
  let parts: Parts = {};
  for (const [at, { text }] of parameters.entries()) {
    const read = form.parameters[at]?.read(text) ?? {};
    if (typeof read === 'string') return read;
    parts = { ...parts, ...read };
  }
  return new Tail(form, tail).read(parts);
}

/** The options, the condition and the moment at the end of a line. */
class Tail {
  readonly #form: CommandForm;
  readonly #words: readonly Word[];
  #at = 0;
  /** By the part that they say. */
  readonly #given = new Map<string, string>();

  constructor(form: CommandForm, words: readonly Word[]) {
    this.#form = form;
    this.#words = words;
  }

  read(parameters: Parts): Parts | string {
    let parts = parameters;
    while (this.#at < this.#words.length) {
      const read = this.#readNext();
      if (typeof read === 'string') return read;
      parts = { ...parts, ...read };
    }
    return parts;
  }

  #readNext(): Parts | string {
    const word = this.#words[this.#at++] as Word;
    if (!beginsTail(this.#form, word)) return this.#refuseStray(word);
    if (word.text.toLowerCase() === 'at') return this.#readMoment();
    return word.text.startsWith('--') ? this.#readOption(word) : this.#readCondition();
  }

  #readOption({ text }: Word): Parts | string {
    const [, flag = text, value] = /^([^=]*)=([^]*)$/.exec(text) ?? [];
    const { word, options } = this.#form;
    if (options.length === 0) return `${word.toUpperCase()} takes no option ${quote(flag)}`;
    const option = options.find((known) => known.word === flag.toLowerCase());
    if (option === undefined) {
      return `unknown option ${quote(flag)}; ${this.#tip(flag, options)}`;
    }
    if (option.value !== undefined) {
      return this.#readValue(option, option.word, value ?? this.#nextValue());
    }
    if (value !== undefined) return `${option.word} takes no value`;
    return this.#readValue(option, option.word, '');
  }

  #readCondition(): Parts | string {
    const { word, takesCondition } = this.#form;
    if (!takesCondition) return `${word.toUpperCase()} takes no condition`;
    const typed = this.#nextValue();
    if (typed === undefined) return 'IF takes VERSION n or BALANCE x';
    const condition = CONDITIONS.find(
      (known) => known.word.toLowerCase() === typed.toLowerCase(),
    );
    if (condition === undefined) {
      return `unknown condition ${quote(typed)}; ${this.#tip(typed, CONDITIONS)}`;
    }
    const value = this.#nextValue();
    return this.#readValue(condition, `IF ${condition.word}`, value, 'a condition');
  }

  #readMoment(): Parts | string {
    if (this.#given.has('at')) return 'AT is given twice';
    this.#given.set('at', 'AT');
    const at = readAt(() => this.#nextValue());
    return typeof at === 'string' ? at : { at };
  }

  /** `what` is given once at most. */
  #readValue(
    { word, read }: Option, name: string, value: string | undefined, what?: string,
  ): Parts | string {
    if (value === undefined) return `${name} takes a value; usage: ${usageOf(this.#form)}`;
    const parts = read(value);
    if (typeof parts === 'string') return `${name}: ${parts}`;
    const about = what ?? Object.keys(parts).join();
    const before = this.#given.get(about);
    this.#given.set(about, word);
    if (before === undefined) return parts;
    if (what !== undefined) return `${what} is given twice`;
    return before === word ? `${name} is given twice` : `${before} and ${word} exclude each other`;
  }

  /** Undefined where there is none, or the next option stands in its place. */
  #nextValue(): string | undefined {
    const next = this.#words[this.#at];
    if (next === undefined || beginsTail(this.#form, next)) return undefined;
    this.#at += 1;
    return next.text;
  }

  #refuseStray({ text }: Word): string {
    return `${quote(text)} stands after the options; "a value with blanks" needs double quotes`;
  }

  #tip(typed: string, options: readonly Option[]): string {
    const near = nearest(typed, options.map(({ word }) => word));
    return near === undefined ? `usage: ${usageOf(this.#form)}` : `did you mean ${near}?`;
  }
}

function unknownCommand(typed: string): BadRequest {
  const near = nearestWord(typed);
  const tip = near === undefined ? 'HELP lists the commands' : `did you mean ${near}?`;
  return bad(undefined, `unknown command ${quote(typed)}; ${tip}`);
}

/** How many parameters it takes, at least and at most. */
function aritiesOf({ parameters }: CommandForm): readonly [least: number, most: number] {
  const optional = parameters.filter(({ isOptional }) => isOptional === true);
  return [parameters.length - optional.length, parameters.length];
}

function wrongArity(form: CommandForm, given: number): BadRequest {
  const [least, most] = aritiesOf(form);
  const wanted = least === most ? String(most) : `${least} or ${most}`;
  const count = most === 0 ? 'no argument' : `${wanted} argument${most === 1 ? '' : 's'}`;
  const { word } = form;
  const usage = usageOf(form);
  return bad(word, `${word.toUpperCase()} takes ${count}, not ${given}; usage: ${usage}`);
}

export function bad(word: CommandWord | undefined, sentence: string): BadRequest {
  return { type: 'bad', word, sentence };
}
