/**
 * Executes journal entries again, to bring an account table from its checkpoint to a later seq.
 *
 * Execution is deterministic, so each entry must give the digest that it gave the first time; a
 * difference is damage of the checkpoint or of the journal, or a bug, and never served.
 */
import { assert } from '../core/assert.ts';
import type { EntryId, ExecutedEntry } from '../core/entry.ts';
import { EPOCH_NONE, HASH_NONE, nextSeq, SEQ_NONE, VIEW_NONE, type Seq } from '../core/ids.ts';
import { Ledger, type LedgerImage, type LedgerLimits } from '../core/ledger.ts';
import { RESULT_BYTES } from '../core/operation.ts';
import type { View } from '../core/view.ts';
import type { Replayed } from './checkpointer.ts';
import { EnvironmentError } from './environment-error.ts';
import type { CheckpointStore, Journal } from './ports.ts';

const NO_ENTRY: EntryId = { seq: SEQ_NONE, entryEpoch: EPOCH_NONE, hash: HASH_NONE };
export const NO_VIEW: View = { number: VIEW_NONE, members: [] };

/** An account table on its way from the checkpoint to the journal's tail. */
export class Replay {
  readonly ledger: Ledger;
  /** Where the table began. */
  readonly checkpoint: EntryId;
  #tail: EntryId;
  #view: View = NO_VIEW;
  #bytes = 0;
  #operations = 0;

  /** From a saved image, or from the empty bank. */
  constructor(
    saved: { readonly entry: EntryId; readonly image: LedgerImage } | undefined,
    limits: Partial<LedgerLimits>,
  ) {
    this.checkpoint = saved?.entry ?? NO_ENTRY;
    this.#tail = this.checkpoint;
    this.ledger = saved === undefined ? new Ledger(limits) : restore(saved.image, limits);
  }

  /** The entry that the table stands at. */
  get tail(): EntryId {
    return this.#tail;
  }

  /** How much was executed. */
  get replayed(): Replayed {
    return { bytes: this.#bytes, operations: this.#operations };
  }

  /** The newest view among the entries seen. */
  get view(): View {
    return this.#view;
  }

  /** Also of entries before the checkpoint: they remember views too. */
  noteView(view: View): void {
    if (view.number > this.#view.number) this.#view = view;
  }

  /**
   * The next entry. Throws EnvironmentError `corrupt` where it does not give what it gave before.
   */
  execute(entry: ExecutedEntry): void {
    const { seq, entryEpoch, hash } = entry;
    if (seq !== nextSeq(this.#tail.seq) || entry.previousHash !== this.#tail.hash) {
      throw corrupt(`entry ${seq} of the journal does not continue entry ${this.#tail.seq}`);
    }
    const { digest } = this.ledger.execute(seq, entry.timestamp, entry.batch);
    if (digest !== entry.digest) {
      throw corrupt(`executing entry ${seq} again gave digest ${digest}, not ${entry.digest}`);
    }
    this.#tail = { seq, entryEpoch, hash };
    this.#bytes += entry.batch.length + entry.results.length;
    this.#operations += entry.results.length / RESULT_BYTES;
    this.noteView(entry.view);
  }
}

/** Rebuilds the table at the tail of an open journal. */
export async function rebuild(
  journal: Journal,
  checkpoints: CheckpointStore,
  limits: Partial<LedgerLimits>,
): Promise<Replay> {
  const replay = new Replay(await checkpoints.load(), limits);
  const last: Seq = journal.tail?.seq ?? SEQ_NONE;
  assert(replay.tail.seq <= last, 'what a checkpoint holds is never dropped');
  while (replay.tail.seq < last) {
    const seq = nextSeq(replay.tail.seq);
    const entry = await journal.read(seq);
    if (entry === undefined) throw corrupt(`entry ${seq} of the journal is missing`);
    replay.execute(entry);
  }
  return replay;
}

function restore(image: LedgerImage, limits: Partial<LedgerLimits>): Ledger {
  try {
    return Ledger.restore(image, limits);
  } catch (error) {
    throw corrupt(`the checkpoint does not fit: ${error instanceof Error ? error.message : error}`);
  }
}

function corrupt(sentence: string): EnvironmentError {
  return new EnvironmentError('corrupt', sentence);
}
