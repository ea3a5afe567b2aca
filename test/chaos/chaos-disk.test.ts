/** The faults of a disk, on real directories. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { realDisk } from '../../src/chaos/chaos-disk.ts';
import { realWorld } from '../../src/chaos/chaos-world.ts';
import { lockDirectory } from '../../src/host/directory-lock.ts';
import { saveIdentity } from '../../src/host/identity.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { temporaryDirectory } from '../support/bank.ts';
import { chainOf, INCARNATION } from '../support/journal-entries.ts';
import { kindOfError, openForTest } from '../support/open-journal.ts';
import { SmallDisk } from '../support/small-disk.ts';

/** A backend's directory whose journal has so many entries. */
async function directoryWith(t: Test, entries: number): Promise<string> {
  const directory = join(temporaryDirectory(t), 'backend-1');
  mkdirSync(join(directory, 'journal'), { recursive: true });
  const { journal } = await openForTest(join(directory, 'journal'));
  for (const entry of chainOf(entries, 200)) journal.append(entry);
  await journal.flush();
  journal.mark();
  await journal.flush();
  await journal.close();
  return directory;
}

t.test('chaos disk: flip: one bit of an entry in the middle, which a start meets', async (t) => {
  for (const [entries, seq] of [[1, 1], [2, 1], [9, 4]] as const) {
    const directory = await directoryWith(t, entries);
    const flip = await realDisk.flip(directory);
    t.match(flip, { seq, file: join(directory, 'journal') });
    const opened = openForTest(join(directory, 'journal'));
    t.equal(await kindOfError(opened), 'corrupt', `${entries} entries`);
    const before = readFileSync(flip?.file ?? '');
    await realDisk.flip(directory);
    const after = readFileSync(flip?.file ?? '');
    t.ok(before.filter((byte, at) => byte !== after[at]).length <= 1, 'no other byte');
  }
});

t.test('chaos disk: flip: the checkpoint where there is no entry; nothing where there is none',
  async (t) => {
    const directory = await directoryWith(t, 0);
    t.equal(await realDisk.flip(directory), undefined);
    writeFileSync(join(directory, 'checkpoint'), 'abcd');
    t.same(await realDisk.flip(directory), {
      file: join(directory, 'checkpoint'), offset: 2, seq: undefined,
    });
    t.equal(readFileSync(join(directory, 'checkpoint'), 'utf8'), 'abbd');
  });

t.test('chaos disk: wipe: all of it, in one step; not while a process has it', async (t) => {
  const directory = await directoryWith(t, 3);
  const held = await lockDirectory(directory);
  t.equal(await realDisk.wipe(directory), false);
  t.ok(existsSync(join(directory, 'journal')), 'and nothing is touched');
  held.release();
  t.equal(await realDisk.wipe(directory), true);
  t.same(readdirSync(dirname(directory)), [], 'and nothing is left beside it');
});

t.test('chaos disk: wipe: waits for a process that is just ending', async (t) => {
  const directory = await directoryWith(t, 1);
  const held = await lockDirectory(directory);
  setTimeout(() => held.release(), 100);
  t.equal(await realDisk.wipe(directory), true);
});

t.test('chaos disk: a mount point: is emptied in place, filled, and freed', async (t) => {
  const directory = join(temporaryDirectory(t), 'backend-1');
  const disk = SmallDisk.mount(t, directory, 4);
  if (disk === undefined) return;
  t.same(realDisk.roomOf(directory), { isAlone: true, bytes: 4 * 1024 * 1024 });
  t.equal(realDisk.roomOf(dirname(directory)).isAlone, false);
  const filler = realDisk.fill(directory);
  t.equal(disk.freeBytes(), 0);
  t.same(readdirSync(directory), [], 'by a file without a name');
  filler.release();
  t.equal(disk.freeBytes(), 4 * 1024 * 1024);
  for (const name of ['identity', 'checkpoint']) writeFileSync(join(directory, name), name);
  mkdirSync(join(directory, 'journal'));
  t.equal(await realDisk.wipe(directory), true);
  t.same(readdirSync(directory), ['lock']);
});

t.test('chaos disk: whose it is: as its identity says; of no other directory', async (t) => {
  const directory = temporaryDirectory(t);
  t.equal(await realDisk.identityOf(directory), undefined);
  t.equal(await realDisk.identityOf(join(directory, 'nowhere')), undefined);
  const cluster = 'c0'.repeat(16) as never;
  const promise = { cluster, epoch: 1 as never, owner: 'd0'.repeat(16) as never };
  const identity = { cluster, backend: 2 as never, incarnation: INCARNATION, promise };
  await saveIdentity({ identity: join(directory, 'identity') }, identity, nodeFileSystem);
  t.same(await realDisk.identityOf(directory), identity);
  writeFileSync(join(directory, 'identity'), 'something else');
  t.equal(await realDisk.identityOf(directory), undefined);
});

t.test('chaos world: this process: is known; one that is gone is not', async (t) => {
  t.match(realWorld.commandLine(process.pid), /node/);
  t.equal(realWorld.parentOf(process.pid), process.ppid);
  t.equal(realWorld.parentOf(2 ** 22 + 1), undefined);
  t.equal(realWorld.send(2 ** 22 + 1, 'SIGCONT'), false);
});
