/**
 * `bankd up`: a whole bank on this machine, one frontend and N backends, each a supervised process.
 *
 * The frontend is stopped before the backends: it decides what is in flight first, so that a clean
 * stop leaves every in-sync replica with the same last entry.
 */
import type { BackendId } from '../core/ids.ts';
import { aborted } from './aborted.ts';
import { childArguments } from './child-arguments.ts';
import { formatReady, logAs, readReadyPort, writeLine, type Log } from './log.ts';
import type { BankOptions } from './server-options.ts';
import { listenForStop } from './stop-request.ts';
import { describeEnding, SupervisedChild, type Ending } from './supervised-child.ts';

/** Both phases of a stop, with some to spare, within the 2 s that it may take. */
const FRONTEND_PATIENCE_MS = 1_000;
const BACKEND_PATIENCE_MS = 700;
/** A failure of the environment (interface.md, "Exit status"). */
const ENVIRONMENT_STATUS = 7;

/** Resolves to the exit status: the session's, or 0 after a signal. */
export async function runBank(options: BankOptions): Promise<number> {
  const bank = new Bank(options);
  const signal = listenForStop(() => bank.kill());
  bank.start();
  const requested = aborted(signal).then(() => 0);
  try {
    return await Promise.race([requested, bank.failed, serve(options, bank)]);
  } finally {
    await bank.stop(); // also where the session failed: nobody else would
  }
}

/** Waits until the bank is ready, then lets the session use it, or serves without end. */
async function serve(options: BankOptions, bank: Bank): Promise<number> {
  const port = await bank.ready;
  if (options.session !== undefined) {
    return options.session({ host: options.host, port }, bank.stopping);
  }
  return new Promise<number>(() => {});
}

/** The processes of one bank. */
class Bank {
  /** Resolves to the port when the frontend listens and every backend that can be is in sync. */
  readonly ready: Promise<number>;
  /**
   * Resolves to the exit status when the bank can't go on: no frontend, or no backend, for good.
   */
  readonly failed: Promise<number>;
  readonly #options: BankOptions;
  readonly #log: Log = logAs('bank');
  readonly #frontend: SupervisedChild;
  readonly #backends: readonly SupervisedChild[];
  /** Backends that were in sync once. */
  readonly #inSync = new Set<BackendId>();
  readonly #stopping = new AbortController();
  #port: number;
  #frontendStarts = 0;
  #listened = false;
  #announced = false;
  #resolveReady: (port: number) => void = () => {};
  #resolveFailed: (status: number) => void = () => {};

  constructor(options: BankOptions) {
    this.#options = options;
    this.#port = options.port;
    this.ready = new Promise((resolve) => (this.#resolveReady = resolve));
    this.failed = new Promise((resolve) => (this.#resolveFailed = resolve));
    this.#frontend = this.#makeFrontend();
    this.#backends = Array.from({ length: options.count }, (_, at) => this.#makeBackend(at + 1));
  }

  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /**
   * The backends follow when the frontend listens: at a port that is taken they would join a
   * stranger.
   */
  start(): void {
    this.#frontend.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#frontend.stop(FRONTEND_PATIENCE_MS);
    await Promise.all(this.#backends.map((child) => child.stop(BACKEND_PATIENCE_MS)));
  }

  kill(): void {
    for (const child of [this.#frontend, ...this.#backends]) child.kill();
  }

  #makeFrontend(): SupervisedChild {
    const makeArguments = (): readonly string[] => {
      this.#frontendStarts += 1;
      const options = { ...this.#options, port: this.#port };
      return childArguments.frontend(options, this.#frontendStarts === 1);
    };
    return new SupervisedChild('frontend', makeArguments, this.#options.restart, {
      onLine: (line) => this.#onFrontendReady(readReadyPort('frontend', line)),
      onEnded: (ending) => this.#onEnded('frontend', ending),
    });
  }

  #makeBackend(id: number): SupervisedChild {
    const name = `backend ${id}`;
    const makeArguments = (): readonly string[] =>
      childArguments.backend({ ...this.#options, port: this.#port }, id);
    return new SupervisedChild(name, makeArguments, this.#options.restart, {
      onLine: (line) => this.#onBackendReady(id as BackendId, readReadyPort(name, line)),
      onEnded: (ending) => this.#onEnded(name, ending),
    });
  }

  #onFrontendReady(port: number | undefined): void {
    if (port === undefined || this.#stopping.signal.aborted) return;
    this.#port = port;
    if (this.#listened) return;
    this.#listened = true;
    for (const child of this.#backends) child.start();
  }

  #onBackendReady(id: BackendId, port: number | undefined): void {
    if (port === undefined) return;
    this.#inSync.add(id);
    this.#announceWhenReady();
  }

  #onEnded(name: string, ending: Ending): void {
    if (this.#stopping.signal.aborted) return;
    // What keeps it from listening at first (a taken port, a lock) is the operator's to mend.
    const neverListened = !this.#listened && ending.status === ENVIRONMENT_STATUS;
    if (neverListened) return this.#resolveFailed(ENVIRONMENT_STATUS);
    this.#log(describeEnding(name, ending));
    if (ending.restartMs !== undefined) return;
    const backendsGone = this.#listened && this.#backends.every((child) => !child.lives);
    if (name === 'frontend' || backendsGone) this.#resolveFailed(ending.status);
    else this.#announceWhenReady();
  }

  /** A backend that is given up for good must not keep the others from being used. */
  #announceWhenReady(): void {
    const waited = this.#backends.filter(
      (child, at) => child.lives && !this.#inSync.has((at + 1) as BackendId),
    );
    if (this.#announced || waited.length > 0 || this.#inSync.size === 0) return;
    this.#announced = true;
    if (this.#inSync.size === this.#options.count) {
      writeLine(formatReady('bank', this.#options.host, this.#port, process.pid));
    }
    this.#resolveReady(this.#port);
  }
}
