/**
 * One process at a time on a directory: an exclusive lock on the file `lock` in it.
 *
 * Keeps true: the kernel lets go of it when the process ends, however it ends, and not before: a
 * paused process keeps it. (Node has no file locks of its own; SQLite's are fcntl locks. Nothing is
 * stored.)
 */
import { EnvironmentError } from './environment-error.ts';
import type { DirectoryLock } from './ports.ts';

/** SQLite's result codes. */
const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_CANTOPEN = 14;

/** Takes the lock or throws EnvironmentError `locked`; never waits. */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const { DatabaseSync } = await import('node:sqlite');
  let database: InstanceType<typeof DatabaseSync> | undefined;
  try {
    database = new DatabaseSync(`${directory}/lock`, { timeout: 0 });
    database.exec('PRAGMA journal_mode=MEMORY; PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    throw lockError(error, directory);
  }
  const held = database;
  return { release: () => held.close() };
}

function lockError(error: unknown, directory: string): EnvironmentError {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  switch (code) {
    case SQLITE_BUSY:
      return new EnvironmentError('locked', `${directory} is in use by another process`, error);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return new EnvironmentError('permission', `cannot write in ${directory}`, error);
    default: {
      const detail = error instanceof Error ? error.message : String(error);
      return new EnvironmentError('io', `cannot lock ${directory}: ${detail}`, error);
    }
  }
}
