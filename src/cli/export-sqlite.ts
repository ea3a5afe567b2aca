/** `bankd export --sqlite FILE`: the books in a file for plain SQL, from where it ended on. */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SqliteBooks, UnfitFile } from '../books/sqlite-books.ts';
import { HistoryCursor } from '../core/history-cursor.ts';
import type { Client } from '../host/client.ts';
import { EnvironmentError, type EnvironmentKind } from '../host/environment-error.ts';
import { fetchStatus } from '../host/fetch-status.ts';
import { Unreachable } from '../host/unreachable.ts';
import { usageError } from './cli-error.ts';
import { note, type CliContext } from './context.ts';
import { EXIT, exitStatusOfSignal } from './exit-status.ts';
import { walkHistory } from './history-walk.ts';

/** A transaction has at least so many operations, but for the last. */
const TRANSACTION_OPERATIONS = 50_000;

export interface SqliteOptions {
  readonly path: string;
  readonly to: number | undefined;
  readonly timeoutMs: number;
  readonly interrupted: AbortSignal;
}

/** Resolves to the exit status. */
export async function exportSqlite(
  context: CliContext, client: Client, options: SqliteOptions,
): Promise<number> {
  const status = await fetchStatus(client);
  if (status === undefined) throw new Unreachable('no-connection', 'the frontend did not answer');
  try {
    using database = new DatabaseSync(options.path);
    const file = new SqliteBooks(database, status.cluster);
    const { to, path, interrupted } = options;
    if (to !== undefined && to < file.seq) {
      throw usageError(`--to ${to} is behind: ${path} is at seq ${file.seq} already`);
    }
    const before = file.seq;
    await write(context, client, file, options);
    if (interrupted.aborted) return exitStatusOfSignal(Number(interrupted.reason));
    file.finish();
    const news = file.seq > before ? `seq ${before + 1} to ${file.seq}` : 'nothing is new';
    note(context, `${path} is at seq ${file.seq}: ${news}`);
    return EXIT.done;
  } catch (error) {
    throw describe(error, options.path);
  }
}

/** In transactions that end with an entry. */
async function write(
  context: CliContext, client: Client, file: SqliteBooks,
  { to, timeoutMs, interrupted: signal }: SqliteOptions,
): Promise<void> {
  const from = { seq: file.seq + 1, index: 0 };
  let operations = 0;
  let seq = file.seq;
  file.begin();
  const walk = { from, to, timeoutMs, signal };
  for await (const { page, to: last } of walkHistory(context, client, walk)) {
    for (const cursor = new HistoryCursor(page.bytes); cursor.next() && cursor.seq <= last; ) {
      file.add(cursor);
      operations += 1;
    }
    const isWhole = page.next.index === 0 || page.next.seq > last;
    if (isWhole) seq = Math.min(page.next.seq - 1, last);
    if (!isWhole || operations < TRANSACTION_OPERATIONS) continue;
    file.commit(seq);
    file.begin();
    operations = 0;
  }
  if (!signal.aborted) file.commit(seq);
}

const SQLITE_KINDS: Readonly<Record<number, readonly [kind: EnvironmentKind, what: string]>> = {
  5: ['locked', 'another process writes to it'],
  8: ['permission', 'it can not be written'],
  10: ['io', 'reading or writing failed'],
  11: ['corrupt', 'it is damaged'],
  13: ['disk-full', 'the disk is full'],
  14: ['io', 'it can not be opened'],
  23: ['permission', 'it can not be written'],
  26: ['foreign', 'it is no database'],
};
const PRIMARY_CODE = 0xff;
const CANNOT_OPEN = 14;

function describe(error: unknown, path: string): unknown {
  if (error instanceof UnfitFile) {
    return new EnvironmentError('foreign', `${path} does not fit: ${error.message}`, error);
  }
  if (!(error instanceof Error) || !('errcode' in error)) return error;
  const code = Number(error.errcode) & PRIMARY_CODE;
  const [kind, known] = SQLITE_KINDS[code] ?? ['io', error.message];
  const what = code === CANNOT_OPEN ? whyNotOpened(path) ?? known : known;
  return new EnvironmentError(kind, `cannot write ${path}: ${what}`, error);
}

/** SQLite does not say; undefined where it is not plain to see either. */
function whyNotOpened(path: string): string | undefined {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return 'it is a directory';
  try {
    accessSync(dirname(path), constants.W_OK);
    return undefined;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return isMissing ? 'its directory does not exist' : 'its directory can not be written';
  }
}
