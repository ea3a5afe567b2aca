/** What the processes of the bank, the client and the whole machine have used, at one moment. */
import type { StatusReport } from '../host/status-report.ts';
import type { Member } from './bank-watch.ts';
import { readCpuTimes, type CpuTimes } from './machine.ts';
import { usageOf, type Usage } from './process-usage.ts';
import type { ProcessResult, WorkloadResult } from './result.ts';
import { rounded } from './rounded.ts';

type UsageFigures = Pick<
  WorkloadResult,
  'processes' | 'serversCpuSecondsPer1000' | 'foreignCores' | 'stolenCores'
>;
type DiskFigures = Pick<
  WorkloadResult,
  'syncs' | 'syncsPerSecondOfBackend' | 'syncsPerOperation' | 'writtenBytes' | 'checkpoints'
>;

export class UsageSample {
  readonly #servers: ReadonlyMap<string, Usage>;
  readonly #client: Usage;
  readonly #supervisor: Usage | undefined;
  readonly #machine: CpuTimes | undefined;

  private constructor(members: readonly Member[], supervisorPid: number | undefined) {
    this.#servers = new Map(members.map(({ name, pid }) => [name, usageOf(pid)]));
    this.#client = usageOf(process.pid);
    this.#supervisor = supervisorPid === undefined ? undefined : usageOf(supervisorPid);
    this.#machine = readCpuTimes();
  }

  static take(members: readonly Member[], supervisorPid: number | undefined): UsageSample {
    return new UsageSample(members, supervisorPid);
  }

  /** What was used since that one, in which so many operations were done. */
  since(start: UsageSample, operations: number, seconds: number): UsageFigures {
    const servers = [...this.#servers].map(([name, usage]) =>
      between(name, start.#servers.get(name), usage, operations));
    const client = between('client', start.#client, this.#client, operations);
    return {
      processes: [...servers, client],
      serversCpuSecondsPer1000: sum(servers.map(({ cpuSecondsPer1000 }) => cpuSecondsPer1000)),
      ...this.#others(start, [...servers, client], seconds),
    };
  }

  #others(
    start: UsageSample, ours: readonly ProcessResult[], seconds: number,
  ): Pick<UsageFigures, 'foreignCores' | 'stolenCores'> {
    const [from, to] = [start.#machine, this.#machine];
    if (from === undefined || to === undefined) return { foreignCores: null, stolenCores: null };
    const supervisorMs = difference(start.#supervisor?.cpuMs, this.#supervisor?.cpuMs) ?? 0;
    const ourSeconds = sum(ours.map(({ cpuSeconds }) => cpuSeconds));
    const busySeconds = (to.busyMs - from.busyMs - supervisorMs) / 1000;
    const foreign = ourSeconds === null ? null : Math.max(0, busySeconds - ourSeconds) / seconds;
    return {
      foreignCores: foreign === null ? null : rounded(foreign, 3),
      stolenCores: rounded((to.stealMs - from.stealMs) / 1000 / seconds, 3),
    };
  }
}

/** What the backends did for their disks; null where one was started again meanwhile. */
export function diskWorkBetween(
  before: StatusReport, after: StatusReport, operations: number, seconds: number,
): DiskFigures {
  const syncs = sum(countsOf(before, after, 'syncs'));
  const backends = after.backends.length;
  return {
    syncs,
    syncsPerSecondOfBackend: syncs === null ? null : rounded(syncs / seconds / backends, 1),
    syncsPerOperation: syncs === null || operations === 0 ? null : rounded(syncs / operations, 6),
    writtenBytes: sum(countsOf(before, after, 'writtenBytes')),
    checkpoints: sum(countsOf(before, after, 'checkpoints')),
  };
}

function countsOf(
  before: StatusReport, after: StatusReport, field: 'syncs' | 'writtenBytes' | 'checkpoints',
): readonly (number | null)[] {
  return after.backends.map((backend) => {
    const earlier = before.backends.find(({ id }) => id === backend.id);
    if (earlier?.pid !== backend.pid) return null;
    return difference(earlier?.[field], backend[field]);
  });
}

function between(
  name: string, start: Usage | undefined, end: Usage, operations: number,
): ProcessResult {
  const cpuMs = difference(start?.cpuMs, end.cpuMs);
  return {
    name,
    cpuSeconds: cpuMs === null ? null : rounded(cpuMs / 1000, 3),
    cpuSecondsPer1000: cpuMs === null || operations === 0 ? null : rounded(cpuMs / operations, 6),
    residentBytes: end.residentBytes ?? null,
    peakBytes: end.peakBytes ?? null,
  };
}

function difference(start: number | undefined, end: number | undefined): number | null {
  return start === undefined || end === undefined ? null : end - start;
}

/** Null where one of them is not known. */
function sum(values: readonly (number | null)[]): number | null {
  let total = 0;
  for (const value of values) {
    if (value === null) return null;
    total += value;
  }
  return rounded(total, 6);
}
