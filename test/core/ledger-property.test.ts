/**
 * The ledger against its slow twin, on random batches that hit every rule, with limits that bite.
 */
import t, { type Test } from 'tap';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import { Ledger, type LedgerLimits } from '../../src/core/ledger.ts';
import { CODE, encodeChunk, REASON } from '../../src/core/operation.ts';
import { BatchGenerator, randomRecords } from '../support/batch-generator.ts';
import { findUnsound } from '../support/check-image.ts';
import { copyState, Teller } from '../support/ledger-batches.ts';
import { Random } from '../../src/core/random.ts';
import { compareCheckpoint } from '../../src/verify/directory/compare-checkpoint.ts';
import { LedgerTwin } from '../../src/verify/twin/ledger-twin.ts';
import { findBatchFault } from '../../src/verify/twin/twin-records.ts';
import { queryTwin } from '../support/query-twin.ts';

const BATCHES = 500;
const SEEDS = 6;

const LIMITS: readonly LedgerLimits[] = [
  { leasesMax: 3, runsMax: 40, keysMax: 12, movementsMax: 5 },
  { leasesMax: 1, runsMax: 1, keysMax: 1, movementsMax: 2 },
  { leasesMax: 2, runsMax: 7, keysMax: 20, movementsMax: 1 },
  { leasesMax: 4096, runsMax: 100_000, keysMax: 100_000, movementsMax: 12 },
];

/** How often each code, and each reason, was answered: a run that hits nothing is noticed. */
class Counts {
  readonly codes: Record<number, number> = {};
  readonly reasons: Record<number, number> = {};

  take(results: Uint8Array): void {
    for (let at = 0; at < results.length; at += 32) {
      const [code, reason] = [results[at] ?? NaN, results[at + 4] ?? NaN];
      this.codes[code] = (this.codes[code] ?? 0) + 1;
      if (code === CODE.badRequest) this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
    }
  }
}

/**
 * Executes random batches on ledger, twin, and a ledger that is restored from an image now and
 * then.
 */
function compareWithTwin(t: Test, seed: number, limits: LedgerLimits, counts: Counts): void {
  const random = new Random(seed);
  const ledger = new Ledger(limits);
  const twin = new LedgerTwin(limits);
  const generator = new BatchGenerator(random, (account) => twin.find(BigInt(account)));
  let replica = new Ledger(limits);
  for (let seq = 1; seq <= BATCHES; seq += 1) {
    const where = `seed ${seed}, seq ${seq}`;
    const batch = generator.batch(seq);
    const before = batch.slice();
    const timestamp = generator.timestamp();
    const executed = ledger.execute(seq as Seq, timestamp as Timestamp, batch);
    if (findBatchFault(batch) !== undefined) throw new Error(`${where}: a fault in the batch`);
    const expected = twin.execute(seq, timestamp, batch);
    if (Buffer.compare(batch, before) !== 0) throw new Error(`${where}: the batch was changed`);
    if (Buffer.compare(executed.results, expected.results) !== 0) {
      throw new Error(`${where}: ${explain(executed.results, expected.results)}`);
    }
    if (Buffer.compare(executed.links, expected.links) !== 0) throw new Error(`${where}: links`);
    if (executed.digest !== expected.digest) throw new Error(`${where}: another digest`);
    const again = replica.execute(seq as Seq, timestamp as Timestamp, batch);
    if (again.digest !== executed.digest) throw new Error(`${where}: the replica differs`);
    if (ledger.recomputeStateDigest() !== ledger.stateDigest) {
      throw new Error(`${where}: the digest is not as a scan finds it`);
    }
    const unsound = findUnsound(ledger.snapshot(), timestamp);
    ledger.releaseSnapshot();
    if (unsound !== undefined) throw new Error(`${where}: ${unsound}`);
    counts.take(executed.results);
    for (const reads of [generator.queries(), generator.report()]) {
      const [found, right] = [ledger.query(reads), queryTwin(twin, reads)];
      if (Buffer.compare(found, right) === 0) continue;
      throw new Error(`${where}: a read differs: ${explain(found, right)}`);
    }
    if (random.chance(0.05)) {
      const image = replica.snapshot();
      const difference = compareCheckpoint(image, twin);
      if (difference !== undefined) throw new Error(`${where}: the image: ${difference}`);
      const restored = Ledger.restore(image, limits);
      replica.releaseSnapshot();
      replica = restored;
    }
  }
  t.same(
    copyState(replica), copyState(ledger), `seed ${seed}: images are identical, record by record`,
  );
  t.equal(ledger.accountCount, twin.accountCount);
  for (const { currency, total, books } of twin.totals()) {
    const { created, adjusted, deposited, withdrawn } = books;
    t.equal(
      created + adjusted + deposited - withdrawn, total,
      `the books of currency ${currency} explain its total`,
    );
  }
}

function explain(found: Uint8Array, expected: Uint8Array): string {
  for (let at = 0; at < expected.length; at += 32) {
    const [one, other] = [found, expected].map((bytes) =>
      Buffer.from(bytes.subarray(at, at + 32)).toString('hex'),
    );
    if (one !== other) return `result ${at / 32} is ${one}, twin ${other}`;
  }
  return `${found.length} bytes of results, twin ${expected.length}`;
}

