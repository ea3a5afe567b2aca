/**
 * The replicated state of the bank, and the one way to change it: execute the next batch.
 *
 * Keeps true: the state is a function of the batches executed (and of the limits, which all
 * replicas share), so that replicas which executed the same ones are the same, to the last field of
 * the last page. A refusal is a result; the ledger throws only for a bug (state machine
 * replication, Schneider 1990).
 */
import type { AccountBalance, AccountDetails } from './account.ts';
import { AccountTable } from './account-table.ts';
import { assert } from './assert.ts';
import { BatchExecutor, type ExecutedBatch } from './batch-executor.ts';
import { sha256 } from './hash.ts';
import { SEQ_NONE, type Seq, type Timestamp } from './ids.ts';
import { KeyTable } from './key-table.ts';
import type { Digest, StateDigest } from './message.ts';
import { MovementTable } from './movement-table.ts';
import { NameTable } from './name-table.ts';
import type { TableImage } from './paged-table.ts';
import { RunRing } from './run-ring.ts';
import { SessionTable } from './session-table.ts';
import { SystemAccounts } from './system-accounts.ts';

export type { TableImage } from './paged-table.ts';

export const LEASES_MAX = 4096;
export const RUNS_MAX = 1_048_576;
export const KEYS_MAX = 10_000_000;
export const MOVEMENTS_MAX = 10_000_000;
/** Hex digits of the results' hash that go into a digest: 64 bits. */
const RESULTS_DIGITS = 16;

/** How much is remembered. Part of the state: equal on all replicas, or they would differ. */
export interface LedgerLimits {
  readonly leasesMax: number;
  readonly runsMax: number;
  /** Of a new bank. REMEMBER says otherwise. */
  readonly keysMax: number;
  readonly movementsMax: number;
}

const LIMITS: LedgerLimits = {
  leasesMax: LEASES_MAX, runsMax: RUNS_MAX, keysMax: KEYS_MAX, movementsMax: MOVEMENTS_MAX,
};

/**
 * The whole state, as a checkpoint keeps it. Its pages are the ledger's own until
 * `releaseSnapshot`.
 */
export interface LedgerImage {
  readonly scalars: Readonly<Record<string, number>>;
  readonly tables: readonly TableImage[];
}

/** What executing a batch gave. */
export interface Executed extends ExecutedBatch {
  /** Of the results and of the state. */
  readonly digest: Digest;
}

export interface FoundAccount extends AccountDetails {
  readonly name: string | undefined;
  /** A link (`posting-link.ts`). */
  readonly lastPosting: number;
}

export interface Tables {
  readonly accounts: AccountTable;
  readonly system: SystemAccounts;
  readonly movements: MovementTable;
  readonly runs: RunRing;
  readonly sessions: SessionTable;
  readonly keys: KeyTable;
}

function emptyTables(limits: LedgerLimits): Tables {
  const runs = new RunRing(limits.runsMax);
  const sessions = new SessionTable(limits.leasesMax, runs);
  const movements = new MovementTable(limits.movementsMax);
  const [accounts, system] = [new AccountTable(), new SystemAccounts()];
  return { accounts, system, movements, runs, sessions, keys: new KeyTable(limits.keysMax) };
}

export class Ledger {
  readonly #limits: LedgerLimits;
  readonly #tables: Tables;
  readonly #executor: BatchExecutor;
  #lastSeq: number = SEQ_NONE;

