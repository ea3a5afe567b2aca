/**
 * Takes a killed backend's directory away, as if its disk had been replaced.
 *
 * Keeps true: no process has the directory while it is emptied (its lock is held), and whoever
 * starts meanwhile finds all of it or nothing: it is moved away in one step. A mount point, which
 * can't be moved, is emptied in place, the identity first, without which the rest is nobody's.
 */
import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lockDirectory } from '../host/directory-lock.ts';
import { errorCode, isKind } from '../host/environment-error.ts';
import { sleep } from '../host/sleep.ts';

/** A supervisor starts a killed process again after a second: by then it must be done. */
const PATIENCE_MS = 900;
const POLL_MS = 10;

/** False where a process keeps the directory. */
export async function wipeDirectory(directory: string): Promise<boolean> {
  const endMs = performance.now() + PATIENCE_MS;
  do {
    try {
      await wipeUnlocked(directory);
      return true;
    } catch (error) {
      if (!isKind(error, 'locked')) throw error;
    }
    await sleep(POLL_MS);
  } while (performance.now() < endMs);
  return false;
}

/** Throws EnvironmentError `locked` where it is not. */
async function wipeUnlocked(directory: string): Promise<void> {
  const lock = await lockDirectory(directory);
  try {
    empty(directory);
  } finally {
    lock.release();
  }
}

function empty(directory: string): void {
  const aside = `${directory}.wiped-${process.pid}`;
  try {
    renameSync(directory, aside);
  } catch (error) {
    if (!['EBUSY', 'EACCES', 'EPERM', 'EXDEV'].includes(errorCode(error))) throw error;
    return emptyInPlace(directory);
  }
  rmSync(aside, { recursive: true });
}

function emptyInPlace(directory: string): void {
  const remove = (name: string): void => rmSync(join(directory, name), { recursive: true });
  const names = readdirSync(directory).filter((name) => name !== 'lock');
  if (names.includes('identity')) remove('identity');
  for (const name of names) if (name !== 'identity') remove(name);
}
