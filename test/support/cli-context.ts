/** A context for `main` whose streams are kept in memory. */
import { PassThrough, Readable, Writable } from 'node:stream';
import type { CliContext } from '../../src/cli/context.ts';
import { main } from '../../src/cli/main.ts';

export class MemoryStream extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += String(chunk);
    done();
  }
}

export interface RunResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs bankd in this process. */
export async function runMain(
  argv: readonly string[],
  { env = {}, stdin = new PassThrough().end() }: {
    readonly env?: Record<string, string>;
    readonly stdin?: Readable;
  } = {},
): Promise<RunResult> {
  const stdout = new MemoryStream();
  const stderr = new MemoryStream();
  const context: CliContext = { env, stdin, stdout, stderr, colorDepth: 1, noColor: false };
  const status = await main(argv, context);
  return { status, stdout: stdout.text, stderr: stderr.text };
}
