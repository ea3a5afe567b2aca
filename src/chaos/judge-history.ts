/** The checker of histories, asked about the history of a run. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { checkHistory, type HistoryVerdict } from '../verify/history/check-history.ts';
import { HistoryError, type History } from '../verify/history/history.ts';
import { HistoryText } from '../verify/history/history-text.ts';
import { layOut } from '../verify/history/timeline.ts';
import { timelineText } from '../verify/history/timeline-text.ts';
import type { Judgement } from './run-verdict.ts';

/** A file that is no history proves nothing, which is told as such. */
export async function judgeHistoryFile(path: string): Promise<Judgement> {
  try {
    // The bank may hold accounts of others, and others may create more meanwhile.
    const verdict = checkHistory(await readHistory(path), { isExisting: true });
    return { verdict: verdict.verdict, lines: linesOf(verdict) };
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    return { verdict: 'undecided', lines: [error.message] };
  }
}

async function readHistory(path: string): Promise<History> {
  const text = new HistoryText();
  for await (const line of createInterface({ input: createReadStream(path) })) text.add(line);
  return text.end();
}

function linesOf(verdict: HistoryVerdict): readonly string[] {
  const { operations, clients, findings, witness, effort } = verdict;
  const count = `${operations} operations of ${clients} processes`;
  switch (verdict.verdict) {
    case 'linearizable':
      return [`${count}: one order explains every answer`];
    case 'undecided':
      return [`${count}: no verdict after ${effort} steps of the search`];
    case 'violated':
      return [
        ...findings.map(({ sentence, lines }) => `${sentence}${placeOf(lines)}`),
        ...(witness === undefined
          ? [] : timelineText(layOut(witness.operations, witness.optional))),
      ];
  }
}

function placeOf(lines: readonly number[]): string {
  return lines.length === 0 ? '' : ` (line ${lines.join(', ')})`;
}
