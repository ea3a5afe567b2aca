/**
 * One workload on a bank: clients are connected, warmed up and measured; then the books are
 * checked. What processes have used is read at both ends of the load, with nothing between.
 */
import { AccountDraw, type Distribution } from './account-draw.ts';
import type { BankWatch, Settled } from './bank-watch.ts';
import type { BenchClient, Connect } from './bench-client.ts';
import { BenchError } from './bench-error.ts';
import { BulkLoad } from './bulk-load.ts';
import { Unsettled, type Load, type LoadParts } from './load.ts';
import { Meter } from './meter.ts';
import type { OwnAccounts } from './own-accounts.ts';
import type { BooksResult, WorkloadResult } from './result.ts';
import { rounded } from './rounded.ts';
import { SingleLoad } from './single-load.ts';
import { diskWorkBetween, UsageSample } from './usage-sample.ts';
import {
  clientsOf, type BulkWorkload, type LoadShape, type SingleWorkload,
} from './workloads.ts';

export interface LoadOptions extends LoadShape {
  readonly durationMs: number;
  readonly distribution: Distribution;
  readonly seed: number;
  /** How long a request is tried. */
  readonly timeoutMs: number;
}

/** What a workload runs on. */
export interface Stage {
  /** For everything but the load. */
  readonly control: BenchClient;
  readonly connect: Connect;
  readonly watch: BankWatch;
  /** Of the scratch bank's supervisor. */
  readonly supervisorPid: number | undefined;
  readonly accounts: OwnAccounts;
  /** Aborted with a BenchError where the bank ended, else because the user wants no more. */
  readonly stop: AbortSignal;
  readonly onProgress: (meter: Meter, endMs: number) => void;
}

export type MeasuredWorkload = SingleWorkload | BulkWorkload;

const PROGRESS_EVERY_MS = 200;
/** The engines of all processes compile what is hot. */
const WARM_UP_MS_MAX = 2_000;
const WARM_UP_SHARE = 0.2;
/** Beside a request's own time, until it counts as no answer at all. */
const PATIENCE_MS = 500;

