import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { fileSystemIn, measureFdatasync, measureRoundTrip } from '../../src/bench/machine.ts';
import { isBankd, usageOf } from '../../src/bench/process-usage.ts';

const MOUNTS = `22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
23 22 0:21 / /proc rw shared:5 - proc proc rw
30 22 0:40 / /data rw,noatime shared:9 master:1 - tmpfs none rw
31 30 0:41 / /data/a\\040b rw - xfs /dev/b rw
32 22 0:42 / /over rw - ext4 /dev/c rw
33 22 0:43 / /over rw - btrfs /dev/d rw`;

t.test('file system: of the nearest mount above', async (t) => {
  const expected = {
    '/': 'ext4', '/home': 'ext4', '/data': 'tmpfs', '/data/x': 'tmpfs', '/database': 'ext4',
    '/data/a b/c': 'xfs', '/over/there': 'btrfs',
  };
  for (const [path, kind] of Object.entries(expected)) {
    t.equal(fileSystemIn(MOUNTS, path), kind, path);
  }
  t.equal(fileSystemIn('', '/'), undefined, 'a system that does not tell');
});

t.test('bounds: measured where they can be', async (t) => {
  const fdatasync = measureFdatasync(tmpdir(), 5);
  t.ok(fdatasync !== undefined && fdatasync.p50 <= fdatasync.p99);
  t.equal(measureFdatasync(join(tmpdir(), 'is', 'not', 'there')), undefined);
  const roundTrip = await measureRoundTrip(20);
  t.ok(roundTrip.p50 > 0 && roundTrip.p50 <= roundTrip.p99);
});

t.test('usage: of this process; of one that is not there nothing is known', async (t) => {
  const own = usageOf(process.pid);
  t.ok((own.cpuMs ?? 0) > 0 && (own.residentBytes ?? 0) > 0);
  t.ok((own.peakBytes ?? 0) >= (own.residentBytes ?? 0) / 2);
  const nobody = { cpuMs: undefined, residentBytes: undefined, peakBytes: undefined };
  t.same(usageOf(2 ** 30), nobody);
  t.same(usageOf(undefined), nobody);
  t.equal(isBankd(process.pid, 'frontend'), false);
  t.equal(isBankd(2 ** 30, 'frontend'), false);
});
