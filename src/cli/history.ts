/**
 * The prompt's history, kept from session to session in the user's state directory (XDG Base
 * Directory Specification). Readable by its user only; that it can't be kept hinders nobody.
 */
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import type { Environment } from './colour.ts';

export const HISTORY_LINES_MAX = 1_000;
/** The file is cut back to the newest lines when it has grown to so many. */
const FILE_LINES_MAX = 2 * HISTORY_LINES_MAX;
const MODE = 0o600;

export function historyPath(env: Environment): string {
  const state = env['XDG_STATE_HOME'];
  const isUsable = state !== undefined && isAbsolute(state);
  const base = isUsable ? state : join(env['HOME'] ?? homedir(), '.local/state');
  return join(base, 'bankd', 'history');
}

export class History {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Newest first, as readline wants it. */
  load(): string[] {
    return attempt(() => {
      const lines = readFileSync(this.#path, 'utf8').split('\n').filter((line) => line !== '');
      const newest = lines.slice(-HISTORY_LINES_MAX);
      if (lines.length > FILE_LINES_MAX) {
        writeFileSync(this.#path, `${newest.join('\n')}\n`, { mode: MODE });
      }
      return newest.reverse();
    }) ?? [];
  }

  add(line: string): void {
    if (line.trim() === '') return;
    attempt(() => {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      appendFileSync(this.#path, `${line}\n`, { mode: MODE });
      chmodSync(this.#path, MODE);
    });
  }
}

function attempt<Value>(action: () => Value): Value | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