  /** An empty bank. `tables` are only for `restore`. */
  constructor(limits: Partial<LedgerLimits> = {}, tables?: Tables) {
    this.#limits = { ...LIMITS, ...limits };
    for (const limit of Object.values(this.#limits)) {
      assert(Number.isSafeInteger(limit) && limit >= 1, 'a limit is a whole number from 1');
    }
    this.#tables = tables ?? emptyTables(this.#limits);
    this.#executor = new BatchExecutor(this.#tables);
  }

  /**
   * The ledger of the image, sharing nothing with it. Throws an Error that names what does not fit.
   */
  static restore(image: LedgerImage, limits: Partial<LedgerLimits> = {}): Ledger {
    const all: LedgerLimits = { ...LIMITS, ...limits };
    const scalar = (name: string, least: number) => scalarOf(image, name, least);
    for (const [name, limit] of Object.entries(all)) {
      const found = scalar(name, 1);
      if (name === 'keysMax') continue;
      if (found !== limit) throw new Error(`the image has ${name} ${found}, not ${limit}`);
    }
    const table = (name: string) => image.tables.find((candidate) => candidate.name === name);
    const names = NameTable.restore(table('names'), table('accounts')?.records ?? 0);
    const counted = new SystemAccounts();
    const accounts =
      AccountTable.restore(table('accounts'), table('creations'), names, counted);
    const system = SystemAccounts.restore(table('currencies'));
    const nextMovement = scalar('nextMovement', 0);
    const movements = MovementTable.restore(table('movements'), all.movementsMax, nextMovement);
    movements.countAll(accounts.digest);
    const { low, high, text } = accounts.digest;
    if (low !== scalar('digestLow', 0) || high !== scalar('digestHigh', 0)) {
      throw new Error(`the accounts' digest is ${text}, not the one recorded with them`);
    }
    system.mustBe(counted);
    const runs = RunRing.restore(table('runs'), all.runsMax, scalar('nextRun', 1));
    const sessions = SessionTable.restore(table('leases'), table('sessions'), all.leasesMax, runs);
    const keys = KeyTable.restore(table('keys'), all.keysMax, {
      keysMax: scalar('keysMax', 1), first: scalar('firstKey', 1), next: scalar('nextKey', 1),
    });
    const ledger = new Ledger(all, { accounts, system, movements, runs, sessions, keys });
    ledger.#lastSeq = scalar('lastSeq', 0);
    return ledger;
  }

  get stateDigest(): StateDigest {
    return this.#tables.accounts.digest.text;
  }

  get accountCount(): number {
    return this.#tables.accounts.count;
  }

  /** Executes the batch that is next in the order. Throws AssertionFailure, before any change, for
   * bytes that are no chunks or a seq that is not the next. */
  execute(seq: Seq, timestamp: Timestamp, batch: Uint8Array): Executed {
    assert(seq === this.#lastSeq + 1, 'batches are executed in order, each once');
    assert(Number.isSafeInteger(timestamp), 'a timestamp is a whole number');
    const { results, links } = this.#executor.execute(seq, timestamp, batch);
    this.#lastSeq = seq;
    const digest = this.stateDigest + sha256(results).slice(0, RESULTS_DIGITS);
    return { results, links, digest };
  }

  /** Results of a batch of QUERYs, against the state as it is; changes nothing. */
  query(batch: Uint8Array): Uint8Array {
    return this.#executor.query(batch);
  }

  /** Undefined where there is no such account. */
  find(account: number): FoundAccount | undefined {
    const { accounts } = this.#tables;
    if (!accounts.has(account)) return undefined;
    const [name, lastPosting] = [accounts.name(account), accounts.lastPosting(account)];
    return { ...accounts.details(account), name, lastPosting };
  }

  /** The digest by a scan of every account; equal to `stateDigest`, or memory is damaged. */
  recomputeStateDigest(): StateDigest {
    const digest = this.#tables.accounts.scan();
    this.#tables.movements.countAll(digest);
    return digest.text;
  }

  /** When the next open hold expires, microseconds since 1970; 0: none does. */
  get nextExpiry(): number {
    const { nextExpiry } = this.#tables.movements;
    return nextExpiry === Infinity ? 0 : nextExpiry;
  }

  /** So many idempotency keys are remembered: the newest. */
  get keysMax(): number {
    return this.#tables.keys.keysMax;
  }

  balances(): IterableIterator<AccountBalance> {
    return this.#tables.accounts.balances();
  }

  /** The state as it is now, while later batches go on; one at a time, until `releaseSnapshot`. */
  snapshot(): LedgerImage {
    const { accounts, system, movements, runs, sessions, keys } = this.#tables;
    const scalars = {
      ...this.#limits,
      keysMax: keys.keysMax,
      lastSeq: this.#lastSeq,
      digestLow: accounts.digest.low,
      digestHigh: accounts.digest.high,
      nextRun: runs.next,
      firstKey: keys.first,
      nextKey: keys.next,
      nextMovement: movements.next,
    };
    const tables = [
      ...accounts.snapshot(), system.snapshot(), movements.snapshot(), ...sessions.snapshot(),
      runs.snapshot(), keys.snapshot(),
    ];
    return { scalars, tables };
  }

  /** The image is not read any more. */
  releaseSnapshot(): void {
    for (const table of Object.values(this.#tables)) table.release();
  }
}

function scalarOf(image: LedgerImage, name: string, least: number): number {
  const value = image.scalars[name];
  if (value !== undefined && Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`the image's ${name} is ${value}`);
}
