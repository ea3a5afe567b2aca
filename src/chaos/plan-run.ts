/**
 * A run of a plan: a workload that is recorded, faults over time, healing, and the verdict.
 *
 * The workload goes on while the bank heals, because recovery under load is where systems break;
 * only when all are in step again it ends, and what is read back then must be what was
 * acknowledged. However a run ends, every fault that can be undone is undone.
 */
import { fetchStatus } from '../host/fetch-status.ts';
import { sleep } from '../host/sleep.ts';
import type { StatusReport } from '../host/status-report.ts';
import {
  areAlike, areInStep, judgeAccounts, judgeAll, judgeFaults, judgeHistory, judgeKeys,
  judgeReplicas, type Finding, type Judge, type Verdict,
} from './run-verdict.ts';
import { FaultRunner, type FaultStage, type Inject } from './fault-runner.ts';
import type { RefusalOf } from './operation-event.ts';
import { occurrences, type Plan } from './plan.ts';
import { Recorder } from './recorder.ts';
import { StatusRecorder } from './status-recorder.ts';
import { Timeline } from './timeline.ts';
import { Workload, type WorkloadOptions } from './workload.ts';
import type { BankConnection } from './workload-client.ts';

export interface RunOptions {
  readonly plan: Plan;
  /** How long faults go on. */
  readonly forMs: number;
  readonly clients: number;
  readonly rate: number;
  readonly seed: number;
  /** Where the history is written. */
  readonly historyPath: string;
  readonly connect: () => Promise<BankConnection>;
  readonly inject: Inject;
  /** Whether all are in sync, within the time. */
  readonly untilWhole: (patienceMs: number, stage: FaultStage) => Promise<boolean>;
  readonly judge: Judge | undefined;
  readonly patience?: Partial<Patience>;
  readonly refusalOf: RefusalOf;
  /** The faults stop, the bank is healed, and the verdict is on what was until then. */
  readonly interrupted: AbortSignal;
  say(line: string): void;
  /** Now and then, how fast it goes. */
  readonly sayThroughput: ((line: string) => void) | undefined;
}

export interface RunResult {
  readonly verdict: Verdict;
  readonly timeline: Timeline;
  /** Events in the history. */
  readonly events: number;
}

/** How long is waited for what must come at the end. */
export interface Patience {
  /** Until all are in sync again. */
  readonly wholeMs: number;
  /** The same, where somebody wants the run to end. */
  readonly wholeMsInterrupted: number;
  /** The workload goes on for so long when all is well again. */
  readonly calmMs: number;
  /** Until replicas say that they are alike. */
  readonly inStepMs: number;
}

const PATIENCE: Patience = {
  wholeMs: 60_000, wholeMsInterrupted: 15_000, calmMs: 1_000, inStepMs: 10_000,
};
const THROUGHPUT_MS = 5_000;
const POLL_MS = 50;

/** Undefined where the bank did not let the workload begin. */
export async function runPlan(options: RunOptions): Promise<RunResult | undefined> {
  const startMs = performance.now();
  const now = (): number => performance.now() - startMs;
  const recorder = await Recorder.open(options.historyPath, () => Math.round(now() * 1e6));
  const timeline = new Timeline(now, options.forMs * 1.2);
  try {
    const watcher = await options.connect();
    try {
      const workload = await Workload.open(workloadOptions(options, recorder, timeline));
      if (workload === undefined) return undefined;
      return await new PlanRun(options, recorder, timeline, watcher, workload).run();
    } finally {
      await watcher.close();
    }
  } finally {
    await recorder.close();
  }
}

function workloadOptions(
  options: RunOptions,
  recorder: Recorder,
  timeline: Timeline,
): WorkloadOptions {
  const { connect, clients, rate, seed, refusalOf } = options;
  const run = `${process.pid}-${Date.now().toString(36)}`;
  return { connect, clients, rate, seed, refusalOf, recorder, timeline, run };
}

class PlanRun {
  readonly #options: RunOptions;
  readonly #patience: Patience;
  readonly #recorder: Recorder;
  readonly #timeline: Timeline;
  readonly #watcher: BankConnection;
  readonly #workload: Workload;
  /** Whoever asked for the end, or can't go on. */
  readonly #interrupted: AbortSignal;

