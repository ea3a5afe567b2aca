/**
 * Which bankd this is. The build puts both values into the bundle; a checkout reads them from its
 * own files, without a child process.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

declare const BANKD_VERSION: string | undefined;
declare const BANKD_COMMIT: string | undefined;

const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** The version in package.json, for example `0.1.0`. */
export const version: string =
  typeof BANKD_VERSION === 'string' ? BANKD_VERSION : packageVersion(checkout);

/** The first seven digits of the git commit; `unknown` outside of git. */
export const commit: string = typeof BANKD_COMMIT === 'string' ? BANKD_COMMIT : commitOf(checkout);

function packageVersion(directory: string): string {
  const { version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  return version;
}

/** The commit that is checked out in a directory, also in a linked worktree. */
export function commitOf(directory: string): string {
  const head = headOf(directory);
  return head !== undefined && /^[0-9a-f]{40,64}$/.test(head) ? head.slice(0, 7) : 'unknown';
}

function headOf(directory: string): string | undefined {
  const git = gitDirectory(directory);
  const head = git && readLine(join(git, 'HEAD'));
  const ref = head && /^ref: (.+)$/.exec(head)?.[1];
  if (!git || !ref) return head;
  // A linked worktree has a HEAD of its own; its branches are in the main repository.
  const common = resolve(git, readLine(join(git, 'commondir')) ?? '.');
  return readLine(join(common, ref)) ?? packedRef(join(common, 'packed-refs'), ref);
}

function gitDirectory(directory: string): string | undefined {
  const path = join(directory, '.git');
  if (!existsSync(path)) return undefined;
  const pointer = readLine(path);
  const target = pointer && /^gitdir: (.+)$/.exec(pointer)?.[1];
  return target ? resolve(dirname(path), target) : path;
}

function packedRef(path: string, ref: string): string | undefined {
  const line = read(path)
    ?.split('\n')
    .find((line) => line.endsWith(` ${ref}`));
  return line?.split(' ')[0];
}

function readLine(path: string): string | undefined {
  return read(path)?.split('\n')[0]?.trim();
}

/** A file's text; undefined where it cannot be read, since a missing commit hinders nobody. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
