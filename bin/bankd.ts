/**
 * Starts bankd: one call of main(). In a checkout, what Node makes of the `.ts` files is kept below
 * node_modules, so that later processes start in half the time; hence the late import. The variable
 * hands the cache to the processes that this one starts.
 *
 * An empty cache is filled by a process of its own, which ends: one that strips types itself keeps
 * 30 MB for that, and each server would.
 */
import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { fileURLToPath } from 'node:url';

declare const BANKD_BUNDLE: boolean | undefined;

if (typeof BANKD_BUNDLE === 'undefined' && import.meta.main) {
  const cache = fileURLToPath(new URL('../node_modules/.cache/bankd', import.meta.url));
  enableCompileCache((process.env['NODE_COMPILE_CACHE'] ??= cache));
  if (await isToBeFilled(getCompileCacheDir())) {
    const { spawnSync } = await import('node:child_process');
    const filler = fileURLToPath(new URL('fill-cache.ts', import.meta.url));
    spawnSync(process.execPath, [filler], { stdio: 'ignore' });
  }
}
// Not where it is only loaded to fill the cache.
if (typeof BANKD_BUNDLE !== 'undefined' || import.meta.main) {
  const { main } = await import('../src/cli/main.ts');
  process.exitCode = await main(process.argv.slice(2));
}

/** One that can't be read or written never is: it would stay empty, and each process would try. */
async function isToBeFilled(directory: string | undefined): Promise<boolean> {
  if (directory === undefined) return false;
  const { accessSync, constants, readdirSync } = await import('node:fs');
  try {
    accessSync(directory, constants.W_OK);
    return readdirSync(directory).length === 0;
  } catch {
    return false;
  }
}
