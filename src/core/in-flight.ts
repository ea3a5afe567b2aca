/**
 * The batches of an epoch that the coordinator holds: those not yet decided, and the latest decided
 * ones, from which a backend that joins gets what it lacks without a journal being read.
 */
import type { AdmittedItem } from './admission.ts';
import { entryBytes, type Entry } from './entry.ts';
import type { BackendId, Seq } from './ids.ts';
import type { Digest, Results } from './message.ts';

export interface Batch extends Entry {
  items: readonly AdmittedItem[];
  readonly operations: number;
  readonly preparedMs: number;
  /** Bytes that all entries of this epoch up to this one take in a journal. */
  readonly mark: number;
  /** The member that is to send the results. */
  answerer: BackendId;
  results: Results | undefined;
  readonly digests: Map<BackendId, Digest>;
  /** What the required set agreed on; undefined until it is decided. */
  agreed: Digest | undefined;
  answered: boolean;
}

/** Decided batches are kept up to so many bytes. */
const RETAINED_BYTES_MAX = 16 * 1024 * 1024;

export class InFlight {
  readonly #batches = new Map<Seq, Batch>();
  #oldest: number;
  #unanswered: number;
  #decidedBytes = 0;
  #mark = 0;

  constructor(afterSeq: Seq) {
    this.#oldest = afterSeq + 1;
    this.#unanswered = afterSeq + 1;
  }

  /** Bytes in a journal of all entries prepared in this epoch. */
  get mark(): number {
    return this.#mark;
  }

  get(seq: Seq): Batch | undefined {
    return this.#batches.get(seq);
  }

  add(entry: Entry, items: readonly AdmittedItem[], answerer: BackendId, nowMs: number): Batch {
    let operations = 0;
    for (const item of items) operations += item.operations;
    this.#mark += entryBytes(entry.batch.length, operations);
    const batch: Batch = {
      ...entry, items, operations, preparedMs: nowMs, mark: this.#mark, answerer,
      results: undefined, digests: new Map(), agreed: undefined, answered: false,
    };
    this.#batches.set(batch.seq, batch);
    return batch;
  }

  /** The batch was decided and answered: kept only as far as the bound allows. */
  onAnswered(batch: Batch): void {
    batch.answered = true;
    batch.results = undefined;
    batch.items = [];
    while (this.#batches.get(this.#unanswered as Seq)?.answered === true) this.#unanswered += 1;
    this.#decidedBytes += batch.batch.length;
    while (this.#decidedBytes > RETAINED_BYTES_MAX && this.#oldest < this.#unanswered - 1) {
      const oldest = this.#batches.get(this.#oldest as Seq);
      this.#batches.delete(this.#oldest as Seq);
      this.#oldest += 1;
      this.#decidedBytes -= oldest?.batch.length ?? 0;
    }
  }

  /** In order: prepared, but not answered yet. */
  *unanswered(): IterableIterator<Batch> {
    for (const batch of this.from(this.#unanswered as Seq)) if (!batch.answered) yield batch;
  }

  /** In order, from `seq` on. */
  *from(seq: Seq): IterableIterator<Batch> {
    for (let at: number = seq; ; at += 1) {
      const batch = this.#batches.get(at as Seq);
      if (batch === undefined) return;
      yield batch;
    }
  }
}
