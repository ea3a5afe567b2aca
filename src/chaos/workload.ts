/**
 * Clients that use the bank all the time, record everything, and never trust an answer: the load
 * under which faults are done.
 *
 * Each client is a connection of the client library and a process of the history, with one
 * operation under way at a time. Where an outcome is unknown its process is over and a new one
 * goes on, because the operation may still happen at any time (as in Jepsen). The accounts are the
 * workload's own: it creates them, so that their balances are known from the beginning.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../core/random.ts';
import { drawCreate, drawOperation } from './draw-operation.ts';
import type { RefusalOf } from './operation-event.ts';
import type { Recorder } from './recorder.ts';
import { Tally } from './tally.ts';
import type { Timeline } from './timeline.ts';
import { WorkloadClient, type BankConnection } from './workload-client.ts';

export interface WorkloadOptions {
  readonly connect: () => Promise<BankConnection>;
  readonly clients: number;
  /** Operations a second, of all clients together. */
  readonly rate: number;
  readonly seed: number;
  readonly recorder: Recorder;
  readonly timeline: Timeline;
  readonly refusalOf: RefusalOf;
  /** Tells the keys of this run from those of any other. */
  readonly run: string;
}

/** Accounts that are there from the beginning. */
const ACCOUNTS = 12;
/** The bank must let one be created, sooner or later. */
const CREATE_TRIES = 20;
const READ_TRIES = 20;
const RETRY_MS = 250;
/** Who is late does not hurry after: a pause must not become a burst. */
const LATE_MS_MAX = 50;

export class Workload {
  readonly accounts: number[] = [];
  readonly #options: WorkloadOptions;
  readonly #tally = new Tally();
  readonly #clients: WorkloadClient[] = [];
  readonly #failing = new AbortController();
  #running: Promise<void>[] = [];
  #isStopping = false;

  private constructor(options: WorkloadOptions) {
    this.#options = options;
  }

  /** Connected, and its accounts are there; undefined where the bank did not let it create one. */
  static async open(options: WorkloadOptions): Promise<Workload | undefined> {
    const workload = new Workload(options);
    try {
      for (let number = 0; number < options.clients; number += 1) await workload.#connect(number);
      if (await workload.#createAccounts()) return workload;
    } catch (error) {
      await workload.close();
      throw error;
    }
    await workload.close();
    return undefined;
  }

  /** Aborted, with the error, where it can't go on: the history can't be written. */
  get failed(): AbortSignal {
    return this.#failing.signal;
  }

  /** Where a key that was used again did not get its first answer. */
  get contradictions(): readonly string[] {
    return this.#clients.flatMap((client) => client.contradictions);
  }

  /** How often a key was used again. */
  get repeats(): number {
    return this.#clients.reduce((sum, { repeats }) => sum + repeats, 0);
  }

  start(): void {
    const periodMs = (1_000 * this.#clients.length) / this.#options.rate;
    this.#running = this.#clients.map((client, number) =>
      this.#run(client, new Random(this.#options.seed + number), periodMs));
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#running);
  }

  /** Reads every account; sentences on what is wrong, or could not be read. */
  async readBack(): Promise<{ readonly wrong: string[]; readonly unread: number[] }> {
    const wrong: string[] = [];
    const unread: number[] = [];
    for (const [at, account] of this.accounts.entries()) {
      const client = this.#clients[at % this.#clients.length] as WorkloadClient;
      const result = await this.#read(client, account);
      if (result === undefined) unread.push(account);
      else if (result !== '') wrong.push(result);
    }
    return { wrong, unread };
  }

  async close(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  async #connect(number: number): Promise<void> {
    const connection = await this.#options.connect();
    const { clients, recorder, timeline, refusalOf, run } = this.#options;
    this.#clients.push(new WorkloadClient({
      connection, number, clients, recorder, timeline, refusalOf, run, tally: this.#tally,
    }));
  }

  async #createAccounts(): Promise<boolean> {
    const [first] = this.#clients;
    const random = new Random(this.#options.seed);
    for (let tries = 0; this.accounts.length < ACCOUNTS; tries += 1) {
      if (first === undefined || tries === ACCOUNTS + CREATE_TRIES) return false;
      const done = await first.ask(drawCreate(random));
      if (done === undefined) await sleep(RETRY_MS);
      else this.accounts.push(done.account);
    }
    return true;
  }

  /** Never rejects. */
  async #run(client: WorkloadClient, random: Random, periodMs: number): Promise<void> {
    let nextMs = performance.now() + random.next() * periodMs;
    try {
      while (!this.#isStopping) {
        const earlyMs = nextMs - performance.now();
        if (earlyMs >= 1) await sleep(earlyMs);
        await this.#one(client, random);
        nextMs = Math.max(nextMs + periodMs, performance.now() - LATE_MS_MAX);
      }
    } catch (error) {
      this.#isStopping = true;
      this.#failing.abort(error);
    }
  }

  async #one(client: WorkloadClient, random: Random): Promise<void> {
    const operation = drawOperation(random, this.accounts);
    const done = await client.ask(operation, random);
    if (operation.kind === 'create' && done !== undefined) this.accounts.push(done.account);
  }

  /** What is wrong, '' where nothing is, undefined where it can't be read. */
  async #read(client: WorkloadClient, account: number): Promise<string | undefined> {
    for (let tries = 0; tries < READ_TRIES; tries += 1) {
      const result = await client.ask({ kind: 'query', account });
      if (result !== undefined) return this.#tally.judge(result) ?? '';
      if (client.refusedBy === 'ACCT_NOT_FOUND') return `account ${account} is gone`;
      await sleep(RETRY_MS);
    }
    return undefined;
  }
}
