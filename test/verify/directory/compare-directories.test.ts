/** Several directories: their histories against each other, and against the control record. */
import t from 'tap';
import type {
  BackendId, ClusterId, Epoch, Incarnation, Seq, ViewNumber,
} from '../../../src/core/ids.ts';
import type { ControlRecord } from '../../../src/core/view.ts';
import { compareDirectories } from '../../../src/verify/directory/compare-directories.ts';
import type { ControlVerdict } from '../../../src/verify/directory/control.ts';
import { verifyDirectory, type DirectoryVerdict } from '../../../src/verify/directory/directory.ts';
import { firstParting, KeptHashes } from '../../../src/verify/directory/kept-hashes.ts';
import { CLUSTER } from '../../support/bank-directory.ts';
import {
  rechain, smallDirectory, type SmallDirectoryOptions,
} from '../../support/small-directory.ts';

const INCARNATIONS = ['1f', '2f', '3f'].map((digits) => digits.repeat(16) as Incarnation);

/** The verdict of backend `id`'s directory. */
async function verdictOf(
  id: number,
  options: SmallDirectoryOptions = {},
): Promise<DirectoryVerdict> {
  const path = `backend-${id}`;
  const incarnation = INCARNATIONS[id - 1] as Incarnation;
  const { io } = await smallDirectory({ path, backend: id, incarnation, ...options });
  return await verifyDirectory(path, { io, keepHashes: true });
}

function control(members: readonly number[], changes: Partial<ControlRecord> = {}): ControlVerdict {
  const view = {
    number: 3 as ViewNumber,
    members: members.map((id) => ({
      id: id as BackendId, incarnation: INCARNATIONS[id - 1] as Incarnation,
    })),
  };
  const record = {
    cluster: CLUSTER, version: 9, epoch: 2 as Epoch, owner: 'd1'.repeat(16), view,
    commitFloor: 4 as Seq, count: 3, recovered: false, ...changes,
  } as ControlRecord;
  return { directory: 'frontend', ok: true, record };
}

t.test('kept hashes: the first parting: none, the first, any, the last', async (t) => {
  const of = (letters: string) => {
    const kept = new KeptHashes();
    // A hash chains all before it.
    for (let at = 1; at <= letters.length; at += 1) {
      const hash = Buffer.alloc(32, letters.slice(0, at)).toString('hex');
      kept.push({ hash, digest: '0123456789abcdef', entryEpoch: 2 ** 40 + at });
    }
    return kept;
  };
  t.same(of('abc').at(2), {
    hash: Buffer.alloc(32, 'ab').toString('hex'), digest: '0123456789abcdef',
    entryEpoch: 2 ** 40 + 2,
  });
  t.throws(() => of('abc').at(4), 'was not kept');
  t.equal(firstParting(of(''), of('abc')), undefined);
  t.equal(firstParting(of('abc'), of('abcdef')), undefined);
  for (let at = 1; at <= 20; at += 1) {
    const other = `${'abcdefghijklmnopqrstuv'.slice(0, at - 1)}X${'y'.repeat(25 - at)}`;
    t.equal(firstParting(of('abcdefghijklmnopqrstuv'), of(other)), at);
  }
  const long = new KeptHashes();
  for (let seq = 1; seq <= 10_000; seq += 1) {
    long.push({ hash: seq.toString(16).padStart(64, '0'), digest: '0'.repeat(16), entryEpoch: 1 });
  }
  t.equal(long.at(8192).hash, (8192).toString(16).padStart(64, '0'), 'more than one chunk');
});

t.test('compare: the same history, one of them shorter: told, no fault', async (t) => {
  const shorter = await verdictOf(2, { tamper: (all) => all.slice(0, 4) });
  const all = [await verdictOf(1), shorter, await verdictOf(3)];
  const { faults, notes } = compareDirectories(all, [control([1, 2, 3])]);
  t.same(faults, []);
  t.equal(notes.length, 1);
  t.match(notes[0], /all 3 have the same history up to entry 4.*: hash [0-9a-f]{16}…, digest/);
  t.same(compareDirectories([await verdictOf(1)], []), { faults: [], notes: [] });
});

