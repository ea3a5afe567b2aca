/**
 * `bankd verify DIRECTORY…`: each directory by itself, then compared with each other and with the
 * control record, and with a head that was noted before.
 */
import { realpath } from 'node:fs/promises';
import { compareDirectories, type Comparison } from '../verify/directory/compare-directories.ts';
import { verifyControl, type ControlVerdict } from '../verify/directory/control.ts';
import {
  verifyDirectory, type DirectoryVerdict, type VerifyOptions,
} from '../verify/directory/directory.ts';
import type { ExpectedHead } from '../verify/directory/expected-head.ts';
import { findDirectories } from '../verify/directory/find-directories.ts';
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

/** Resolves to the exit status. Throws CliError and EnvironmentError. */
export async function verifyDirectories(
  context: CliContext,
  paths: readonly string[],
  options: VerifyDirectoriesOptions,
): Promise<number> {
  const expectedHead = options.expectHead === undefined ? undefined : readHead(options.expectHead);
  const { backends, frontends, parents } = await findDirectories(paths);
  for (const { path, names } of parents) note(context, oneLine(`${path}: ${names.join(', ')}`));
  await refuseTwice([...backends, ...frontends]);
  if (expectedHead !== undefined && backends.length === 0) {
    throw usageError('--expect-head asks for the directory of a backend');
  }
  const report = new Report(context, options.json);
  const verdicts: DirectoryVerdict[] = [];
  for (const path of backends) {
    const { accounts, ...verdict } = await verifyOne(context, path, {
      expectedHead, withAccounts: options.accounts, keepHashes: backends.length > 1,
    });
    report.tellBackend({ ...verdict, ...(accounts && { accounts }) });
    verdicts.push(verdict); // without the accounts, which would take most of the memory
  }
  const controls: ControlVerdict[] = [];
  for (const path of frontends) controls.push(report.tellFrontend(await verifyControl(path)));
  report.tellComparison(compareDirectories(verdicts, controls));
  return report.isRight ? EXIT.done : EXIT.integrity;
}

/** Results go to stdout, one JSON object a directory or lines for people; what is wrong to both. */
class Report {
  readonly #context: CliContext;
  readonly #json: boolean;
  #isRight = true;

  constructor(context: CliContext, json: boolean) {
    this.#context = context;
    this.#json = json;
  }

  /** Whether nothing was wrong so far. */
  get isRight(): boolean {
    return this.#isRight;
  }

  tellBackend(verdict: DirectoryVerdict): void {
    const { directory, ok, head } = verdict;
    this.#print(verdictJson(verdict), verdictLines(verdict));
    this.#isRight &&= ok;
    if (head?.found === true) this.#say(`${directory} ${head.sentence}`);
    if (head?.found === false) this.#complain(`${directory} ${head.sentence}`);
  }

  tellFrontend(verdict: ControlVerdict): ControlVerdict {
    this.#print(controlJson(verdict), controlLines(verdict));
    this.#isRight &&= verdict.ok;
    return verdict;
  }

  tellComparison({ faults, notes }: Comparison): void {
    for (const sentence of faults) this.#complain(sentence);
    for (const sentence of notes) this.#say(sentence);
  }

  #print(json: object, lines: readonly string[]): void {
    this.#context.stdout.write(`${this.#json ? JSON.stringify(json) : lines.join('\n')}\n`);
  }

  /** A result for people; among JSON objects it has no place. */
  #say(sentence: string): void {
    if (this.#json) note(this.#context, oneLine(sentence));
    else this.#context.stdout.write(`${oneLine(sentence)}\n`);
  }

  #complain(sentence: string): void {
    this.#isRight = false;
    note(this.#context, `error: ${oneLine(sentence)}`);
  }
}

async function verifyOne(
  context: CliContext,
  path: string,
  options: VerifyOptions,
): Promise<DirectoryVerdict> {
  using bar = new ProgressBar({ output: context.stderr, label: path, format: formatBytes });
  const onProgress = bar.isShown
    ? (done: number, total: number, seq: number) => bar.show(done, total, `entry ${seq}`)
    : undefined;
  return await verifyDirectory(path, { ...options, onProgress });
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
