/**
 * How a command that failed is reported, in one place: `error: …`, `tip: …` where one is near, and
 * the exit status. Only a bug shows its stack.
 */
import { BenchError, type BenchFailure } from '../bench/bench-error.ts';
import { ChaosError, type ChaosRefusal } from '../chaos/chaos-error.ts';
import type { Outcome } from '../core/outcome.ts';
import { NoReport } from '../host/account-reports.ts';
import { EnvironmentError, fromErrno } from '../host/environment-error.ts';
import { BeyondHistory } from '../host/history-pages.ts';
import { Unreachable } from '../host/unreachable.ts';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-status.ts';
import { oneLine } from './quote.ts';

export interface Failure {
  readonly exitStatus: number;
  readonly sentence: string;
  readonly tip: string | undefined;
  /** Of a bug. */
  readonly stack: string | undefined;
}

const CHAOS: Readonly<Record<ChaosRefusal, number>> = {
  'usage': EXIT.usage,
  'refused': EXIT.refused,
  'unreachable': EXIT.unreachable,
  'not-allowed': EXIT.notAllowed,
};

const BENCH: Readonly<Record<BenchFailure, number>> = {
  'integrity': EXIT.integrity,
  'unreachable': EXIT.unreachable,
  'unknown-outcome': EXIT.unknownOutcome,
  'not-allowed': EXIT.notAllowed,
};

export function describeFailure(error: unknown): Failure {
  if (error instanceof CliError) return failure(error.exitStatus, error.message, error.tip);
  if (error instanceof ChaosError) return failure(CHAOS[error.reason], error.message, error.tip);
  if (error instanceof BenchError) return failure(BENCH[error.reason], error.message, error.tip);
  if (error instanceof EnvironmentError) return failure(error.exitStatus, error.message);
  if (error instanceof Unreachable) return describeUnreachable(error);
  if (error instanceof NoReport) return failure(exitStatusOf(error.outcome), error.message);
  if (error instanceof BeyondHistory) return failure(EXIT.usage, error.message);
  if (isClipanionUsage(error)) return failure(EXIT.usage, lowerFirst(error.message));
  if (isSystemError(error)) {
    const environment = fromErrno(error, error.syscall);
    return failure(environment.exitStatus, environment.message);
  }
  const text = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error && error.stack !== undefined ? error.stack : text;
  return { exitStatus: EXIT.bug, sentence: `bug: ${text}`, tip: undefined, stack };
}

/** The lines for stderr. */
export function formatFailure({ sentence, tip, stack }: Failure): string {
  const lines = [`error: ${oneLine(sentence)}`];
  if (tip !== undefined) lines.push(`tip: ${oneLine(tip)}`);
  if (stack !== undefined) lines.push(stack);
  return `${lines.join('\n')}\n`;
}

function failure(exitStatus: number, sentence: string, tip?: string): Failure {
  return { exitStatus, sentence, tip, stack: undefined };
}

/** Of what only looks: nothing has happened. */
function exitStatusOf(outcome: Outcome): number {
  return outcome.kind === 'answered' ? EXIT.refused : EXIT.unreachable;
}

function describeUnreachable(error: Unreachable): Failure {
  const tip = error.reason === 'no-connection' ? '`bankd up` starts a bank' : undefined;
  return failure(EXIT.unreachable, error.message, tip);
}

function lowerFirst(text: string): string {
  const [sentence = ''] = text.split('\n');
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/** What clipanion and typanion refuse: a bad value of a flag. */
function isClipanionUsage(error: unknown): error is Error {
  return error instanceof Error && 'clipanion' in error;
}

function isSystemError(error: unknown): error is Error & { readonly syscall: string } {
  return error instanceof Error && 'syscall' in error && typeof error.syscall === 'string';
}
