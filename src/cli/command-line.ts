/**
 * The words of a command line, sorted before clipanion reads them, so that every mistake gets a
 * sentence that names it and the nearest thing that would have been right (style.md 27).
 */
import { usageError, type CliError } from './cli-error.ts';
import type { Words } from './command.ts';
import { nearest } from './nearest.ts';
import { PLACEHOLDERS } from './options.ts';
import { quote } from './quote.ts';

/** What can be said to a subcommand. */
export interface CommandShape {
  readonly name: string;
  readonly words: Words;
  /** Each flag, and whether it takes a value. */
  readonly flags: ReadonlyMap<string, { readonly takesValue: boolean }>;
}

/** Help is asked for, a version, or a subcommand with tokens that clipanion understands. */
export type CommandLine =
  | { readonly type: 'help'; readonly about: string | undefined }
  | { readonly type: 'version' }
  | { readonly type: 'run'; readonly tokens: readonly string[]; readonly noColor: boolean };

const HELP = new Set(['--help', '-h']);
const NO_COLOR = '--no-color';
const GLOBAL_FLAGS = ['--help', '--version', NO_COLOR];

/** The word that stands where a subcommand does. */
export function subcommandOf(argv: readonly string[]): string | undefined {
  return argv.find((word) => word !== NO_COLOR);
}

/** Throws a CliError for what makes no sense; `shapes` has at least the subcommand, if any is. */
export function readCommandLine(
  argv: readonly string[],
  shapes: ReadonlyMap<string, CommandShape>,
): CommandLine {
  const first = subcommandOf(argv);
  if (first === undefined) return { type: 'help', about: undefined };
  const leading = argv.indexOf(first);
  const rest = argv.slice(leading + 1);
  if (first === 'help' || HELP.has(first)) return readHelp(rest, shapes);
  if (first === '--version' || first === '-V' || first === 'version') return { type: 'version' };
  if (first.startsWith('-')) throw unknownFlag(first, GLOBAL_FLAGS, 'bankd');
  const shape = shapes.get(first);
  if (shape === undefined) throw unknownSubcommand(first, shapes);
  const line = new Reader(shape, rest).read();
  if (line.type !== 'run') return line;
  return { ...line, noColor: line.noColor || leading > 0 };
}

function readHelp(
  rest: readonly string[],
  shapes: ReadonlyMap<string, CommandShape>,
): CommandLine {
  const about = rest.find((word) => !word.startsWith('-'));
  if (about !== undefined && !shapes.has(about) && about !== 'help') {
    throw unknownSubcommand(about, shapes);
  }
  return { type: 'help', about: about === 'help' ? undefined : about };
}

/** Reads what follows a subcommand. */
class Reader {
  readonly #shape: CommandShape;
  readonly #rest: readonly string[];
  readonly #flags: string[] = [];
  readonly #words: string[] = [];
  #noColor = false;

  constructor(shape: CommandShape, rest: readonly string[]) {
    this.#shape = shape;
    this.#rest = rest;
  }

  read(): CommandLine {
    const { name } = this.#shape;
    // Help is given before mistakes are told: who asks for it may not know better yet.
    const end = this.#rest.indexOf('--');
    const asked = this.#rest.slice(0, end < 0 ? undefined : end).some((word) => HELP.has(word));
    if (asked) return { type: 'help', about: name };
    for (let at = 0; at < this.#rest.length; ) at = this.#readAt(at);
    const words = this.#words.length > 0 ? ['--', ...this.#words] : [];
    return { type: 'run', tokens: [name, ...this.#flags, ...words], noColor: this.#noColor };
  }

  /** Takes what stands there; where to go on. */
  #readAt(at: number): number {
    const token = this.#rest[at] ?? '';
    if (token === '--') return this.#takeWords(at + 1);
    if (!token.startsWith('-') || token === '-') return this.#takeWord(at, token);
    if (token === NO_COLOR) {
      this.#noColor = true;
      return at + 1;
    }
    return this.#takeFlag(at, token);
  }

  #takeWord(at: number, word: string): number {
    const { words, name } = this.#shape;
    if (words === 'none') {
      const tip = `bankd ${name} --help shows its usage`;
      throw usageError(`unexpected argument ${quote(word)}`, tip);
    }
    if (words === 'rest-of-line') return this.#takeWords(at);
    this.#words.push(word);
    return at + 1;
  }

  #takeWords(at: number): number {
    const words = this.#rest.slice(at);
    const [first] = words;
    if (first !== undefined && this.#shape.words === 'none') return this.#takeWord(at, first);
    this.#words.push(...words);
    return this.#rest.length;
  }

  #takeFlag(at: number, token: string): number {
    const [flag = '', bound] = splitOnce(token);
    const known = this.#shape.flags.get(flag);
    if (known === undefined) {
      const flags = [...this.#shape.flags.keys(), '--help', NO_COLOR];
      throw unknownFlag(flag, flags, `bankd ${this.#shape.name}`);
    }
    if (!known.takesValue) {
      if (bound !== undefined) throw usageError(`${flag} takes no value`);
      this.#flags.push(flag);
      return at + 1;
    }
    const value = bound ?? this.#rest[at + 1];
    if (value === undefined || (bound === undefined && value.startsWith('--'))) {
      const placeholder = PLACEHOLDERS[flag] ?? 'VALUE';
      throw usageError(`${flag} needs a value`, `write ${flag} ${placeholder}`);
    }
    // Bound to its flag even where it begins with a dash, so that the validator says what is wrong.
    this.#flags.push(`${flag}=${value}`);
    return bound === undefined ? at + 2 : at + 1;
  }
}

function splitOnce(token: string): [string, string?] {
  const at = token.indexOf('=');
  return at < 0 ? [token] : [token.slice(0, at), token.slice(at + 1)];
}

function unknownFlag(flag: string, flags: readonly string[], command: string): CliError {
  const near = nearest(flag, flags);
  const tip = near === undefined ? `${command} --help lists them` : `did you mean ${near}?`;
  return usageError(`unknown option ${quote(flag)} of ${command}`, tip);
}

function unknownSubcommand(
  typed: string,
  shapes: ReadonlyMap<string, CommandShape>,
): CliError {
  const near = nearest(typed, [...shapes.keys(), 'help', 'version']);
  const tip = near === undefined ? 'bankd help lists them' : `did you mean bankd ${near}?`;
  return usageError(`unknown subcommand ${quote(typed)}`, tip);
}
