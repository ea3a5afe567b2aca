/**
 * A bank of real processes in a directory of its own, for one benchmark or soak: `bankd up`, which
 * is stopped in the end, and its directory removed. It ends with the process that started it, also
 * where that is killed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { EnvironmentError, fromErrno } from '../host/environment-error.ts';
import { leashedEnvironment } from '../host/leash.ts';
import { readReadyPort } from '../host/log.ts';
import { selfCommand } from '../host/self.ts';
import { BenchError } from './bench-error.ts';

export interface ScratchOptions {
  readonly count?: number;
  /** The directory in which it gets one of its own; default: the system's for temporary files. */
  readonly parent?: string | undefined;
  /** More flags of `bankd up`. */
  readonly flags?: readonly string[];
}

/** So many of its last lines are told where it fails. */
const LINES_KEPT = 10;

export class ScratchBank implements AsyncDisposable {
  readonly port: number;
  readonly directory: string;
  /** Of the supervisor. */
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #ended = new AbortController();

  private constructor(child: ChildProcess, directory: string, port: number) {
    this.#child = child;
    this.directory = directory;
    this.port = port;
    this.pid = child.pid ?? 0;
    const onEnded = (): void => {
      this.#ended.abort(new BenchError('unreachable', 'the bank of the benchmark has ended'));
    };
    child.once('exit', onEnded);
    if (child.exitCode !== null || child.signalCode !== null) onEnded();
  }

  /** Ready. Throws EnvironmentError. */
  static async start({ count = 3, parent, flags = [] }: ScratchOptions = {}): Promise<ScratchBank> {
    const directory = makeDirectory(resolve(parent ?? tmpdir()));
    const { file, args } = selfCommand([
      'up', '--port', '0', '--data', directory, '--count', String(count), ...flags,
    ]);
    const child = spawn(file, [...args], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'], env: leashedEnvironment(plainEnvironment()),
    });
    try {
      return new ScratchBank(child, directory, await readyPort(child));
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Aborted when it has ended, by itself or stopped. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.ended.aborted) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exited;
    }
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

function makeDirectory(parent: string): string {
  try {
    return mkdtempSync(join(parent, 'bankd-bench-'));
  } catch (error) {
    throw fromErrno(error, `make a directory in ${parent}`);
  }
}

/** What the environment says of other banks is not for this one. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith('BANKD_'));
  return Object.fromEntries(entries);
}

function readyPort(child: ChildProcess): Promise<number> {
  const { promise, resolve: ready, reject } = Promise.withResolvers<number>();
  const lines: string[] = [];
  child.stdio[3]?.on('error', () => {});
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      if (lines.length > LINES_KEPT) lines.shift();
      const port = readReadyPort('bank', line);
      if (port !== undefined) ready(port);
    });
  }
  child.once('error', reject);
  child.once('close', () => {
    const said = lines.at(-1) ?? 'it said nothing';
    reject(new EnvironmentError('io', `the bank for the benchmark did not start: ${said}`));
  });
  return promise;
}
