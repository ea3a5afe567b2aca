/**
 * What a command runs in: the streams, the environment, and how it is told to stop. Tests make
 * their own.
 */
import type { Readable, Writable } from 'node:stream';
import type { BaseContext } from 'clipanion';

export interface CliContext extends BaseContext {
  readonly env: Record<string, string | undefined>;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** `--no-color` was given. */
  readonly noColor: boolean;
}

export function processContext(): CliContext {
  const { env, stdin, stdout, stderr } = process;
  return { env, stdin, stdout, stderr, colorDepth: 1, noColor: false };
}

/** Whatever happened, stdout is for results: notes for people go to stderr. */
export function note(context: CliContext, line: string): void {
  context.stderr.write(`${line}\n`);
}
