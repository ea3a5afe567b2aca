/**
 * What a system has to offer to be measured beside bankd: servers that are started and stopped for
 * each turn, lanes that put one of the workloads on them, and books that can be checked.
 */

/** In the order of the tables. */
export const WORKLOADS = ['w1', 'w2', 'w3', 'w4', 'w4n', 'r1'] as const;
export type Workload = (typeof WORKLOADS)[number];

export const WORKLOAD_WORDS: Readonly<Record<Workload, string>> = {
  w1: 'one client, one update at a time',
  w2: '64 clients, one update each at a time',
  w3: '64 clients, one checked transfer each at a time',
  w4: 'bulk transfers, each executed by itself',
  w4n: 'bulk transfers, netted: each account is written once a batch',
  r1: '64 clients, one linearizable read each at a time',
};

export const ACCOUNTS = 10_000;
export const OPENING = 1_000_000_00;
/** bankd's largest batch, and nobody's is larger: a larger one would only wait longer. */
export const BATCH_MAX = 8_190;

/** One client with one thing under way. */
export interface Lane {
  /** Does one operation, or one batch, and tells how many operations that were. */
  once(): Promise<number>;
  close(): Promise<void>;
}

/** A system whose servers run, with ACCOUNTS accounts of OPENING each. */
export interface RunningPeer extends AsyncDisposable {
  /** The processes that were started; their children count with them. */
  readonly pids: readonly number[];
  lanes(workload: Workload): Promise<readonly Lane[]>;
  /** What is wrong with the books after the load; undefined where nothing is. */
  checkBooks(): Promise<string | undefined>;
}

export interface Peer {
  /** A short name: an option's value, a key of the JSON. */
  readonly key: string;
  readonly name: string;
  /** How durable an answer is, and how it is set up, for the page. */
  readonly setting: string;
  /** What this machine lacks for it and which package brings that; undefined where all is there. */
  missing(): string | undefined;
  /** The directory is the peer's for the whole run, and empty at the first start. */
  start(directory: string): Promise<RunningPeer>;
}

export function randomAccount(): number {
  return Math.floor(Math.random() * ACCOUNTS);
}

/** Two different accounts. */
export function randomPair(): [from: number, to: number] {
  const from = randomAccount();
  return [from, (from + 1 + Math.floor(Math.random() * (ACCOUNTS - 1))) % ACCOUNTS];
}

/** What must be in the books in the end: transfers leave it as it is, updates add to it. */
export class Expected {
  #paidIn = 0;

  paidIn(amount: number): void {
    this.#paidIn += amount;
  }

  /** What is wrong with this sum of all balances. */
  judge(name: string, sum: number, accounts: number): string | undefined {
    if (accounts !== ACCOUNTS) return `${name}: ${accounts} accounts, not ${ACCOUNTS}`;
    const expected = ACCOUNTS * OPENING + this.#paidIn;
    return sum === expected ? undefined : `${name}: holds ${sum}, but ${expected} were paid in`;
  }
}
