/**
 * How bankd starts another bankd process: the same Node, the same code, in each of the three forms
 * in which it runs: a checkout (Node strips the types off `bin/bankd.ts`), an installed package
 * (the bundle `dist/bankd.js`), and the single executable, which is Node and the bundle in one.
 */
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';

declare const BANKD_BUNDLE: boolean | undefined;

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * The command of another bankd process with these arguments, for `child_process.spawn`.
 *
 * `process.argv[1]` is of no use here: in the single executable it is what the user typed (perhaps
 * a bare name or a symbolic link), and under a test runner it is the test. `process.execPath` is
 * absolute, with links resolved, everywhere. In the single executable every argument is bankd's.
 */
export function selfCommand(args: readonly string[]): Command {
  return { file: process.execPath, args: isSea() ? [...args] : [entryPoint(), ...args] };
}

function entryPoint(): string {
  const bundled = typeof BANKD_BUNDLE === 'boolean';
  return fileURLToPath(bundled ? import.meta.url : new URL('../../bin/bankd.ts', import.meta.url));
}
