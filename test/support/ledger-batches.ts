/** Batches for ledgers: by hand, spelled out, and at random; and images compared field by field. */
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import { Ledger, type LedgerImage, type LedgerLimits } from '../../src/core/ledger.ts';
import {
  decodeResult, encodeChunk, type Operation, RECORD_BYTES, type Result, viewOf,
  writeI64,
} from '../../src/core/operation.ts';
import type { Random } from '../../src/core/random.ts';

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

/** Draws batches that hit each rule now and then: few accounts, sessions, numbers and keys. */
export class BatchGenerator {
  readonly #random: Random;
  /** The seqs that opened a lease, or might have. */
  readonly #leases: number[] = [];
  readonly #nextRequests = new Map<number, number>();

  constructor(random: Random) {
    this.#random = random;
  }

  batch(seq: number): Uint8Array {
    const chunks: Uint8Array[] = [];
    if (seq === 1 || this.#random.chance(0.1)) chunks.push(this.#leaseChunk(seq));
    for (let rest = 1 + this.#random.int(5); rest > 0; rest -= 1) chunks.push(this.#chunk());
    return joinChunks(chunks);
  }

  queries(): Uint8Array {
    const operations = Array.from({ length: 1 + this.#random.int(4) }, (): Operation => {
      if (this.#random.chance(0.1)) return this.#operation();
      return { kind: 'query', account: this.#account() };
    });
    return this.#disturb(encodeChunk(this.#random.int(2), 0, operations), 0.2);
  }

  #leaseChunk(seq: number): Uint8Array {
    this.#leases.push(seq);
    const operations: Operation[] = [{ kind: 'lease' }];
    if (this.#random.chance(0.1)) operations.push(this.#operation());
    return encodeChunk(0, 0, operations);
  }

  #chunk(): Uint8Array {
    const session = this.#random.chance(0.02) ? this.#random.int(200) : this.#session();
    const operations = Array.from({ length: 1 + this.#random.int(6) }, () => this.#operation());
    const first = this.#firstRequest(session, operations.length);
    return this.#disturb(encodeChunk(session, first, operations), 0.15);
  }

  /** Mostly the number that is next; else one before (a retry, whole or in part), or one beyond. */
  #firstRequest(session: number, count: number): number {
    const next = this.#nextRequests.get(session) ?? 1;
    const first =
      this.#random.chance(0.6) ? next
      : this.#random.chance(0.8) ? Math.max(0, next - this.#random.int(25))
      : next + this.#random.int(4);
    this.#nextRequests.set(session, Math.max(next, first + count));
    return first;
  }

  #session(): number {
    const lease = this.#random.chance(0.7) ? this.#leases.at(-1) : this.#random.pick(this.#leases);
    return (lease ?? 0) * 64 + this.#random.int(3);
  }

  #account(): number {
    return 98 + this.#random.int(12);
  }

  #key(): string {
    return `key-${this.#random.int(30)}`;
  }

  #amount(): number {
    if (this.#random.chance(0.9)) return this.#random.int(20) * 10;
    return this.#random.pick([2 ** 53 - 1, 2 ** 46, -1, 2 ** 52, 1]);
  }

  #operation(): Operation {
    const kind = this.#random.pick([
      'create', 'create', 'update', 'deposit', 'withdraw', 'transfer', 'transfer', 'transfer',
      'outcome', 'outcome', 'query', 'lease', 'end',
    ] as const);
    if (kind === 'end' && this.#random.chance(0.8)) {
      return { kind: 'deposit', account: 100, amount: 1 };
    }
    const keyed = this.#random.chance(0.3) ? { key: this.#key() } : {};
    if (kind === 'outcome') return { kind, ...this.#askedRequest(), ...keyed };
    const fields = { account: this.#account(), toAccount: this.#account(), amount: this.#amount() };
    return { kind, ...fields, scale: this.#random.pick([0, 1, 2, 2, 2, 3]), ...keyed };
  }

  #askedRequest(): { account: number; toAccount: number } {
    const session = this.#session();
    const next = this.#nextRequests.get(session) ?? 1;
    return { account: session, toAccount: Math.max(0, next + 3 - this.#random.int(20)) };
  }

  /** Bytes of operations at random, or another count of operations than the records make. */
  #disturb(chunk: Uint8Array, probability: number): Uint8Array {
    if (!this.#random.chance(probability)) return chunk;
    const view = viewOf(chunk);
    if (this.#random.chance(0.3)) {
      view.setUint32(4, Math.max(1, view.getUint32(4, true) + this.#random.int(5) - 2), true);
      return chunk;
    }
    for (let rest = 1 + this.#random.int(3); rest > 0; rest -= 1) {
      const record = RECORD_BYTES * (1 + this.#random.int(chunk.length / RECORD_BYTES - 1));
      // The fields come first in a record: there a change does most.
      const at = record + this.#random.int(this.#random.chance(0.7) ? 32 : RECORD_BYTES);
      chunk[at] = this.#random.pick([0, 1, 2, 3, 0x7f, 0x80, 0xff, this.#random.int(256)]);
    }
    return chunk;
  }
}

/** A chunk of one session whose operation records are random bytes, now and then with a kind. */
export function randomRecords(random: Random, session: number, first: number): Uint8Array {
  const records = 1 + random.int(8);
  const chunk = new Uint8Array((1 + records) * RECORD_BYTES).map(() => random.int(256));
  chunk.set(encodeChunk(session, first, []).subarray(0, RECORD_BYTES));
  const view = viewOf(chunk);
  view.setUint32(4, 1 + random.int(2 * records), true);
  view.setUint32(24, records, true);
  for (let record = 1; record <= records; record += 1) {
    if (random.chance(0.5)) view.setUint8(record * RECORD_BYTES, random.int(12));
    if (random.chance(0.5)) view.setUint8(record * RECORD_BYTES + 1, random.int(2));
    if (random.chance(0.3)) writeI64(view, record * RECORD_BYTES + 8, 100 + random.int(4));
  }
  return chunk;
}

