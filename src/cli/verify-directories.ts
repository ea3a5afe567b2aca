/**
 * `bankd verify DIRECTORY…`: each directory by itself, then compared with each other and with the
 * control record, and with a head that was noted before.
 */
import { realpath } from 'node:fs/promises';
import { compareDirectories } from '../verify/compare-directories.ts';
import { verifyControl, type ControlVerdict } from '../verify/control.ts';
import { verifyDirectory, type DirectoryVerdict } from '../verify/directory.ts';
import type { ExpectedHead } from '../verify/expected-head.ts';
import { findDirectories } from '../verify/find-directories.ts';
import { usageError } from './cli-error.ts';
import { note, type CliContext } from './context.ts';
import { EXIT } from './exit-status.ts';
import { ProgressBar } from './progress-bar.ts';
import { oneLine, quote } from './quote.ts';
import { formatBytes } from './status-table.ts';
import { controlJson, controlLines, verdictJson, verdictLines } from './verdict.ts';

export interface VerifyDirectoriesOptions {
  readonly accounts: boolean;
  readonly json: boolean;
  /** `HASH` or `SEQ:HASH`. */
  readonly expectHead: string | undefined;
}

/** Resolves to the exit status. */
export async function verifyDirectories(
  context: CliContext,
  paths: readonly string[],
  options: VerifyDirectoriesOptions,
): Promise<number> {
  const expectedHead = options.expectHead === undefined ? undefined : readHead(options.expectHead);
  const { backends, frontends, parents } = await findDirectories(paths);
  for (const { path, names } of parents) note(context, `${path}: ${names.join(', ')}`);
  await refuseTwice([...backends, ...frontends]);
  if (expectedHead !== undefined && backends.length === 0) {
    throw usageError('--expect-head asks for the directory of a backend');
  }
  const print = (json: object, lines: readonly string[]): void => {
    context.stdout.write(`${options.json ? JSON.stringify(json) : lines.join('\n')}\n`);
  };
  const verdicts: DirectoryVerdict[] = [];
  for (const path of backends) {
    const verdict = await verifyOne(context, path, {
      expectedHead, withAccounts: options.accounts, keepHashes: backends.length > 1,
    });
    print(verdictJson(verdict), verdictLines(verdict));
    if (verdict.head !== undefined) tellHead(context, verdict, options.json);
    verdicts.push({ ...verdict, accounts: [] }); // they are printed: their memory is free again
  }
  const controls: ControlVerdict[] = [];
  for (const path of frontends) {
    const verdict = await verifyControl(path);
    print(controlJson(verdict), controlLines(verdict));
    controls.push(verdict);
  }
  const { faults, notes } = compareDirectories(verdicts, controls);
  for (const sentence of faults) note(context, `error: ${oneLine(sentence)}`);
  for (const sentence of notes) note(context, oneLine(sentence));
  const isRight = faults.length === 0 && controls.every(({ ok }) => ok) &&
    verdicts.every(({ ok, head }) => ok && head?.found !== false);
  return isRight ? EXIT.done : EXIT.integrity;
}

async function verifyOne(
  context: CliContext,
  path: string,
  options: {
    readonly expectedHead: ExpectedHead | undefined;
    readonly withAccounts: boolean;
    readonly keepHashes: boolean;
  },
): Promise<DirectoryVerdict> {
  using bar = new ProgressBar({ output: context.stderr, label: path, format: formatBytes });
  const onProgress = bar.isShown
    ? (done: number, total: number, seq: number) => bar.show(done, total, `entry ${seq}`)
    : undefined;
  return await verifyDirectory(path, { ...options, onProgress });
}

/** In JSON it stands in the object. */
function tellHead(context: CliContext, { directory, head }: DirectoryVerdict, json: boolean): void {
  if (head === undefined) return;
  if (!head.found) note(context, `error: ${directory} ${head.sentence}`);
  else if (!json) context.stdout.write(`  ${head.sentence}\n`);
}

/** 64 hex digits as `bankd status --json` shows them, perhaps with the seq before. */
export function readHead(text: string): ExpectedHead {
  const match = /^(?:([1-9][0-9]{0,15}):)?([0-9a-fA-F]{64})$/.exec(text);
  const seq = match?.[1] === undefined ? undefined : Number(match[1]);
  if (match === null || (seq !== undefined && !Number.isSafeInteger(seq))) {
    throw usageError(
      `--expect-head takes 64 hex digits, or SEQ: and 64 hex digits (got ${quote(text)})`,
      '`bankd status --json` shows the head',
    );
  }
  return { hash: (match[2] ?? '').toLowerCase(), seq };
}

/** One that were compared with itself would always agree. */
async function refuseTwice(paths: readonly string[]): Promise<void> {
  const seen = new Map<string, string>();
  for (const path of paths) {
    const real = await realpath(path);
    const before = seen.get(real);
    if (before !== undefined) {
      throw usageError(`${path} is given twice${before === path ? '' : ` (as ${before}, too)`}`);
    }
    seen.set(real, path);
  }
}
