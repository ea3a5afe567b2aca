/** What is read of the files of a journal, and how many of them are open. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ExecutedEntry } from '../../src/core/entry.ts';
import type { Seq } from '../../src/core/ids.ts';
import type { Operation } from '../../src/core/operation.ts';
import type { FileSystem } from '../../src/host/file-system.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { nodeMachine } from '../../src/host/node-machine.ts';
import { Bank } from '../support/bank-directory.ts';
import { temporaryDirectory } from '../support/bank.ts';
import { chainOf } from '../support/journal-entries.ts';
import { openForTest, until } from '../support/open-journal.ts';

/** The machine's files, and what is done with them. */
function watched() {
  const reads: number[] = [];
  const open = new Set<number>();
  const io: FileSystem = {
    ...nodeFileSystem,
    open: async (path, flags) => {
      const fd = await nodeFileSystem.open(path, flags);
      if (path.endsWith('.segment') && flags === 'r') open.add(fd);
      return fd;
    },
    close: (fd) => {
      open.delete(fd);
      return nodeFileSystem.close(fd);
    },
    read: (fd, into, position) => {
      reads.push(into.byteLength);
      return nodeFileSystem.read(fd, into, position);
    },
  };
  return { io, reads, open };
}

async function filled(
  t: Test, entries: readonly ExecutedEntry[], options: Parameters<typeof openForTest>[1] = {},
) {
  const directory = join(temporaryDirectory(t), 'journal');
  const watch = watched();
  const { journal } = await openForTest(directory, { io: watch.io, ...options });
  t.teardown(() => journal.close());
  for (const entry of entries) {
    journal.append(entry);
    await journal.flush();
  }
  watch.reads.length = 0;
  return { ...watch, journal, directory };
}

t.test('journal reader: who wrote a segment knows where its entries stand', async (t) => {
  const { journal, reads, directory } = await filled(t, chainOf(40, 200 * 1024));
  t.ok(readdirSync(directory).length > 3);
  for (const seq of [3, 39, 20]) t.equal((await journal.read(seq as Seq))?.seq, seq);
  t.equal(reads.length, 3, 'each entry is read, and nothing else');
});

t.test('journal reader: of large entries only the heads are read to find one', async (t) => {
  const entries = chainOf(40, 400 * 1024);
  const { journal, directory, io, reads } = await filled(t, entries);
  await journal.close();
  const { journal: again } = await openForTest(directory, { io });
  t.teardown(() => again.close());
  reads.length = 0;
  t.same(await again.read(9 as Seq), entries[8]);
  const heads = reads.slice(0, -1);
  t.ok(heads.length > 1 && heads.every((bytes) => bytes === 256), `${reads}`);
});

t.test('journal reader: files stay open, but not too many, and none in the end', async (t) => {
  const bytes = 128 * 1024;
  const sizes = { segmentBytesMin: bytes, segmentBytesMax: bytes, reserveBytes: bytes };
  const { journal, open, directory } = await filled(t, chainOf(90, 40 * 1024), sizes);
  t.ok(readdirSync(directory).length > 80);
  for (let seq = 1; seq <= 90; seq += 1) t.equal((await journal.read(seq as Seq))?.seq, seq);
  t.ok(open.size > 10 && open.size <= 64, `${open.size} files`);
  await journal.truncateAfter(5 as Seq);
  t.equal((await journal.read(5 as Seq))?.seq, 5);
  t.ok(open.size < 10, `${open.size} files`);
  await journal.close();
  t.equal(open.size, 0);
});

/** Seq 3 is large. */
function bankEntries(): readonly ExecutedEntry[] {
  const bank = new Bank();
  const deposits = Array.from({ length: 1_000 }, (): Operation =>
    ({ kind: 'deposit', account: 100, amount: 5, scale: 2 }));
  return [bank.lease(), bank.run([{ kind: 'create' }]), bank.run(deposits)];
}
const LINKS_BYTES = 16 * 1_000;

t.test('journal: the load pauses: the links of large entries are read, once', async (t) => {
  const { journal, reads } = await filled(t, bankEntries());
  const pauses = () => {
    journal.mark();
    return reads.length > 0;
  };
  await until(pauses, 'the links are read');
  for (let count = 0; count < 10; count += 1) pauses();
  await journal.close();
  t.same(reads, [LINKS_BYTES]);
});

t.test('journal: the disk was asked for a link: the others of its entry are read', async (t) => {
  let nowMs = 0;
  const { io, reads } = watched();
  const machine = { ...nodeMachine, io, nowMs: () => (nowMs += 1) };
  const { journal } = await filled(t, bankEntries(), { machine });
  reads.length = 0;
  await journal.walk((operations) => operations.find(3 as Seq, 700));
  await until(() => reads.includes(LINKS_BYTES), 'all links are read');
});

t.test('journal: closed while it is walked: no file is opened afterwards', async (t) => {
  let nowMs = 0;
  const { io, open } = watched();
  const machine = { ...nodeMachine, io, nowMs: () => (nowMs += 1) };
  const { journal } = await filled(t, bankEntries(), { machine });
  const walked = journal.walk((operations) => operations.find(3 as Seq, 700));
  await journal.close();
  await walked;
  await until(() => open.size === 0, 'all are closed');
  for (let turn = 0; turn < 10; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    t.equal(open.size, 0);
  }
});
