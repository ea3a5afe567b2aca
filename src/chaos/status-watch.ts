/**
 * What becomes of the bank, as the frontend reports it: the status array is said whenever it
 * changes, and whether the bank is whole again is found out.
 *
 * Keeps true: whole is a bank whose backends are all in sync that were so when they were last seen
 * before a fault, and of whose killed processes others have taken the place.
 */
import { fetchStatus } from '../host/fetch-status.ts';
import { sleep } from '../host/sleep.ts';
import type { BackendStatus, StatusReport } from '../host/status-report.ts';
import { ChaosError } from './chaos-error.ts';
import type { ChaosStage } from './chaos-stage.ts';

const POLL_MS = 50;
const ANSWER_MS = 1_000;
/** In sync for so long, a backend that was not killed has settled: the frontend may be late. */
const SETTLED_MS = 500;

export class StatusWatch {
  readonly #stage: ChaosStage;
  #shown = '';
  /** The backends that were in sync before some fault. */
  readonly #wanted = new Set<number>();
  /** Processes that were killed, by their backend; 0 is the frontend. */
  readonly #killed = new Map<number, number>();
  #isSettling = false;

  constructor(stage: ChaosStage) {
    this.#stage = stage;
  }

  /** Before a fault: whoever is in sync now is to be so again. Throws ChaosError. */
  async begin(): Promise<StatusReport> {
    const report = await fetchStatus(this.#stage.client);
    if (report === undefined) throw new ChaosError('unreachable', 'the frontend did not answer');
    for (const { id, status } of report.backends) if (status === 1) this.#wanted.add(id);
    return report;
  }

  /** Says the array where it is another than the last one that was said. */
  show({ status }: StatusReport): void {
    const shown = status.join(',');
    if (shown !== this.#shown) this.#stage.say(`status ${shown}`);
    this.#shown = shown;
  }

  /** Another process is to take its place; backend 0 is the frontend. */
  onKilled(backend: number, pid: number): void {
    this.#killed.set(backend, pid);
  }

  /** A fault that the frontend notices late, if at all. */
  onSlowFault(): void {
    this.#isSettling = true;
  }

  /** Watches for so long; less, where it is interrupted. */
  async during(milliseconds: number): Promise<void> {
    const { interrupted } = this.#stage;
    const endMs = performance.now() + milliseconds;
    for (;;) {
      const leftMs = endMs - performance.now();
      if (leftMs <= 0 || interrupted.aborted) return;
      await sleep(Math.min(POLL_MS, leftMs), interrupted);
      await this.#look(Math.max(1, Math.min(leftMs, ANSWER_MS)));
    }
  }

  /** False where it takes longer, or is interrupted. */
  async untilWhole(patienceMs: number): Promise<boolean> {
    const { interrupted } = this.#stage;
    const endMs = performance.now() + patienceMs;
    const settledMs = this.#isSettling ? SETTLED_MS : 0;
    let wholeSinceMs: number | undefined;
    while (!interrupted.aborted && performance.now() < endMs) {
      const report = await this.#look();
      if (report === undefined || !this.#isWhole(report)) wholeSinceMs = undefined;
      else wholeSinceMs ??= performance.now();
      const isSettled = wholeSinceMs !== undefined && performance.now() - wholeSinceMs >= settledMs;
      if (isSettled) return true;
      await sleep(POLL_MS, interrupted);
    }
    return false;
  }

  async #look(timeoutMs = ANSWER_MS): Promise<StatusReport | undefined> {
    const report = await fetchStatus(this.#stage.client, timeoutMs);
    if (report !== undefined) this.show(report);
    return report;
  }

  #isWhole({ backends, frontend }: StatusReport): boolean {
    if (this.#killed.has(0) && frontend['pid'] === this.#killed.get(0)) return false;
    const isBack = ({ id, status, pid }: BackendStatus): boolean =>
      status === 1 && (!this.#killed.has(id) || pid !== this.#killed.get(id));
    if (this.#wanted.size === 0) return backends.length > 0 && backends.every(isBack);
    return [...this.#wanted].every((wanted) =>
      backends.some((backend) => backend.id === wanted && isBack(backend)));
  }
}

const WATCHES = new WeakMap<ChaosStage, StatusWatch>();

/** The one of the stage: what was said on it is not said again. */
export function watchOf(stage: ChaosStage): StatusWatch {
  const watch = WATCHES.get(stage) ?? new StatusWatch(stage);
  WATCHES.set(stage, watch);
  return watch;
}
