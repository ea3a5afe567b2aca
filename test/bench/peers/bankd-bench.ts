/** bankd itself, measured by its own `bankd bench`, on a bank that this starts and throws away. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { selfCommand } from '../../../src/host/self.ts';
import type { Figures } from './figures.ts';
import { ServerProcess } from './server-process.ts';

/** What this uses of a line of `bankd bench --json`. */
export interface BankdResult {
  readonly operationsPerSecond: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number } | null;
  readonly serversCpuSecondsPer1000: number | null;
  readonly foreignCores: number | null;
  /** Of a run with a rate: arrivals, and those that were turned away. */
  readonly offered: number | null;
  readonly busy: number;
  readonly unavailable: number;
  readonly perSecond: readonly number[];
}

export interface BankdBenchOptions {
  readonly workload: string;
  readonly seconds: number;
  readonly directory: string;
  /** More of its flags, such as `--clients`. */
  readonly flags?: readonly string[];
}

/** Throws with what it said where it did not end well: 5 is wrong books. */
export async function runBankdBench(options: BankdBenchOptions): Promise<BankdResult> {
  const { workload, seconds, directory, flags = [] } = options;
  const log = join(directory, 'log');
  rmSync(log, { force: true });
  // Only a bank of its own has its data somewhere.
  const data = flags.includes('--port') ? [] : ['--data', directory];
  const { file, args } = selfCommand([
    'bench', '--json', '--workload', workload, '--duration', `${Math.round(seconds * 1_000)}ms`,
    ...data, ...flags,
  ]);
  const bench = new ServerProcess({ file, args, log });
  const status = await bench.ended();
  const said = readFileSync(log, 'utf8');
  if (status !== 0) throw new Error(`bankd bench ended with ${status}: ${said.trim()}`);
  return parseBankdBench(said);
}

/** The line of its only workload. */
export function parseBankdBench(output: string): BankdResult {
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  const results = lines.map((line) => JSON.parse(line) as { type: string });
  const found = results.find(({ type }) => type === 'workload');
  if (found === undefined) throw new Error(`bankd bench told no workload: ${output.trim()}`);
  return found as unknown as BankdResult;
}

export function figuresOfBankd(result: BankdResult): Figures {
  const { operationsPerSecond, latencyMs, serversCpuSecondsPer1000, foreignCores } = result;
  return {
    throughput: operationsPerSecond,
    p50: latencyMs?.p50 ?? NaN,
    p99: latencyMs?.p99 ?? NaN,
    max: latencyMs?.max ?? NaN,
    cpuPer1000: serversCpuSecondsPer1000 ?? NaN,
    foreignCores: foreignCores ?? NaN,
  };
}
