/**
 * One real bankd process under test: its lines on stderr, signals, and how it ended.
 *
 * It hangs on a leash of the test's own, so that nothing outlives a test runner that is killed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { leashedEnvironment } from '../../src/host/leash.ts';
import { selfCommand, type Command } from '../../src/host/self.ts';

/**
 * What to test instead of this checkout: the bundle, which starts in a third of the time (as
 * `npm test` does), or the single executable: `BANKD_TEST_BINARY=dist/bankd npx tap test/process`.
 */
const BINARY = process.env['BANKD_TEST_BINARY'];
const WAIT_MS = 15_000;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartOptions {
  /** Whether it ends with the test's process; a supervisor under test gets Ctrl-C, so it is not. */
  readonly leashed?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads on stdin; undefined: nobody is there, as with /dev/null. */
  readonly input?: string;
  /** A command that runs it: `['strace', …]`. */
  readonly wrapper?: readonly string[];
  /** This checkout, whatever is to be tested besides. */
  readonly checkout?: boolean;
}

export class BankdProcess {
  readonly exited: Promise<Exit>;
  /** Lines on stderr so far. */
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  #stdout = '';
  #exit: Exit | undefined;
  readonly #watchers = new Set<() => void>();

  constructor(args: readonly string[], options: StartOptions = {}) {
    const { leashed = true, env = {}, input, wrapper = [], checkout = false } = options;
    const { file: own, args: rest } = checkout ? selfCommand(args) : testedCommand(args);
    const [first = own, ...others] = [...wrapper, own, ...rest];
    const { file, args: all } = asUsersRunIt({ file: first, args: others }, env['NODE_OPTIONS']);
    const environment = { ...process.env, ...env };
    delete environment['BANKD_TEST_BINARY'];
    const child = spawn(file, [...all], {
      stdio: [
        input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe',
        ...(leashed ? ['pipe' as const] : []),
      ],
      env: leashed ? leashedEnvironment(environment) : environment,
    });
    this.#child = child;
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
    child.stdio[3]?.on('error', () => {});
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    if (child.stderr !== null) {
      createInterface({ input: child.stderr }).on('line', (line) => this.#onLine(line));
    }
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#exit = { code, signal };
        for (const watcher of this.#watchers) watcher();
        resolve(this.#exit);
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get running(): boolean {
    return this.#exit === undefined;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.lines.join('\n');
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<Exit> {
    this.signal('SIGKILL');
    return this.exited;
  }

  /** SIGTERM; resolves when it has ended. */
  async terminate(): Promise<Exit> {
    this.signal('SIGTERM');
    return this.exited;
  }

  /** The first line on stderr that matches, from line number `from` on, awaited. */
  async line(pattern: RegExp, from = 0): Promise<string> {
    const find = (): string | undefined =>
      this.lines.slice(from).find((line) => pattern.test(line));
    const found = find();
    if (found !== undefined) return found;
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(watcher);
        settle();
      };
      const fail = (why: string): void => {
        finish(() => reject(new Error(`${why}: no line ${pattern} on stderr:\n${this.stderr}`)));
      };
      const watcher = (): void => {
        const line = find();
        if (line !== undefined) finish(() => resolve(line));
        else if (!this.running) fail('the process ended');
      };
      const timer = setTimeout(() => fail('timed out'), WAIT_MS);
      this.#watchers.add(watcher);
      watcher();
    });
  }

  #onLine(line: string): void {
    this.lines.push(line);
    for (const watcher of this.#watchers) watcher();
  }
}

/** What is to be tested, with these arguments. */
export function bankdCommand(args: readonly string[]): Command {
  return asUsersRunIt(testedCommand(args));
}

function testedCommand(args: readonly string[]): Command {
  if (BINARY === undefined) return selfCommand(args);
  const path = resolve(BINARY);
  if (path.endsWith('.js')) return { file: process.execPath, args: [path, ...args] };
  return { file: path, args };
}

/**
 * The test runner has every process that a test starts load what watches the test itself, whatever
 * environment is asked for: a third of a second of CPU, in each process of a bank. A command in
 * between takes that out again. NODE_OPTIONS are those given here, if any.
 */
function asUsersRunIt({ file, args }: Command, nodeOptions?: string): Command {
  const options = nodeOptions === undefined
    ? ['-u', 'NODE_OPTIONS'] : [`NODE_OPTIONS=${nodeOptions}`];
  return { file: 'env', args: [...options, file, ...args] };
}
