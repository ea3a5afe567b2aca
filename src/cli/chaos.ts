/**
 * Faults on a running bank: which backends are taken, what is done to them, and what becomes of it.
 *
 * What it keeps true: only a process that the frontend names and that still is a backend is
 * signalled, and whatever was stopped goes on again, however this ends.
 */
import type { BankClient } from './bank-client.ts';
import type { ChaosWorld } from './chaos-world.ts';
import { CliError, notAllowed, usageError } from './cli-error.ts';
import { EXIT } from './exit-status.ts';
import { fetchStatus } from './interpreter.ts';
import { sleep } from './signals.ts';
import { backendsUp, type BackendStatus, type StatusReport } from './status-report.ts';

export interface ChaosPlan {
  readonly fault: 'kill' | 'pause';
  /** How many backends. */
  readonly count: number;
  /** This one, and no other. */
  readonly backend: number | undefined;
  /** How long a pause lasts. */
  readonly forMs: number;
}

/** A backend that a fault was chosen for. */
interface Victim {
  readonly id: number;
  readonly pid: number;
}

export interface ChaosStage {
  readonly client: BankClient;
  readonly world: ChaosWorld;
  readonly interrupted: AbortSignal;
  /** A line of the account of what happens. */
  say(line: string): void;
}

const POLL_MS = 50;
/** So long it is watched whether they come back. */
const WATCH_MS = 30_000;
/** In sync for so long, a backend that was paused has settled. */
const SETTLED_MS = 500;

/** Resolves to the exit status; throws a CliError where the fault can't or must not be done. */
export async function runChaos(plan: ChaosPlan, stage: ChaosStage): Promise<number> {
  const report = await askReport(stage.client);
  const victims = chooseVictims(report, plan, stage.world);
  stage.say(`status ${report.status.join(',')}`);
  const watch = new StatusWatch(stage, report);
  if (plan.fault === 'kill') kill(victims, stage);
  else await pause(victims, plan.forMs, stage, watch);
  await watch.untilBack(victims, plan.fault);
  return EXIT.done;
}

/** Which backends are up and may be taken: the one named, or as many as asked for at random. */
export function chooseVictims(
  report: StatusReport,
  plan: ChaosPlan,
  world: ChaosWorld,
): readonly Victim[] {
  if (report.chaos === false) {
    throw notAllowed('this bank was started with --no-chaos');
  }
  const chosen = plan.backend === undefined
    ? pickAtRandom(backendsUp(report), plan.count, world)
    : [findNamed(report, plan.backend, plan.count)];
  return chosen.map((backend) => checkVictim(backend, world));
}

function findNamed(report: StatusReport, id: number, count: number): BackendStatus {
  if (count !== 1) throw usageError(`--backend names one backend, not ${count}`);
  const backend = report.backends.find((each) => each.id === id);
  if (backend === undefined) throw new CliError(EXIT.refused, `the bank has no backend ${id}`);
  if (backend.status === 1) return backend;
  throw new CliError(EXIT.refused, `backend ${id} is not up: it is ${backend.state}`);
}

function pickAtRandom(
  up: readonly BackendStatus[],
  count: number,
  world: ChaosWorld,
): readonly BackendStatus[] {
  if (count > up.length) {
    const words = up.length === 1 ? '1 backend is' : `${up.length} backends are`;
    throw new CliError(EXIT.refused, `${words} up, which is fewer than ${count}`);
  }
  const rest = [...up];
  return Array.from({ length: count }, () => {
    const [taken] = rest.splice(Math.floor(world.random() * rest.length), 1);
    return taken as BackendStatus;
  });
}

function checkVictim({ id, pid, host }: BackendStatus, world: ChaosWorld): Victim {
  if (host !== undefined && host !== null && !world.isHere(host)) {
    throw notAllowed(`backend ${id} runs on another machine (${host})`, 'run bankd chaos there');
  }
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 1) {
    throw new CliError(EXIT.refused, `the frontend does not know the process of backend ${id}`);
  }
  const victim = { id, pid };
  requireBackend(victim, world);
  return victim;
}

