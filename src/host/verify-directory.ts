/**
 * Checks a stopped backend's directory from the first byte to the last, and changes nothing in it.
 *
 * Everything derived is computed again: every checksum and hash, the chain, and, by replaying the
 * journal through a fresh ledger, every result and digest; the checkpoint must be the state at its
 * seq. Damage is a verdict, never an exception; what is thrown is only that the directory can't be
 * read at all.
 */
import { join } from 'node:path';
import type { EntryId, ExecutedEntry } from '../core/entry.ts';
import type { EntryHash, Seq } from '../core/ids.ts';
import { Ledger, type LedgerImage } from '../core/ledger.ts';
import type { StateDigest } from '../core/message.ts';
import { findDifference } from './compare-images.ts';
import { lockDirectory } from './directory-lock.ts';
import { EnvironmentError, fromErrno, isKind } from './environment-error.ts';
import { FileCheckpointStore } from './file-checkpoint.ts';
import type { FileSystem } from './file-system.ts';
import { loadIdentity } from './identity.ts';
import { readCut } from './journal-cut.ts';
import { ENTRY_NONE, recoverJournal } from './journal-recovery.ts';
import { nodeMachine } from './node-machine.ts';

/** In units of 10^-scale. */
export interface VerifiedAccount {
  readonly balance: number;
  readonly scale: number;
}

export interface DirectoryVerdict {
  readonly directory: string;
  readonly ok: boolean;
  /** The last entry up to which everything is right; digest, hash and accounts are at it. */
  readonly lastSeq: Seq;
  /** The highest seq that the directory itself knows to be decided; 0: none. */
  readonly commitSeq: Seq;
  readonly digest: StateDigest;
  readonly hash: EntryHash;
  readonly accounts: ReadonlyMap<number, VerifiedAccount>;
  /** The first fault and its place, in words. */
  readonly fault?: string;
  /** A tail that a crash left half written: no fault; the next start cuts it. */
  readonly torn?: string;
}

interface Checkpoint {
  readonly entry: EntryId;
  readonly image: LedgerImage;
}

/**
 * `onProgress` is told the seq that was checked last. Throws EnvironmentError: locked, missing, io.
 */
export async function verifyDirectory(
  path: string,
  onProgress?: (seq: Seq) => void,
  io: FileSystem = nodeMachine.io,
): Promise<DirectoryVerdict> {
  try {
    await requireBackend(io, path);
    // Without the lock's file no process can be there; to make one would change the directory.
    const lock = (await io.exists(join(path, 'lock'))) ? await lockDirectory(path) : undefined;
    try {
      return await new DirectoryCheck(path, io, onProgress).run();
    } finally {
      lock?.release();
    }
  } catch (error) {
    throw fromErrno(error, `verify ${path}`);
  }
}

async function requireBackend(io: FileSystem, path: string): Promise<void> {
  if (!(await io.exists(path))) throw new EnvironmentError('missing', `${path} does not exist`);
  if (await io.exists(join(path, 'journal'))) return;
  if (await io.exists(join(path, 'identity'))) return; // its journal is missing: a verdict
  throw new EnvironmentError('missing', `${path} is not the directory of a backend`);
}

/** The check of one directory, as far as it has come. */
class DirectoryCheck {
  readonly #path: string;
  readonly #io: FileSystem;
  readonly #onProgress: ((seq: Seq) => void) | undefined;
  #ledger = new Ledger();
  #tail: EntryId = ENTRY_NONE;
  #checkpoint: Checkpoint | undefined;
  #fault: string | undefined;
  #torn: string | undefined;

  constructor(path: string, io: FileSystem, onProgress: ((seq: Seq) => void) | undefined) {
    this.#path = path;
    this.#io = io;
    this.#onProgress = onProgress;
  }

  async run(): Promise<DirectoryVerdict> {
    await this.#noteFault(async () => {
      const machine = { io: this.#io, yield: nodeMachine.yield };
      const store = new FileCheckpointStore(this.#place('checkpoint'), machine);
      this.#checkpoint = await store.load();
    });
    await this.#noteFault(() => this.#checkJournal());
    await this.#noteFault(async () => this.#checkCheckpointReached());
    return this.#verdict();
  }

  #place(name: 'checkpoint' | 'identity') {
    const path = join(this.#path, name);
    return { checkpoint: path, identity: path };
  }

