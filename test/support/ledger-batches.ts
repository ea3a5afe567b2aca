/** Batches for ledgers by hand, spelled out; and images compared field by field. */
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import { Ledger, type LedgerImage, type LedgerLimits } from '../../src/core/ledger.ts';
import {
  decodeResult, encodeChunk, type Operation, type Result, viewOf,
} from '../../src/core/operation.ts';

export function joinChunks(chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(chunks));
}

export function decodeResults(results: Uint8Array): Result[] {
  const view = viewOf(results);
  return Array.from({ length: results.length / 32 }, (_, index) => decodeResult(view, index));
}

/** A ledger that numbers its batches itself. */
export class Teller {
  ledger: Ledger;
  seq = 0;

  constructor(limits: Partial<LedgerLimits> = {}) {
    this.ledger = new Ledger(limits);
  }

  executeBytes(batch: Uint8Array): Uint8Array {
    this.seq += 1;
    return this.ledger.execute(this.seq as Seq, (1000 * this.seq) as Timestamp, batch).results;
  }

  execute(...chunks: readonly Uint8Array[]): Result[] {
    return decodeResults(this.executeBytes(joinChunks(chunks)));
  }

  /** The results of one chunk in a batch of its own. */
  ask(session: number, firstRequest: number, ...operations: readonly Operation[]): Result[] {
    return this.execute(encodeChunk(session, firstRequest, operations));
  }

  /** The first session of a new lease. */
  lease(): number {
    const [opened] = this.ask(0, 0, { kind: 'lease' });
    if (opened?.code !== 'ok') throw new Error('no lease');
    return opened.account;
  }

  balances(): number[] {
    return [...this.ledger.balances()].map(({ balance }) => balance);
  }
}

/** A copy of the ledger's state that later writes do not reach, records only. */
export function copyState(ledger: Ledger): unknown {
  const image = ledger.snapshot();
  const copy = copyImage(image);
  ledger.releaseSnapshot();
  const tables = copy.tables.map(({ name, fields, records, pages }) => {
    const all = pages.flatMap((page) => [...page]);
    return { name, fields, records, values: all.slice(0, records * fields) };
  });
  return { scalars: copy.scalars, tables };
}

export function copyImage(image: LedgerImage): LedgerImage {
  const tables = image.tables.map((table) => {
    return { ...table, pages: table.pages.map((page) => page.slice()) };
  });
  return { scalars: { ...image.scalars }, tables };
}
