/**
 * What the command line itself refuses: one sentence, a tip where one is near, and the exit status.
 * Thrown by commands, printed by `main`. The environment's failures are `EnvironmentError`s of
 * `host/`.
 */
import { EXIT } from './exit-status.ts';

export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitStatus: number;
  readonly tip: string | undefined;

  constructor(exitStatus: number, sentence: string, tip?: string) {
    super(sentence);
    this.exitStatus = exitStatus;
    this.tip = tip;
  }
}

/** Flags or arguments that make no sense: exit 2. */
export function usageError(sentence: string, tip?: string): CliError {
  return new CliError(EXIT.usage, sentence, tip);
}

/** What bankd would not do even if it could: exit 6. */
export function notAllowed(sentence: string, tip?: string): CliError {
  return new CliError(EXIT.notAllowed, sentence, tip);
}
