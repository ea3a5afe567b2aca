/**
 * Four times as much as the bank sustains: it is to turn away what is too much (`ERR BUSY`) and
 * serve as much as before, and when the overload is over, everything again.
 *
 * First the peak, in a closed loop; then an open loop: requests arrive whatever is answered, so
 * many a second, over all connections in turn. They are bulk requests, each made before: with
 * single operations it would be this one process that is overloaded, long before the bank.
 */
import { encodeChunk, type Client } from '../../../src/host/client.ts';
import { percentile } from './figures.ts';
import {
  AFTER_PART, OVERLOAD_TIMES, type Overload, type OverloadBin, type OverloadScale,
} from './growth-plan.ts';
import { ACCOUNTS, BATCH_MAX, randomPair } from './peer.ts';
import {
  connectBankd, judgeSum, openAccounts, startBankd, transferBetween,
} from './scratch-bankd.ts';

const CONNECTIONS = 64;
/** Of them, those that have one request each under way while the peak is measured. */
const PEAK_CONNECTIONS = 8;
const CHUNKS = 16;
/** What waits longer has failed; there is no use in it. */
const TIMEOUT_MS = 5_000;
const BIN_MS = 250;
const ARRIVALS_EVERY_MS = 2;

export async function tryOverload(directory: string, scale: OverloadScale): Promise<Overload> {
  await using bank = await startBankd(directory);
  const clients = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => connectBankd(bank.port, TIMEOUT_MS)));
  const [first] = clients;
  if (first === undefined) throw new Error('there are connections');
  await openAccounts(first, ACCOUNTS);
  const trial = new Trial(clients);
  await trial.closedLoop(scale.peakSeconds / 3);
  trial.startRecording();
  await trial.closedLoop(scale.peakSeconds);
  const peak = trial.doneIn(0, trial.nowMs) / (trial.nowMs / 1_000);
  const fromMs = trial.nowMs;
  await trial.openLoop(peak * OVERLOAD_TIMES, scale.overloadSeconds);
  const toMs = trial.nowMs;
  await trial.openLoop(peak * AFTER_PART, scale.afterSeconds);
  const endMs = trial.nowMs;
  await trial.settled();
  const books = await judgeSum(first, ACCOUNTS);
  for (const client of clients) await client.quit();
  return {
    binMs: BIN_MS, bins: trial.binsUntil(endMs), fromMs, toMs, peak,
    offered: peak * OVERLOAD_TIMES, ...trial.latencyIn(fromMs, toMs), books,
  };
}

interface MutableBin {
  offered: number;
  done: number;
  shed: number;
  late: number;
  latencies: number[];
}

class Trial {
  readonly #clients: readonly Client[];
  #bins: MutableBin[] = [];
  #startMs = performance.now();
  readonly #underWay = new Set<Promise<void>>();
  readonly #chunks = Array.from({ length: CHUNKS }, () => encodeChunk(0, 0,
    Array.from({ length: BATCH_MAX }, () => transferBetween(...randomPair()))));
  #asked = 0;

  constructor(clients: readonly Client[]) {
    this.#clients = clients;
  }

  get nowMs(): number {
    return performance.now() - this.#startMs;
  }

  startRecording(): void {
    this.#bins = [];
    this.#startMs = performance.now();
  }

  /** Everyone asks when he was answered. */
  async closedLoop(seconds: number): Promise<void> {
    const untilMs = this.nowMs + seconds * 1_000;
    const lane = async (client: Client): Promise<void> => {
      while (this.nowMs < untilMs) await this.#ask(client);
    };
    await Promise.all(this.#clients.slice(0, PEAK_CONNECTIONS).map(lane));
  }

  /** So many a second arrive, whatever becomes of them. */
  async openLoop(perSecond: number, seconds: number): Promise<void> {
    const startMs = this.nowMs;
    let arrived = 0;
    while (this.nowMs < startMs + seconds * 1_000) {
      const due = Math.floor((this.nowMs - startMs) * perSecond / BATCH_MAX / 1_000);
      for (; arrived < due; arrived += 1) {
        const client = this.#clients[arrived % this.#clients.length] as Client;
        const asked = this.#ask(client);
        this.#underWay.add(asked);
        void asked.finally(() => this.#underWay.delete(asked));
      }
      await new Promise((resolve) => setTimeout(resolve, ARRIVALS_EVERY_MS));
    }
  }

  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  doneIn(fromMs: number, toMs: number): number {
    return this.#binsIn(fromMs, toMs).reduce((sum, { done }) => sum + done, 0);
  }

  latencyIn(fromMs: number, toMs: number): Pick<Overload, 'p50' | 'p99'> {
    const all = this.#binsIn(fromMs, toMs).flatMap(({ latencies }) => latencies);
    const sorted = Float64Array.from(all).sort();
    return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
  }

  /** Whole ones. */
  binsUntil(endMs: number): readonly OverloadBin[] {
    return this.#bins.slice(0, Math.floor(endMs / BIN_MS)).map(({ latencies, ...counts }) => ({
      ...counts, p50: percentile(Float64Array.from(latencies).sort(), 0.5),
    }));
  }

  async #ask(client: Client): Promise<void> {
    const askedMs = this.nowMs;
    this.#bin(askedMs).offered += BATCH_MAX;
    this.#asked += 1;
    const outcome = await client.bulk(this.#chunks[this.#asked % CHUNKS] as Uint8Array);
    const bin = this.#bin(this.nowMs);
    if (outcome.kind === 'answered') {
      bin.done += BATCH_MAX;
      bin.latencies.push(this.nowMs - askedMs);
    } else if (outcome.kind === 'refused' && outcome.code === 'BUSY') bin.shed += BATCH_MAX;
    else bin.late += BATCH_MAX;
  }

  #binsIn(fromMs: number, toMs: number): readonly MutableBin[] {
    return this.#bins.slice(Math.floor(fromMs / BIN_MS), Math.ceil(toMs / BIN_MS));
  }

  #bin(ms: number): MutableBin {
    const at = Math.floor(ms / BIN_MS);
    while (this.#bins.length <= at)
      this.#bins.push({ offered: 0, done: 0, shed: 0, late: 0, latencies: [] });
    return this.#bins[at] as MutableBin;
  }
}
