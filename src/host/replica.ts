/**
 * One life of a backend's participant on its directory: gives the core what it asks for.
 *
 * Keeps the order that the core counts on: what was appended is fsynced before a promise is saved
 * or the tail is dropped, and the slow errands (promise, truncation, reads of the journal) run one
 * after another. A life ends with a reset, with damage, with a failed disk, or with a stop.
 */
import { present } from '../core/assert.ts';
import type { DiskWork, ParticipantHost, PromiseRecord } from '../core/effect.ts';
import type { ExecutedEntry } from '../core/entry.ts';
import { SEQ_NONE, type Seq } from '../core/ids.ts';
import type { Lookup } from '../core/lookup.ts';
import type { FromBackend, Reserve } from '../core/message.ts';
import { Participant, type ParticipantOptions } from '../core/participant.ts';
import { Checkpointer, type Replayed } from './checkpointer.ts';
import { EnvironmentError, errorCode, isKind } from './environment-error.ts';
import type { Log } from './log.ts';
import { readHistory } from './history.ts';
import { findOriginals } from './originals.ts';
import type { CheckpointStore, Journal, JournalEvents, Machine } from './ports.ts';
import { rebuild } from './replay.ts';
import type { Sizes } from './sizes.ts';
import { readStatement } from './statement.ts';

/** How long until a promise that found no room on the disk is tried again. */
const ROOM_RETRY_MS = 500;

/**
 * Why a life ended. After `reset` the next one begins as empty, after `corrupt` without a journal.
 */
export type ReplicaEnding =
  | { readonly kind: 'reset' | 'corrupt'; readonly detail: string }
  | { readonly kind: 'failed'; readonly error: Error };

/** So much is read at once at most, whatever is asked for. */
const FETCH_BYTES_MAX = 4 * 1024 * 1024;

export interface ReplicaParts {
  readonly machine: Pick<Machine, 'after' | 'fileWork'>;
  readonly sizes: Sizes;
  readonly participant: ParticipantOptions;
  /** Undefined where the directory is corrupt: then the replica only waits to be reset. */
  readonly journal: Journal | undefined;
  readonly checkpoints: CheckpointStore;
  /** What stands in the journal behind the checkpoint. */
  readonly replayed: Replayed;
  /** Makes the promise durable in the directory's identity. */
  readonly savePromise: (promise: PromiseRecord) => Promise<void>;
  readonly send: (message: FromBackend) => void;
  readonly onInSync: () => void;
  readonly log: Log;
  readonly trace: Log | undefined;
}

export class Replica implements ParticipantHost, JournalEvents {
  readonly participant: Participant;
  /** Resolves once, when this life is over; what the core still asks for is not done. */
  readonly ended: Promise<ReplicaEnding>;
  readonly trace: Log | undefined;
  readonly #parts: ReplicaParts;
  readonly #checkpointer: Checkpointer;
  #committedSeq: Seq = SEQ_NONE;
  #tickedSeq: Seq = SEQ_NONE;
  #checkpoints = 0;
  /** The errands: each begins when the one before has been done. */
  #errands: Promise<void> = Promise.resolve();
  #over = false;
  #end: (ending: ReplicaEnding) => void = () => {};

