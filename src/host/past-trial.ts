/**
 * The trial balance of a moment of the past: the history is gone through from its beginning, on the
 * client's side, and every account that it makes is looked at.
 */
import { Books } from '../books/books.ts';
import { describeTrial } from '../core/described-accounts.ts';
import { HistoryCursor } from '../core/history-cursor.ts';
import type { Seq } from '../core/ids.ts';
import type { Moment } from '../core/moment.ts';
import type { TrialBalance } from './account-reports.ts';
import { historyPages, type AskPage } from './history-pages.ts';

/** Of so many seqs so many are done. */
export type OnProgress = (seq: number, lastSeq: number) => void;

export interface PastOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * At a time behind the last entry it is that of now. Throws `BeyondHistory` for a seq behind it;
 * `NoReport`.
 */
export async function trialAt(
  ask: AskPage, at: Moment, options: PastOptions,
): Promise<TrialBalance> {
  const books = await booksAt(ask, at, options);
  return { seq: books.seq as Seq, currencies: describeTrial(books.accounts, books.system) };
}

/** The books as they were then. */
export async function booksAt(
  ask: AskPage, at: Moment, { timeoutMs, signal, onProgress }: PastOptions,
): Promise<Books> {
  const books = new Books();
  const [to, until] = 'seq' in at ? [at.seq, Infinity] : [undefined, at.time];
  const asked = { from: { seq: 1, index: 0 }, to, follow: false, timeoutMs, signal };
  for await (const { page, to: last } of historyPages(ask, asked)) {
    for (const cursor = new HistoryCursor(page.bytes); cursor.next(); ) {
      if (cursor.seq > last || cursor.timestamp > until) return books;
      books.apply(cursor);
    }
    onProgress?.(books.seq, Math.min(last, page.lastSeq));
  }
  return books;
}
