/** How `verify` comes to what directories hold: locked, and with damage told from hindrance. */
import { join } from 'node:path';
import { lockDirectory } from '../../host/directory-lock.ts';
import { EnvironmentError, errorCode, fromErrno, isKind } from '../../host/environment-error.ts';
import type { FileSystem } from '../../host/file-system.ts';

/** Something of another kind stands where a file or a directory must. */
const WRONG_KIND = new Set(['EISDIR', 'ENOTDIR', 'ENOENT', 'ELOOP']);

/** Runs the task while no process of the bank can have the directory open. */
export async function whileLocked<Value>(
  io: FileSystem,
  path: string,
  task: () => Promise<Value>,
): Promise<Value> {
  // Without the lock's file no process can be there; to make one would change the directory.
  const isThere = await io.exists(join(path, 'lock')).catch(() => false);
  const lock = isThere ? await lockDirectory(path) : undefined;
  try {
    return await task();
  } finally {
    lock?.release();
  }
}

/** The damage that the error tells, in words; undefined where it is none: no right, no answer. */
export function faultOf(error: unknown, path: string): string | undefined {
  if (isKind(error, 'corrupt')) return (error as Error).message;
  const cause = error instanceof EnvironmentError ? error.cause : error;
  return WRONG_KIND.has(errorCode(cause)) ? fromErrno(error, `read ${path}`).message : undefined;
}
