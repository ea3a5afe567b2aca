import t from 'tap';
import { Random } from '../../src/core/random.ts';
import { DataDirectory } from '../../src/host/data-directory.ts';
import { Delays, EventQueue } from '../../src/sim/event-queue.ts';
import { SimFileSystem, type DiskFaults } from '../../src/sim/sim-file-system.ts';
import { SimProcess } from '../../src/sim/sim-process.ts';
import { SimStorage } from '../../src/sim/sim-storage.ts';

const NOTHING = (): boolean => false;
const EVERYTHING = (): boolean => true;

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

function contentOf(storage: SimStorage, path: string): number[] | undefined {
  const node = storage.find(path);
  if (node === undefined) return undefined;
  const file = storage.file(path);
  const content = new Uint8Array(file.size);
  file.read(content, 0);
  return [...content];
}

function sync(storage: SimStorage, path: string): void {
  const file = storage.file(path);
  storage.syncFile(file, file.beginSync());
}

t.test('storage: bytes and names are lost unless each was synced', async (t) => {
  for (const [file, directory] of [[false, false], [true, false], [false, true], [true, true]]) {
    const storage = new SimStorage();
    storage.write(storage.create('/a'), bytes(1, 2), 0);
    if (file === true) sync(storage, '/a');
    if (directory === true) storage.syncDirectory(storage.root);
    storage.losePower(NOTHING);
    const left = file === true ? [1, 2] : [];
    t.same(contentOf(storage, '/a'), directory === true ? left : undefined);
  }
});

t.test('storage: what was written after the sync had begun is not part of it', async (t) => {
  const storage = new SimStorage();
  const file = storage.create('/a');
  storage.syncDirectory(storage.root);
  storage.write(file, bytes(1), 0);
  const begun = file.beginSync();
  storage.write(file, bytes(2), 600);
  storage.syncFile(file, begun);
  storage.losePower(NOTHING);
  t.equal(contentOf(storage, '/a')?.[0], 1);
  t.equal(contentOf(storage, '/a')?.[600], 0);
});

t.test('storage: a write is torn at sectors, and may be reordered', async (t) => {
  const storage = new SimStorage();
  const file = storage.create('/a');
  storage.write(file, new Uint8Array(1_024), 0);
  sync(storage, '/a');
  storage.syncDirectory(storage.root);
  storage.write(file, new Uint8Array(1_024).fill(7), 0);
  let sector = 0;
  storage.losePower(() => (sector += 1) === 2);
  const content = contentOf(storage, '/a') ?? [];
  t.same([content[0], content[511], content[512], content[1_023]], [0, 0, 7, 7]);
});

t.test('storage: a kill of the process loses nothing; a sync that failed loses all', async (t) => {
  const storage = new SimStorage();
  const file = storage.create('/a');
  storage.syncDirectory(storage.root);
  storage.write(file, bytes(5), 0);
  t.same(contentOf(storage, '/a'), [5], 'the page cache has it');
  file.failSync(file.beginSync());
  sync(storage, '/a');
  t.same(contentOf(storage, '/a'), [5], 'it counts as clean');
  storage.losePower(EVERYTHING);
  t.not(contentOf(storage, '/a')?.[0], 5, 'and is lost');
});

t.test('storage: a bit rots: seen, but below what waits for a sync', async (t) => {
  for (const isWritten of [false, true]) {
    for (const isSynced of [false, true]) {
      const storage = new SimStorage();
      const file = storage.create('/a');
      storage.syncDirectory(storage.root);
      storage.write(file, bytes(8, 8), 0);
      sync(storage, '/a');
      if (isWritten) storage.write(file, bytes(8), 0);
      file.rot(0, 0);
      t.ok(file.isRotten);
      t.same(contentOf(storage, '/a'), isWritten ? [8, 8] : [9, 8]);
      if (isSynced) sync(storage, '/a');
      storage.losePower(NOTHING);
      t.same(contentOf(storage, '/a'), isWritten && isSynced ? [8, 8] : [9, 8]);
      t.equal(file.isRotten, !(isWritten && isSynced));
    }
  }
});

t.test('storage: a rename is there as a whole, or not; between directories twice', async (t) => {
  const storage = new SimStorage();
  for (const name of ['/a', '/b']) {
    storage.makeDirectory(name);
    storage.syncDirectory(storage.root);
  }
  storage.write(storage.create('/a/x'), bytes(1), 0);
  sync(storage, '/a/x');
  storage.syncDirectory(storage.directory('/a'));
  storage.rename('/a/x', '/a/y');
  storage.rename('/a/y', '/b/z');
  storage.syncDirectory(storage.directory('/b'));
  storage.losePower(NOTHING);
  t.same(contentOf(storage, '/b/z'), [1]);
  t.same(contentOf(storage, '/a/x'), [1], 'it was never told to be gone');
});

t.test('storage: a full disk takes what fits; what is removed makes room', async (t) => {
  const storage = new SimStorage();
  storage.free = 10;
  const file = storage.create('/a');
  storage.write(file, new Uint8Array(8), 0);
  t.throws(() => storage.write(file, new Uint8Array(4), 8), { code: 'ENOSPC' });
  storage.write(file, bytes(1), 0);
  storage.unlink('/a');
  t.equal(storage.free, 10);
});

t.test('directory: killed at every call of the first start, and started again: there to stay',
  async (t) => {
    for (let call = 1; call <= 12; call += 1) {
      const storage = new SimStorage();
      await openOn(storage, call);
      await openOn(storage);
      storage.losePower(NOTHING);
      t.ok(storage.find('/bank/backend-1'), `call ${call}`);
    }
  });

t.test('directory: the power is lost at every call of a setting aside: no file is lost, and '
  + 'once it is told, none comes back', async (t) => {
  const names = ['identity', 'checkpoint', 'journal'];
  for (let call = 1, done = false; !done; call += 1) {
    for (let trial = 1; trial <= 8; trial += 1) {
      const storage = new SimStorage();
      await openOn(storage);
      for (const name of names) storage.create(`/bank/backend-1/${name}`);
      storage.syncDirectory(storage.directory('/bank/backend-1'));
      done = await openOn(storage, call, (directory) => directory.setAside('reset'));
      const random = new Random(trial);
      storage.losePower(() => random.chance(0.5));
      const isIn = (path: string): boolean => storage.find(`/bank/backend-1/${path}`) !== undefined;
      for (const name of names) {
        const isAside = isIn(`set-aside-1-reset/${name}`);
        if (!isAside && !isIn(name)) t.fail(`${name} is lost at call ${call}`);
        if (done && isIn(name)) t.fail(`${name} is back`);
      }
    }
    if (done) t.ok(call > 10, `${call} calls`);
  }
});

/**
 * A process opens the directory, does something to it, and is killed after so many calls. Whether
 * it came to the end.
 */
async function openOn(
  storage: SimStorage,
  killedAt?: number,
  work: (directory: DataDirectory) => Promise<unknown> = async () => {},
): Promise<boolean> {
  const queue = new EventQueue();
  const random = new Random(1);
  const faults: DiskFaults = {
    slowMs: 0, failNext: undefined, shortNext: false, strike: undefined,
  };
  const delays = new Delays(random, true);
  const machine = new SimProcess(queue, random, (process) =>
    new SimFileSystem({ queue, delays, process, storage, faults }));
  if (killedAt !== undefined) {
    faults.strike = { calls: killedAt, when: 'after', run: () => machine.end() };
  }
  queue.stir();
  let done = false;
  void DataDirectory.open('/bank/backend-1', machine).then(work).then(() => (done = true));
  await queue.runUntil(1_000);
  return done;
}