  constructor(parts: ReplicaParts) {
    this.#parts = parts;
    this.trace = parts.trace;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    this.participant = new Participant(parts.participant, this);
    this.#checkpointer = new Checkpointer(parts.checkpoints, parts.participant.checkpointSeq, {
      onSaved: (seq) => this.#onCheckpointSaved(seq),
      onFailed: (error) => this.#onCheckpointFailed(error),
    }, parts.replayed, parts.sizes);
  }

  /** Some times a second: when nothing was appended since the last one, the load pauses. */
  onTick(): void {
    const seq = this.participant.tail.seq;
    if (!this.#over && seq === this.#tickedSeq) this.#parts.journal?.mark();
    this.#tickedSeq = seq;
  }

  /** Everything fsynced and nothing open any more; at a clean stop with a checkpoint of it. */
  async close(checkpoint: boolean): Promise<void> {
    this.#over = true;
    await this.#errands;
    const { journal } = this.#parts;
    if (journal === undefined) return;
    await journal.flush();
    const { tail, ledger } = this.participant;
    const committedSeq = checkpoint ? this.#committedSeq : SEQ_NONE;
    await this.#checkpointer.finish(tail, ledger, committedSeq);
    await journal.close();
  }

  // ---- what the core asks for ------------------------------------------------------------------

  append(entry: ExecutedEntry): void {
    this.#journal.append(entry);
    this.#checkpointer.onExecuted(entry, this.participant.ledger);
  }

  savePromise(promise: PromiseRecord): void {
    this.#errand(async () => {
      await this.#parts.journal?.flush();
      await this.#writePromise(promise);
      if (!this.#over) this.participant.onPromiseSaved(promise);
    });
  }

  /** Without room it is tried again: nothing is answered before it is durable. */
  async #writePromise(promise: PromiseRecord): Promise<void> {
    for (let tries = 1; !this.#over; tries += 1) {
      try {
        return await this.#parts.savePromise(promise);
      } catch (error) {
        if (!(error instanceof EnvironmentError) || error.kind !== 'disk-full') throw error;
        if (tries === 1) this.#parts.log(`waits for room: ${error.message}`);
        await new Promise<void>((resolve) => {
          this.#parts.machine.after(ROOM_RETRY_MS, resolve);
        });
      }
    }
  }

  truncate(afterSeq: Seq): void {
    this.#errand(async () => {
      const journal = this.#journal;
      const { checkpoints, sizes } = this.#parts;
      await journal.flush();
      await this.#checkpointer.abandonAfter(afterSeq);
      await journal.truncateAfter(afterSeq);
      const { ledger, tail } = await rebuild(journal, checkpoints, sizes.ledgerLimits);
      this.#parts.log(`dropped what was prepared after entry ${afterSeq} and never decided`);
      if (!this.#over) this.participant.onTruncated(ledger, tail);
    });
  }

  locate(seq: Seq, token: number): void {
    this.#errand(async () => {
      const found = await this.#journal.locate(seq);
      if (!this.#over) this.participant.onLocated(token, found);
    });
  }

  fetch(fromSeq: Seq, bytes: number, token: number): void {
    this.#errand(async () => {
      const entries = await this.#readEntries(fromSeq, bytes);
      if (!this.#over) this.participant.onFetched(token, entries);
    });
  }

  resolve(_seq: Seq, results: Uint8Array, token: number): void {
    this.#errand(async () => {
      const originals = await findOriginals(results, (seq) => this.#read(seq));
      if (!this.#over) this.participant.onResolved(token, originals);
    });
  }

  lookUp(lookup: Lookup, token: number): void {
    this.#errand(async () => {
      const answer = lookup.kind === 'history'
        ? await readHistory(lookup.from, lookup.lastSeq, (seq) => this.#read(seq))
        : await this.#journal.walk((operations) => readStatement(lookup, operations));
      if (!this.#over) this.participant.onLookedUp(token, answer);
    });
  }

  committed(seq: Seq): void {
    if (seq <= this.#committedSeq) return;
    this.#committedSeq = seq;
    this.#checkpointer.onCommitted(seq);
  }

  reset(detail: string): void {
    this.#finish({ kind: 'reset', detail });
  }

  send(message: FromBackend): void {
    if (!this.#over) this.#parts.send(message);
  }

  inSync(): void {
    this.#parts.onInSync();
  }

  log(line: string): void {
    this.#parts.log(line);
  }

  diskWork(): DiskWork {
    return { ...this.#parts.machine.fileWork(), checkpoints: this.#checkpoints };
  }

  // ---- what the journal tells ------------------------------------------------------------------

  onSynced(seq: Seq): void {
    if (!this.#over) this.participant.onSynced(seq);
  }

  onReserve(reserve: Reserve): void {
    if (!this.#over) this.participant.onReserve(reserve, this.#journal.bytes);
  }

  onFailed(error: Error): void {
    this.#finish({ kind: 'failed', error });
  }

  onCorruption(detail: string): void {
    if (this.#over) return;
    this.participant.onCorruption(detail);
    this.#finish({ kind: 'corrupt', detail });
  }

  // ---- inside ----------------------------------------------------------------------------------

  get #journal(): Journal {
    return present(this.#parts.journal, 'a corrupt directory is only asked to be reset');
  }

  #errand(run: () => Promise<void>): void {
    this.#errands = this.#errands.then(async () => {
      if (this.#over) return;
      try {
        await run();
      } catch (error) {
        this.#onErrandFailed(error);
      }
    });
  }

  #onErrandFailed(error: unknown): void {
    if (!isOfTheWorld(error)) throw error;
    if (isKind(error, 'corrupt')) this.onCorruption(error.message);
    else this.onFailed(error);
  }

  #finish(ending: ReplicaEnding): void {
    this.#over = true;
    this.#end(ending);
  }

  async #readEntries(fromSeq: Seq, bytes: number): Promise<ExecutedEntry[]> {
    const entries: ExecutedEntry[] = [];
    const wanted = Math.min(bytes, FETCH_BYTES_MAX);
    let read = 0;
    for (let seq = fromSeq; read < wanted || entries.length === 0; seq = (seq + 1) as Seq) {
      const entry = await this.#read(seq);
      if (entry === undefined) break;
      entries.push(entry);
      read += entry.batch.length + entry.results.length;
    }
    return entries;
  }

  /** Also of an entry that is not on the disk yet: the journal keeps it until it is. */
  async #read(seq: Seq): Promise<ExecutedEntry | undefined> {
    return this.#journal.read(seq);
  }

  #onCheckpointSaved(seq: Seq): void {
    this.#checkpoints += 1;
    if (!this.#over) this.participant.onCheckpoint(seq);
  }

  #onCheckpointFailed(error: unknown): void {
    if (!isOfTheWorld(error)) throw error;
    // A full disk passes; the journal has everything. Anything else may be a disk that lies.
    if (isKind(error, 'disk-full')) this.#parts.log(`no checkpoint: ${error.message}`);
    else this.onFailed(error);
  }
}

/** A failure of disk or directory; anything else is a bug, and ends the process. */
function isOfTheWorld(error: unknown): error is Error {
  return error instanceof EnvironmentError || errorCode(error) !== '';
}
