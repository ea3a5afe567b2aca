/**
 * Checks a stopped backend's directory from the first byte to the last, and changes nothing in it.
 *
 * Everything derived is computed again, and by other code than the bank's own: every hash and the
 * chain, and, by the ledger's slow twin, every result, digest and balance; the checkpoint must be
 * the twin's state at its seq. Damage is a verdict, never an exception; what is thrown is only that
 * the directory can't be read at all.
 */
import { join } from 'node:path';
import type { EntryId } from '../../core/entry.ts';
import { CLUSTER_NONE, SEQ_NONE, type EntryHash, type Seq } from '../../core/ids.ts';
import {
  KEYS_MAX, LEASES_MAX, MOVEMENTS_MAX, RUNS_MAX, type LedgerImage,
} from '../../core/ledger.ts';
import type { StateDigest } from '../../core/message.ts';
import { EnvironmentError, fromErrno } from '../../host/environment-error.ts';
import { FileCheckpointStore } from '../../host/file-checkpoint.ts';
import type { FileSystem } from '../../host/file-system.ts';
import { nodeFileSystem } from '../../host/node-file-system.ts';
import { nodeMachine } from '../../host/node-machine.ts';
import { loadIdentity } from '../../host/identity.ts';
import { readCut } from '../../host/journal-cut.ts';
import { ENTRY_NONE, recoverJournal, type EntryPlace } from '../../host/journal-recovery.ts';
import type { Identity } from '../../host/ports.ts';
import { corrupt } from '../../host/segment-file.ts';
import { compareCheckpoint } from './compare-checkpoint.ts';
import { faultOf, whileLocked } from './directory-access.ts';
import { readEntryRecord } from './entry-record.ts';
import { HeadSearch, type ExpectedHead, type HeadAnswer } from './expected-head.ts';
import { JournalBytes, type OnProgress } from './journal-bytes.ts';
import { KeptHashes } from './kept-hashes.ts';
import { HistoryReplay } from './replay.ts';
import type { LedgerTwin } from '../twin/ledger-twin.ts';
import type { CurrencyTotal } from '../twin/twin-accounts.ts';
import { EMPTY_BOOKS, NO_CURRENCY, type Books } from '../twin/twin-currencies.ts';

const LIMITS = {
  leasesMax: LEASES_MAX, runsMax: RUNS_MAX, keysMax: KEYS_MAX, movementsMax: MOVEMENTS_MAX,
};

/** The balance in the smallest unit; the currency where the account has one. */
export type AccountRow = readonly [account: number, balance: number, currency?: number];

export interface DirectoryVerdict {
  readonly directory: string;
  readonly ok: boolean;
  /** The last entry up to which everything is right; all the rest is at it. */
  readonly lastSeq: Seq;
  /** The highest seq that the directory itself knows to be decided; 0: none. */
  readonly commitSeq: Seq;
  readonly digest: StateDigest;
  readonly hash: EntryHash;
  readonly operations: number;
  readonly accountCount: number;
  /** The sum of all balances, and what explains it, in the smallest unit: without a currency. */
  readonly total: bigint;
  readonly books: Books;
  /** The same of each currency in use. Left out where none is. */
  readonly currencies?: readonly CurrencyTotal[];
  /** Undefined where it is missing or damaged. */
  readonly identity: Identity | undefined;
  /** The first fault and its place, in words. */
  readonly fault?: string;
  /** A tail that a crash left half written: no fault; the next start cuts it. */
  readonly torn?: string;
  /** Where a head was expected. */
  readonly head?: HeadAnswer;
  /** Where they were to be kept. */
  readonly hashes?: KeptHashes;
  /** Where they were asked for, in order. */
  readonly accounts?: readonly AccountRow[];
}

export interface VerifyOptions {
  readonly io?: FileSystem;
  /** Is told, again and again, how many bytes of the journal were checked. */
  readonly onProgress?: OnProgress | undefined;
  readonly expectedHead?: ExpectedHead | undefined;
  readonly keepHashes?: boolean;
  readonly withAccounts?: boolean;
}

