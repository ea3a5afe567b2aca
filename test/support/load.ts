/**
 * Clients that mix commands on shared accounts, all the time, and remember every answer: for tests
 * in which something is killed meanwhile. Each has a connection and a session of its own.
 */
import type { Operation } from '../../src/core/operation.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import { Client } from '../../src/host/client.ts';
import type { Scope } from './bank.ts';
import type { Done } from './history-check.ts';
import { Random } from '../../src/core/random.ts';

export interface LoadOptions {
  readonly port: number;
  readonly clients?: number;
  readonly accounts?: number;
  readonly seed: number;
  /** How long an operation is tried. */
  readonly timeoutMs?: number;
  /** Each client's pause between two operations. */
  readonly pauseMs?: number;
  /** What an earlier load was told, by the same bank: its accounts are there. */
  readonly earlier?: readonly Done[];
}

/** In hundredths: small, so that there is often too little. */
const AMOUNT_MAX = 5_000;
/** The search for an order goes as deep as a batch is long. */
const FILL_AT_ONCE = 500;

export class Load {
  readonly history: Done[] = [];
  /** What was not answered, which no fault that is to be survived may cause. */
  readonly troubles: string[] = [];
  readonly #options: Required<LoadOptions>;
  readonly #random: Random;
  #stopping = false;
  /** While it is there no new operation begins; and how many are under way. */
  #held: PromiseWithResolvers<void> | undefined;
  #under = 0;
  #answeredMs = performance.now();
  #longestGapMs = 0;
  #clients: Client[] = [];
  #running: Promise<void>[] = [];

  private constructor(options: LoadOptions) {
    const defaults = { clients: 8, accounts: 20, timeoutMs: 60_000, pauseMs: 0, earlier: [] };
    this.#options = { ...defaults, ...options };
    this.history.push(...this.#options.earlier);
    this.#random = new Random(options.seed);
  }

  /** The accounts are there and every client is connected; ends with the test at the latest. */
  static async start(scope: Scope, options: LoadOptions): Promise<Load> {
    const load = new Load(options);
    scope.teardown(() => load.#abandon());
    await load.#start();
    return load;
  }

  /** The longest time without any answer since the last call. */
  takeLongestGapMs(): number {
    this.#noteGap();
    const longest = this.#longestGapMs;
    this.#longestGapMs = 0;
    return Math.round(longest);
  }

  /** Resolves when so many more operations have been answered. */
  async answered(count: number): Promise<void> {
    const target = this.history.length + count;
    const deadlineMs = performance.now() + this.#options.timeoutMs;
    while (this.history.length < target) {
      if (performance.now() > deadlineMs) throw new Error(`not ${count} answers in time`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Resolves when nothing is under way; nothing begins until `go`. */
  async hold(): Promise<void> {
    this.#held ??= Promise.withResolvers();
    while (this.#under > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  go(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  /** So many deposits, many at once: they fill the journal. */
  async fill(count: number): Promise<void> {
    const [first] = this.#clients;
    if (first === undefined) return;
    for (let done = 0; done < count; done += FILL_AT_ONCE) {
      await Promise.all(Array.from({ length: FILL_AT_ONCE }, () =>
        this.#one(0, first, { kind: 'deposit', account: 100, amount: this.#amount(), scale: 2 })));
    }
  }

  /** Resolves when all is answered; the whole history. */
  async stop(): Promise<readonly Done[]> {
    this.#stopping = true;
    this.go();
    await Promise.all(this.#running);
    return this.history;
  }

  async #start(): Promise<void> {
    const { clients, accounts, port, timeoutMs, earlier } = this.#options;
    this.#clients = await Promise.all(Array.from({ length: clients }, () =>
      Client.connect({ port, timeoutMs, connectTimeoutMs: 5_000 })));
    const [first] = this.#clients;
    if (first === undefined) return;
    for (let account = 0; earlier.length === 0 && account < accounts; account += 1) {
      await this.#one(0, first, { kind: 'create', amount: this.#amount(), scale: 2 });
    }
    this.#running = this.#clients.map((client, at) => this.#run(at, client));
  }

  async #abandon(): Promise<void> {
    this.#stopping = true;
    this.go();
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  async #run(number: number, client: Client): Promise<void> {
    while (!this.#stopping) {
      if (this.#held !== undefined) await this.#held.promise;
      await this.#one(number, client, this.#draw());
      if (this.#options.pauseMs > 0) {
        await new Promise((resolve) => setTimeout(resolve, this.#options.pauseMs));
      }
    }
    await client.quit();
  }

  async #one(client: number, by: Client, operation: Operation): Promise<void> {
    const startedMs = performance.now();
    this.#under += 1;
    const outcome = await by.submit(operation);
    this.#under -= 1;
    const endedMs = performance.now();
    this.#noteGap();
    if (outcome.kind === 'answered') {
      this.history.push({ client, operation, outcome, startedMs, endedMs });
    } else this.troubles.push(describe(outcome));
  }

  #draw(): Operation {
    const random = this.#random;
    const account = (): number => 100 + random.int(this.#options.accounts);
    const common = { account: account(), amount: this.#amount(), scale: 2 };
    const toAccount = 100 + ((common.account - 99) % this.#options.accounts);
    switch (random.int(10)) {
      case 0: return { kind: 'update', ...common };
      case 1: case 2: return { kind: 'deposit', ...common };
      case 3: case 4: return { kind: 'withdraw', ...common };
      case 5: case 6: case 7: return { kind: 'transfer', ...common, toAccount };
      case 8: return random.chance(0.1)
        ? { kind: 'deposit', ...common, account: 99 } : { kind: 'query', account: common.account };
      default: return { kind: 'query', account: common.account };
    }
  }

  #amount(): number {
    return this.#random.int(AMOUNT_MAX);
  }

  #noteGap(): void {
    const nowMs = performance.now();
    this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - this.#answeredMs);
    this.#answeredMs = nowMs;
  }
}

function describe(outcome: Exclude<Outcome, { kind: 'answered' }>): string {
  const what = outcome.kind === 'refused' ? outcome.code : 'unknown';
  return `${what}: ${outcome.detail}`;
}
