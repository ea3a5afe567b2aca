import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { ExecutedEntry } from '../../src/core/entry.ts';
import type { Seq } from '../../src/core/ids.ts';
import { temporaryDirectory } from '../support/bank.ts';
import { damage } from '../support/damage.ts';
import { chainOf, entryAfter } from '../support/journal-entries.ts';
import { FaultyFileSystem } from '../support/faulty-file-system.ts';
import { kindOfError, openForTest, openSmall, until } from '../support/open-journal.ts';

const MIB = 1024 * 1024;

t.test('journal: append, close, open: everything there, with its view', async (t) => {
  const directory = join(temporaryDirectory(t), 'journal');
  const entries = chainOf(50, 300);
  const first = await openForTest(directory);
  t.equal(first.journal.tail, undefined);
  for (const entry of entries) first.journal.append(entry);
  t.same(await first.journal.read(50 as Seq), entries[49], 'not written yet');
  await first.journal.flush();
  t.same(first.synced, [50], 'one group, one fsync');
  t.same(await first.journal.read(17 as Seq), entries[16]);
  t.equal((await first.journal.locate(3 as Seq))?.hash, entries[2]?.hash);
  t.equal(await first.journal.read(51 as Seq), undefined);
  await first.journal.close();

  const second = await openForTest(directory, { mayBeMissing: false });
  t.same(second.replayed, entries);
  t.equal(second.journal.tail?.hash, entries[49]?.hash);
  t.same(second.journal.recoveredView, entries[49]?.view);
  t.equal(second.journal.torn, undefined);
  second.journal.append(entryAfter(entries[49] as ExecutedEntry, 64));
  await second.journal.flush();
  await second.journal.close();
  t.equal((await openForTest(directory)).journal.tail?.seq, 51);
});

t.test('journal: groups: nothing is synced before its fsync, what comes meanwhile is the '
  + 'next', async (t) => {
  const io = new FaultyFileSystem();
  const { journal, synced } = await openSmall(join(temporaryDirectory(t), 'journal'), { io });
  await until(() => !journal.reserve.full && journal.reserve.bytes > MIB / 2, 'spares');
  io.calls.length = 0;
  const [one, two, three] = chainOf(3, 64) as [ExecutedEntry, ExecutedEntry, ExecutedEntry];
  journal.append(one);
  await Promise.resolve();
  await Promise.resolve();
  journal.append(two);
  journal.append(three);
  await journal.flush();
  t.same(synced, [1, 3]);
  t.same(io.calls, ['write', 'fdatasync', 'write', 'fdatasync']);
  await journal.close();
});

t.test('journal: many segments: sealed, read in any order, a start after a checkpoint reads '
  + 'the tail', async (t) => {
  const directory = join(temporaryDirectory(t), 'journal');
  const entries = chainOf(40, 200 * 64);
  const first = await openSmall(directory);
  for (const entry of entries) {
    first.journal.append(entry);
    await first.journal.flush();
  }
  const segments = readdirSync(directory).filter((name) => name.endsWith('.segment'));
  t.ok(segments.length >= 4, segments.join(' '));
  for (const seq of [1, 40, 7, 23, 2, 39]) {
    t.same(await first.journal.read(seq as Seq), entries[seq - 1], `entry ${seq}`);
  }
  await first.journal.close();

  const io = new FaultyFileSystem();
  const last = entries.at(-1) as ExecutedEntry;
  const second = await openSmall(directory, { io, checkpoint: entries[38] as ExecutedEntry });
  t.same(second.replayed.map((entry) => entry.seq), [40]);
  const total = (await openSmall(directory)).replayed.length;
  t.equal(total, 40);
  const newest = readFileSync(join(directory, segments.sort().at(-1) as string)).byteLength;
  t.ok(io.bytesRead < newest + 32 * 1024, `${io.bytesRead} bytes read, the newest has ${newest}`);
  t.equal(second.journal.tail?.hash, last.hash);
  await second.journal.close();
});

t.test('journal: read in a row: many at once, never what was there before', async (t) => {
  const io = new FaultyFileSystem();
  const { journal } = await openForTest(join(temporaryDirectory(t), 'journal'), { io });
  const entries = chainOf(3000, 1024);
  for (const entry of entries) journal.append(entry);
  await journal.flush();
  await until(() => !journal.reserve.full && journal.reserve.bytes > 8 * MIB, 'spares');
  const readFrom = async (from: number, expected: readonly ExecutedEntry[]) => {
    for (const [at, entry] of expected.entries()) {
      const read = await journal.read((from + at) as Seq);
      if (read?.hash !== entry.hash) t.same(read, entry);
    }
  };
  io.calls.length = 0;
  await readFrom(1, entries);
  t.ok(io.calls.length < 120, `${io.calls.length} calls for 3000 entries`);
  for (const keep of [2990, 2000, 10]) {
    await readFrom(keep - 5, entries.slice(keep - 6, keep + 3));
    await journal.truncateAfter(keep as Seq);
    const others = chainOf(8, 700, entries[keep - 1], keep);
    for (const entry of others) {
      journal.append(entry);
      await journal.flush();
      t.same(await journal.read(entry.seq), entry, `entry ${entry.seq} after ${keep}`);
    }
    await readFrom(keep - 2, [...entries.slice(keep - 3, keep), ...others]);
    t.equal(await journal.read((keep + 9) as Seq), undefined);
  }
  await journal.close();
});

