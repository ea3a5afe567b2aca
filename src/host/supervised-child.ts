/**
 * One process that a supervisor keeps alive: started, heard, started again after a crash, stopped.
 *
 * A child that refused its directory or was refused says so on its leash before it ends, and is not
 * started again: it would only be refused again.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { present } from '../core/assert.ts';
import { hearChild, LEASHED_STDIO, leashedEnvironment, NO_RESTART } from './leash.ts';
import { RestartPause } from './restart-pause.ts';
import { selfCommand } from './self.ts';

/** How a process ended; `status` as a shell shows it: 128 + n where signal n killed it. */
export interface Ending {
  readonly status: number;
  /** The signal that killed it, or `status 7`. */
  readonly words: string;
  /** Milliseconds until it is started again; undefined where it is not. */
  readonly restartMs: number | undefined;
}

export interface ChildEvents {
  /** What it said on its leash: its ready line. */
  onLine(line: string): void;
  onEnded(ending: Ending): void;
}

export class SupervisedChild {
  /** For the log: `backend 2`. */
  readonly name: string;
  readonly #arguments: () => readonly string[];
  readonly #restart: boolean;
  readonly #events: ChildEvents;
  readonly #pause = new RestartPause();
  #process: ChildProcess | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #startedMs = 0;
  #refused = false;
  #stopping = false;
  #onIdle: (() => void) | undefined;

  /**
   * `makeArguments` is asked at every start: a restarted frontend keeps the port it once picked.
   */
  constructor(
    name: string,
    makeArguments: () => readonly string[],
    restart: boolean,
    events: ChildEvents,
  ) {
    this.name = name;
    this.#arguments = makeArguments;
    this.#restart = restart;
    this.#events = events;
  }

  /** Whether it runs, or is about to be started again. */
  get lives(): boolean {
    return this.#process !== undefined || this.#restartTimer !== undefined;
  }

  start(): void {
    this.#restartTimer = undefined;
    this.#refused = false;
    this.#startedMs = performance.now();
    const { file, args } = selfCommand(this.#arguments());
    const env = leashedEnvironment(process.env);
    const child = spawn(file, [...args], { stdio: LEASHED_STDIO, env });
    this.#process = child;
    hearChild(child, (line) => this.#onLine(line));
    // 'close' comes after 'exit' and the last line on the leash; a failed spawn has only 'error'.
    child.once('error', (error) => this.#onEnded(child, 7, error.message));
    child.once('close', (code, signal) => {
      if (signal === null) this.#onEnded(child, code ?? 1, `status ${code}`);
      else this.#onEnded(child, 128 + signalNumber(signal), signal);
    });
  }

  /** Asks it to end; resolves when it has. Kills it when the time is over. */
  async stop(patienceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    this.#restartTimer = undefined;
    const child = this.#process;
    if (child === undefined) return;
    const ended = new Promise<void>((resolve) => (this.#onIdle = resolve));
    // A paused process would see SIGTERM only when it is resumed.
    child.kill('SIGTERM');
    child.kill('SIGCONT');
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    await ended;
    clearTimeout(timer);
  }

  /** Ends it at once; nothing acknowledged is lost. */
  kill(): void {
    this.#process?.kill('SIGKILL');
  }

  #onLine(line: string): void {
    if (line === NO_RESTART) this.#refused = true;
    else this.#events.onLine(line);
  }

  #onEnded(child: ChildProcess, status: number, words: string): void {
    if (this.#process !== child) return;
    this.#process = undefined;
    this.#onIdle?.();
    const again = this.#restart && !this.#refused && !this.#stopping;
    const restartMs = again ? this.#pause.after(performance.now() - this.#startedMs) : undefined;
    if (restartMs !== undefined) this.#restartTimer = setTimeout(() => this.start(), restartMs);
    this.#events.onEnded({ status, words, restartMs });
  }
}

/** `backend 2 ended (SIGKILL), starts again in 1 s`. */
export function describeEnding(name: string, ending: Ending): string {
  const after =
    ending.restartMs === undefined
      ? 'is not started again'
      : `starts again in ${ending.restartMs / 1000} s`;
  return `${name} ended (${ending.words}), ${after}`;
}

function signalNumber(signal: NodeJS.Signals): number {
  return present(constants.signals[signal], `${signal} has a number`);
}
