/** What a run reads of the frontend's status report, and the watch that keeps reading it. */
import { pause } from './pause.ts';
import type { Timeline } from './timeline.ts';
import type { BankConnection } from './workload-client.ts';

export interface ReplicaStatus {
  readonly id: number;
  readonly state: string;
  readonly lastSeq: number;
  readonly digest: string;
}

export interface BankStatus {
  /** Element k is for backend k + 1: 1 is in sync. */
  readonly bits: readonly number[];
  readonly backends: readonly ReplicaStatus[];
  /** False where the bank was started with --no-chaos. */
  readonly chaos: boolean;
}

const POLL_MS = 50;
/** A frontend that is there answers at once. */
const ANSWER_MS = 250;

/** Undefined where the frontend does not answer in time, or not with a report. */
export async function askStatus(
  connection: Pick<BankConnection, 'status'>,
  timeoutMs: number = ANSWER_MS,
): Promise<BankStatus | undefined> {
  let report: unknown;
  try {
    report = await connection.status({ timeoutMs });
  } catch {
    return undefined;
  }
  const { status: bits, backends, chaos } = (report ?? {}) as Readonly<Record<string, unknown>>;
  if (!Array.isArray(bits)) return undefined;
  return {
    bits: bits as readonly number[],
    backends: Array.isArray(backends) ? (backends as readonly ReplicaStatus[]) : [],
    chaos: chaos !== false,
  };
}

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
      await pause(POLL_MS, signal);
    }
  }

  async #look(): Promise<void> {
    const askedMs = this.#timeline.nowMs;
    const status = await askStatus(this.#connection);
    if (this.#stopping.signal.aborted) return;
    // Nobody knows when the answer failed to come: the frontend was gone when it was asked.
    const atMs = status === undefined ? askedMs : this.#timeline.nowMs;
    if (!this.#timeline.status(status?.bits, atMs)) return;
    this.#say(status === undefined
      ? 'status ? (the frontend does not answer)' : `status ${status.bits.join(',')}`);
  }
}
