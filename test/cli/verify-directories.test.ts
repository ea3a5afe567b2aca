/** `bankd verify DIRECTORY…` as a user meets it: sentences, streams, exit statuses. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import t, { type Test } from 'tap';
import { readHead, verifyDirectories } from '../../src/cli/verify-directories.ts';
import type { BackendId, Incarnation, Seq, ViewNumber } from '../../src/core/ids.ts';
import { DataDirectory } from '../../src/host/data-directory.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';
import { nodeMachine } from '../../src/host/node-machine.ts';
import { makeControlIn, makeDirectory } from '../support/bank-directory.ts';
import { MemoryStream, runMain } from '../support/cli-context.ts';
import { damage } from '../support/damage.ts';

const INCARNATIONS = ['1f', '2f'].map((digits) => digits.repeat(16) as Incarnation);

/** DIR/backend-1, DIR/backend-2, DIR/frontend of one bank; the head. */
async function makeBank(t: Test): Promise<{ readonly parent: string; readonly head: string }> {
  const parent = t.testdir();
  const members = INCARNATIONS.map((incarnation, at) => ({
    id: (at + 1) as BackendId, incarnation,
  }));
  let head = '';
  for (const { id, incarnation } of members) {
    const bank = await makeDirectory(join(parent, `backend-${id}`), { backend: id, incarnation });
    head = bank.tail.hash;
  }
  mkdirSync(join(parent, 'frontend'));
  await makeControlIn(
    join(parent, 'frontend'), nodeFileSystem, { view: { number: 1 as ViewNumber, members } },
  );
  return { parent, head };
}

t.test('verify: the parent means all of a bank: printed, compared, exit 0', async (t) => {
  const { parent, head } = await makeBank(t);
  const { status, stdout, stderr } = await runMain(['verify', parent]);
  t.equal(status, 0);
  t.match(stdout, new RegExp(`^${parent}/backend-1: intact$`, 'm'));
  t.match(stdout, `  head 3:${head}\n`);
  t.match(stdout, '\n  total 100.00 = created 100.00 + adjusted 0.00 + deposited 0.00 - ');
  t.match(stdout, /frontend: intact\n {2}control record: epoch 2, view 1 \(backends 1, 2\)/);
  t.match(stdout, /all 2 have the same history up to entry 3/);
  t.equal(stderr, `${parent}: backend-1, backend-2, frontend\n`, 'says so; no progress in a pipe');
});

t.test('verify: --accounts --json: one object a directory and nothing else', async (t) => {
  const { parent, head } = await makeBank(t);
  const { status, stdout } = await runMain(['verify', parent, '--accounts', '--json']);
  t.equal(status, 0);
  const objects = stdout.trim().split('\n').map((line) => JSON.parse(line));
  t.equal(objects.length, 3);
  t.match(objects[0], {
    directory: `${parent}/backend-1`, ok: true, lastSeq: 3, commitSeq: 2,
    head: { seq: 3, hash: head }, accounts: { 100: '60.00', 101: '40.00' },
  });
  const directory = `${parent}/frontend`;
  t.match(objects[2], { directory, ok: true, commitFloor: 3, members: [1, 2] });
});

t.test('verify: --expect-head: found, not found, inside, malformed', async (t) => {
  const { parent, head } = await makeBank(t);
  const one = join(parent, 'backend-1');
  const expect = (expected: string, ...more: string[]) => (
    runMain(['verify', '--expect-head', expected, one, ...more])
  );
  t.match(await expect(head), {
    status: 0, stdout: /backend-1 contains the history that ended in this head, at entry 3 of 3\n/,
  });
  t.match(await expect(`3:${head.toUpperCase()}`), { status: 0 });
  t.match(await expect(head, '--json'), { status: 0, stdout: /"containsHead":true/ });
  const other = 'ab'.repeat(32);
  for (const [expected, stderr] of [
    [other, /error: .*backend-1 does not contain the head: none of the entries 1 to 3/],
    [`2:${other}`, /entry 2 has the hash [0-9a-f]{64}/],
    [`9:${other}`, /it ends with entry 3, before entry 9/],
  ] as const) t.match(await expect(expected), { status: 5, stderr });
  for (const malformed of [
    '', 'x', head.slice(1), `${head}0`, `0:${head}`, `-1:${head}`, `:${head}`, `1.5:${head}`,
    `9999999999999999:${head}`, `3 ${head}`,
  ]) {
    const { status, stderr } = await expect(malformed);
    t.match({ status, stderr }, { status: 2, stderr: /error: --expect-head takes/ }, malformed);
  }
  const frontend = await runMain(['verify', '--expect-head', head, join(parent, 'frontend')]);
  t.match(frontend, { status: 2, stderr: /asks for the directory of a backend/ });
  t.same(readHead(`17:${head}`), { seq: 17, hash: head });
});