/** Throws BenchError, Unreachable; and the reason of `stop`. */
export async function runWorkload(
  stage: Stage, workload: MeasuredWorkload, options: LoadOptions,
): Promise<WorkloadResult> {
  const { control, watch, accounts } = stage;
  const clients = await connectAll(stage, clientCount(workload, options));
  try {
    const draw = new AccountDraw(accounts.count, options.distribution, options.seed);
    const parts: LoadParts = { clients, accounts, draw, unsettled: new Unsettled() };
    const load = makeLoad(parts, workload, options);
    const warmUpMs = Math.min(WARM_UP_MS_MAX, WARM_UP_SHARE * options.durationMs);
    await runLoad(stage, parts, load, warmUpMs, options);
    await finishLoad(stage, parts, load);
    const before = await watch.settled();
    const members = watch.members(before.status);
    const start = UsageSample.take(members, stage.supervisorPid);
    const meter = await runLoad(stage, parts, load, options.durationMs, options);
    const end = UsageSample.take(members, stage.supervisorPid);
    const seconds = (performance.now() - meter.startMs) / 1000;
    await finishLoad(stage, parts, load);
    const after = await watch.settled();
    const books = { ...(await accounts.check(control)), areAlike: after.areAlike };
    await Promise.all(clients.map((client) => client.quit()));
    const asked = { workload, options, clients: clients.length };
    return makeResult({ asked, meter, seconds, start, end, before, after, books });
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

/** Puts the load on for so long, or as long as what is done `beside` it takes. */
export async function runLoad(
  stage: Pick<Stage, 'stop' | 'onProgress'>, { unsettled }: LoadParts, load: Load,
  durationMs: number, { timeoutMs }: Pick<LoadOptions, 'timeoutMs'>,
  beside?: (meter: Meter) => Promise<void>,
): Promise<Meter> {
  const meter = new Meter(performance.now());
  const endMs = meter.startMs + durationMs;
  const enough = new AbortController();
  const failed = new AbortController();
  const timer = setInterval(() => {
    stage.onProgress(meter, endMs);
    const silentMs = performance.now() - meter.lastAnswerMs;
    if (silentMs > timeoutMs + PATIENCE_MS) failed.abort(noAnswer(silentMs, unsettled));
  }, PROGRESS_EVERY_MS);
  const stop = AbortSignal.any([stage.stop, enough.signal, failed.signal]);
  const done = beside?.(meter).then(() => enough.abort(), (error) => failed.abort(error));
  try {
    await load.run(meter, endMs, stop);
    await done;
  } catch (error) {
    failed.abort(error); // what still runs of it has to end, too
  } finally {
    clearInterval(timer);
  }
  failed.signal.throwIfAborted();
  stage.stop.throwIfAborted();
  return meter;
}

/** All that it did is in the books then. Throws BenchError. */
export async function finishLoad(
  { control }: Pick<Stage, 'control'>, { unsettled }: LoadParts, load: Load,
): Promise<void> {
  load.keepBooks();
  await unsettled.settle(control);
}

export async function connectAll(
  { connect }: Pick<Stage, 'connect'>, count: number,
): Promise<readonly BenchClient[]> {
  const clients: BenchClient[] = [];
  try {
    while (clients.length < count) clients.push(await connect());
    return clients;
  } catch (error) {
    await Promise.all(clients.map((client) => client.close()));
    throw error;
  }
}

function noAnswer(silentMs: number, { size }: Unsettled): BenchError {
  const silent = `the bank has answered nothing for ${rounded(silentMs / 1000, 1)} s`;
  if (size === 0) return new BenchError('unreachable', silent);
  return new BenchError('unknown-outcome', `${silent}; ${size} requests may have happened`);
}

function clientCount(workload: MeasuredWorkload, { clients }: LoadShape): number {
  return workload.kind === 'bulk' ? 1 : clientsOf(workload, clients);
}

function makeLoad(parts: LoadParts, workload: MeasuredWorkload, options: LoadOptions): Load {
  if (workload.kind === 'single') return new SingleLoad(parts, workload.operation, options.rate);
  const { batch, inFlight } = options;
  return new BulkLoad(parts, { batch, inFlight, isKeyed: workload.isKeyed });
}

interface Measured {
  readonly asked: {
    readonly workload: MeasuredWorkload;
    readonly options: LoadOptions;
    readonly clients: number;
  };
  readonly meter: Meter;
  readonly seconds: number;
  readonly start: UsageSample;
  readonly end: UsageSample;
  readonly before: Settled;
  readonly after: Settled;
  readonly books: BooksResult;
}

function makeResult({
  asked: { workload, options, clients }, meter, seconds, start, end, before, after, books,
}: Measured): WorkloadResult {
  const { done, offered, busy, unavailable, dropped, unknown } = meter;
  const isBulk = workload.kind === 'bulk';
  const rate = (!isBulk && options.rate) || null;
  return {
    type: 'workload',
    workload: workload.name,
    longName: workload.longName,
    clients,
    accounts: books.accounts,
    distribution: options.distribution,
    seed: options.seed,
    batch: isBulk ? options.batch : null,
    inFlight: isBulk ? options.inFlight : null,
    rate,
    seconds: rounded(seconds, 3),
    operations: done,
    operationsPerSecond: rounded(done / seconds, 1),
    offered: rate === null ? null : offered,
    busy, unavailable, dropped, unknown,
    perSecond: meter.series,
    latencyMs: meter.latencyMs ?? null,
    longestGapMs: rounded(meter.longestGapMs, 3),
    ...end.since(start, done, seconds),
    ...diskWorkBetween(before.status, after.status, done, seconds),
    books,
  };
}
