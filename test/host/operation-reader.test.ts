/** Single operations read from files that give less than what they are asked for. */
import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { findRecords } from '../../src/core/chunk-records.ts';
import type { ExecutedEntry } from '../../src/core/entry.ts';
import type { Seq } from '../../src/core/ids.ts';
import { encodeChunk, viewOf, type Operation } from '../../src/core/operation.ts';
import { SESSIONS_PER_LEASE } from '../../src/core/session-table.ts';
import { readStatement } from '../../src/host/account-statement.ts';
import type { FileSystem } from '../../src/host/file-system.ts';
import type { DecidedOperation } from '../../src/host/ports.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { Bank } from '../support/bank-directory.ts';
import { kindOfError, openForTest } from '../support/open-journal.ts';
import { temporaryDirectory } from '../support/bank.ts';
import { submitTo } from '../support/statement-pages.ts';

/** Large entries: with extensions or without, of one chunk or of several. */
async function largeEntries(t: Test, io: FileSystem = nodeFileSystem) {
  const directory = join(temporaryDirectory(t), 'journal');
  const { journal, corruptions } = await openForTest(directory, { io });
  t.teardown(() => journal.close());
  const bank = new Bank();
  const made = (reference: string): ExecutedEntry =>
    bank.run(Array.from({ length: 2_000 }, (_, at): Operation => ({
      kind: 'deposit', account: 100, amount: at,
      ...(reference === '' ? {} : { reference: `${reference}${at}` }),
    })));
  const halves = [0, 1_000].map((from) => Array.from({ length: 1_000 }, (_, at): Operation =>
    ({ kind: 'deposit', account: 100, amount: from + at })));
  const chunks = halves.map((half, at) => encodeChunk(SESSIONS_PER_LEASE, 10_000 + at, half));
  const entries = [
    bank.lease(), bank.run([{ kind: 'create' }]), made(''), made('r'),
    bank.entry(Buffer.concat(chunks)),
  ];
  for (const entry of entries) journal.append(entry);
  await journal.flush();
  return { journal, directory, entries, corruptions };
}

async function isOf(
  entry: ExecutedEntry, index: number, found: DecidedOperation | undefined,
): Promise<boolean> {
  const place = findRecords(viewOf(entry.batch), index);
  if (place === undefined || found === undefined) return place === found;
  const view = viewOf(entry.links);
  const parts = [
    [await found.records(), entry.batch.subarray(place.from, place.to)],
    [await found.result(), entry.results.subarray(32 * index, 32 * index + 32)],
  ] as const;
  return parts.every(([one, other]) => one !== undefined && Buffer.compare(one, other) === 0)
    && found.links?.[0] === view.getFloat64(16 * index, true)
    && found.links[1] === view.getFloat64(16 * index + 8, true);
}

t.test('operations: read from the back, from the front, and where there are none', async (t) => {
  const { journal, entries } = await largeEntries(t);
  await journal.walk(async (operations) => {
    for (const entry of entries.toReversed()) {
      for (const index of [1_999, 1_500, 3, 0, 1_999, 2_000, 40_000, 7]) {
        const found = await operations.find(entry.seq, index);
        t.ok(await isOf(entry, index, found), `${entry.seq}.${index}`);
        const checked = await operations.find(entry.seq, index, true);
        t.ok(await isOf(entry, index, checked) && checked?.isChecked !== false);
      }
    }
  });
});

t.test('operations: a read in place may give less than all: the rest is read, too', async (t) => {
  let short = 0;
  const io: FileSystem = {
    ...nodeFileSystem,
    readInPlace: (fd, into, position) => {
      short += 1;
      return nodeFileSystem.readInPlace(fd, into.subarray(0, into.length >> 1), position);
    },
  };
  const { journal, entries } = await largeEntries(t, io);
  await journal.walk(async (operations) => {
    for (const entry of entries.slice(2)) {
      for (const index of [1_999, 1_000, 0]) {
        t.ok(await isOf(entry, index, await operations.find(entry.seq, index)));
      }
    }
  });
  t.ok(short > 5, 'it was read in place');
});

t.test('operations: a chunk that counts one more, in the place of an extension', async (t) => {
  const { journal, corruptions } = await openForTest(join(temporaryDirectory(t), 'journal'));
  t.teardown(() => journal.close());
  const bank = new Bank();
  for (const entry of [bank.lease(), bank.run([{ kind: 'create' }])]) journal.append(entry);
  const operations = Array.from({ length: 1_000 }, (_, at): Operation => ({
    kind: 'deposit', account: 100, amount: at, ...(at === 500 ? { reference: 'r' } : {}),
  }));
  const chunk = encodeChunk(SESSIONS_PER_LEASE, 10_000, operations);
  // The last one has no record: as many records as operations, and yet they don't stand in line.
  viewOf(chunk).setUint32(4, 1_001, true);
  const entry = bank.entry(chunk);
  journal.append(entry);
  await journal.flush();
  await journal.walk(async (reader) => {
    for (const index of [999, 501, 500, 499, 0, 999]) {
      t.ok(await isOf(entry, index, await reader.find(entry.seq, index)), `${index}`);
    }
    t.equal(await (await reader.find(entry.seq, 1_000))?.records(), undefined);
  });
  const statement = await readStatement(submitTo({ bank, journal }), 100, { limit: 2 });
  t.match(statement?.lines, [{ index: 998, amount: '998.00' }, { index: 999, amount: '999.00' }]);
  t.same(corruptions, []);
});

t.test('operations: a file that ends too early: damage', async (t) => {
  const { journal, directory, corruptions } = await largeEntries(t);
  const [name = ''] = readdirSync(directory).filter((each) => each.endsWith('.segment'));
  truncateSync(join(directory, name), 64 * 1024);
  for (const seq of [3, 4, 5]) {
    const read = journal.walk(async (operations) =>
      (await operations.find(seq as Seq, 1_999))?.records());
    t.equal(await kindOfError(read), 'corrupt', `${seq}`);
  }
  t.match(corruptions, Array.from({ length: 3 }, () => /ends too early/));
});