  /** The first fault is kept; what comes after it may be its consequence. */
  async #noteFault(check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      if (!isKind(error, 'corrupt')) throw error;
      this.#fault ??= (error as Error).message;
    }
  }

  async #checkJournal(): Promise<void> {
    const io = this.#io;
    const directory = join(this.#path, 'journal');
    let incarnation;
    await this.#noteFault(async () => {
      const identity = await loadIdentity(this.#place('identity'), io);
      if (identity === undefined) throw this.#wrong('the identity is missing');
      incarnation = identity.incarnation;
    });
    if (!(await io.exists(directory))) throw this.#wrong('the journal is missing');
    const { torn } = await recoverJournal({
      io, directory, incarnation,
      checkpoint: ENTRY_NONE,
      cut: await readCut(io, directory),
      onEntry: (entry) => this.#onEntry(entry),
    });
    if (torn === undefined) return;
    const { bytes, afterSeq, path, offset } = torn;
    this.#torn = `${bytes} bytes after entry ${afterSeq} (${path} at byte ${offset})`;
  }

  #onEntry(entry: ExecutedEntry): void {
    const { seq, entryEpoch, hash } = entry;
    const replayed = this.#replay(entry);
    if (Buffer.compare(replayed.results, entry.results) !== 0) {
      throw this.#wrong(`entry ${seq}: replaying it gives other results`);
    }
    if (replayed.digest !== entry.digest) {
      throw this.#wrong(
        `entry ${seq}: replaying it gives another state (digest ${replayed.digest})`
      );
    }
    this.#tail = { seq, entryEpoch, hash };
    if (seq === this.#checkpoint?.entry.seq) this.#compareCheckpoint(this.#checkpoint);
    this.#onProgress?.(seq);
  }

  /** A batch that is no batch, though its checksum is right, is a fault of the directory too. */
  #replay({ seq, timestamp, batch }: ExecutedEntry) {
    try {
      return this.#ledger.execute(seq, timestamp, batch);
    } catch (error) {
      throw this.#wrong(`entry ${seq}: it can't be replayed: ${(error as Error).message}`);
    }
  }

  #compareCheckpoint({ entry, image }: Checkpoint): void {
    const wrong = (detail: string) => this.#wrong(
      `the checkpoint at entry ${entry.seq}: ${detail}`
    );
    if (entry.hash !== this.#tail.hash) throw wrong('the journal has another entry there');
    const restored = this.#restore(image, wrong);
    if (restored.recomputeStateDigest() !== this.#ledger.recomputeStateDigest()) {
      throw wrong('its digest is not that of the journal replayed');
    }
    const difference = findDifference(this.#ledger.snapshot(), restored.snapshot());
    this.#ledger.releaseSnapshot();
    if (difference !== undefined) throw wrong(`${difference} than in the journal replayed`);
  }

  #restore(image: LedgerImage, wrong: (detail: string) => Error): Ledger {
    try {
      return Ledger.restore(image);
    } catch (error) {
      throw wrong((error as Error).message);
    }
  }

  #checkCheckpointReached(): void {
    const seq = this.#checkpoint?.entry.seq ?? 0;
    if (seq <= this.#tail.seq) return;
    throw this.#wrong(`the checkpoint is at entry ${seq}, the journal ends with ${this.#tail.seq}`);
  }

  #wrong(detail: string): EnvironmentError {
    return new EnvironmentError('corrupt', `${this.#path}: ${detail}`);
  }

  #verdict(): DirectoryVerdict {
    return {
      directory: this.#path,
      ok: this.#fault === undefined,
      lastSeq: this.#tail.seq,
      commitSeq: this.#checkpoint?.entry.seq ?? ENTRY_NONE.seq,
      digest: this.#ledger.stateDigest,
      hash: this.#tail.hash,
      accounts: accountsOf(this.#ledger),
      ...(this.#fault === undefined ? {} : { fault: this.#fault }),
      ...(this.#torn === undefined ? {} : { torn: this.#torn }),
    };
  }
}

function accountsOf(ledger: Ledger): Map<number, VerifiedAccount> {
  const accounts = new Map<number, VerifiedAccount>();
  for (const { account, balance, scale } of ledger.balances()) {
    accounts.set(account, { balance, scale });
  }
  return accounts;
}
