/** A bank of real processes in a temporary directory, for benchmarks and soaks. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '../../src/host/client.ts';
import { selfCommand } from '../../src/host/self.ts';

export interface ScratchBank extends AsyncDisposable {
  readonly port: number;
  readonly directory: string;
  /** Resident memory of each process, MiB. */
  memory(client: Client): Promise<[string, number][]>;
}

/** BANKD_BENCH_DATA names the parent of the data directory; default: the system's temporary one. */
export async function startScratchBank(flags: readonly string[] = []): Promise<ScratchBank> {
  const directory = mkdtempSync(join(process.env['BANKD_BENCH_DATA'] ?? tmpdir(), 'bankd-bench-'));
  const { file, args } = selfCommand(['up', '--port', '0', '--data', directory, ...flags]);
  const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'pipe'] });
  const port = await readyPort(child);
  return {
    port,
    directory,
    memory: async (client) => memoryOf(await client.status()),
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      rmSync(directory, { recursive: true });
    },
  };
}

function readyPort(child: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  if (child.stderr === null) throw new Error('stderr is a pipe');
  const said: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    said.push(line);
    const match = /^ready bank .*:(\d+) pid /.exec(line);
    if (match !== null) resolve(Number(match[1]));
  });
  child.once('exit', () => reject(new Error(`the bank did not start:\n${said.join('\n')}`)));
  return promise;
}

function memoryOf(status: unknown): [string, number][] {
  const { frontend, backends } = status as {
    frontend: { pid: number };
    backends: { id: number; pid: number }[];
  };
  return [
    ['frontend', residentMiB(frontend.pid)],
    ...backends.map(({ id, pid }): [string, number] => [`backend ${id}`, residentMiB(pid)]),
  ];
}

function residentMiB(pid: number): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(match?.[1] ?? NaN) / 1024);
}
