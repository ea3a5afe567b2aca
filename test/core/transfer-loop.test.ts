/** Many plain transfers in a row, and what ends such a row, against the ledger's slow twin. */
import t from 'tap';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import { Ledger } from '../../src/core/ledger.ts';
import {
  AMOUNT_MAX, CODE, encodeChunk, type Operation, readI64, RECORD_BYTES, viewOf,
} from '../../src/core/operation.ts';
import { Random } from '../../src/core/random.ts';
import { LedgerTwin } from '../../src/verify/twin/ledger-twin.ts';
import { copyImage } from '../support/ledger-batches.ts';

/** More than a page of the table. */
const ACCOUNTS = 1_500;
const FIRST = 100;
/** Ledger and twin, which say the same, or it throws. */
class Both {
  readonly ledger = new Ledger();
  readonly #twin = new LedgerTwin({
    leasesMax: 4096, runsMax: 1_048_576, keysMax: 10_000_000, movementsMax: 10_000_000,
  });
  readonly #session: number;
  #seq = 0;
  #request = 1;

  constructor() {
    this.#session = readI64(viewOf(this.#execute(encodeChunk(0, 0, [{ kind: 'lease' }]))), 8);
  }

  /** The codes of the results; `change` alters the records first. */
  ask(operations: readonly Operation[], change: (records: DataView) => void = () => {}): number[] {
    const chunk = encodeChunk(this.#session, this.#request, operations);
    change(viewOf(chunk.subarray(RECORD_BYTES)));
    this.#request += operations.length;
    const results = this.#execute(chunk);
    return operations.map((_, index) => results[32 * index] as number);
  }

  #execute(batch: Uint8Array): Uint8Array {
    this.#seq += 1;
    const timestamp = 1_000 * this.#seq;
    const { results, links, digest } =
      this.ledger.execute(this.#seq as Seq, timestamp as Timestamp, batch);
    const expected = this.#twin.execute(this.#seq, timestamp, batch);
    if (Buffer.compare(results, expected.results) !== 0) throw new Error('results differ');
    if (Buffer.compare(links, expected.links) !== 0) throw new Error('links differ');
    if (digest !== expected.digest) throw new Error('digests differ');
    if (this.ledger.recomputeStateDigest() !== this.ledger.stateDigest) throw new Error('scan');
    return results;
  }
}

function transfer(account: number, toAccount: number, amount: number, scale = 2): Operation {
  return { kind: 'transfer', account, toAccount, amount, scale };
}

t.test('transfers: hundreds in a row, and all that ends a row', async (t) => {
  const random = new Random(5);
  const both = new Both();
  both.ask(Array.from({ length: ACCOUNTS }, (_, at): Operation => {
    const amount = at % 3 === 0 ? 100_000_000_000 + at : 10_000 + at;
    const plain = { kind: 'create', amount, scale: 2 } as const;
    return at % 50 === 7 ? { ...plain, terms: { floor: -5_000 } } : plain;
  }));
  const codes: Record<number, number> = {};
  for (let round = 0; round < 12; round += 1) {
    const held = round % 3 === 1 ? both.ledger.snapshot() : undefined;
    const before = held && copyImage(held);
    const answers = both.ask(Array.from({ length: 700 }, (): Operation => {
      const [from, to] = [FIRST + random.int(ACCOUNTS), FIRST + random.int(ACCOUNTS + 1)];
      if (random.chance(0.01)) return { kind: 'deposit', account: from, amount: 1, scale: 1 };
      const amount = random.pick([0, 1, 99, 5_000, 2 ** 31, 2 ** 32 + 1, 30_000_000_000]);
      return transfer(from, random.chance(0.01) ? from : to, amount, random.int(3));
    }));
    for (const code of answers) codes[code] = (codes[code] ?? 0) + 1;
    if (held !== undefined) t.same(held, before, 'what a snapshot holds stays as it is');
    if (held !== undefined) both.ledger.releaseSnapshot();
  }
  for (const code of [CODE.ok, CODE.accountNotFound, CODE.insufficientFunds, CODE.badRequest]) {
    t.ok((codes[code] ?? 0) > 1, `code ${code} was answered ${codes[code]} times`);
  }
});

t.test('transfers: at the very limits', async (t) => {
  const both = new Both();
  both.ask([
    { kind: 'create', amount: 100, scale: 2 },
    { kind: 'create', amount: AMOUNT_MAX - 50, scale: 2 },
    { kind: 'create', amount: 2 ** 32, scale: 2 },
    { kind: 'create', amount: 0, scale: 2 },
  ]);
  const codes = both.ask([
    transfer(100, 101, 50),
    transfer(100, 101, 1),
    transfer(101, 100, AMOUNT_MAX),
    transfer(101, 103, AMOUNT_MAX),
    transfer(102, 100, 1),
    transfer(100, 102, 1),
    transfer(103, 100, 1, 0),
    transfer(103, 100, AMOUNT_MAX, 0),
    transfer(99, 100, 1),
    transfer(100, 99, 1),
    transfer(100, 104, 1),
    transfer(104, 100, 1),
    transfer(100, 100, 1),
  ]);
  const { ok, limitExceeded, accountNotFound, badRequest } = CODE;
  t.same(codes, [
    ok, limitExceeded, limitExceeded, ok, ok, ok, ok, badRequest, accountNotFound,
    accountNotFound, accountNotFound, accountNotFound, badRequest,
  ]);
});

t.test('transfers: bytes that nobody writes end a row, and are judged by the rules', async (t) => {
  const alterations: [string, (records: DataView) => void][] = [
    ['an account beyond 32 bits', (records) => records.setUint32(12, 1, true)],
    ['another beyond 32 bits', (records) => records.setUint32(20, 1, true)],
    ['an account below zero', (records) => records.setInt32(8, -3, true)],
    ['an amount below zero', (records) => records.setInt32(28, -1, true)],
    ['an amount beyond 2^53', (records) => records.setInt32(28, 2 ** 22, true)],
    ['three digits', (records) => records.setUint8(2, 3)],
    ['a byte behind the digits', (records) => records.setUint8(3, 1)],
    ['a flag', (records) => records.setUint8(1, 64)],
    ['another kind', (records) => records.setUint8(0, 250)],
  ];
  for (const [what, alter] of alterations) {
    const both = new Both();
    both.ask([{ kind: 'create', amount: 500, scale: 2 }, { kind: 'create', amount: 0, scale: 2 }]);
    const row = Array.from({ length: 5 }, () => transfer(100, 101, 1));
    const codes = both.ask(row, (records) => {
      alter(new DataView(records.buffer, records.byteOffset + 2 * RECORD_BYTES));
    });
    t.same([0, 1, 3, 4].map((at) => codes[at]), [0, 0, 0, 0], `${what}: the others are done`);
  }
});

t.test('transfers: an account that is not plain is never passed by', async (t) => {
  const both = new Both();
  both.ask(Array.from({ length: 5 }, (): Operation => ({ kind: 'create', amount: 100, scale: 2 })));
  both.ask([
    { kind: 'amend', account: 100, terms: { frozen: true } },
    { kind: 'hold', account: 101, toAccount: 104, amount: 90, scale: 2 },
  ]);
  const codes = both.ask([
    transfer(103, 104, 1), transfer(100, 103, 1), transfer(103, 100, 1), transfer(101, 103, 20),
    transfer(103, 101, 1), transfer(103, 104, 1),
  ]);
  const { ok, accountFrozen, insufficientFunds } = CODE;
  t.same(codes, [ok, accountFrozen, accountFrozen, insufficientFunds, ok, ok]);
});