t.test('verify: damage, and directories that differ: exit 5, the others are told all the '
  + 'same', async (t) => {
  const { parent } = await makeBank(t);
  damage(join(parent, 'backend-1', 'journal', '0000000000000001.segment'), 4096 + 700);
  const { status, stdout, stderr } = await runMain(['verify', parent]);
  t.equal(status, 5);
  t.match(stdout, /backend-1: DAMAGED: .*01.segment is corrupt at byte 4608: entry 2: /);
  t.match(stdout, 'backend-2: intact');
  t.notMatch(stderr, /\n {4}at /, 'no stack trace');
  damage(join(parent, 'frontend', 'control'), 10);
  const control = await runMain(['verify', join(parent, 'frontend'), '--json']);
  t.match(control, { status: 5, stdout: /"ok":false,"fault":".*control is corrupt/ });
  const younger = join(t.testdirName, 'younger');
  await makeDirectory(younger, { backend: 2, more: (bank) => [bank.run([{ kind: 'create' }])] });
  const one = join(t.testdirName, 'one');
  await makeDirectory(one, {
    more: (bank) => [bank.run([{ kind: 'create', amount: 1 }])],
  });
  t.match(await runMain(['verify', one, younger]), {
    status: 5, stderr: /error: .*one and .*younger differ from entry 4 on/,
  });
});

t.test('verify: bad use: a sentence and the exit status', async (t) => {
  const { parent } = await makeBank(t);
  const one = join(parent, 'backend-1');
  mkdirSync(join(parent, 'empty'));
  mkdirSync(join(parent, 'strange'));
  writeFileSync(join(parent, 'strange', 'file'), 'x');
  symlinkSync(one, join(parent, 'link'));
  const check = async (paths: readonly string[], status: number, error: RegExp): Promise<void> => {
    const result = await runMain(['verify', ...paths]);
    t.match(result, { status, stderr: error }, paths.join(' '));
    t.match(result.stderr, /^error: [^\n]*\n(tip: .*\n)?$/m);
  };
  await check([join(parent, 'none')], 7, /none does not exist/);
  await check([join(one, 'identity')], 2, /identity: line 1: /);
  await check([join(parent, 'empty')], 7, /empty is empty: nothing was ever kept in it/);
  await check([join(parent, 'strange')], 7, /is not the directory of a backend, of a frontend/);
  await check([one, one], 2, /backend-1 is given twice/);
  await check([one, join(parent, 'link')], 2, /link is given twice \(as .*backend-1, too\)/);
  await check([parent, one], 2, /given twice/);
  const held = await DataDirectory.open(one, nodeMachine);
  await check([parent], 7, /backend-1 is in use by another process/);
  held.close();
  const frontend = await DataDirectory.open(join(parent, 'frontend'), nodeMachine);
  await check([join(parent, 'frontend')], 7, /frontend is in use by another process/);
  frontend.close();
  rmSync(one, { recursive: true });
  mkdirSync(one);
  t.match(await runMain(['verify', parent]), {
    status: 5, stdout: /backend-1: DAMAGED: .*the identity is missing/,
  }, 'within a bank an empty one is a loss');
});

t.test('verify: an older copy in the place of a member: found by the commit floor', async (t) => {
  const { parent } = await makeBank(t);
  const newer = { commitFloor: 4 as Seq, version: 1 };
  rmSync(join(parent, 'frontend', 'control'));
  const members = INCARNATIONS.map((incarnation, at) => ({
    id: (at + 1) as BackendId, incarnation,
  }));
  await makeControlIn(join(parent, 'frontend'), nodeFileSystem, {
    ...newer, view: { number: 1 as ViewNumber, members },
  });
  const { status, stderr } = await runMain(['verify', parent]);
  t.equal(status, 5);
  t.match(stderr, /backend-1 ends with entry 3, but backend 1 .* up to entry 4 was decided/);
});

t.test('verify: on a terminal: a bar that is removed again', async (t) => {
  const { parent } = await makeBank(t);
  const stderr = Object.assign(new MemoryStream(), { isTTY: true });
  const context = {
    env: {}, stdin: new PassThrough(), stdout: new MemoryStream(), stderr, colorDepth: 1,
    noColor: false,
  };
  const options = { accounts: false, json: false, expectHead: undefined };
  t.equal(await verifyDirectories(context, [join(parent, 'backend-1')], options), 0);
  t.match(stderr.text, /backend-1: \[-{20}\] {3}0 % of 1\.0 MiB, .*\/s, entry 1, .* left/);
  t.ok(stderr.text.endsWith('\r\x1b[K'));
});
