/**
 * When the account table is saved beside the journal, so that a start replays only the tail.
 *
 * Keeps true: a saved checkpoint never goes beyond what is decided and fsynced (replication.md).
 * The table is frozen at an executed entry, kept in memory until that entry is committed, and
 * written then.
 */
import type { EntryId, ExecutedEntry } from '../core/entry.ts';
import type { Seq } from '../core/ids.ts';
import type { Ledger, LedgerImage } from '../core/ledger.ts';
import { RESULT_BYTES } from '../core/operation.ts';
import type { CheckpointStore } from './ports.ts';
import type { Sizes } from './sizes.ts';

/** Before a table is saved, so much of its size is executed. */
const EXECUTED_PART = 0.5;

export interface CheckpointerEvents {
  onSaved(seq: Seq): void;
  /** It could not be written; the one before stands. */
  onFailed(error: unknown): void;
}

/** How far the table is beyond the checkpoint. */
export interface Replayed {
  readonly bytes: number;
  readonly operations: number;
}

interface Frozen {
  readonly entry: EntryId;
  /**
   * Whose image it is: an undone tail replaces the ledger, and the frozen pages stay the old one's.
   */
  readonly ledger: Ledger;
  readonly image: LedgerImage;
}

export class Checkpointer {
  readonly #store: CheckpointStore;
  readonly #events: CheckpointerEvents;
  readonly #sizes: Sizes;
  /** Executed since the checkpoint. */
  #bytes: number;
  #operations: number;
  /** Of the last checkpoint since the start. */
  #imageBytes = 0;
  #savedSeq: Seq;
  /** Waits for its entry to be committed. */
  #frozen: Frozen | undefined;
  #saving: Promise<void> | undefined;

  /** What the start replayed counts: a process that is killed often saves all the same. */
  constructor(
    store: CheckpointStore,
    savedSeq: Seq,
    events: CheckpointerEvents,
    replayed: Replayed,
    sizes: Sizes,
  ) {
    this.#store = store;
    this.#savedSeq = savedSeq;
    this.#events = events;
    this.#sizes = sizes;
    this.#bytes = replayed.bytes;
    this.#operations = replayed.operations;
  }

  /** Called after each entry, while the ledger stands exactly at it. */
  onExecuted(entry: ExecutedEntry, ledger: Ledger): void {
    this.#bytes += entry.batch.length + entry.results.length;
    this.#operations += entry.results.length / RESULT_BYTES;
    if (!this.#isDue || this.#frozen !== undefined || this.#saving !== undefined) return;
    this.#freeze(entry, ledger);
  }

  /** Everything up to here is decided and fsynced. */
  onCommitted(seq: Seq): void {
    if (this.#frozen !== undefined && seq >= this.#frozen.entry.seq) this.#save(this.#frozen);
  }

  /** The entries after this one are dropped: they were never committed, and so never saved. */
  async abandonAfter(seq: Seq): Promise<void> {
    if (this.#frozen !== undefined && this.#frozen.entry.seq > seq) this.#release();
    await this.#saving;
  }

  /**
   * A clean stop: saves the table at its committed tail, so that the next start replays nothing.
   */
  async finish(tail: EntryId, ledger: Ledger, committedSeq: Seq): Promise<void> {
    await this.#saving;
    this.#release();
    if (tail.seq !== committedSeq || tail.seq === this.#savedSeq) return;
    this.#freeze(tail, ledger);
    this.onCommitted(committedSeq);
    await this.#saving;
  }

  /**
   * To save a table writes all of it, and copies what changes meanwhile: that stays in proportion
   * to what is executed.
   */
  get #isDue(): boolean {
    const { checkpointBytes, checkpointOperations } = this.#sizes;
    const times = Math.max(1, (EXECUTED_PART * this.#imageBytes) / checkpointBytes);
    return this.#bytes >= times * checkpointBytes
      || this.#operations >= times * checkpointOperations;
  }

  #freeze({ seq, entryEpoch, hash }: EntryId, ledger: Ledger): void {
    this.#bytes = 0;
    this.#operations = 0;
    const image = ledger.snapshot();
    this.#imageBytes = bytesOf(image);
    this.#frozen = { entry: { seq, entryEpoch, hash }, ledger, image };
  }

  #release(): void {
    this.#frozen?.ledger.releaseSnapshot();
    this.#frozen = undefined;
  }

  #save({ entry, ledger, image }: Frozen): void {
    this.#frozen = undefined;
    this.#saving = this.#store
      .save(entry, image)
      .then(
        () => {
          this.#savedSeq = entry.seq;
          this.#events.onSaved(entry.seq);
        },
        (error: unknown) => this.#events.onFailed(error),
      )
      .finally(() => {
        ledger.releaseSnapshot();
        this.#saving = undefined;
      });
  }
}

function bytesOf({ tables }: LedgerImage): number {
  let bytes = 0;
  for (const { pages } of tables) for (const page of pages) bytes += page.byteLength;
  return bytes;
}
