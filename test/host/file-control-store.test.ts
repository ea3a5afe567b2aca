import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type {
  BackendId, ClusterId, Epoch, Incarnation, OwnerId, Seq, ViewNumber,
} from '../../src/core/ids.ts';
import { sha256 } from '../../src/core/hash.ts';
import type { ControlRecord } from '../../src/core/view.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { FileControlStore } from '../../src/host/file-control-store.ts';
import { damage } from '../support/damage.ts';
import { FaultyFileSystem } from '../support/faulty-file-system.ts';
import { kindOfError } from '../support/open-journal.ts';

function recordOf(version: number): ControlRecord {
  return {
    cluster: 'c0'.repeat(16) as ClusterId,
    version,
    epoch: (10 + version) as Epoch,
    owner: 'd1'.repeat(16) as OwnerId,
    view: {
      number: 3 as ViewNumber,
      members: [{ id: 1 as BackendId, incarnation: 'e2'.repeat(16) as Incarnation }],
    },
    commitFloor: 99 as Seq,
    count: 3,
    recovered: false,
  };
}

t.test('control store: writes compare the version, and are there after a restart', async (t) => {
  const place = { control: join(t.testdir(), 'control') };
  const store = new FileControlStore(place, nodeFileSystem);
  t.equal(await store.load(), undefined);
  t.equal(await store.write(recordOf(2)), 'conflict', 'there is none yet');
  t.equal(await store.write(recordOf(1)), 'written');
  t.equal(await store.write(recordOf(1)), 'conflict');
  t.equal(await store.write(recordOf(3)), 'conflict');
  t.equal(await store.write(recordOf(2)), 'written');
  const later = new FileControlStore(place, nodeFileSystem);
  t.equal(await later.write(recordOf(1)), 'conflict', 'it looks before it writes');
  t.same(await later.load(), recordOf(2));
  t.equal(await later.write({ ...recordOf(3), recovered: true }), 'written');
  t.same(await store.load(), { ...recordOf(3), recovered: true });
});

t.test('control store: what makes no sense is corrupt, though its checksum is right', async (t) => {
  const place = { control: join(t.testdir(), 'control') };
  const kindOf = (line: string, rest = ''): Promise<string> => {
    writeFileSync(place.control, `${line}\n${sha256(line)}\n${rest}`);
    return kindOfError(new FileControlStore(place, nodeFileSystem).load());
  };
  const line = JSON.stringify(recordOf(1));
  t.equal(await kindOf(line), 'none');
  t.equal(await kindOf(line, '\n'), 'corrupt', 'something follows');
  for (const other of ['null', '7', 'no JSON']) t.equal(await kindOf(other), 'corrupt', other);
  const empty = { ...recordOf(1), view: { number: 3, members: [] } };
  t.equal(await kindOf(JSON.stringify(empty)), 'corrupt', 'no view is ever empty');
});

t.test('control store: two writes at once: a bug', async (t) => {
  const place = { control: join(t.testdir(), 'control') };
  const store = new FileControlStore(place, nodeFileSystem);
  const first = store.write(recordOf(1));
  await t.rejects(store.write(recordOf(1)), /one write of the control record at a time/);
  t.equal(await first, 'written');
});

t.test('control store: every flipped bit: corrupt', async (t) => {
  const place = { control: join(t.testdir(), 'control') };
  await new FileControlStore(place, nodeFileSystem).write(recordOf(1));
  const { byteLength } = readFileSync(place.control);
  for (let at = 0; at < byteLength; at += 1) {
    damage(place.control, at, at % 8);
    const kind = await kindOfError(new FileControlStore(place, nodeFileSystem).load());
    if (kind !== 'corrupt') t.fail(`byte ${at}`);
    damage(place.control, at, at % 8);
  }
  for (let length = 0; length < byteLength; length += 1) {
    const short = { control: `${place.control}-short` };
    writeFileSync(short.control, readFileSync(place.control).subarray(0, length));
    if ((await kindOfError(new FileControlStore(short, nodeFileSystem).load())) !== 'corrupt') {
      t.fail(`${length} bytes`);
    }
  }
});

t.test('control store: no room: failed, the old record stands, the next write '
  + 'succeeds', async (t) => {
  const place = { control: join(t.testdir(), 'control') };
  const io = new FaultyFileSystem();
  const store = new FileControlStore(place, io);
  await store.write(recordOf(1));
  for (const call of ['open', 'write', 'fsync'] as const) {
    io.failNext(call, 'ENOSPC');
    t.equal(await store.write(recordOf(2)), 'failed', call);
    t.same(await new FileControlStore(place, nodeFileSystem).load(), recordOf(1));
    t.notOk(existsSync(`${place.control}.tmp`));
  }
  t.equal(await store.write(recordOf(2)), 'written');
  io.failNext('write', 'EIO');
  t.equal(await kindOfError(store.write(recordOf(3))), 'io', 'a disk that fails is no full one');
});

t.test('control store: an outcome that nobody knows: thrown, and no further write', async (t) => {
  const place = { control: join(t.testdir(), 'control') };
  const io = new FaultyFileSystem();
  const store = new FileControlStore(place, io);
  await store.write(recordOf(1));
  io.failNext('fsync', 'ENOSPC', 1); // the first is the file's, the second the directory's
  t.equal(await kindOfError(store.write(recordOf(2))), 'disk-full');
  t.equal(await kindOfError(store.write(recordOf(2))), 'disk-full');
  const again = new FileControlStore(place, nodeFileSystem);
  t.same(await again.load(), recordOf(2), 'it happens to be applied');
});

t.test('control store: killed at every call: the old record or the new', async (t) => {
  const seen = new Set<number | undefined>();
  for (let at = 0, done = false; !done; at += 1) {
    const place = { control: join(t.testdir(), 'control') };
    const io = new FaultyFileSystem();
    const store = new FileControlStore(place, io);
    await store.write(recordOf(1));
    io.dieAt(at);
    done = await store.write(recordOf(2)).then((outcome) => outcome === 'written', () => false);
    const { version } = (await new FileControlStore(place, nodeFileSystem).load()) ?? {};
    seen.add(version);
    if (done) t.equal(version, 2);
  }
  t.same(seen, new Set([1, 2]));
});
