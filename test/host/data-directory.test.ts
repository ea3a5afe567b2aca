import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import t from 'tap';
import type { BackendId, ClusterId, Epoch, Incarnation, OwnerId } from '../../src/core/ids.ts';
import { nodeMachine } from '../../src/host/node-machine.ts';
import { DataDirectory } from '../../src/host/data-directory.ts';
import { lockDirectory } from '../../src/host/directory-lock.ts';
import { sha256 } from '../../src/core/hash.ts';
import { loadIdentity, saveIdentity } from '../../src/host/identity.ts';
import type { Identity } from '../../src/host/ports.ts';
import { damage } from '../support/damage.ts';
import { FaultyFileSystem } from '../support/faulty-file-system.ts';
import { kindOfError } from '../support/open-journal.ts';

const IDENTITY: Identity = {
  cluster: 'c0'.repeat(16) as ClusterId,
  backend: 2 as BackendId,
  incarnation: 'e2'.repeat(16) as Incarnation,
  promise: {
    cluster: 'c0'.repeat(16) as ClusterId, epoch: 4 as Epoch, owner: 'd1'.repeat(16) as OwnerId,
  },
};

t.test('directory: made with those above it, locked against a second, free again when '
  + 'closed', async (t) => {
  const path = join(t.testdir(), 'data', 'backend-1');
  const directory = await DataDirectory.open(path, nodeMachine);
  t.ok(existsSync(path));
  const startMs = performance.now();
  t.equal(await kindOfError(DataDirectory.open(path, nodeMachine)), 'locked');
  t.ok(performance.now() - startMs < 2_000, 'it does not wait');
  await t.rejects(
    DataDirectory.open(path, nodeMachine), new RegExp(`${path} is in use by another process`)
  );
  directory.close();
  (await DataDirectory.open(path, nodeMachine)).close();
});

t.test('directory: locked against another process, which says nothing but its error', async (t) => {
  const path = join(t.testdir(), 'backend-1');
  const directory = await DataDirectory.open(path, nodeMachine);
  const source = (name: string): string =>
    JSON.stringify(new URL(`../../src/host/${name}`, import.meta.url).href);
  const program = `
    const { DataDirectory } = await import(${source('data-directory.ts')});
    const { nodeMachine } = await import(${source('node-machine.ts')});
    try { await DataDirectory.open(${JSON.stringify(path)}, nodeMachine); console.log('open'); }
    catch (error) { console.log(error.kind); }`;
  const run = () => spawnSync(
    process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }
  );
  t.match(run(), { stdout: 'locked\n', stderr: '' });
  directory.close();
  t.match(run(), { stdout: 'open\n', stderr: '' });
});

t.test('directory: a file in the way: an error of the environment', async (t) => {
  const path = join(t.testdir({ file: 'x' }), 'file', 'backend-1');
  t.match(await kindOfError(DataDirectory.open(path, nodeMachine)), /missing|io/);
});

t.test('directory: no lock can be made in it: told as such', async (t) => {
  t.equal(await kindOfError(lockDirectory(join(t.testdir(), 'missing'))), 'permission');
});

t.test('directory: set aside: nothing is deleted, and it is empty again', async (t) => {
  const path = join(t.testdir(), 'backend-1');
  const directory = await DataDirectory.open(path, nodeMachine);
  for (const round of [1, 2]) {
    await saveIdentity(directory, IDENTITY, nodeMachine.io);
    mkdirSync(directory.journal);
    writeFileSync(join(directory.journal, 'x'), `round ${round}`);
    t.equal(await directory.hasContents(), true);
    const place = await directory.setAside('It is CORRUPT: at byte 5!');
    t.equal(place, join(path, `set-aside-${round}-it-is-corrupt-at-byte-5`));
    t.equal(readFileSync(join(place, 'journal', 'x'), 'utf8'), `round ${round}`);
    t.ok(existsSync(join(place, 'identity')));
    t.equal(await directory.hasContents(), false);
    t.equal(await loadIdentity(directory, nodeMachine.io), undefined);
  }
  t.equal(readdirSync(path).filter((name) => name.startsWith('set-aside')).length, 2);
  directory.close();
});

t.test('directory: set aside: each name is durable in its new place before it is gone from the '
  + 'old one', async (t) => {
  const path = join(t.testdir(), 'backend-1');
  const io = new FaultyFileSystem();
  const directory = await DataDirectory.open(path, { ...nodeMachine, io });
  await saveIdentity(directory, IDENTITY, io);
  mkdirSync(directory.journal);
  const steps: string[] = [];
  io.onCall = (call, at) => {
    if (call === 'rename' || call === 'open') steps.push(`${call} ${relative(path, String(at))}`);
  };
  await directory.setAside('reset');
  const aside = 'set-aside-1-reset';
  t.same(steps, [
    'open ', // each directory is opened to be synced
    `rename ${aside}/identity`, `open ${aside}`, 'open ',
    `rename ${aside}/journal`, `open ${aside}`, 'open ',
  ]);
  directory.close();
});

t.test('identity: round trip; every flipped bit and every wrong field: corrupt', async (t) => {
  const place = { identity: join(t.testdir(), 'identity') };
  t.equal(await loadIdentity(place, nodeMachine.io), undefined);
  await saveIdentity(place, IDENTITY, nodeMachine.io);
  t.same(await loadIdentity(place, nodeMachine.io), IDENTITY);
  const { byteLength } = readFileSync(place.identity);
  for (let at = 0; at < byteLength; at += 1) {
    damage(place.identity, at, at % 8);
    const kind = await kindOfError(loadIdentity(place, nodeMachine.io));
    if (kind !== 'corrupt') t.fail(`byte ${at}`);
    damage(place.identity, at, at % 8);
  }
  const wrong = [
    { backend: 0 }, { backend: 8 }, { backend: 1.5 },
    { cluster: 'C0'.repeat(16) }, { incarnation: 'e2' },
    { promise: null }, { promise: { ...IDENTITY.promise, epoch: -1 } },
    { promise: { ...IDENTITY.promise, owner: 5 } },
  ];
  for (const change of wrong) {
    const line = JSON.stringify({ ...IDENTITY, ...change });
    writeFileSync(place.identity, `${line}\n${sha256(line)}\n`);
    const kind = await kindOfError(loadIdentity(place, nodeMachine.io));
    t.equal(kind, 'corrupt', JSON.stringify(change));
  }
});

t.test('identity: killed at every call of a save: the old one or the new one', async (t) => {
  const next: Identity = { ...IDENTITY, promise: { ...IDENTITY.promise, epoch: 5 as Epoch } };
  const epochs = new Set<number | undefined>();
  for (let at = 0, done = false; !done; at += 1) {
    const place = { identity: join(t.testdir(), 'identity') };
    const io = new FaultyFileSystem();
    await saveIdentity(place, IDENTITY, io);
    io.dieAt(at);
    done = await saveIdentity(place, next, io).then(() => true, () => false);
    const epoch = (await loadIdentity(place, nodeMachine.io))?.promise.epoch;
    epochs.add(epoch);
    if (done) t.equal(epoch, 5);
  }
  t.same(epochs, new Set([4, 5]));
});
