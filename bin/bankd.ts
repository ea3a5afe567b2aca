/**
 * Starts bankd: one call of main(). In a checkout, what Node makes of the `.ts` files is kept below
 * node_modules, so that later processes start in half the time; hence the late import. The variable
 * hands the cache to the processes that this one starts.
 */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

declare const BANKD_BUNDLE: boolean | undefined;

if (typeof BANKD_BUNDLE === 'undefined') {
  const cache = fileURLToPath(new URL('../node_modules/.cache/bankd', import.meta.url));
  enableCompileCache((process.env['NODE_COMPILE_CACHE'] ??= cache));
}
const { main } = await import('../src/cli/main.ts');
process.exitCode = await main(process.argv.slice(2));
