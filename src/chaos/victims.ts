/**
 * Whom a fault is done to: the backend that was named, or as many as asked for at random, of those
 * that are up.
 *
 * Keeps true: only a process of this machine that the frontend names and that still is a backend is
 * signalled; only the directory that holds this very backend's identity is touched; and one backend
 * in sync is always left whose directory nobody touched.
 */
import { backendsUp, type BackendStatus, type StatusReport } from '../host/status-report.ts';
import { ChaosError } from './chaos-error.ts';
import type { ChaosWorld } from './chaos-world.ts';
import type { FaultOrder } from './fault.ts';

/** A backend that a fault was chosen for. */
export interface Victim {
  readonly id: number;
  readonly pid: number;
}

/** One whose directory is on this machine. */
export interface Holder extends Victim {
  readonly directory: string;
}

/** Throws ChaosError where there are not so many, or a fault is not to be done to this bank. */
export function chooseBackends(
  report: StatusReport,
  { backend, count }: Pick<FaultOrder, 'backend' | 'count'>,
  world: ChaosWorld,
): readonly BackendStatus[] {
  requireChaos(report);
  if (backend !== undefined) return [findNamed(report, backend, count)];
  return pickAtRandom(backendsUp(report), count, world);
}

/** As `chooseBackends`, each a process that can be signalled from here. */
export function chooseVictims(
  report: StatusReport,
  order: Pick<FaultOrder, 'backend' | 'count'>,
  world: ChaosWorld,
): readonly Victim[] {
  return chooseBackends(report, order, world).map((backend) => checkVictim(backend, world));
}

/** As `chooseVictims`, each with a directory that can be reached from here. */
export async function chooseHolders(
  report: StatusReport,
  order: Pick<FaultOrder, 'backend' | 'count'>,
  world: ChaosWorld,
): Promise<readonly Holder[]> {
  const chosen = chooseBackends(report, order, world);
  return Promise.all(chosen.map((backend) => checkHolder(backend, report.cluster, world)));
}

export function requireChaos(report: StatusReport): void {
  if (report.chaos !== false) return;
  throw new ChaosError('not-allowed', 'this bank was started with --no-chaos');
}

/** What would take the last copy of acknowledged data is not done. */
export function requireCopyBeside(victims: readonly Victim[], report: StatusReport): void {
  const others = backendsUp(report).filter(({ id }) => victims.every((each) => each.id !== id));
  if (others.length > 0) return;
  const ids = victims.map(({ id }) => id).sort((one, other) => one - other).join(', ');
  throw new ChaosError(
    'refused', `no other backend is in sync: what was acknowledged is only with backend ${ids}`,
  );
}

/** A pid may have been given to another process since. */
export function requireBackend({ id, pid }: Victim, world: ChaosWorld): void {
  const commandLine = world.commandLine(pid);
  if (commandLine === undefined || /bankd.* backend\b/.test(commandLine)) return;
  throw new ChaosError('refused', `process ${pid} is not backend ${id} any more`);
}

export function checkVictim({ id, pid, host }: BackendStatus, world: ChaosWorld): Victim {
  if (host !== undefined && host !== null && !world.isHere(host)) {
    throw new ChaosError(
      'not-allowed', `backend ${id} runs on another machine (${host})`, 'run bankd chaos there',
    );
  }
  if (!isPid(pid)) {
    throw new ChaosError('refused', `the frontend does not know the process of backend ${id}`);
  }
  const victim = { id, pid };
  requireBackend(victim, world);
  return victim;
}

export function isPid(pid: unknown): pid is number {
  return typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 1;
}

async function checkHolder(
  backend: BackendStatus,
  cluster: string,
  world: ChaosWorld,
): Promise<Holder> {
  const { id, directory, incarnation } = backend;
  const victim = checkVictim(backend, world);
  const identity = directory ? await world.disk.identityOf(directory) : undefined;
  const isOwn = identity?.backend === id && identity.cluster === cluster
    && identity.incarnation === incarnation;
  if (directory && isOwn) return { ...victim, directory };
  const where = directory ? ` (${directory})` : '';
  throw new ChaosError('refused', `the directory of backend ${id} is not to be found here${where}`);
}

function findNamed(report: StatusReport, id: number, count: number): BackendStatus {
  if (count !== 1) throw new ChaosError('usage', `--backend names one backend, not ${count}`);
  const backend = report.backends.find((each) => each.id === id);
  if (backend === undefined) throw new ChaosError('refused', `the bank has no backend ${id}`);
  if (backend.status === 1) return backend;
  throw new ChaosError('refused', `backend ${id} is not up: it is ${backend.state}`);
}

function pickAtRandom(
  up: readonly BackendStatus[],
  count: number,
  world: ChaosWorld,
): readonly BackendStatus[] {
  if (count > up.length) {
    const words = up.length === 1 ? '1 backend is' : `${up.length} backends are`;
    throw new ChaosError('refused', `${words} up, which is fewer than ${count}`);
  }
  const rest = [...up];
  return Array.from({ length: count }, () => {
    const [taken] = rest.splice(Math.floor(world.random() * rest.length), 1);
    return taken as BackendStatus;
  });
}
