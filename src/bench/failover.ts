/**
 * A process of the bank is killed under load, each time in a bank of its own (a supervisor waits
 * longer before each further restart): for how long nobody got any answer, and whether everything
 * that was answered is in the books.
 */
import { fetchStatus } from '../host/fetch-status.ts';
import { sleep } from '../host/sleep.ts';
import { backendsUp } from '../host/status-report.ts';
import { AccountDraw } from './account-draw.ts';
import type { Member } from './bank-watch.ts';
import { BenchError } from './bench-error.ts';
import { Unsettled, type LoadParts } from './load.ts';
import type { Meter } from './meter.ts';
import type { FailoverResult } from './result.ts';
import { rounded } from './rounded.ts';
import { connectAll, finishLoad, runLoad, type LoadOptions, type Stage } from './run-workload.ts';
import { SingleLoad } from './single-load.ts';
import type { FailoverWorkload } from './workloads.ts';

/** Runs on a stage of its own: a bank that was made for this, and is thrown away. */
export type WithStage = <Value>(run: (stage: Stage) => Promise<Value>) => Promise<Value>;

export interface FailoverOptions extends LoadOptions {
  readonly rounds: number;
}

interface Round {
  readonly accounts: number;
  readonly gapMs: number;
  readonly meter: Meter;
}

/** Until the load has warmed up. */
const WARM_UP_MS = 1_500;
/** The load goes on for so long when everything is back. */
const AFTER_MS = 500;
/** By then everything is back. */
const BACK_MS_MAX = 20_000;
const POLL_MS = 50;
/** Nothing of a round takes longer. */
const LOAD_MS_MAX = 60_000;

/** Throws BenchError, Unreachable; and the reason of a stage's `stop`. */
export async function runFailover(
  withStage: WithStage, workload: FailoverWorkload, options: FailoverOptions,
): Promise<FailoverResult> {
  const rounds: Round[] = [];
  while (rounds.length < options.rounds) {
    const at = rounds.length;
    rounds.push(await withStage((stage) => runRound(stage, workload, at, options)));
  }
  const gapsMs = rounds.map(({ gapMs }) => rounded(gapMs, 1));
  const sorted = gapsMs.toSorted((one, other) => one - other);
  const total = (count: (meter: Meter) => number): number =>
    rounds.reduce((sum, { meter }) => sum + count(meter), 0);
  return {
    type: 'failover',
    workload: workload.name,
    longName: workload.longName,
    victim: workload.victim,
    clients: options.clients,
    accounts: rounds[0]?.accounts ?? 0,
    distribution: options.distribution,
    seed: options.seed,
    gapsMs,
    medianMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
    maxMs: sorted.at(-1) ?? 0,
    operations: total((meter) => meter.done),
    busy: total((meter) => meter.busy),
    unavailable: total((meter) => meter.unavailable),
    unknown: total((meter) => meter.unknown),
    lost: 0,
  };
}

async function runRound(
  stage: Stage, { victim }: FailoverWorkload, round: number, options: FailoverOptions,
): Promise<Round> {
  const { accounts, control, watch } = stage;
  const clients = await connectAll(stage, options.clients);
  try {
    const draw = new AccountDraw(accounts.count, options.distribution, options.seed + round);
    const parts: LoadParts = { clients, accounts, draw, unsettled: new Unsettled() };
    const load = new SingleLoad(parts, 'transfer', undefined);
    let gapMs = 0;
    const meter = await runLoad(stage, parts, load, LOAD_MS_MAX, options, async (running) => {
      gapMs = await killUnderLoad(stage, victim, round, running);
    });
    await finishLoad(stage, parts, load);
    await watch.settled();
    await accounts.check(control);
    return { accounts: accounts.count, gapMs, meter };
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

/** The longest time without any answer, until everything is back. */
async function killUnderLoad(
  stage: Stage, victim: FailoverWorkload['victim'], round: number, meter: Meter,
): Promise<number> {
  await sleep(WARM_UP_MS, stage.stop);
  const status = await stage.watch.status();
  const [frontend, ...backends] = stage.watch.members(status);
  const member = victim === 'frontend' ? frontend : backends[round % backends.length];
  if (member?.pid === undefined) {
    throw new BenchError('not-allowed', `${member?.name ?? victim} is no process of this machine`);
  }
  meter.forgetGap();
  process.kill(member.pid, 'SIGKILL');
  await untilBack(stage, member);
  await sleep(AFTER_MS, stage.stop);
  return meter.longestGapMs;
}

/** Another process is in its place, and all backends are in sync. */
async function untilBack({ control, watch, stop }: Stage, victim: Member): Promise<void> {
  const patienceMs = performance.now() + BACK_MS_MAX;
  while (performance.now() < patienceMs && !stop.aborted) {
    const status = await fetchStatus(control);
    if (status !== undefined && backendsUp(status).length === status.backends.length) {
      const now = watch.members(status).find(({ name }) => name === victim.name);
      if (now?.pid !== undefined && now.pid !== victim.pid) return;
    }
    await sleep(POLL_MS, stop);
  }
  stop.throwIfAborted();
  throw new BenchError('unreachable', `not all were back ${BACK_MS_MAX / 1000} s after` +
    ` ${victim.name} was killed`);
}
