/** The compile cache of a checkout: who fills it, and that a bank's processes live on it. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startBankd, temporaryDirectory } from '../support/bank.ts';

/** One for each module. */
function cachedModules(cache: string): string[] {
  if (!existsSync(cache)) return [];
  const entries = readdirSync(cache, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name).sort();
}

/** What is cached when a bank is ready, and when it has ended; Node writes at a process's end. */
async function runBank(t: Test, cache: string): Promise<{ ready: string[], ended: string[] }> {
  const args = ['up', '--port', '0', '--data', temporaryDirectory(t)];
  const env = { NODE_COMPILE_CACHE: cache };
  const up = startBankd(t, args, { checkout: true, env });
  await up.line(/^ready bank /);
  const ready = cachedModules(cache);
  t.equal((await up.terminate()).code, 0);
  return { ready, ended: cachedModules(cache) };
}

t.test('compile cache: empty: filled before the bank, whose processes add nothing', async (t) => {
  const cache = join(temporaryDirectory(t), 'cache');
  const { ready, ended } = await runBank(t, cache);
  t.ok(ready.length > 100, `${ready.length} modules`);
  t.same(ended, ready);
});

t.test('compile cache: not writable: a bank does without it', async (t) => {
  const cache = '/dev/null/cache';
  t.same(await runBank(t, cache), { ready: [], ended: [] });
});

const isRoot = process.getuid?.() === 0;

t.test('compile cache: not readable: bankd does without it', {
  skip: isRoot ? 'root may read everything' : false,
}, async (t) => {
  const env = { ...process.env, NODE_COMPILE_CACHE: join(temporaryDirectory(t), 'cache') };
  const print = "process.stdout.write(require('node:module').getCompileCacheDir())";
  const directory = execFileSync(process.execPath, ['-e', print], { env, encoding: 'utf8' });
  chmodSync(directory, 0o300);
  t.teardown(() => chmodSync(directory, 0o700));
  const { code } = await startBankd(t, ['--version'], { checkout: true, env }).exited;
  t.equal(code, 0);
});