/** A pid may have been given to another process since. */
function requireBackend({ id, pid }: Victim, world: ChaosWorld): void {
  const commandLine = world.commandLine(pid);
  if (commandLine === undefined || /bankd.* backend\b/.test(commandLine)) return;
  throw new CliError(EXIT.refused, `process ${pid} is not backend ${id} any more`);
}

function kill(victims: readonly Victim[], { world, say }: ChaosStage): void {
  for (const victim of victims) {
    requireBackend(victim, world);
    const wasThere = world.send(victim.pid, 'SIGKILL');
    say(`${wasThere ? 'killed' : 'gone already:'} backend ${victim.id} (pid ${victim.pid})`);
  }
}

async function pause(
  victims: readonly Victim[],
  forMs: number,
  { world, say, interrupted }: ChaosStage,
  watch: StatusWatch,
): Promise<void> {
  const stopped: Victim[] = [];
  const resume = (): void => {
    for (const { pid } of stopped) world.send(pid, 'SIGCONT');
  };
  // Also when a second signal ends this process at once.
  process.once('exit', resume);
  try {
    for (const victim of victims) {
      requireBackend(victim, world);
      stopped.push(victim);
      world.send(victim.pid, 'SIGSTOP');
      say(`paused backend ${victim.id} (pid ${victim.pid}) for ${forMs / 1000} s`);
    }
    await watch.during(forMs);
  } finally {
    resume();
    process.off('exit', resume);
  }
  const ids = victims.map(({ id }) => id).join(', ');
  say(`resumed backend ${ids}${interrupted.aborted ? ' (interrupted)' : ''}`);
}

/** Says how the status array changes. */
class StatusWatch {
  readonly #stage: ChaosStage;
  #shown: string;

  constructor(stage: ChaosStage, report: StatusReport) {
    this.#stage = stage;
    this.#shown = report.status.join(',');
  }

  async during(milliseconds: number): Promise<void> {
    const endMs = performance.now() + milliseconds;
    for (;;) {
      const leftMs = endMs - performance.now();
      if (leftMs <= 0 || this.#stage.interrupted.aborted) return;
      await sleep(Math.min(POLL_MS, leftMs), this.#stage.interrupted);
      await this.#look(Math.max(1, Math.min(leftMs, 1_000)));
    }
  }

  /** Until each of them is in sync again, for good, or it takes too long. */
  async untilBack(victims: readonly Victim[], fault: ChaosPlan['fault']): Promise<void> {
    const { interrupted, say } = this.#stage;
    const endMs = performance.now() + WATCH_MS;
    let backSinceMs: number | undefined;
    while (!interrupted.aborted && performance.now() < endMs) {
      const report = await this.#look();
      const isBack = report !== undefined && victims.every((each) => isBackUp(report, each, fault));
      if (!isBack) backSinceMs = undefined;
      else backSinceMs ??= performance.now();
      const settledMs = fault === 'kill' ? 0 : SETTLED_MS;
      if (backSinceMs !== undefined && performance.now() - backSinceMs >= settledMs) return;
      await sleep(POLL_MS, interrupted);
    }
    if (!interrupted.aborted) say(`not all are back after ${WATCH_MS / 1000} s`);
  }

  async #look(timeoutMs = 1_000): Promise<StatusReport | undefined> {
    const report = await fetchStatus(this.#stage.client, timeoutMs);
    if (report === undefined) return undefined;
    const shown = report.status.join(',');
    if (shown !== this.#shown) this.#stage.say(`status ${shown}`);
    this.#shown = shown;
    return report;
  }
}

/** Who was killed is back as another process. */
function isBackUp(report: StatusReport, { id, pid }: Victim, fault: ChaosPlan['fault']): boolean {
  const backend = report.backends.find((each) => each.id === id);
  if (backend?.status !== 1) return false;
  return fault === 'pause' || backend.pid !== pid;
}

async function askReport(client: BankClient): Promise<StatusReport> {
  const report = await fetchStatus(client);
  if (report !== undefined) return report;
  throw new CliError(EXIT.unreachable, 'the frontend did not answer');
}
