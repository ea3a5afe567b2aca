import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { EntryId } from '../../src/core/entry.ts';
import { crc32 } from '../../src/core/hash.ts';
import type { Seq } from '../../src/core/ids.ts';
import type { LedgerImage } from '../../src/core/ledger.ts';
import { PAGE_FIELDS, PagedTable } from '../../src/core/paged-table.ts';
import { nodeMachine } from '../../src/host/node-machine.ts';
import { FileCheckpointStore } from '../../src/host/file-checkpoint.ts';
import { damage } from '../support/damage.ts';
import { FaultyFileSystem } from '../support/faulty-file-system.ts';
import { chainOf } from '../support/journal-entries.ts';
import { kindOfError } from '../support/open-journal.ts';

const [one, two] = chainOf(2, 64).map(({ seq, entryEpoch, hash }) => ({ seq, entryEpoch, hash })) as
  [EntryId, EntryId];

/** Tables of so many pages; what is in them follows from `mark`. */
function imageOf(pages: readonly number[], mark: number): LedgerImage {
  return {
    scalars: { lastSeq: mark, digestLow: 2 ** 31 + 0.5, nextRun: Number.MAX_SAFE_INTEGER },
    tables: pages.map((count, index) => ({
      name: `table-${index}`,
      fields: 8,
      records: (count * PAGE_FIELDS) / 8,
      pages: Array.from({ length: count }, (_, page) => (
        Float64Array.from({ length: PAGE_FIELDS }, (_value, at) => mark * at - page + index / 3)
      )),
    })),
  };
}

t.test('checkpoint: round trip, replaced as a whole, exact to the last bit', async (t) => {
  const place = { checkpoint: join(t.testdir(), 'checkpoint') };
  const store = new FileCheckpointStore(place, nodeMachine);
  t.equal(await store.load(), undefined);
  await store.save(one, imageOf([3, 0, 12], 1));
  t.same(await store.load(), { entry: one, image: imageOf([3, 0, 12], 1) });
  await store.save(two, imageOf([1], 2));
  const again = new FileCheckpointStore(place, nodeMachine);
  t.same(await again.load(), { entry: two, image: imageOf([1], 2) });
});

t.test('checkpoint: first pages of each size: as they were, and they go on', async (t) => {
  const place = { checkpoint: join(t.testdir(), 'checkpoint') };
  const store = new FileCheckpointStore(place, nodeMachine);
  const tables = [0, 1, 16, 17, 511, 512, 513, 1024, 1025].map((records) => {
    const table = new PagedTable(`table-${records}`, 8);
    for (let each = 0; each < records; each += 1) table.set(table.append(), each % 8, each + 1);
    return table.snapshot();
  });
  await store.save(one, { scalars: { lastSeq: 1 }, tables });
  const loaded = await store.load();
  t.same(loaded?.image.tables, tables);
  for (const image of loaded?.image.tables ?? []) {
    const table = PagedTable.restore(image, image.name, 8);
    t.equal(table.get(table.append(), 0), 0, image.name);
  }
});

t.test('checkpoint: a flipped bit (every byte of the head, samples of the pages): '
  + 'corrupt', async (t) => {
  const place = { checkpoint: join(t.testdir(), 'checkpoint') };
  const store = new FileCheckpointStore(place, nodeMachine);
  await store.save(one, imageOf([2, 1], 1));
  const { byteLength } = readFileSync(place.checkpoint);
  const head = byteLength - 3 * 8 * PAGE_FIELDS;
  for (let at = 0; at < byteLength; at += at < head ? 1 : 1009) {
    damage(place.checkpoint, at, at % 8);
    if ((await kindOfError(store.load())) !== 'corrupt') t.fail(`byte ${at}`);
    damage(place.checkpoint, at, at % 8);
  }
  t.same((await store.load())?.entry, one);
});

t.test('checkpoint: of an older format: passed over; of a newer one: refused', async (t) => {
  const place = { checkpoint: join(t.testdir(), 'checkpoint') };
  const store = new FileCheckpointStore(place, nodeMachine);
  await store.save(one, imageOf([1], 1));
  const bytes = readFileSync(place.checkpoint);
  const formats = [[1, undefined], [2, undefined], [0, 'corrupt'], [4, 'corrupt']] as const;
  for (const [format, found] of formats) {
    bytes.writeUInt32LE(format, 4);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60);
    writeFileSync(place.checkpoint, bytes);
    if (found === undefined) t.equal(await store.load(), undefined);
    else t.equal(await kindOfError(store.load()), found, `format ${format}`);
  }
});

t.test('checkpoint: no room: told as disk-full, nothing left over, the one before '
  + 'stands', async (t) => {
  const place = { checkpoint: join(t.testdir(), 'checkpoint') };
  const io = new FaultyFileSystem();
  const store = new FileCheckpointStore(place, { ...nodeMachine, io });
  await store.save(one, imageOf([2], 1));
  for (const after of [0, 1, 2, 3]) {
    io.failNext('write', 'ENOSPC', after);
    t.equal(await kindOfError(store.save(two, imageOf([2], 2))), 'disk-full');
    t.notOk(existsSync(`${place.checkpoint}.tmp`));
    t.same((await store.load())?.entry, one);
  }
  await store.save(two, imageOf([2], 2));
  t.same((await store.load())?.entry, two);
});

t.test('checkpoint: killed at every call: the one before or this one; short writes go '
  + 'on', async (t) => {
  const seen = new Set<Seq | undefined>();
  for (let at = 0, done = false; !done; at += 1) {
    const place = { checkpoint: join(t.testdir(), 'checkpoint') };
    const io = new FaultyFileSystem();
    io.writeBytesMax = 50_000;
    const store = new FileCheckpointStore(place, { ...nodeMachine, io });
    await store.save(one, imageOf([1], 1));
    io.dieAt(at);
    done = await store.save(two, imageOf([2], 2)).then(() => true, () => false);
    const loaded = await new FileCheckpointStore(place, nodeMachine).load();
    seen.add(loaded?.entry.seq);
    t.same(loaded?.image, loaded?.entry.seq === 1 ? imageOf([1], 1) : imageOf([2], 2));
  }
  t.same(seen, new Set([1, 2]));
});