interface Checkpoint {
  readonly entry: EntryId;
  readonly image: LedgerImage;
}

/** Throws EnvironmentError: locked, permission, io. */
export async function verifyDirectory(
  path: string,
  options: VerifyOptions = {},
): Promise<DirectoryVerdict> {
  const io = options.io ?? nodeFileSystem;
  try {
    return await whileLocked(io, path, () => new DirectoryCheck(path, io, options).run());
  } catch (error) {
    throw fromErrno(error, `verify ${path}`);
  }
}

/** The check of one directory, as far as it has come. */
class DirectoryCheck {
  readonly #path: string;
  readonly #io: FileSystem;
  readonly #options: VerifyOptions;
  readonly #replay = new HistoryReplay(LIMITS);
  readonly #search: HeadSearch | undefined;
  readonly #hashes: KeptHashes | undefined;
  readonly #bytes: JournalBytes;
  #identity: Identity | undefined;
  #checkpoint: Checkpoint | undefined;
  #checkpointSeq: Seq = SEQ_NONE;
  #fault: string | undefined;
  #torn: string | undefined;

  constructor(path: string, io: FileSystem, options: VerifyOptions) {
    this.#path = path;
    this.#io = io;
    this.#options = options;
    this.#hashes = options.keepHashes ? new KeptHashes() : undefined;
    this.#bytes = new JournalBytes(options.onProgress);
    if (options.expectedHead !== undefined) this.#search = new HeadSearch(options.expectedHead);
  }

  async run(): Promise<DirectoryVerdict> {
    await this.#noteFault('identity', () => this.#loadIdentity());
    await this.#noteFault('checkpoint', () => this.#loadCheckpoint());
    await this.#noteFault('journal', () => this.#checkJournal());
    await this.#noteFault('checkpoint', async () => this.#checkCheckpointReached());
    await this.#noteFault('identity', async () => this.#checkPromise());
    return this.#verdict();
  }

  #place(name: string): string {
    return join(this.#path, name);
  }

