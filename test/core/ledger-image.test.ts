/** Snapshots: not touched by later writes, whole, and refused where they do not fit. */
import t from 'tap';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import { Ledger, type LedgerImage } from '../../src/core/ledger.ts';
import { encodeChunk } from '../../src/core/operation.ts';
import { BatchGenerator } from '../support/batch-generator.ts';
import { copyImage, copyState, Teller } from '../support/ledger-batches.ts';
import { Random } from '../../src/core/random.ts';

const LIMITS = { leasesMax: 2, runsMax: 20, keysMax: 8, movementsMax: 4 };

t.test('ledger image: held while batches go on: as it was when taken', async (t) => {
  const random = new Random(11);
  const generator = new BatchGenerator(random);
  const ledger = new Ledger(LIMITS);
  const execute = (seq: number) => {
    const batch = generator.batch(seq);
    return { batch, ...ledger.execute(seq as Seq, seq as Timestamp, batch) };
  };
  let seq = 0;
  for (let round = 0; round < 20; round += 1) {
    for (let rest = 10; rest > 0; rest -= 1) execute((seq += 1));
    const image = ledger.snapshot();
    const copy = copyImage(image);
    const start = seq;
    const later = Array.from({ length: 15 }, () => execute((seq += 1)));
    t.same(image, copy, 'later batches did not reach it');
    const replica = Ledger.restore(image, LIMITS);
    later.forEach(({ batch, digest }, place) => {
      const at = start + 1 + place;
      t.equal(replica.execute(at as Seq, at as Timestamp, batch).digest, digest);
    });
    t.same(image, copy, 'nor did those of the restored ledger');
    ledger.releaseSnapshot();
    t.same(copyState(replica), copyState(ledger));
  }
});

t.test('ledger image: many pages of accounts: each page is isolated', async (t) => {
  const teller = new Teller();
  const session = teller.lease();
  const creates = Array.from({ length: 2500 }, () => ({ kind: 'create' as const, amount: 1 }));
  teller.ask(session, 1, ...creates);
  const image = teller.ledger.snapshot();
  const copy = copyImage(image);
  const deposits = [100, 1123, 1124, 2600, 2599].map((account) => {
    return { kind: 'deposit' as const, account, amount: 1 };
  });
  teller.ask(session, 3000, ...deposits, { kind: 'create', amount: 1 });
  t.same(image, copy);
  const restored = Ledger.restore(image);
  t.equal(restored.accountCount, 2500);
  t.equal([...restored.balances()].reduce((sum, { balance }) => sum + balance, 0), 250_000);
  teller.ledger.releaseSnapshot();
  t.equal(teller.balances().reduce((sum, balance) => sum + balance, 0), 250_000 + 600 - 100);
});

function imageOfBank(): LedgerImage {
  const teller = new Teller(LIMITS);
  const session = teller.lease();
  teller.ask(session, 1, { kind: 'create', amount: 5, key: 'a' }, { kind: 'create', amount: 6 });
  return copyImage(teller.ledger.snapshot());
}

t.test('ledger image: restore: what does not fit is named', async (t) => {
  const image = imageOfBank();
  const restore = (changed: Partial<LedgerImage>, limits = LIMITS) => () => {
    Ledger.restore({ ...image, ...changed }, limits);
  };
  t.doesNotThrow(restore({}));
  for (const name of Object.keys(image.scalars)) {
    const { [name]: _, ...scalars } = image.scalars;
    t.throws(restore({ scalars }), { message: new RegExp(name), name: 'Error' });
    t.throws(
      restore({ scalars: { ...image.scalars, [name]: 0.5 } }), { message: new RegExp(name) },
    );
  }
  for (const { name } of image.tables) {
    const tables = image.tables.filter((table) => table.name !== name);
    t.throws(restore({ tables }), { message: `the image has no table ${name}`, name: 'Error' });
  }
  for (const name of ['leasesMax', 'runsMax', 'movementsMax'] as const) {
    t.throws(restore({}, { ...LIMITS, [name]: 77 }), { message: new RegExp(`${name} .*, not 77`) });
  }
});

t.test('ledger image: restore: a balance or version changed: another digest', async (t) => {
  for (const field of [0, 1, 8, 9]) {
    const image = imageOfBank();
    const page = image.tables.find(({ name }) => name === 'accounts')?.pages[0] as Float64Array;
    page[field] = (page[field] as number) + 1;
    t.throws(() => Ledger.restore(image, LIMITS), { message: /digest/ });
  }
});

t.test('ledger image: restore: books that the accounts do not explain', async (t) => {
  for (const field of [0, 1, 2, 3]) {
    for (const difference of [1, -1]) {
      const image = imageOfBank();
      const page = image.tables.find(({ name }) => name === 'currencies')?.pages[0];
      (page as Float64Array)[field] = (page?.[field] ?? 0) + difference;
      t.throws(() => Ledger.restore(image, LIMITS), {
        message: /^the books have .*, the accounts 2 accounts of the currency 0 and .*1100 in/,
      });
    }
  }
  const image = imageOfBank();
  const tables = image.tables.map((table) =>
    table.name === 'currencies' ? { ...table, records: 0, pages: [] } : table);
  t.throws(() => Ledger.restore({ ...image, tables }, LIMITS), {
    message: /^the books have no more currencies, the accounts 2 accounts/,
  });
});

t.test('ledger image: restore: the next entry is the one after it', async (t) => {
  const ledger = Ledger.restore(imageOfBank(), LIMITS);
  const batch = encodeChunk(64, 3, [{ kind: 'deposit', account: 100, amount: 1 }]);
  t.throws(() => ledger.execute(2 as Seq, 1 as Timestamp, batch), { message: /in order/ });
  t.throws(() => ledger.execute(4 as Seq, 1 as Timestamp, batch), { message: /in order/ });
  t.doesNotThrow(() => ledger.execute(3 as Seq, 1 as Timestamp, batch));
});