t.test('compare: histories that part: the first seq, for each pair', async (t) => {
  const all = [await verdictOf(1), await verdictOf(2, { amount: 800 }), await verdictOf(3)];
  t.ok(all.every(({ ok }) => ok), 'each is right in itself');
  const { faults } = compareDirectories(all, []);
  t.equal(faults.length, 2);
  t.match(faults[0], /^backend-1 and backend-2 differ from entry 5 on: .* of epoch 1 and .*1$/);
  t.match(faults[1], /^backend-2 and backend-3 differ from entry 5 on/);
});

t.test('compare: what a backend out of the view alone has, of another epoch: a note', async (t) => {
  const newer = { epochs: [1, 1, 1, 1, 2], amount: 800 };
  const all = [await verdictOf(1, newer), await verdictOf(2)];
  t.match(compareDirectories(all, []).faults, [/differ from entry 5 on/], 'nobody can tell');
  const known = compareDirectories(all, [control([1])]);
  t.same(known.faults, []);
  t.match(known.notes, [/differ from entry 5 on.*; backend-2 is not in sync and loses them/]);
  t.match(compareDirectories(all, [control([1, 2])]).faults, [/differ/], 'members never differ');
  const decided = [await verdictOf(1, { epochs: [1, 1, 1, 2, 2] }), await verdictOf(2)];
  t.match(compareDirectories(decided, [control([1])]).faults, [/from entry 4 on/], 'both decided');
  const sameEpoch = [await verdictOf(1, { amount: 800 }), await verdictOf(2)];
  t.match(compareDirectories(sameEpoch, [control([1])]).faults, [/differ/], 'one epoch, one entry');
});

t.test('compare: the control record: floor, members, bank, epoch', async (t) => {
  const one = await verdictOf(1);
  const short = await verdictOf(2, { tamper: (all) => all.slice(0, 4) });
  const faultsOf = (verdicts: readonly DirectoryVerdict[], record: ControlVerdict) => (
    compareDirectories(verdicts, [record]).faults
  );
  t.same(faultsOf([one, short], control([1, 2], { commitFloor: 4 as Seq })), []);
  t.match(faultsOf([one, short], control([1, 2], { commitFloor: 5 as Seq })), [
    /backend-2 ends with entry 4, but backend 2 is in .* up to entry 5 was decided/,
  ]);
  t.same(faultsOf([one, short], control([1], { commitFloor: 5 as Seq })), []);
  const missing = compareDirectories([one], [control([1, 3])]);
  t.match(missing, { faults: [], notes: [/backend 3 .*its directory is not among these/] });
  const wiped = await verdictOf(2, { incarnation: 'ee'.repeat(16) as Incarnation });
  t.match(faultsOf([one, wiped], control([1, 2])), [/not the directory that backend 2 had/]);
  const older = control([1], { epoch: 1 as Epoch });
  t.match(faultsOf([one], older), [/promised epoch 2, but .* says 1/]);
  const other = control([1], { cluster: 'aa'.repeat(16) as ClusterId });
  t.match(faultsOf([one], other), [/backend-1 does not belong to the bank of frontend/]);
  t.same(faultsOf([one], { directory: 'frontend', ok: false, record: undefined }), []);
});

t.test('compare: the directory of another bank: a fault', async (t) => {
  const one = await verdictOf(1);
  const two = await verdictOf(2);
  const { identity } = two;
  const stranger = identity && { ...identity, cluster: 'aa'.repeat(16) as ClusterId };
  const { faults } = compareDirectories([one, { ...two, identity: stranger }], []);
  t.same(faults, ['backend-1 and backend-2 belong to different banks']);
});

t.test('compare: a damaged one is compared as far as it is right', async (t) => {
  const damaged = await verdictOf(2, {
    amount: 800, tamper: (all) => all.map((entry) => (
      entry.seq < 5 ? entry : rechain({ ...entry, digest: '0'.repeat(32) }, all[3] ?? entry)
    )),
  });
  t.match(damaged, { ok: false, lastSeq: 4 });
  t.same(compareDirectories([await verdictOf(1), damaged], []).faults, []);
});
