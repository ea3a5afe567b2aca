/**
 * A real bank for process tests: a frontend and N backends, each a process of its own that a test
 * can kill, pause and start again, in a temporary directory. Everything is killed at the end of the
 * test.
 *
 *     const bank = await TestBank.start(t);
 *     await bank.commands('CREATE 50');      // ['OK 100']
 *     await bank.killBackend(2);
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { Client } from '../../src/host/client.ts';
import { BankdProcess, type Exit, type StartOptions } from './bankd-process.ts';

export { BankdProcess, type Exit } from './bankd-process.ts';

/** As in `bankd status --json`, as far as tests look at it. */
export interface Status {
  readonly cluster: string;
  readonly epoch: number;
  readonly view: number;
  readonly commitSeq: number;
  readonly status: readonly (0 | 1)[];
  readonly copies: number;
  readonly waitingFor: readonly number[];
  readonly backends: readonly {
    readonly id: number;
    readonly status: 0 | 1;
    readonly state: string;
    readonly pid: number | null;
    readonly lastSeq: number;
    readonly digest: string;
    readonly detail: string;
  }[];
}

/** Where things end with: a test of tap's, or a soak. */
export type Scope = Pick<Test, 'teardown'>;

export interface TestBankOptions {
  readonly count?: number;
  /** More flags of the frontend. */
  readonly frontend?: readonly string[];
  /** More flags of each backend. */
  readonly backend?: readonly string[];
  /** Where the data directories are; a temporary directory otherwise. */
  readonly data?: string;
}

const WAIT_MS = 15_000;
const POLL_MS = 25;

/** A temporary directory, gone at the end of the test. */
export function temporaryDirectory(t: Scope): string {
  const path = mkdtempSync(join(tmpdir(), 'bankd-test-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

/** A bankd process that is killed at the end of the test. */
export function startBankd(
  t: Scope,
  args: readonly string[],
  options?: ConstructorParameters<typeof BankdProcess>[1],
): BankdProcess {
  const started = new BankdProcess(args, options);
  t.teardown(() => (started.running ? started.kill() : undefined));
  return started;
}

/** Resolves when `holds` does; fails with `what` where it does not in time. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = WAIT_MS,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(POLL_MS);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Whether the process runs; one that has ended and waits to be reaped does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return stateOf(pid) !== 'Z';
}

/** As the kernel of Linux shows it; elsewhere nothing. */
function stateOf(pid: number): string | undefined {
  try {
    return /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** The pid at the end of a ready line. */
export function pidOf(readyLine: string): number {
  return Number(/ pid (\d+)$/.exec(readyLine)?.[1]);
}

export class TestBank {
  readonly count: number;
  readonly data: string;
  readonly #test: Scope;
  readonly #options: TestBankOptions;
  readonly #backends = new Map<number, BankdProcess>();
  #frontend: BankdProcess | undefined;
  #port = 0;

  private constructor(test: Scope, options: TestBankOptions) {
    this.#test = test;
    this.#options = options;
    this.count = options.count ?? 3;
    this.data = options.data ?? temporaryDirectory(test);
  }

  /** Nothing is started yet. */
  static prepare(test: Scope, options: TestBankOptions = {}): TestBank {
    return new TestBank(test, options);
  }

  /** Started and in sync. */
  static async start(test: Scope, options: TestBankOptions = {}): Promise<TestBank> {
    const bank = new TestBank(test, options);
    await bank.startFrontend();
    for (const id of bank.ids) bank.launchBackend(id);
    await Promise.all(bank.ids.map((id) => bank.backendReady(id)));
    return bank;
  }

  get ids(): readonly number[] {
    return Array.from({ length: this.count }, (_, at) => at + 1);
  }

  get port(): number {
    return this.#port;
  }

  get frontend(): BankdProcess {
    return present(this.#frontend);
  }

  backend(id: number): BankdProcess {
    return present(this.#backends.get(id));
  }

  directoryOf(id: number): string {
    return join(this.data, `backend-${id}`);
  }

  /** The first time on a port that is picked, then always on that one. */
  async startFrontend(...flags: string[]): Promise<void> {
    await this.startFrontendWith({}, ...flags);
  }

  async startFrontendWith(start: StartOptions, ...flags: string[]): Promise<void> {
    const { frontend = [] } = this.#options;
    const common = ['--port', String(this.#port), '--data', this.data];
    const args = ['frontend', ...common, ...frontend, ...flags];
    this.#frontend = startBankd(this.#test, args, start);
    const ready = await this.#frontend.line(/^ready frontend /);
    this.#port = Number(/:(\d+) pid/.exec(ready)?.[1]);
  }

  killFrontend(): Promise<Exit> {
    return this.frontend.kill();
  }

  /** Starts the process, without waiting until it is in sync. */
  launchBackend(id: number, options?: StartOptions): BankdProcess {
    const { backend = [] } = this.#options;
    const which = ['--id', String(id), '--count', String(this.count)];
    const place = ['--port', String(this.#port), '--data', this.data];
    const args = ['backend', ...which, ...place, ...backend];
    const started = startBankd(this.#test, args, options);
    this.#backends.set(id, started);
    return started;
  }

  async backendReady(id: number): Promise<void> {
    await this.backend(id).line(new RegExp(`^ready backend ${id} `));
  }

  async startBackend(id: number): Promise<void> {
    this.launchBackend(id);
    await this.backendReady(id);
  }

  killBackend(id: number): Promise<Exit> {
    return this.backend(id).kill();
  }

  pauseBackend(id: number): void {
    this.backend(id).signal('SIGSTOP');
  }

  resumeBackend(id: number): void {
    this.backend(id).signal('SIGCONT');
  }

  async killAll(): Promise<void> {
    const all = [this.frontend, ...this.#backends.values()];
    await Promise.all(all.filter((each) => each.running).map((each) => each.kill()));
  }

  /** SIGTERM to the frontend, then to the backends, as `up` stops its bank. */
  async stop(): Promise<readonly Exit[]> {
    const frontend = await this.frontend.terminate();
    const running = [...this.#backends.values()].filter((each) => each.running);
    return [frontend, ...(await Promise.all(running.map((each) => each.terminate())))];
  }

  /** What `bankd client` prints for these lines on its stdin, one answer each. */
  async commands(...lines: string[]): Promise<string[]> {
    const client = this.client([], lines.join('\n'));
    await client.exited;
    return client.stdout.split('\n').filter((line) => line !== '');
  }

  /** A `bankd client` process. */
  client(args: readonly string[], input?: string): BankdProcess {
    const common = ['client', '--port', String(this.#port)];
    return startBankd(this.#test, [...common, ...args], input === undefined ? {} : { input });
  }

  /** A `bankd chaos` process. */
  chaos(...args: readonly string[]): BankdProcess {
    return startBankd(this.#test, ['chaos', '--port', String(this.#port), ...args]);
  }

  /** A client of the library, closed at the end of the test. */
  async connect(timeoutMs = 10_000): Promise<Client> {
    const client = await Client.connect({ port: this.#port, timeoutMs });
    this.#test.teardown(() => client.close());
    return client;
  }

  async status(): Promise<Status> {
    await using client = await Client.connect({ port: this.#port, timeoutMs: 5_000 });
    return (await client.status()) as Status;
  }

  /** Waits for this status array: `101`. */
  async statusIs(bits: string, withinMs?: number): Promise<void> {
    const holds = async (): Promise<boolean> => (await this.status()).status.join('') === bits;
    await until(`status array ${bits}`, holds, withinMs);
  }
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('the process was not started');
  return value;
}
