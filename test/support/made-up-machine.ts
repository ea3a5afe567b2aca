/** A machine for tests of chaos, whose processes 11, 12, 13 are the backends 1, 2, 3 of a bank. */
import type { ChaosDisk } from '../../src/chaos/chaos-disk.ts';
import type { ChaosStage } from '../../src/chaos/chaos-stage.ts';
import type { ChaosWorld, FaultSignal } from '../../src/chaos/chaos-world.ts';
import type { BackendStatus, StatusReport } from '../../src/host/status-report.ts';
import { ScriptedClient } from './scripted-client.ts';

export const CLUSTER = 'c'.repeat(32);
const COMMAND_LINE = 'node bin/bankd.ts backend --id 1';

export class MadeUpMachine implements ChaosWorld {
  /** Everything that was done to it, in order. */
  readonly done: string[] = [];
  readonly commandLines = new Map([
    [9, 'node bin/bankd.ts up'], [10, 'node bin/bankd.ts frontend --port 1'],
    ...[11, 12, 13].map((pid) => [pid, COMMAND_LINE] as const),
  ]);
  randoms: number[] = [];
  onSent: (pid: number, signal: FaultSignal) => void = () => {};
  /** What its disk is like. */
  isAlone = true;
  diskBytes = 64 * 1024 * 1024;
  isHeld = false;
  isEmpty = false;
  foreign = '';

  readonly disk: ChaosDisk = {
    identityOf: async (directory) => {
      const id = Number(/backend-(\d)$/.exec(directory)?.[1]);
      if (!id || directory === this.foreign) return undefined;
      return { cluster: CLUSTER, backend: id, incarnation: `i${id}`, promise: {} } as never;
    },
    flip: async (directory) => {
      this.done.push(`flip ${directory}`);
      return this.isEmpty ? undefined : { file: 'file', offset: 7, seq: 3 as never };
    },
    wipe: async (directory) => {
      this.done.push(`wipe ${directory}`);
      return !this.isHeld;
    },
    roomOf: () => ({ isAlone: this.isAlone, bytes: this.diskBytes }),
    fill: (directory) => {
      this.done.push(`fill ${directory}`);
      return { fill: () => {}, release: () => this.done.push(`release ${directory}`) };
    },
  };

  send(pid: number, signal: FaultSignal): boolean {
    this.done.push(`${signal} ${pid}`);
    this.onSent(pid, signal);
    return true;
  }

  commandLine(pid: number): string | undefined {
    return this.commandLines.get(pid) ?? '';
  }

  parentOf(pid: number): number | undefined {
    return pid === 9 ? 1 : 9;
  }

  isHere(host: string): boolean {
    return host.startsWith('127.0.0.1');
  }

  random(): number {
    return this.randoms.shift() ?? 0;
  }
}

export function backend(id: number, status: 0 | 1, pid = id + 10): BackendStatus {
  return {
    id, status, state: status === 1 ? 'in-sync' : 'down', pid, host: '127.0.0.1:5000',
    incarnation: `i${id}`, directory: `/bank/backend-${id}`,
  };
}

export function reportOf(...backends: BackendStatus[]): StatusReport {
  return {
    cluster: CLUSTER, epoch: 1, view: 1, commitSeq: 1,
    status: backends.map(({ status }) => status), copies: 3, waitingFor: [],
    frontend: { pid: 10 }, backends, chaos: true,
  };
}

export const ALL_UP = reportOf(backend(1, 1), backend(2, 1), backend(3, 1));

/** A stage on the machine, where everything is recorded. */
export class MadeUpStage implements ChaosStage {
  readonly world = new MadeUpMachine();
  readonly client = new ScriptedClient();
  readonly said: string[] = [];
  readonly interruption = new AbortController();

  constructor(report: StatusReport | undefined = ALL_UP) {
    this.client.report = report;
  }

  get interrupted(): AbortSignal {
    return this.interruption.signal;
  }

  readonly say = (line: string): void => void this.said.push(line);

  /** Reports these, one after the other, from now on. */
  reportLater(everyMs: number, ...reports: StatusReport[]): void {
    const next = (): void => {
      this.client.report = reports.shift() ?? this.client.report;
      if (reports.length > 0) setTimeout(next, everyMs);
    };
    next();
  }
}