t.test('journal: an entry larger than the first segment: a larger one takes its '
  + 'place', async (t) => {
  const directory = join(temporaryDirectory(t), 'journal');
  const [entry] = chainOf(1, MIB / 8) as [ExecutedEntry];
  const first = await openSmall(directory);
  first.journal.append(entry);
  await first.journal.flush();
  await first.journal.close();
  const second = await openSmall(directory);
  t.equal(second.replayed.length, 1);
  t.same(await second.journal.read(1 as Seq), entry);
  await second.journal.close();
});

t.test('journal: short writes: the rest follows', async (t) => {
  const directory = join(temporaryDirectory(t), 'journal');
  const io = new FaultyFileSystem();
  const { journal } = await openSmall(directory, { io });
  io.writeBytesMax = 4096 + 512;
  const entries = chainOf(5, 10_000);
  for (const entry of entries) journal.append(entry);
  await journal.flush();
  io.writeBytesMax = Infinity;
  await journal.close();
  t.same((await openSmall(directory)).replayed, entries);
});

for (const call of ['fdatasync', 'write'] as const) {
  t.test(`journal: ${call} fails once: reported once, nothing synced, nothing `
    + 'retried', async (t) => {
    const directory = join(temporaryDirectory(t), 'journal');
    const io = new FaultyFileSystem();
    const { journal, synced, failures } = await openSmall(directory, { io });
    const [one, two, three] = chainOf(3, 64) as [ExecutedEntry, ExecutedEntry, ExecutedEntry];
    journal.append(one);
    await journal.flush();
    await until(() => journal.reserve.bytes > MIB / 2, 'spares');
    io.failNext(call, 'EIO');
    journal.append(two);
    t.equal(await kindOfError(journal.flush()), 'io');
    io.calls.length = 0;
    journal.append(three);
    t.equal(await kindOfError(journal.flush()), 'io');
    journal.mark();
    await new Promise((resolve) => setTimeout(resolve, 20));
    t.same(io.calls, []);
    t.same(synced, [1]);
    t.equal(failures.length, 1);
    await t.rejects(journal.truncateAfter(1 as Seq));
  });
}

t.test('journal: a full disk: told, waited for, and taken again when there is room', async (t) => {
  const directory = join(temporaryDirectory(t), 'journal');
  const io = new FaultyFileSystem();
  io.free = 0;
  const options = { io, roomRetryMs: 20 };
  const { journal, reserves, synced, failures } = await openSmall(directory, options);
  await until(() => journal.reserve.full, 'full');
  t.ok(reserves.some((reserve) => reserve.full));
  const { bytes } = journal.reserve;
  t.ok(bytes > 48 * 1024 && bytes < 64 * 1024, `${bytes}: what is left of the first segment`);
  const entries = chainOf(8, 100 * 64);
  for (const entry of entries) journal.append(entry); // 8 x 11 KiB: the last do not fit
  await until(() => synced.length > 0, 'the first ones');
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.ok((synced.at(-1) ?? 0) < 8, `${synced}`);
  t.equal(journal.reserve.bytes, 0);
  t.same(await journal.read(8 as Seq), entries[7], 'from the queue');
  io.free = undefined;
  await until(() => synced.at(-1) === 8, 'all'); // the retry's timer keeps no process alive
  await journal.flush();
  await until(() => !journal.reserve.full && journal.reserve.bytes > MIB / 4, 'room');
  t.same(failures, []);
  await journal.close();
  t.equal((await openSmall(directory)).replayed.length, 8);
});

for (const code of ['ENOSPC', 'EDQUOT', 'EFBIG']) {
  t.test(`journal: ${code} while allocating: the part is removed, and the service goes `
    + 'on', async (t) => {
    const directory = join(temporaryDirectory(t), 'journal');
    const io = new FaultyFileSystem();
    io.free = 0;
    const { journal, failures } = await openSmall(directory, { io, roomRetryMs: 20 });
    await until(() => journal.reserve.full, 'full');
    io.onCall = (call) => {
      if (call === 'write') throw Object.assign(new Error(code), { code });
    };
    io.free = undefined;
    await new Promise((resolve) => setTimeout(resolve, 60));
    t.equal(journal.reserve.full, true);
    const spares = () => readdirSync(directory).filter((name) => name.startsWith('spare'));
    await until(() => spares().length === 0, 'the part removed'); // between two attempts
    io.onCall = () => {};
    await until(() => !journal.reserve.full && journal.reserve.bytes > MIB / 4, 'room');
    t.same(failures, []);
    await journal.close();
  });
}

