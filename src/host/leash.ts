/**
 * The tie between a supervisor and the processes that it started: a pair of connected sockets.
 *
 * The kernel closes the supervisor's end however it dies, SIGKILL included, so that its children
 * see the end of the stream and end too (within 1 s: interface.md). The other way, a child tells
 * what the supervisor must know (that it is ready, that a restart is of no use), one line each.
 */
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';

const LEASH_FD = 3;
const LEASH_VARIABLE = 'BANKD_LEASH';

/** What a child says before it ends, where starting it again would meet the same refusal. */
export const NO_RESTART = 'no-restart';

/**
 * How a child is spawned on a leash: stderr is the supervisor's own; stdout is for answers only.
 */
export const LEASHED_STDIO: StdioOptions = ['ignore', 'ignore', 'inherit', 'pipe'];

export function leashedEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...environment, [LEASH_VARIABLE]: String(LEASH_FD) };
}

/** The supervisor's end: calls `onLine` for each line that the child says. */
export function hearChild(child: ChildProcess, onLine: (line: string) => void): void {
  const stream = child.stdio[LEASH_FD] as Duplex | null | undefined;
  if (stream === null || stream === undefined) return;
  stream.on('error', () => {});
  createInterface({ input: stream }).on('line', onLine);
}

/** The child's end. */
export class Leash {
  readonly #socket: Socket;

  private constructor() {
    this.#socket = new Socket({ fd: LEASH_FD });
    this.#socket.on('error', () => {});
    this.#socket.unref();
  }

  static #held: Leash | undefined;

  /** The leash of this process; undefined where no supervisor started it. */
  static own(): Leash | undefined {
    if (process.env[LEASH_VARIABLE] === String(LEASH_FD)) {
      // Not handed on: descriptor 3 means something else in whatever this process starts.
      delete process.env[LEASH_VARIABLE];
      Leash.#held = new Leash();
    }
    return Leash.#held;
  }

  /** Calls `onGone` when the supervisor is gone. */
  watch(onGone: () => void): void {
    this.#socket.once('close', onGone);
    this.#socket.resume();
  }

  /** Written at once: the process may end right after. */
  say(line: string): void {
    try {
      writeSync(LEASH_FD, `${line}\n`);
    } catch {
      // The supervisor is gone: `watch` tells.
    }
  }
}
