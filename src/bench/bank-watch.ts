/**
 * The bank under the load, as its status report shows it: its processes, what they have done for
 * their disks, and whether its replicas are alike.
 */
import { isLoopback } from '../host/address.ts';
import { fetchStatus } from '../host/fetch-status.ts';
import { sleep } from '../host/sleep.ts';
import { backendsUp, type StatusReport } from '../host/status-report.ts';
import { Unreachable } from '../host/unreachable.ts';
import type { BenchClient } from './bench-client.ts';
import { BenchError } from './bench-error.ts';
import { isBankd } from './process-usage.ts';

/** A process of the bank; `pid` undefined: not of this machine, or gone. */
export interface Member {
  readonly name: string;
  readonly pid: number | undefined;
}

export interface Settled {
  readonly status: StatusReport;
  /** All that are in sync were seen at one seq, with one digest. */
  readonly areAlike: boolean;
}

/** A bank that others use, too, may never rest. */
const REST_PATIENCE_MS = 5_000;
const POLL_MS = 25;
/** Within this, backends tell on a heartbeat what they have done. */
const HEARTBEAT_MS = 250;

export class BankWatch {
  readonly #client: Pick<BenchClient, 'status'>;
  readonly #isHere: boolean;

  constructor(client: Pick<BenchClient, 'status'>, host: string) {
    this.#client = client;
    this.#isHere = isLoopback(host);
  }

  /** Throws Unreachable. */
  async status(): Promise<StatusReport> {
    const report = await fetchStatus(this.#client);
    if (report !== undefined) return report;
    throw new Unreachable('no-connection', 'the frontend does not answer any more');
  }

  /**
   * Waits until the bank rests, as far as it ever does. Throws BenchError where two replicas at
   * the same seq differ.
   */
  async settled(): Promise<Settled> {
    const patienceMs = performance.now() + REST_PATIENCE_MS;
    for (;;) {
      await this.#untilAtOneSeq(patienceMs);
      await sleep(HEARTBEAT_MS);
      const status = await this.status();
      requireNoDifference(status);
      const areAlike = isAtOneSeq(status);
      if (areAlike || performance.now() > patienceMs) return { status, areAlike };
    }
  }

  members({ frontend, backends }: StatusReport): readonly Member[] {
    const known = (pid: unknown, subcommand: string): number | undefined =>
      this.#isHere && typeof pid === 'number' && isBankd(pid, subcommand) ? pid : undefined;
    return [
      { name: 'frontend', pid: known(frontend['pid'], 'frontend') },
      ...backends.map(({ id, pid }) => ({ name: `backend ${id}`, pid: known(pid, 'backend') })),
    ];
  }

  async #untilAtOneSeq(patienceMs: number): Promise<void> {
    while (!isAtOneSeq(await this.status()) && performance.now() < patienceMs) {
      await sleep(POLL_MS);
    }
  }
}

function isAtOneSeq(status: StatusReport): boolean {
  const up = backendsUp(status);
  return up.length > 0 && up.every(({ lastSeq }) => lastSeq === status.commitSeq);
}

function requireNoDifference(status: StatusReport): void {
  const digests = new Map<number, { readonly id: number; readonly digest: string }>();
  for (const { id, lastSeq = 0, digest = '' } of backendsUp(status)) {
    const other = digests.get(lastSeq);
    if (other !== undefined && other.digest !== digest) {
      throw new BenchError('integrity', `the bank is wrong: backends ${other.id} and ${id} differ` +
        ` at seq ${lastSeq}: digests ${other.digest} and ${digest}`);
    }
    digests.set(lastSeq, { id, digest });
  }
}