t.test('journal: an allocation that fails for another reason: final', async (t) => {
  const io = new FaultyFileSystem();
  io.free = 0;
  const { journal, failures } = await openSmall(
    join(temporaryDirectory(t), 'journal'), { io, roomRetryMs: 10 }
  );
  await until(() => journal.reserve.full, 'full');
  io.free = undefined;
  io.failNext('fsync', 'EIO');
  await until(() => failures.length > 0, 'a failure');
  t.match(failures, [{ kind: 'io' }]);
  await journal.close();
});

t.test('journal: mark: one small write when there is something to vouch for, else '
  + 'nothing', async (t) => {
  const io = new FaultyFileSystem();
  const { journal } = await openSmall(join(temporaryDirectory(t), 'journal'), { io });
  await until(() => journal.reserve.bytes > MIB / 2, 'spares');
  io.calls.length = 0;
  journal.mark();
  await new Promise((resolve) => setTimeout(resolve, 10));
  t.same(io.calls, [], 'an empty journal');
  for (const entry of chainOf(2, 64)) journal.append(entry);
  await journal.flush();
  io.calls.length = 0;
  journal.mark();
  journal.mark();
  await until(() => io.calls.length === 2, 'the mark');
  await new Promise((resolve) => setTimeout(resolve, 10));
  journal.mark();
  await new Promise((resolve) => setTimeout(resolve, 10));
  t.same(io.calls, ['write', 'fdatasync']);
  await journal.close();
});

t.test('journal: what does not continue its tail is never appended', async (t) => {
  const { journal } = await openSmall(join(temporaryDirectory(t), 'journal'));
  const [one, two, three] = chainOf(3, 64) as [ExecutedEntry, ExecutedEntry, ExecutedEntry];
  journal.append(one);
  t.throws(() => journal.append(three), /entries are contiguous/);
  t.throws(() => journal.append({ ...two, previousHash: three.hash }), /entries are chained/);
  await journal.close();
  t.throws(() => journal.append(two), /nothing is appended to a closed journal/);
});

t.test('journal: closed for want of room: who waits for what found none is told', async (t) => {
  const io = new FaultyFileSystem();
  io.free = 0;
  const { journal } = await openSmall(join(temporaryDirectory(t), 'journal'), { io });
  await until(() => journal.reserve.full, 'full');
  for (const entry of chainOf(8, 100 * 64)) journal.append(entry); // the last do not fit
  const flushed = journal.flush();
  flushed.catch(() => {});
  await until(() => journal.reserve.bytes === 0, 'no room is left');
  await journal.close();
  await t.rejects(flushed, /the journal was closed/);
});

t.test('journal: scrub: damage in an old segment is found while running', async (t) => {
  const directory = join(temporaryDirectory(t), 'journal');
  const entries = chainOf(12, 200 * 64);
  const first = await openSmall(directory);
  for (const entry of entries) {
    first.journal.append(entry);
    await first.journal.flush();
  }
  await first.journal.close();
  damage(join(directory, '0000000000000001.segment'), 28_000);
  const { journal, corruptions } = await openSmall(directory, {
    checkpoint: entries[10] as ExecutedEntry, scrubBytesPerSecond: MIB / 2,
  });
  await until(() => corruptions.length > 0, 'the scrub');
  t.match(corruptions[0], /0000000000000001\.segment is corrupt at byte \d+: entry 2/);
  t.equal(await kindOfError(journal.read(2 as Seq)), 'corrupt');
  t.same(await journal.read(1 as Seq), entries[0]);
  await journal.close();
});

t.test('journal: a segment is taken away while running: corrupt, by reads and by the '
  + 'scrub', async (t) => {
  const directory = join(temporaryDirectory(t), 'journal');
  const { journal } = await openSmall(directory);
  for (const entry of chainOf(20, 200 * 64)) journal.append(entry);
  await journal.flush();
  await journal.close();
  const [oldest] = readdirSync(directory).filter((name) => name.endsWith('.segment')).sort();
  const kept = readFileSync(join(directory, oldest as string));
  for (const scrubBytesPerSecond of [0, 4 * MIB]) {
    writeFileSync(join(directory, oldest as string), kept);
    const again = await openSmall(directory, { scrubBytesPerSecond });
    rmSync(join(directory, oldest as string));
    if (scrubBytesPerSecond === 0) {
      t.equal(await kindOfError(again.journal.read(1 as Seq)), 'corrupt');
    }
    await until(() => again.corruptions.length > 0, 'somebody notices');
    t.match(again.corruptions[0], /0001\.segment is corrupt at byte 0: the file is missing/);
    await again.journal.close();
  }
});

t.test('journal: scrub: a journal that grows and is cut meanwhile: no false alarm', async (t) => {
  const directory = join(temporaryDirectory(t), 'journal');
  const { journal, corruptions, failures } = await openSmall(directory, {
    scrubBytesPerSecond: 4 * MIB,
  });
  const entries = chainOf(24, 200 * 64);
  for (const entry of entries.slice(0, 16)) {
    journal.append(entry);
    await journal.flush();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await journal.truncateAfter(4 as Seq);
  for (const entry of entries.slice(4)) journal.append(entry);
  await journal.flush();
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.same([corruptions, failures], [[], []]);
  await journal.close();
});
