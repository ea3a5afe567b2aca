/**
 * `bankd verify` of recorded histories: reads them, has them checked (verify/check-history.ts), and
 * says what came of it. Exit status 0: linearizable. 5: violated. 4: undecided, which is no pass.
 * 2: the file is no history, or contradicts itself.
 */
import { createReadStream, statSync, writeFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fromErrno } from '../host/environment-error.ts';
import { checkHistory, type HistoryVerdict } from '../verify/history/check-history.ts';
import { HistoryError, type History, type Operation } from '../verify/history/history.ts';
import { HistoryText } from '../verify/history/history-text.ts';
import { askedWords, toldWords } from '../verify/history/operation-words.ts';
import { layOut } from '../verify/history/timeline.ts';
import { timelineSvg } from '../verify/history/timeline-svg.ts';
import { timelineText } from '../verify/history/timeline-text.ts';
import { isTerminal } from './colour.ts';
import { note, type CliContext } from './context.ts';
import { EXIT } from './exit-status.ts';
import { ProgressLine } from './progress-line.ts';
import { oneLine } from './quote.ts';

export interface HistoryOptions {
  readonly json: boolean;
  readonly effort: number;
  readonly isExisting: boolean;
  /** Where the picture of a violation goes. */
  readonly picture: string | undefined;
}

/** Which of the words are histories, not directories: files, and `-`, which is stdin. */
export function isHistory(path: string): boolean {
  return path === '-' || statSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
}

/** The exit status. Throws EnvironmentError: unreadable. */
export async function verifyHistories(
  context: CliContext, paths: readonly string[], options: HistoryOptions,
): Promise<number> {
  let status: number = EXIT.done;
  for (const path of paths) {
    status = worse(status, await verifyHistory(context, path, options));
  }
  return status;
}

/** A violation is worse than a file that can't be judged, and that worse than giving up. */
function worse(one: number, other: number): number {
  const order: readonly number[] = [EXIT.done, EXIT.unknownOutcome, EXIT.usage, EXIT.integrity];
  return order[Math.max(order.indexOf(one), order.indexOf(other))] ?? EXIT.integrity;
}

async function verifyHistory(
  context: CliContext, path: string, options: HistoryOptions,
): Promise<number> {
  const { stdout, stderr } = context;
  const startedMs = performance.now();
  try {
    using progress = isTerminal(stderr) ? new ProgressLine(stderr, oneLine(path)) : undefined;
    const input = path === '-' ? context.stdin : createReadStream(path, { highWaterMark: 2 ** 20 });
    const history = await readHistory(input, (line) => progress?.show(() => `line ${line}`));
    const verdict = checkHistory(history, {
      ...options,
      onProgress: (explained, all) =>
        progress?.show(() => `${explained} of ${all} operations explained`),
    });
    const seconds = (performance.now() - startedMs) / 1_000;
    progress?.[Symbol.dispose]();
    stdout.write(`${format(path, verdict, seconds, options.json)}\n`);
    if (options.picture !== undefined) drawPicture(context, path, verdict, options.picture);
    if (!options.isExisting && verdict.findings.some(({ rule }) => rule === 'account-numbers')) {
      note(context, 'tip: --existing, where the bank was not empty before, or others used it, too');
    }
    return exitStatusOf(verdict);
  } catch (error) {
    if (!(error instanceof HistoryError)) throw fromErrno(error, `read ${path}`);
    note(context, `error: ${oneLine(`${path}: ${error.message}`)}`);
    return EXIT.usage;
  }
}

/** Throws a HistoryError, or what the stream throws. */
export async function readHistory(
  input: Readable, onProgress: (line: number) => void = () => {},
): Promise<History> {
  const text = new HistoryText();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of input) {
    const lines = `${rest}${decode(decoder, chunk as Uint8Array, text.lines + 1)}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) text.add(line);
    // Not even a line's end: no need to read on.
    if (rest.length > LONGEST) text.add(rest, false);
    onProgress(text.lines);
  }
  rest += decode(decoder, undefined, text.lines + 1);
  if (rest !== '') text.add(rest, false);
  return text.end();
}

const LONGEST = 4 * 2 ** 20;

function decode(decoder: TextDecoder, bytes: Uint8Array | undefined, line: number): string {
  try {
    if (bytes === undefined) return decoder.decode();
    return decoder.decode(typeof bytes === 'string' ? Buffer.from(bytes) : bytes, { stream: true });
  } catch {
    throw new HistoryError(line, 'at or soon after it, the file is no text');
  }
}

function exitStatusOf({ verdict }: HistoryVerdict): number {
  switch (verdict) {
    case 'linearizable':
      return EXIT.done;
    case 'violated':
      return EXIT.integrity;
    case 'undecided':
      return EXIT.unknownOutcome;
  }
}

function format(path: string, verdict: HistoryVerdict, seconds: number, json: boolean): string {
  if (json) return JSON.stringify(verdictJson(path, verdict, seconds));
  return verdictLines(path, verdict, seconds).join('\n');
}

const WORDS = {
  linearizable: 'linearizable',
  violated: 'VIOLATED',
  undecided: 'UNDECIDED: the search gave up; a higher --effort may tell',
} as const;

function verdictLines(path: string, verdict: HistoryVerdict, seconds: number): readonly string[] {
  const { operations, clients, model, findings, witness } = verdict;
  const size = `${operations} operations of ${clients} clients`;
  const picture = witness === undefined ? [] :
    ['', ...timelineText(layOut(witness.operations, witness.optional)).map(oneRow)];
  return [
    `${oneLine(path)}: ${WORDS[verdict.verdict]}`,
    `  ${model === 'bank' ? size : `${size} on a register`}, ${seconds.toFixed(1)} s`,
    ...findings.flatMap(({ rule, sentence }) =>
      oneLine(sentence).split('; ').map((part, at) => `  ${at === 0 ? `${rule}: ` : '  '}${part}`)),
    ...picture,
  ];
}

/** With its blanks, but without what a terminal would obey. */
function oneRow(line: string): string {
  return `  ${line.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')}`;
}

function verdictJson(path: string, verdict: HistoryVerdict, seconds: number): object {
  const { witness, ...rest } = verdict;
  return {
    file: path,
    ok: verdict.verdict === 'linearizable',
    ...rest,
    seconds: Number(seconds.toFixed(3)),
    ...(witness === undefined ? {} : {
      witness: {
        sentences: witness.sentences,
        operations: witness.operations.map(operationJson),
        optional: witness.optional.map(operationJson),
      },
    }),
  };
}

function operationJson(operation: Operation): object {
  const { process, invokedLine, completedLine } = operation;
  return {
    process, asked: askedWords(operation), told: toldWords(operation), invokedLine,
    completedLine: Number.isNaN(completedLine) ? null : completedLine,
  };
}

function drawPicture(
  context: CliContext, path: string, { witness }: HistoryVerdict, picture: string,
): void {
  if (witness === undefined) {
    note(context, `note: ${oneLine(path)} has no contradiction to draw`);
    return;
  }
  const timeline = layOut(witness.operations, witness.optional);
  writeFileSync(picture, timelineSvg(timeline, path, witness.sentences));
}
