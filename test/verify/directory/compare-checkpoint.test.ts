/** A checkpoint that differs from the twin's state in any one field is told, and where. */
import t from 'tap';
import type { LedgerImage } from '../../../src/core/ledger.ts';
import type { Seq, Timestamp } from '../../../src/core/ids.ts';
import { Ledger } from '../../../src/core/ledger.ts';
import { Random } from '../../../src/core/random.ts';
import { compareCheckpoint } from '../../../src/verify/directory/compare-checkpoint.ts';
import { LedgerTwin } from '../../../src/verify/twin/ledger-twin.ts';
import { BatchGenerator } from '../../support/batch-generator.ts';
import { copyImage } from '../../support/ledger-batches.ts';

const LIMITS = { leasesMax: 3, runsMax: 40, keysMax: 12, movementsMax: 5 };

/** A state with records in every table, as the ledger saves it and as the twin has it. */
function makeState(): { readonly image: LedgerImage; readonly twin: LedgerTwin } {
  const ledger = new Ledger(LIMITS);
  const twin = new LedgerTwin(LIMITS);
  const generator = new BatchGenerator(new Random(7), (account) => twin.find(BigInt(account)));
  for (let seq = 1; seq <= 400; seq += 1) {
    const [batch, timestamp] = [generator.batch(seq), generator.timestamp()];
    ledger.execute(seq as Seq, timestamp as Timestamp, batch);
    twin.execute(seq, timestamp, batch);
  }
  return { image: copyImage(ledger.snapshot()), twin };
}

t.test('compare checkpoint: the same state: nothing', async (t) => {
  const { image, twin } = makeState();
  t.equal(compareCheckpoint(image, twin), undefined);
  for (const { name, records } of image.tables) t.ok(records > 2, `${name} has records`);
});

t.test('compare checkpoint: any one field is another: told', async (t) => {
  const { image, twin } = makeState();
  for (const { name, fields, records, pages: [page = new Float64Array()] } of image.tables) {
    for (let at = 0; at < records * fields; at += 1) {
      const before = page[at] ?? 0;
      page[at] = before + 1;
      const told = compareCheckpoint(image, twin);
      const place = name === 'accounts'
        ? `account ${100 + Math.floor(at / fields)}`
        : `record ${Math.floor(at / fields)} of ${name}`;
      if (!told?.startsWith(place)) t.fail(`${name} ${at}: ${told}`);
      page[at] = before;
    }
  }
  const [accounts] = image.tables;
  if (accounts?.pages[0] !== undefined) accounts.pages[0][0] = 1;
  t.match(compareCheckpoint(image, twin), /^account 100: balance is 1, not \d+$/);
});

t.test('compare checkpoint: scalars, tables, sizes: told', async (t) => {
  const { image, twin } = makeState();
  for (const name of Object.keys(image.scalars)) {
    const value = image.scalars[name] ?? 0;
    const other = { ...image, scalars: { ...image.scalars, [name]: value + 1 } };
    t.equal(compareCheckpoint(other, twin), `${name} is ${value + 1}, not ${value}`);
  }
  const more = { ...image, scalars: { ...image.scalars, more: 1 } };
  t.equal(compareCheckpoint(more, twin), 'more is 1, not undefined');
  const { tables } = image;
  t.equal(compareCheckpoint({ ...image, tables: tables.slice(1) }, twin), 'it has other tables');
  tables.forEach((table, index) => {
    const change = (changes: object) => (
      compareCheckpoint({ ...image, tables: tables.with(index, { ...table, ...changes }) }, twin)
    );
    const { name } = table;
    t.equal(change({ name: 'x' }), `the table ${name} is missing`);
    t.equal(change({ fields: 16 }), `the records of ${name} have another size`);
    t.match(change({ records: table.records + 1 }), new RegExp(`^it has \\d+ ${name}, not \\d+$`));
    t.equal(change({ pages: [] }), `the table ${name} has another count of pages`);
  });
});
