/**
 * A benchmark: workloads one after another on one bank, a running one or one that is made for it
 * and thrown away; then what they were measured on.
 */
import { Client } from '../host/client.ts';
import type { BankAddress } from '../host/server-options.ts';
import { BankWatch } from './bank-watch.ts';
import type { Connect } from './bench-client.ts';
import { BenchError } from './bench-error.ts';
import { runFailover, type FailoverOptions, type WithStage } from './failover.ts';
import type { Meter } from './meter.ts';
import { OwnAccounts } from './own-accounts.ts';
import type { BenchResult, BooksResult, SettingResult, WorkloadResult } from './result.ts';
import { runWorkload, type MeasuredWorkload, type Stage } from './run-workload.ts';
import { ScratchBank } from './scratch-bank.ts';
import { describeSetting, directoryOf, measureBounds, type Bounds } from './setting.ts';
import type { Workload } from './workloads.ts';

export interface BenchOptions extends FailoverOptions {
  readonly workloads: readonly Workload[];
  readonly accounts: number;
  /** A running bank; undefined: one is made. */
  readonly bank: BankAddress | undefined;
  /** Of a bank that is made: how many backends, and below which directory its data is. */
  readonly count: number;
  readonly parent: string | undefined;
}

export interface BenchHooks {
  /** Aborted when the user wants no more. */
  readonly stop: AbortSignal;
  /** What is done now: a workload's name, or `opening accounts`. */
  readonly onPhase: (what: string) => void;
  readonly onProgress: (meter: Meter, endMs: number) => void;
}

const LOOPBACK = '127.0.0.1';
const CONNECT_TIMEOUT_MS = 1_000;

/**
 * A result for each workload, then the setting. Throws BenchError, Unreachable, EnvironmentError,
 * and the reason of `stop`.
 */
export async function* runBench(
  options: BenchOptions, hooks: BenchHooks,
): AsyncGenerator<BenchResult> {
  const { workloads, bank } = options;
  const killing = workloads.find(({ kind }) => kind === 'failover');
  if (killing !== undefined && bank !== undefined) {
    throw new BenchError('not-allowed', `${killing.name} kills processes, and never those of a` +
      ' running bank', 'without --port it starts a bank of its own');
  }
  yield* bank === undefined ? onScratchBank(options, hooks) : onRunningBank(bank, options, hooks);
}

async function* onScratchBank(
  options: BenchOptions, hooks: BenchHooks,
): AsyncGenerator<BenchResult> {
  const { workloads } = options;
  const measured = workloads.filter((workload) => workload.kind !== 'failover');
  let setting: SettingResult | undefined;
  if (measured.length > 0) {
    await using ground = await Ground.make(options, hooks);
    yield* ground.run(measured, options, hooks);
    setting = await ground.setting();
  }
  const withStage: WithStage = async (run) => {
    await using ground = await Ground.make(options, hooks);
    const value = await run(ground.stage);
    setting ??= await ground.setting();
    return value;
  };
  for (const workload of workloads) {
    if (workload.kind !== 'failover') continue;
    hooks.onPhase(workload.name);
    yield await runFailover(withStage, workload, options);
  }
  if (setting !== undefined) yield setting;
}

/** Its accounts are emptied and closed in the end, unless something is wrong with them. */
async function* onRunningBank(
  bank: BankAddress, options: BenchOptions, hooks: BenchHooks,
): AsyncGenerator<BenchResult> {
  await using ground = await Ground.at(bank, options, hooks);
  const measured = options.workloads.filter((workload) => workload.kind !== 'failover');
  try {
    yield* ground.run(measured, options, hooks);
    yield await ground.setting();
  } catch (error) {
    if (hooks.stop.aborted) await ground.closeAccounts();
    throw error;
  }
  hooks.onPhase('closing accounts');
  await ground.closeAccounts();
}

/** A bank, and what is needed to put loads on it. */
class Ground implements AsyncDisposable {
  readonly stage: Stage;
  readonly #address: BankAddress;
  readonly #bounds: Bounds;
  readonly #scratch: ScratchBank | undefined;
  #books: BooksResult | null = null;

  private constructor(
    stage: Stage, address: BankAddress, bounds: Bounds, scratch: ScratchBank | undefined,
  ) {
    this.stage = stage;
    this.#address = address;
    this.#bounds = bounds;
    this.#scratch = scratch;
  }

  /** A bank of its own. Throws EnvironmentError. */
  static async make(options: BenchOptions, hooks: BenchHooks): Promise<Ground> {
    const { count, parent } = options;
    hooks.onPhase('starting a bank');
    const scratch = await ScratchBank.start({ count, parent });
    try {
      return await Ground.#open({ host: LOOPBACK, port: scratch.port }, options, hooks, scratch);
    } catch (error) {
      await scratch[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A running bank. Throws Unreachable. */
  static at(bank: BankAddress, options: BenchOptions, hooks: BenchHooks): Promise<Ground> {
    return Ground.#open(bank, options, hooks, undefined);
  }

  static async #open(
    address: BankAddress, options: BenchOptions, hooks: BenchHooks, scratch?: ScratchBank,
  ): Promise<Ground> {
    const { timeoutMs } = options;
    const connect: Connect = () =>
      Client.connect({ ...address, timeoutMs, connectTimeoutMs: CONNECT_TIMEOUT_MS });
    const control = await connect();
    try {
      const watch = new BankWatch(control, address.host);
      hooks.onPhase('measuring the machine');
      const bounds = await measureBounds(directoryOf(await watch.status(), address.host));
      hooks.onPhase('opening accounts');
      const accounts = await OwnAccounts.open(control, options.accounts);
      const stop = scratch === undefined
        ? hooks.stop : AbortSignal.any([hooks.stop, scratch.ended]);
      const { onProgress } = hooks;
      const supervisorPid = scratch?.pid;
      const stage = { control, connect, watch, supervisorPid, accounts, stop, onProgress };
      return new Ground(stage, address, bounds, scratch);
    } catch (error) {
      await control.close();
      throw error;
    }
  }

  async *run(
    workloads: readonly MeasuredWorkload[], options: BenchOptions, hooks: BenchHooks,
  ): AsyncGenerator<WorkloadResult> {
    for (const [at, workload] of workloads.entries()) {
      hooks.onPhase(workload.name);
      const seed = options.seed + at;
      const result = await runWorkload(this.stage, workload, { ...options, seed });
      this.#books = result.books;
      yield result;
    }
  }

  async setting(): Promise<SettingResult> {
    const kind = this.#scratch === undefined ? 'running' : 'scratch';
    const status = await this.stage.watch.status();
    return describeSetting(kind, this.#address, status, this.#bounds, this.#books);
  }

  closeAccounts(): Promise<void> {
    return this.stage.accounts.close(this.stage.control);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stage.control.close();
    await this.#scratch?.[Symbol.asyncDispose]();
  }
}
