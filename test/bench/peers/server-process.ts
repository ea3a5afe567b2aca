/**
 * Server processes of the peers: started in groups of their own, so that Ctrl-C reaches only the
 * harness, which then ends them in order; none outlives it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

export interface ServerOptions {
  readonly file: string;
  readonly args: readonly string[];
  /** Its output goes here, and is quoted where it does not start. */
  readonly log: string;
  readonly cwd?: string;
  readonly user?: User | undefined;
  /** What it is asked to end with. */
  readonly stopSignal?: NodeJS.Signals;
}

/** Whom a server runs as that refuses to run as root. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

const STOP_WAIT_MS = 10_000;
const running = new Set<ServerProcess>();
let isStopping = false;

export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #options: ServerOptions;

  constructor(options: ServerOptions) {
    if (isStopping) throw new Error('no more is started: the harness ends');
    this.#options = options;
    const { file, args, cwd, user } = options;
    const log = openSync(options.log, 'a');
    this.#child = spawn(file, args, {
      stdio: ['ignore', log, log], detached: true, ...user, ...(cwd === undefined ? {} : { cwd }),
    });
    closeSync(log);
    this.#child.on('error', () => running.delete(this));
    running.add(this);
  }

  get pid(): number {
    return this.#child.pid ?? NaN;
  }

  /** Asks until `isReady` no longer throws; an error with the log's end where the server ended. */
  async ready(isReady: () => Promise<unknown>, waitMs = 30_000): Promise<void> {
    const untilMs = performance.now() + waitMs;
    for (;;) {
      try {
        await isReady();
        return;
      } catch (error) {
        if (this.#hasEnded() || performance.now() > untilMs) {
          const log = readFileSync(this.#options.log, 'utf8').trimEnd().split('\n').slice(-12);
          const how = `${this.#options.file} did not start: ${String(error)}`;
          throw new Error(`${how}\n  ${log.join('\n  ')}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  /** Waits for its end; its exit status, or the signal that ended it. */
  async ended(): Promise<number | string> {
    if (!this.#hasEnded()) await once(this.#child, 'exit');
    running.delete(this);
    return this.#child.exitCode ?? this.#child.signalCode ?? 'not started';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    running.delete(this);
    if (this.#hasEnded()) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill(this.#options.stopSignal ?? 'SIGTERM');
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_WAIT_MS);
    await ended;
    clearTimeout(killer);
  }

  #hasEnded(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return pid === undefined || exitCode !== null || signalCode !== null;
  }
}

/** Ends all of them, as on Ctrl-C; none is started any more. */
export async function stopServers(): Promise<void> {
  isStopping = true;
  await Promise.all([...running].map((server) => server[Symbol.asyncDispose]()));
}
