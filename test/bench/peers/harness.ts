/**
 * What the benchmark's programs have in common: a directory for everything that they start, and an
 * end that leaves neither files nor processes behind, on Ctrl-C and after an error as well.
 */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stopServers } from './server-process.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs it with a directory of its own, and ends the process with the status that it returns.
 * BANKD_BENCH_DATA names the parent of the directory; default: the system's temporary one.
 */
export async function runHarness(run: (directory: string) => Promise<number>): Promise<never> {
  const directory = mkdtempSync(join(process.env['BANKD_BENCH_DATA'] ?? tmpdir(), 'bankd-peers-'));
  // Servers that refuse root have to get at their directories in it.
  chmodSync(directory, 0o755);
  const { promise: interrupted, resolve: interrupt, reject } = Promise.withResolvers<number>();
  for (const signal of SIGNALS) process.once(signal, () => interrupt(130));
  process.once('uncaughtException', reject);
  let status = 1;
  try {
    status = await Promise.race([run(directory), interrupted]);
  } catch (error) {
    console.error(error);
  }
  await stopServers();
  // What was just ended may still be writing.
  rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  process.exit(status);
}

/** What one turn left in the page cache is on the disk before the next one is measured. */
export async function settleDisk(): Promise<void> {
  await promisify(execFile)('sync');
}

export function note(words: string): void {
  console.error(words);
}