  /** The first fault is kept; what comes after it may be its consequence. */
  async #noteFault(name: string, check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      const fault = faultOf(error, this.#place(name));
      if (fault === undefined) throw error;
      this.#fault ??= fault;
    }
  }

  async #loadIdentity(): Promise<void> {
    this.#identity = await loadIdentity({ identity: this.#place('identity') }, this.#io);
    if (this.#identity === undefined) throw this.#wrong('the identity is missing');
  }

  async #loadCheckpoint(): Promise<void> {
    const store = new FileCheckpointStore(
      { checkpoint: this.#place('checkpoint') }, { io: this.#io, yield: nodeMachine.yield });
    this.#checkpoint = await store.load();
    this.#checkpointSeq = this.#checkpoint?.entry.seq ?? SEQ_NONE;
  }

  async #checkJournal(): Promise<void> {
    const io = this.#io;
    const directory = this.#place('journal');
    if (!(await io.exists(directory))) throw this.#wrong('the journal is missing');
    await this.#bytes.measure(io, directory);
    this.#compareCheckpointAt(SEQ_NONE);
    const { torn, segments } = await recoverJournal({
      io, directory,
      incarnation: this.#identity?.incarnation,
      checkpoint: ENTRY_NONE,
      cut: await readCut(io, directory),
      onEntry: (_entry, place) => this.#onEntry(place),
    });
    const isMember = this.#identity !== undefined && this.#identity.cluster !== CLUSTER_NONE;
    if (segments.length === 0 && isMember) throw this.#wrong('the journal is missing');
    if (torn === undefined) return;
    const { bytes, afterSeq, path, offset } = torn;
    this.#torn = `${bytes} bytes after entry ${afterSeq} (${path} at byte ${offset})`;
  }

  #onEntry({ segment, bytes, offset }: EntryPlace): void {
    const expected = this.#replay.tail.seq + 1;
    const entry = readEntryRecord(bytes, offset, segment.seed);
    const fault = typeof entry === 'string' ? entry : this.#replay.take(entry);
    if (typeof entry === 'string' || fault !== undefined) {
      throw corrupt(segment.path, offset, `entry ${expected}: ${fault}`);
    }
    const { seq, hash, digest, entryEpoch } = entry;
    this.#compareCheckpointAt(seq);
    this.#search?.see(seq, hash);
    this.#hashes?.push({ hash, digest: digest.slice(0, 16), entryEpoch });
    this.#bytes.show(segment.header.first, offset, seq);
  }

  #compareCheckpointAt(seq: Seq): void {
    if (this.#checkpoint === undefined || this.#checkpointSeq !== seq) return;
    const { entry, image } = this.#checkpoint;
    const { hash, entryEpoch } = this.#replay.tail;
    this.#checkpoint = undefined; // its pages are not needed any more
    const wrong = (detail: string) => this.#wrong(`the checkpoint at entry ${seq}: ${detail}`);
    if (entry.hash !== hash || entry.entryEpoch !== entryEpoch) {
      this.#fault ??= wrong('the journal has another entry there').message;
      return;
    }
    const difference = compareCheckpoint(image, this.#replay.twin);
    if (difference === undefined) return;
    this.#fault ??= wrong(`${difference} as the journal replayed has it`).message;
  }

  #checkCheckpointReached(): void {
    const [seq, last] = [this.#checkpointSeq, this.#replay.tail.seq];
    if (seq <= last) return;
    throw this.#wrong(`the checkpoint is at entry ${seq}, the journal ends with ${last}`);
  }

  /** What was appended was proposed under an epoch that had been promised, durably, before. */
  #checkPromise(): void {
    const { seq, entryEpoch } = this.#replay.tail;
    const promised = this.#identity?.promise.epoch;
    if (promised === undefined || entryEpoch <= promised) return;
    throw this.#wrong(
      `the identity has promised epoch ${promised}, but entry ${seq} is of epoch ${entryEpoch}: `
      + 'it is older than the journal',
    );
  }

  #wrong(detail: string): EnvironmentError {
    return new EnvironmentError('corrupt', `${this.#path}: ${detail}`);
  }

  #verdict(): DirectoryVerdict {
    const { twin, tail, operations } = this.#replay;
    const totals = twin.totals();
    for (const { total, books } of totals) {
      if (total === books.created + books.adjusted + books.deposited - books.withdrawn) continue;
      const detail = `the total ${total} is not what came in less what went out`;
      this.#fault ??= this.#wrong(detail).message;
    }
    const without = totals.find(({ currency }) => currency === NO_CURRENCY);
    const currencies = totals.filter(({ currency }) => currency !== NO_CURRENCY);
    return {
      directory: this.#path,
      ok: this.#fault === undefined,
      lastSeq: tail.seq,
      commitSeq: Math.min(this.#checkpointSeq, tail.seq) as Seq,
      digest: twin.stateDigest(),
      hash: tail.hash,
      operations,
      accountCount: twin.accountCount,
      total: without?.total ?? 0n,
      books: without?.books ?? EMPTY_BOOKS,
      ...(currencies.length === 0 ? {} : { currencies }),
      identity: this.#identity,
      ...(this.#fault === undefined ? {} : { fault: this.#fault }),
      ...(this.#torn === undefined ? {} : { torn: this.#torn }),
      ...(this.#search === undefined ? {} : { head: this.#search.answer(tail.seq) }),
      ...(this.#hashes === undefined ? {} : { hashes: this.#hashes }),
      ...(this.#options.withAccounts ? { accounts: rowsOf(twin) } : {}),
    };
  }
}

function rowsOf(twin: LedgerTwin): AccountRow[] {
  const rows: AccountRow[] = [];
  for (const { number, balance, currency } of twin.accounts()) {
    const row = [number, Number(balance)] as const;
    rows.push(currency === NO_CURRENCY ? row : [...row, currency]);
  }
  return rows;
}
