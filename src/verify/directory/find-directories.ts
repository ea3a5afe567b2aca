/**
 * Which directories are meant: a backend's or a frontend's own, or the parent of a bank's, which
 * means all of its `backend-*` and its `frontend`.
 */
import { join } from 'node:path';
import { EnvironmentError, errorCode, fromErrno } from '../../host/environment-error.ts';
import type { FileSystem } from '../../host/file-system.ts';
import { nodeFileSystem } from '../../host/node-file-system.ts';

export interface FoundDirectories {
  readonly backends: readonly string[];
  readonly frontends: readonly string[];
  /** The paths that stand for several, each with the names of these. */
  readonly parents: readonly { readonly path: string; readonly names: readonly string[] }[];
}

const BACKEND = /^backend-(\d+)$/;
const OF_BACKEND = ['identity', 'journal', 'checkpoint'];

/** Throws EnvironmentError where a path is none of them. */
export async function findDirectories(
  paths: readonly string[],
  io: FileSystem = nodeFileSystem,
): Promise<FoundDirectories> {
  const backends: string[] = [];
  const frontends: string[] = [];
  const parents: { path: string; names: readonly string[] }[] = [];
  for (const path of paths) {
    const names = await list(io, path);
    if (OF_BACKEND.some((name) => names.includes(name))) backends.push(path);
    else if (names.includes('control')) frontends.push(path);
    else {
      const children = childrenOf(names);
      if (children.length === 0) throw stranger(path, names);
      parents.push({ path, names: children });
      for (const name of children) {
        (BACKEND.test(name) ? backends : frontends).push(join(path, name));
      }
    }
  }
  return { backends, frontends, parents };
}

async function list(io: FileSystem, path: string): Promise<readonly string[]> {
  try {
    return await io.list(path);
  } catch (error) {
    switch (errorCode(error)) {
      case 'ENOENT':
        throw new EnvironmentError('missing', `${path} does not exist`, error);
      case 'ENOTDIR':
        throw new EnvironmentError('missing', `${path} is a file, not a directory`, error);
      default:
        throw fromErrno(error, `read the directory ${path}`);
    }
  }
}

/** A bank's directories among these names, in the order of their numbers. */
function childrenOf(names: readonly string[]): readonly string[] {
  const numberOf = (name: string) => Number(BACKEND.exec(name)?.[1] ?? Infinity);
  const children = names.filter((name) => BACKEND.test(name) || name === 'frontend');
  return children.toSorted((one, other) => numberOf(one) - numberOf(other));
}

function stranger(path: string, names: readonly string[]): EnvironmentError {
  const isEmpty = names.every((name) => name === 'lock');
  const what = isEmpty ? 'is empty: nothing was ever kept in it'
    : 'is not the directory of a backend, of a frontend, or of a bank';
  return new EnvironmentError('missing', `${path} ${what}`);
}
