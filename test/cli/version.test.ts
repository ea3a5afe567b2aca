import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { commit, commitOf, version } from '../../src/cli/version.ts';

const author = ['-c', 'user.name=test', '-c', 'user.email=test@localhost'];

function git(directory: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd: directory, encoding: 'utf8' }).trim();
}

t.test('version: a checkout: the version of package.json, the commit of git', async (t) => {
  t.match(version, /^\d+\.\d+\.\d+$/);
  t.match(commit, /^([0-9a-f]{7}|unknown)$/);
});

t.test('commit: every form that git keeps a head in: what git says itself', async (t) => {
  const main = join(t.testdir({ main: {} }), 'main');
  git(main, 'init', '--quiet', '--initial-branch', 'feature/main');
  t.equal(commitOf(main), 'unknown', 'no commit yet');
  git(main, ...author, 'commit', '--quiet', '--allow-empty', '--message', 'one');
  const expected = git(main, 'rev-parse', 'HEAD').slice(0, 7);
  t.equal(commitOf(main), expected, 'a branch');
  git(main, 'worktree', 'add', '--quiet', '../linked');
  t.equal(commitOf(join(main, '..', 'linked')), expected, 'a linked worktree');
  git(main, 'pack-refs', '--all');
  t.equal(commitOf(main), expected, 'packed refs');
  t.equal(commitOf(join(main, '..', 'linked')), expected, 'a linked worktree, packed refs');
  git(main, 'checkout', '--quiet', '--detach');
  t.equal(commitOf(main), expected, 'a detached head');
});

t.test('commit: no repository, or a broken one: unknown', async (t) => {
  const directory = t.testdir();
  t.equal(commitOf(directory), 'unknown', 'no repository');
  mkdirSync(join(directory, '.git'));
  t.equal(commitOf(directory), 'unknown', 'no head');
  writeFileSync(join(directory, '.git', 'HEAD'), 'rubbish\n');
  t.equal(commitOf(directory), 'unknown', 'a head that is none');
});
