/**
 * What every subcommand of bankd is: a clipanion command that says how it is used, examples first.
 */
import { Command } from 'clipanion';
import type { CliContext } from './context.ts';
import { environmentName } from './options.ts';

export interface Usage {
  /** One line. */
  readonly description: string;
  readonly details?: string;
  /** What it shows, and the command line. */
  readonly examples: readonly (readonly [string, string])[];
}

/**
 * What stands beside flags: nothing; words anywhere (`verify DIRECTORY…`); or, from the first word
 * on, a line of another language, in which `-5` is no flag (`client DEPOSIT 100 -5`).
 */
export type Words = 'none' | 'anywhere' | 'rest-of-line';

export abstract class BankdCommand extends Command<CliContext> {
  /** clipanion lists only commands that have one; the help is made from `about`. */
  static override usage = {};
  static readonly about: Usage;
  static readonly words: Words = 'none';
  /** Options that must be given, shown so in the help; `execute` sees to it that they are. */
  static readonly required: readonly string[] = [];
  /** How the words are called in the help. */
  static readonly wordsPlaceholder: string = '';

  abstract override execute(): Promise<number>;

  /** The environment says so: a default, which gives way to what was asked for. */
  protected isDefault(name: string, value: string | number | undefined): boolean {
    return this.context.env[environmentName(name)] === String(value);
  }
}

export interface CommandClass {
  new (): BankdCommand;
  readonly paths?: string[][];
  readonly about: Usage;
  readonly words: Words;
  readonly required: readonly string[];
  readonly wordsPlaceholder: string;
}
