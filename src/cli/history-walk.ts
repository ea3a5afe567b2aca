/** Goes through the history for an export, and shows how far it has come. */
import type { Position } from '../core/history-page.ts';
import type { Client } from '../host/client.ts';
import { historyPages, type AskPage, type Stretch } from '../host/history-pages.ts';
import { ProgressBar } from './progress-bar.ts';
import type { CliContext } from './context.ts';

export interface Walk {
  readonly from: Position;
  /** The last seq; without it, the newest. */
  readonly to: number | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Page by page, to the end as it is when it begins. */
export async function* walkHistory(
  { stderr }: CliContext, client: Client, { from, to, timeoutMs, signal }: Walk,
): AsyncGenerator<Stretch, void> {
  const ask: AskPage = (position, pageMs) => client.history(position, { timeoutMs: pageMs });
  const format = (entries: number): string => `${Math.round(entries)} entries`;
  using bar = new ProgressBar({ output: stderr, label: 'export', format });
  for await (const stretch of historyPages(ask, { from, to, follow: false, timeoutMs, signal })) {
    yield stretch;
    const done = Math.min(stretch.page.next.seq - 1, stretch.to) - from.seq + 1;
    bar.show(done, stretch.to - from.seq + 1);
  }
}