for (const limits of LIMITS) {
  const { leasesMax, runsMax, keysMax, movementsMax } = limits;
  const name = `${leasesMax} leases, ${runsMax} runs, ${keysMax} keys, ${movementsMax} movements`;
  t.test(`ledger: random batches: as its twin (${name})`, async (t) => {
    const counts = new Counts();
    for (let seed = 1; seed <= SEEDS; seed += 1) compareWithTwin(t, seed, limits, counts);
    for (const [word, code] of Object.entries(CODE)) {
      t.ok((counts.codes[code] ?? 0) > 0, `${word} was among the answers`);
    }
    for (const [word, reason] of Object.entries(REASON)) {
      t.ok((counts.reasons[reason] ?? 0) > 0, `${word} was among the reasons`);
    }
  });
}

t.test('ledger: random bytes as operations: as its twin, nothing thrown', async (t) => {
  const random = new Random(99);
  const limits = { leasesMax: 2, runsMax: 50, keysMax: 10, movementsMax: 4 };
  const teller = new Teller(limits);
  const twin = new LedgerTwin(limits);
  let request = 1;
  for (let seq = 1; seq <= 3000; seq += 1) {
    const lease = encodeChunk(0, 0, [{ kind: 'lease' }]);
    const batch = seq === 1 ? lease : randomRecords(random, 64, request);
    request += 20;
    const before = teller.ledger.stateDigest;
    const results = teller.executeBytes(batch);
    if (Buffer.compare(results, twin.execute(seq, 1000 * seq, batch).results) !== 0) {
      t.fail(`seq ${seq} differs`);
    }
    const refused = results.every((byte, at) => at % 32 !== 0 || byte === CODE.badRequest);
    if (refused && teller.ledger.stateDigest !== before) t.fail(`seq ${seq} changed something`);
  }
  t.equal(teller.ledger.stateDigest, twin.stateDigest());
});

t.test('ledger: transfers: the total is conserved, no balance below zero', async (t) => {
  const random = new Random(5);
  const teller = new Teller();
  const session = teller.lease();
  const accounts = Array.from({ length: 50 }, () => ({ kind: 'create' as const, amount: 1000 }));
  teller.ask(session, 1, ...accounts);
  for (let batch = 0; batch < 40; batch += 1) {
    const transfers = Array.from({ length: 200 }, () => {
      const [account, toAccount] = [99 + random.int(53), 99 + random.int(53)];
      const [amount, scale] = [random.int(900), random.int(4)];
      return { kind: 'transfer' as const, account, toAccount, amount, scale };
    });
    teller.ask(session, 100 + 200 * batch, ...transfers);
    const balances = teller.balances();
    t.equal(balances.reduce((sum, balance) => sum + balance, 0), 50 * 100_000);
    t.ok(balances.every((balance) => balance >= 0));
  }
  t.ok(new Set(teller.balances()).size > 10, 'money moved');
});

t.test('ledger: more holds are due at once than one entry may release', async (t) => {
  const limits = { leasesMax: 2, runsMax: 100, keysMax: 10, movementsMax: 30_000 };
  const [ledger, twin] = [new Ledger(limits), new LedgerTwin(limits)];
  let seq = 0;
  const execute = (timestamp: number, chunk: Uint8Array): void => {
    seq += 1;
    const { results, digest } = ledger.execute(seq as Seq, timestamp as Timestamp, chunk);
    const expected = twin.execute(seq, timestamp, chunk);
    t.ok(Buffer.compare(results, expected.results) === 0, `seq ${seq}: results`);
    t.equal(digest, expected.digest, `seq ${seq}: digest`);
  };
  execute(1, encodeChunk(0, 0, [{ kind: 'lease' }]));
  const [one, other] = [{ kind: 'create', amount: 1_000 }, { kind: 'create', amount: 1 }] as const;
  execute(2, encodeChunk(64, 1, [one, other]));
  for (let chunk = 0; chunk < 3; chunk += 1) {
    const holds = Array.from({ length: 7_000 }, (_, at) => ({
      kind: 'hold', account: 100, toAccount: 101, amount: 1, scale: 2, forSeconds: 1 + (at % 3),
      id: `h${chunk}-${at}`,
    } as const));
    execute(3 + chunk, encodeChunk(64, 3 + chunk * 7_000, holds));
  }
  const late = [{ kind: 'capture', id: 'h2-6998' }, { kind: 'void', id: 'h2-6997' }] as const;
  execute(10e6, encodeChunk(64, 30_000, late));
  t.equal(twin.tables().some(({ name }) => name === 'movements'), true);
  for (let more = 0; more < 2; more += 1) {
    const update = { kind: 'update', account: 100, amount: 0 } as const;
    execute(10e6 + 1 + more, encodeChunk(64, 30_010 + more, [update]));
  }
  t.equal(ledger.nextExpiry, 0, 'all are over');
});
