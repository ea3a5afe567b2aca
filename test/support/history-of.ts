/** Histories made by hand or at random, and their pages, without a bank. */
import type { ExecutedEntry } from '../../src/core/entry.ts';
import {
  HistoryPageWriter, readHistoryPage, type HistoryPage, type Position,
} from '../../src/core/history-page.ts';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import { Ledger, type LedgerLimits } from '../../src/core/ledger.ts';
import { encodeChunk, type Operation } from '../../src/core/operation.ts';
import { Random } from '../../src/core/random.ts';
import { LedgerTwin } from '../../src/verify/twin/ledger-twin.ts';
import { BatchGenerator } from './batch-generator.ts';

const LIMITS: LedgerLimits = {
  leasesMax: 100, runsMax: 10_000, keysMax: 10_000, movementsMax: 12,
};

/** A ledger, and every entry that it executed. */
export class MadeHistory {
  readonly ledger: Ledger;
  readonly entries: ExecutedEntry[] = [];
  #session = 0;
  #request = 1;

  constructor(limits: Partial<LedgerLimits> = {}) {
    this.ledger = new Ledger(limits);
  }

  /** Batches that hit every rule now and then; `onEntry` is called behind each. */
  static random(
    seed: number, batches: number, onEntry: (made: MadeHistory) => void = () => {},
  ): MadeHistory {
    const made = new MadeHistory(LIMITS);
    const twin = new LedgerTwin(LIMITS);
    const generator = new BatchGenerator(new Random(seed), (account) => twin.find(BigInt(account)));
    for (let seq = 1; seq <= batches; seq += 1) {
      const batch = generator.batch(seq);
      const timestamp = generator.timestamp();
      made.execute(batch, timestamp);
      twin.execute(seq, timestamp, batch);
      onEntry(made);
    }
    return made;
  }

  get lastSeq(): number {
    return this.entries.length;
  }

  /** The lines of the trial balance as it is now. */
  trial(): unknown {
    const asked = encodeChunk(0, 0, [{ kind: 'trial' }]);
    const text = new TextDecoder().decode(this.ledger.query(asked));
    return (JSON.parse(text) as { readonly currencies: unknown }).currencies;
  }

  execute(batch: Uint8Array, timestamp: number): void {
    const seq = (this.lastSeq + 1) as Seq;
    const { results } = this.ledger.execute(seq, timestamp as Timestamp, batch);
    this.entries.push({ seq, timestamp, batch, results } as unknown as ExecutedEntry);
  }

  /** In an entry of their own, a second after the one before. */
  do(...operations: readonly Operation[]): void {
    this.#chunk(operations, false);
  }

  group(...operations: readonly Operation[]): void {
    this.#chunk(operations, true);
  }

  /** `entries`: as many as are put into it. */
  page(from: Position, entries = Infinity, lastSeq = this.lastSeq): HistoryPage {
    const writer = new HistoryPageWriter(from, lastSeq);
    for (let left = entries; left > 0 && writer.wanted !== undefined; left -= 1) {
      writer.add(this.entries[writer.wanted - 1] as ExecutedEntry);
    }
    const page = readHistoryPage(writer.finish());
    if (page === undefined) throw new Error('no page');
    return page;
  }

  #chunk(operations: readonly Operation[], isGroup: boolean): void {
    const time = (): number => 1_000_000 * (this.lastSeq + 1);
    if (this.#session === 0) {
      this.execute(encodeChunk(0, 0, [{ kind: 'lease' }]), time());
      this.#session = 64 * this.lastSeq;
    }
    this.execute(encodeChunk(this.#session, this.#request, operations, isGroup), time());
    this.#request += operations.length;
  }
}
