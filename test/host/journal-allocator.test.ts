import { readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import t, { type Test } from 'tap';
import { allocateSpare, SegmentAllocator } from '../../src/host/journal-allocator.ts';
import { nodeMachine } from '../../src/host/node-machine.ts';
import { SIZES } from '../../src/host/sizes.ts';
import { capacityOf } from '../../src/wire/journal-segment.ts';
import { FaultyFileSystem } from '../support/faulty-file-system.ts';
import { until } from '../support/open-journal.ts';

const MIB = 1024 * 1024;

/** An allocator that makes one spare when it is kicked, among files of these sizes. */
async function setUp(t: Test, files: Readonly<Record<string, number>> = {}) {
  const directory = t.testdir({});
  for (const [name, bytes] of Object.entries(files)) {
    writeFileSync(join(directory, name), '');
    truncateSync(join(directory, name), bytes);
  }
  const io = new FaultyFileSystem();
  let changes = 0;
  const allocator = new SegmentAllocator({
    machine: { ...nodeMachine, io }, directory, sizes: SIZES,
    wanting: () => changes === 0,
    onChange: () => (changes += 1),
    onFailed: (error) => t.fail(error.message),
  });
  await allocator.adopt(MIB);
  const make = async (): Promise<void> => {
    changes = 0;
    allocator.kick();
    await until(() => changes > 0, 'a spare, or none for want of room');
  };
  return { allocator, io, make, names: () => readdirSync(directory).sort() };
}

t.test('allocator: takes over what was there: smallest first; unfinished ones go', async (t) => {
  const files = { 'spare-7': MIB, 'spare-12': 2 * MIB, 'spare-13.allocating': 5 };
  const { allocator, make, names } = await setUp(t, files);
  t.same(names(), ['spare-12', 'spare-7']);
  t.same(allocator.rooms, [capacityOf(MIB), capacityOf(2 * MIB)]);
  await make();
  t.same(names(), ['spare-12', 'spare-13', 'spare-7']);
  t.equal(allocator.bytes, 7 * MIB, 'twice as large as the largest');
  t.equal(allocator.take(64)?.bytes, MIB);
  t.equal(allocator.bytes, 6 * MIB, 'it is no spare any more');
  await allocator.close();
});

t.test('allocator: wanted again as soon as there was enough: made', async (t) => {
  let wanted = 1;
  const allocator = new SegmentAllocator({
    machine: nodeMachine, directory: t.testdir({}), sizes: SIZES,
    wanting: () => wanted > 0,
    onChange: () => {
      wanted -= 1;
      if (allocator.rooms.length > 1) return;
      // Whoever waited for the spare goes on, and takes it, before anything else happens.
      void Promise.resolve().then(() => {
        wanted += 1;
        allocator.kick();
      });
    },
    onFailed: (error) => t.fail(error.message),
  });
  allocator.kick();
  await until(() => allocator.rooms.length === 2, 'both spares');
  await allocator.close();
});

t.test('allocator: an entry gets the first spare that holds it', async (t) => {
  const { allocator } = await setUp(t, { 'spare-1': MIB, 'spare-2': 2 * MIB });
  t.equal(allocator.take(capacityOf(2 * MIB) + 64), undefined);
  t.equal(allocator.take(capacityOf(MIB) + 64)?.bytes, 2 * MIB);
  t.equal(allocator.take(capacityOf(MIB))?.bytes, MIB);
  await allocator.close();
});

t.test('allocator: the next spare holds what is demanded', async (t) => {
  const { allocator, make } = await setUp(t);
  allocator.demand(5 * MIB);
  await make();
  t.same(allocator.rooms, [capacityOf(8 * MIB)]);
  await allocator.close();
});

t.test('allocator: little room: a smaller spare, and none that takes what other files '
  + 'need', async (t) => {
  for (const [lacking, rooms] of [[0, [capacityOf(MIB)]], [1, []]] as const) {
    const { allocator, io, make } = await setUp(t);
    io.free = MIB + SIZES.freeBytesMin - lacking;
    await make();
    t.same([allocator.full, allocator.rooms], [lacking > 0, rooms]);
    await allocator.close();
  }
});

t.test('allocator: a spare has its name only when all of it is durable', async (t) => {
  const directory = t.testdir({});
  const io = new FaultyFileSystem();
  const steps: string[] = [];
  io.onCall = (call, at) =>
    void steps.push(typeof at === 'string' ? `${call} ${relative(directory, at)}` : call);
  await allocateSpare(io, join(directory, 'spare-1'), 2 * MIB);
  t.same(steps, [
    'open spare-1.allocating', 'write', 'write', 'fsync', 'rename spare-1', 'open ', 'fsync',
  ]);
  t.equal(statSync(join(directory, 'spare-1')).size, 2 * MIB);
});
