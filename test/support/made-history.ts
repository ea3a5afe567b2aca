/** A journal and what clients say of it, made by hand, for judgement to find what is wrong. */
import type { ExecutedEntry } from '../../src/core/entry.ts';
import { HASH_NONE, type EntryHash, type Epoch, type Seq, type Timestamp, type ViewNumber } from
  '../../src/core/ids.ts';
import { Ledger } from '../../src/core/ledger.ts';
import {
  decodeResult, encodeChunk, encodeResult, viewOf, type Operation, type Result,
} from '../../src/core/operation.ts';
import { contradictions } from '../../src/sim/judgement.ts';
import type { Observed } from '../../src/sim/observed.ts';
import { SIM_LIMITS } from '../../src/sim/memory-hit.ts';

/** The session that the first entry opens. */
export const SESSION = 64;

interface Chunk {
  readonly first: number;
  readonly operations: readonly Operation[];
}

export class MadeHistory {
  readonly #ledger = new Ledger(SIM_LIMITS);
  readonly #journal: ExecutedEntry[] = [];
  readonly #history: Observed[] = [];
  #nowMs = 0;

  /** Two accounts, 100 and 101, with 50 and 60 each, at seq 2 and 3: requests 1 and 2. */
  constructor() {
    this.#append([encodeChunk(0, 0, [{ kind: 'lease' }])]);
    this.ran({ first: 1, operations: [{ kind: 'create', amount: 50 }] });
    this.ran({ first: 2, operations: [{ kind: 'create', amount: 60 }] });
  }

  get judged(): string[] {
    return contradictions(this.#history, this.#journal);
  }

  /** The chunks are the next entry; its seq. */
  ran(...chunks: Chunk[]): number {
    return this.#append(chunks.map(({ first, operations }) =>
      encodeChunk(SESSION, first, operations)));
  }

  /** A replica tells another result of an operation than the ledger gave. */
  forge(seq: number, index: number, change: Partial<Result>): void {
    const entry = this.#journal[seq - 1];
    if (entry === undefined) throw new Error(`no entry ${seq}`);
    const view = viewOf(entry.results);
    encodeResult(view, index, { ...decodeResult(view, index), ...change });
  }

  /** What the journal says of an operation: a client that is told the truth says the same. */
  result(seq: number, index = 0): Result {
    return decodeResult(viewOf(this.#journal[seq - 1]?.results ?? new Uint8Array()), index);
  }

  balance(account: number): Result {
    const results = this.#ledger.query(encodeChunk(0, 0, [{ kind: 'query', account }]));
    return decodeResult(viewOf(results), 0);
  }

  /** A client was told so: 1 ms after it asked, unless it says otherwise. */
  saw(operation: Operation, says: Partial<Observed> & { seq?: number; result?: Result }): void {
    const { seq, result, ...rest } = says;
    this.#nowMs += 10;
    const answers = seq === undefined || result === undefined ? [] : [{ seq, result }];
    this.#history.push({
      client: 1, life: 1, place: this.#history.length,
      thing: operation.kind === 'query' ? 'query' : 'request', operations: [operation],
      numbers: 1,
      invokedMs: this.#nowMs, completedMs: this.#nowMs + 1,
      outcome: answers.length > 0 ? 'answered' : 'refused', detail: '', request: undefined, answers,
      ...rest,
    });
  }

  #append(chunks: readonly Uint8Array[]): number {
    const seq = (this.#journal.length + 1) as Seq;
    const timestamp = (1_000 + seq) as Timestamp;
    const batch = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
    const { results, links, digest } = this.#ledger.execute(seq, timestamp, batch);
    const view = { number: 1 as ViewNumber, members: [] };
    this.#journal.push({
      seq, timestamp, batch, results, links, digest, view, entryEpoch: 1 as Epoch,
      hash: `${seq}` as EntryHash, previousHash: HASH_NONE,
    });
    return seq;
  }
}
