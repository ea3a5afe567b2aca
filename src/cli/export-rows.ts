/** `bankd export postings` and `accounts`: rows on stdout, as NDJSON or as CSV. */
import { Books } from '../books/books.ts';
import { csvLine, type CsvField } from '../books/csv.ts';
import { POSTING_FIELDS, readMovement, rowsOf } from '../books/posting-rows.ts';
import { TimeText } from '../books/time-text.ts';
import { describeAccount, type Account } from '../core/described-accounts.ts';
import { HistoryCursor } from '../core/history-cursor.ts';
import type { Position } from '../core/history-page.ts';
import { FIRST_ACCOUNT } from '../core/ids.ts';
import type { Client } from '../host/client.ts';
import { BeyondHistory } from '../host/history-pages.ts';
import type { CliContext } from './context.ts';
import { EXIT, exitStatusOfSignal } from './exit-status.ts';
import { walkHistory } from './history-walk.ts';
import { ResultStream } from './result-stream.ts';

export interface RowsOptions {
  /** The first operation whose rows are wanted. */
  readonly start: Position;
  readonly to: number | undefined;
  readonly timeoutMs: number;
  readonly form: 'ndjson' | 'csv' | 'spreadsheet';
  /** Of CSV. */
  readonly hasHeader: boolean;
  readonly interrupted: AbortSignal;
}

const FIRST: Position = { seq: 1, index: 0 };
/** So many accounts are written at once. */
const ACCOUNTS_AT_ONCE = 1_000;
const ACCOUNT_FIELDS = [
  'account', 'name', 'currency', 'balance', 'held', 'available', 'floor', 'ceiling', 'frozen',
  'closed', 'version', 'createdAt', 'changedAt',
] as const satisfies readonly (keyof Account)[];

type Row<Field extends string> = { readonly [Key in Field]: CsvField };

/** The text of one row. */
function rowText<Field extends string>(
  row: Row<Field>, fields: readonly Field[], form: RowsOptions['form'],
): string {
  if (form === 'ndjson') return `${JSON.stringify(row)}\n`;
  return csvLine(fields.map((field) => row[field]), form === 'spreadsheet');
}

function headerOf(fields: readonly string[], { form, hasHeader }: RowsOptions): string {
  return form === 'ndjson' || !hasHeader ? '' : csvLine(fields, false);
}

/** Both return the exit status. What is before the start is gone through, and not written. */
export async function exportPostings(
  context: CliContext, client: Client, options: RowsOptions,
): Promise<number> {
  const { start, form, interrupted } = options;
  using results = new ResultStream(context.stdout, interrupted);
  const [books, times] = [new Books(), new TimeText()];
  let text = headerOf(POSTING_FIELDS, options);
  const walk = { ...options, from: FIRST, signal: results.ended };
  for await (const { page, to } of walkHistory(context, client, walk)) {
    if (start.seq > to + 1) throw new BeyondHistory(start.seq, to);
    for (const cursor = new HistoryCursor(page.bytes); cursor.next() && cursor.seq <= to; ) {
      if (!books.apply(cursor) || isBefore(cursor, start)) continue;
      const movement = readMovement(books, cursor);
      if (movement === undefined) continue;
      for (const row of rowsOf(movement, times)) text += rowText(row, POSTING_FIELDS, form);
    }
    if (!(await results.write(text))) break;
    text = '';
  }
  await results.write(text);
  return statusOf(interrupted);
}

/** All accounts as they are behind one entry. */
export async function exportAccounts(
  context: CliContext, client: Client, options: RowsOptions,
): Promise<number> {
  using results = new ResultStream(context.stdout, options.interrupted);
  const books = new Books();
  const walk = { ...options, from: FIRST, signal: results.ended };
  for await (const { page, to } of walkHistory(context, client, walk)) {
    for (const cursor = new HistoryCursor(page.bytes); cursor.next() && cursor.seq <= to; ) {
      books.apply(cursor);
    }
  }
  if (!results.ended.aborted) await writeAccounts(results, books, options);
  return statusOf(options.interrupted);
}

async function writeAccounts(
  results: ResultStream, { accounts, holds }: Books, options: RowsOptions,
): Promise<void> {
  let text = headerOf(ACCOUNT_FIELDS, options);
  const end = FIRST_ACCOUNT + accounts.count;
  for (let account = FIRST_ACCOUNT; account < end; account += 1) {
    const details = { ...accounts.details(account), held: holds.heldOf(account) };
    const row = describeAccount(details, details.name);
    text += rowText(row, ACCOUNT_FIELDS, options.form);
    if (account % ACCOUNTS_AT_ONCE !== 0) continue;
    if (!(await results.write(text))) return;
    text = '';
  }
  await results.write(text);
}

function isBefore({ seq, index }: Position, start: Position): boolean {
  return seq < start.seq || (seq === start.seq && index < start.index);
}

/** Who interrupts an export has a part of it. */
function statusOf({ aborted, reason }: AbortSignal): number {
  return aborted && typeof reason === 'number' ? exitStatusOfSignal(reason) : EXIT.done;
}