  constructor(
    options: RunOptions,
    recorder: Recorder,
    timeline: Timeline,
    watcher: BankConnection,
    workload: Workload,
  ) {
    this.#options = options;
    this.#patience = { ...PATIENCE, ...options.patience };
    this.#recorder = recorder;
    this.#timeline = timeline;
    this.#watcher = watcher;
    this.#workload = workload;
    this.#interrupted = AbortSignal.any([options.interrupted, workload.failed]);
  }

  async run(): Promise<RunResult> {
    const findings = await this.#watched(() => this.#examined());
    return await this.#conclude(findings);
  }

  /** What is done while the status array is watched, and the throughput told. */
  async #watched<Value>(action: () => Promise<Value>): Promise<Value> {
    const watch = new StatusRecorder(this.#watcher, this.#timeline, (line) => this.#say(line));
    const ticker = this.#startTicker();
    watch.start();
    try {
      return await action();
    } finally {
      clearInterval(ticker);
      await this.#workload.close();
      await watch.stop();
      this.#timeline.ends();
    }
  }

  async #examined(): Promise<Finding[]> {
    this.#workload.start();
    await this.#doFaults();
    const isWhole = await this.#heal();
    await this.#endWorkload();
    this.#workload.failed.throwIfAborted();
    return await this.#examine(isWhole);
  }

  async #doFaults(): Promise<void> {
    const { plan, forMs, inject } = this.#options;
    this.#timeline.phase('faults');
    const stage = { interrupted: this.#interrupted, say: (line: string) => this.#say(line) };
    await new FaultRunner(inject, this.#timeline, stage).run(occurrences(plan, forMs), forMs);
  }

  /** Also after an interruption, which is why that does not end it. */
  async #heal(): Promise<boolean> {
    const { aborted } = this.#interrupted;
    this.#timeline.phase('healing');
    this.#say(`${aborted ? 'interrupted' : 'the faults are over'}; waiting for all to be in sync`);
    const patienceMs = aborted ? this.#patience.wholeMsInterrupted : this.#patience.wholeMs;
    const { signal } = new AbortController();
    const isWhole = await this.#options.untilWhole(patienceMs, {
      interrupted: signal,
      say: () => {},
    });
    if (isWhole) await sleep(this.#patience.calmMs, this.#interrupted);
    else this.#say(`not all are in sync after ${patienceMs / 1_000} s`);
    return isWhole;
  }

  async #endWorkload(): Promise<void> {
    this.#timeline.workloadEnds();
    await this.#workload.stop();
    this.#timeline.phase('reading back');
  }

  async #examine(isWhole: boolean): Promise<Finding[]> {
    const read = isWhole
      ? await this.#workload.readBack() : { wrong: [], unread: this.#workload.accounts };
    const status = await this.#inStep();
    return [
      judgeReplicas(status),
      judgeAccounts(this.#workload.accounts.length, read),
      judgeKeys(this.#workload.repeats, this.#workload.contradictions),
      judgeFaults(this.#timeline.faults),
    ];
  }

  /** The status when all are in step and alike, or when they had time enough to be. */
  async #inStep(): Promise<StatusReport | undefined> {
    const endMs = this.#timeline.nowMs + this.#patience.inStepMs;
    for (;;) {
      const status = await fetchStatus(this.#watcher);
      if (status !== undefined && areInStep(status) && areAlike(status)) return status;
      if (this.#timeline.nowMs > endMs) return status;
      await sleep(POLL_MS);
    }
  }

  async #conclude(findings: Finding[]): Promise<RunResult> {
    await this.#recorder.close();
    this.#say(`checking ${this.#recorder.events} events`);
    findings.unshift(await judgeHistory(this.#recorder.path, this.#options.judge));
    const verdict = judgeAll(findings, this.#options.interrupted.aborted);
    return { verdict, timeline: this.#timeline, events: this.#recorder.events };
  }

  #startTicker(): NodeJS.Timeout | undefined {
    const { sayThroughput } = this.#options;
    if (sayThroughput === undefined) return undefined;
    let before = 0;
    return setInterval(() => {
      const ok = this.#timeline.total('ok');
      const perSecond = Math.round(((ok - before) * 1_000) / THROUGHPUT_MS);
      before = ok;
      sayThroughput(withTime(this.#timeline.nowMs, `${perSecond} operations/s`));
    }, THROUGHPUT_MS);
  }

  #say(line: string): void {
    this.#options.say(withTime(this.#timeline.nowMs, line));
  }
}

/** `  12.3 s  status 1,0,1`. */
export function withTime(atMs: number, line: string): string {
  return `${(atMs / 1_000).toFixed(1).padStart(6)} s  ${line}`;
}
