/** The changes of the history as a client is told them: those there are, then those that come. */
import { ChangeReader, type Change } from '../books/change.ts';
import { HistoryCursor } from '../core/history-cursor.ts';
import type { Position } from '../core/history-page.ts';
import type { ReadOptions } from './client-operations.ts';
import { historyPages, type AskPage } from './history-pages.ts';

export interface ChangesOptions extends ReadOptions {
  /** The first that may be told; without it, the first of all. */
  readonly from?: Position;
  /** In its place: the one before the first, such as the last that one has. */
  readonly after?: Position;
  /** Nothing behind this seq is told. */
  readonly to?: number;
  /** Goes on with what comes, unless it is false. */
  readonly follow?: boolean;
  /** Ends it quietly. */
  readonly signal?: AbortSignal;
}

/**
 * Page by page, in order, each once. Throws `BeyondHistory` where the bank has no such seq, and
 * `NoReport` where it is away for longer than the timeout.
 */
export async function* changePages(
  ask: AskPage, options: ChangesOptions & { readonly timeoutMs: number },
): AsyncGenerator<readonly Change[], void> {
  const { from = { seq: 1, index: 0 }, after, to, follow = true, timeoutMs, signal } = options;
  const first = after === undefined ? from : { seq: after.seq, index: after.index + 1 };
  const reader = new ChangeReader();
  const asked = { from: first, to, follow, timeoutMs, signal };
  for await (const { page, to: last } of historyPages(ask, asked)) {
    const changes: Change[] = [];
    for (const cursor = new HistoryCursor(page.bytes); cursor.next() && cursor.seq <= last; ) {
      const change = reader.read(cursor);
      if (change !== undefined) changes.push(change);
    }
    yield changes;
  }
}

export async function* eachChange(
  ask: AskPage, options: ChangesOptions & { readonly timeoutMs: number },
): AsyncGenerator<Change, void> {
  for await (const changes of changePages(ask, options)) yield* changes;
}
