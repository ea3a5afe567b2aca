/** The watch over the status array during a run. */
import { fetchStatus } from '../host/fetch-status.ts';
import { sleep } from '../host/sleep.ts';
import type { Timeline } from './timeline.ts';
import type { BankConnection } from './workload-client.ts';

const POLL_MS = 50;
/** A frontend that is there answers at once. */
const ANSWER_MS = 500;

/** Enters every change of the status array in the timeline, and says it. */
export class StatusRecorder {
  readonly #connection: BankConnection;
  readonly #timeline: Timeline;
  readonly #say: (line: string) => void;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(connection: BankConnection, timeline: Timeline, say: (line: string) => void) {
    this.#connection = connection;
    this.#timeline = timeline;
    this.#say = say;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#look();
      await sleep(POLL_MS, signal);
    }
  }

  async #look(): Promise<void> {
    const askedMs = this.#timeline.nowMs;
    const report = await fetchStatus(this.#connection, ANSWER_MS);
    if (this.#stopping.signal.aborted) return;
    // Nobody knows when the answer failed to come: the frontend was gone when it was asked.
    const atMs = report === undefined ? askedMs : this.#timeline.nowMs;
    if (!this.#timeline.status(report?.status, atMs)) return;
    this.#say(report === undefined
      ? 'status ? (the frontend does not answer)' : `status ${report.status.join(',')}`);
  }
}
