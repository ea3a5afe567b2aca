/**
 * What the servers of bankd are started with: the options of `up`, `frontend` and `backend`, parsed
 * and checked. The command line makes them; `bank.ts`, `frontend.ts`, `backend.ts` and
 * `supervisor.ts` run by them.
 *
 * Each of their functions resolves to the process's exit status when the server has ended (0 after
 * SIGTERM or Ctrl-C), and rejects with an EnvironmentError where it can't start or go on.
 */

/**
 * What every server has: where it listens or connects, where its data is, and how much it tells.
 */
interface CommonOptions {
  /** 0 to 65535; 0 picks a port (for a frontend). */
  readonly port: number;
  readonly host: string;
  /** The parent directory: `DATA/frontend`, `DATA/backend-1`, …. */
  readonly data: string;
  /** One line for each transaction, on stderr. */
  readonly trace: boolean;
}

/** What the coordinator runs by. */
interface CoordinatorOptions {
  /** A backend that is silent for so long is taken for gone. */
  readonly readTimeoutMs: number;
  /** With fewer in-sync backends writes are refused. */
  readonly minInSync: number;
  /** How many keys are remembered from now on; undefined: as many as were declared last. */
  readonly keysMax?: number | undefined;
  /** Rebuild a lost control record when all members of the newest remembered view answer. */
  readonly recover: boolean;
  /** Serve from what is left although acknowledged transactions may be missing in it. */
  readonly acceptDataLoss: boolean;
  /** Whether `bankd chaos` may be used against it; shown as `chaos` in the status report. */
  readonly chaos: boolean;
}

/** `runFrontend(options: FrontendOptions): Promise<number>` in frontend.ts. */
export interface FrontendOptions extends CommonOptions, CoordinatorOptions {
  /** Shown in the status report; `unknown` where it is not told. */
  readonly version?: string;
}

/** `runBackend(options: BackendOptions): Promise<number>` in backend.ts: one, in this process. */
export interface BackendOptions extends CommonOptions {
  /** How many backends make the bank, 1 to BACKENDS_MAX. */
  readonly count: number;
  /** 1 to `count`. */
  readonly id: number;
}

/**
 * `runBackends(options: BackendsOptions): Promise<number>` in supervisor.ts: all of them, each a
 * supervised process.
 */
export interface BackendsOptions extends Omit<BackendOptions, 'id'> {
  /** Whether a backend that crashes is started again. */
  readonly restart: boolean;
}

/** Where a bank that is ready can be reached: `port` is the real one where 0 was asked for. */
export interface BankAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * What `up` does with the bank when it is ready, a prompt or a piped script; resolves to the exit
 * status. `stopping` is aborted when the bank stops before that (a signal, a frontend that
 * refused).
 */
export type BankSession = (bank: BankAddress, stopping: AbortSignal) => Promise<number>;

/**
 * `runBank(options: BankOptions): Promise<number>` in bank.ts: one frontend and `count` backends,
 * supervised, their logs to stderr. When the session ends, the bank stops and its exit status is
 * the session's; without a session it serves until a signal.
 */
export interface BankOptions extends CommonOptions, CoordinatorOptions {
  readonly count: number;
  readonly restart: boolean;
  readonly session: BankSession | undefined;
}
