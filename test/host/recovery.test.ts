import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { BackendId, ClusterId, Epoch, OwnerId } from '../../src/core/ids.ts';
import type { Reserve } from '../../src/core/message.ts';
import { DataDirectory } from '../../src/host/data-directory.ts';
import { FileCheckpointStore } from '../../src/host/file-checkpoint.ts';
import { nodeMachine } from '../../src/host/node-machine.ts';
import { recover } from '../../src/host/recovery.ts';
import { SIZES } from '../../src/host/sizes.ts';
import { temporaryDirectory } from '../support/bank.ts';
import { makeDirectory } from '../support/bank-directory.ts';
import { damage as flip } from '../support/damage.ts';

const CLUSTER = 'c'.repeat(32) as ClusterId;
const PROMISE = { cluster: CLUSTER, epoch: 3 as Epoch, owner: 'd'.repeat(32) as OwnerId };

async function life(path: string, backend = 1, damage?: string) {
  const log: string[] = [];
  const directory = await DataDirectory.open(path, nodeMachine);
  try {
    const recovered = await recover({
      machine: nodeMachine, sizes: SIZES, directory, backend: backend as BackendId,
      damage, log: (line) => log.push(line),
    });
    const save = (): Promise<void> => recovered.savePromise(PROMISE);
    const { participant, hear, journal } = recovered;
    return { ...participant, log, save, hear, close: () => journal?.close() };
  } finally {
    directory.close();
  }
}

/** The directory of a backend that has been in a bank, and holds no entry yet. */
async function promised(t: Test): Promise<string> {
  const path = join(temporaryDirectory(t), 'backend-1');
  const { save, close } = await life(path);
  await save();
  await close();
  return path;
}

t.test('recovery: an empty directory: a new incarnation that has promised nothing', async (t) => {
  const path = join(temporaryDirectory(t), 'backend-1');
  const first = await life(path);
  await first.close();
  t.equal(first.condition, 'empty');
  t.equal(first.promise.epoch, 0);
  const second = await life(path);
  await second.close();
  t.equal(second.incarnation, first.incarnation, 'it stays the same');
});

t.test('recovery: a promise is there again', async (t) => {
  const { promise, tail, close } = await life(await promised(t));
  await close();
  t.same(promise, PROMISE);
  t.equal(tail.seq, 0);
});

t.test('recovery: a backend that has promised lacks its journal: damage', async (t) => {
  const withoutDirectory = await promised(t);
  rmSync(join(withoutDirectory, 'journal'), { recursive: true });
  const withoutSegments = await promised(t);
  const journal = join(withoutSegments, 'journal');
  for (const name of readdirSync(journal)) rmSync(join(journal, name));
  for (const path of [withoutDirectory, withoutSegments]) {
    const { condition, detail } = await life(path);
    t.equal(condition, 'corrupt');
    t.match(detail, /the journal \S+ is missing/);
  }
});

t.test('recovery: files without an identity: set aside, another incarnation', async (t) => {
  const path = await promised(t);
  const before = await life(path);
  await before.close();
  rmSync(join(path, 'identity'));
  const after = await life(path);
  await after.close();
  t.not(after.incarnation, before.incarnation);
  t.match(after.log[0], /files without an identity are set aside in \S+set-aside-1-no-identity/);
  t.ok(existsSync(join(path, 'set-aside-1-no-identity', 'journal')));
});

t.test("recovery: another backend's directory: refused", async (t) => {
  const path = await promised(t);
  await t.rejects(life(path, 2), { message: /belongs to backend 1, not to backend 2/ });
  const second = join(temporaryDirectory(t), 'backend-2');
  await (await life(second, 2)).close();
  await t.rejects(life(second, 1), { message: /belongs to backend 2, not to backend 1/ });
});

t.test('recovery: damage that was met before: nothing else is looked at', async (t) => {
  const path = await promised(t);
  const { condition, detail, promise } = await life(path, 1, 'a broken page');
  t.same([condition, detail], ['corrupt', 'a broken page']);
  t.same(promise, PROMISE, 'it keeps its word');
});

t.test('recovery: a damaged identity: one that is made up is never saved over it', async (t) => {
  const path = await promised(t);
  const file = join(path, 'identity');
  flip(file, 5);
  const before = readFileSync(file);
  const { condition, detail, save } = await life(path);
  t.equal(condition, 'corrupt');
  t.match(detail, /identity is corrupt/);
  await save();
  t.same(readFileSync(file), before);
});

t.test('recovery: a bank that was used: where it stands, from whichever checkpoint', async (t) => {
  const path = join(temporaryDirectory(t), 'backend-1');
  const bank = await makeDirectory(path);
  const tail = { seq: 3, hash: bank.tail.hash };
  const known = { condition: 'intact', tail, tailTimestamp: 1003, view: { number: 1 } };
  const first = await life(path);
  const told: Reserve[] = [];
  first.hear({
    onReserve: (reserve) => told.push(reserve), onSynced: () => {}, onFailed: () => {},
    onCorruption: () => {},
  });
  t.equal(told.length, 1, 'what was told before somebody listened');
  await first.close();
  t.match(first, { ...known, checkpointSeq: 2 });
  const store = new FileCheckpointStore({ checkpoint: join(path, 'checkpoint') }, nodeMachine);
  await store.save(bank.tail, bank.ledger.snapshot());
  const second = await life(path);
  await second.close();
  t.match(second, { ...known, checkpointSeq: 3 }, 'the journal remembers the view');
});
