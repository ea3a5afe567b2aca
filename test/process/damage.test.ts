/**
 * Bits that flip in the files of one replica, each where another reader meets them: a start, the
 * scrub, a read, `verify`. It says where, serves none of it, and rejoins from a healthy one.
 */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { encodeChunk } from '../../src/core/operation.ts';
import { pause, startBankd, TestBank } from '../support/bank.ts';
import { damage } from '../support/damage.ts';

const CHUNK = 8_000;
const CHUNKS = 4;
const BALANCE = ((CHUNK * CHUNKS) / 100).toFixed(2);

/** Each has a bank of its own, and waits more than it works. */
t.jobs = 2;

t.test('an old segment: a start does not read it, the scrub does', async (t) => {
  const bank = await startFull(t);
  await bank.backend(1).terminate();
  damage(oldSegment(bank, 1), 300_000);
  await bank.startBackend(1);
  t.match(await bank.backend(1).line(/recovered entry/), /from checkpoint [1-9]/);
  await bank.backend(1).line(/^backend 1: corrupt: .*segment is corrupt at byte \d+: entry \d+/);
  await bank.backend(1).line(/^backend 1: starts anew as empty /);
  await bank.frontend.line(/backend 1 is corrupt: .*segment/);
  await isWhole(t, bank, 1);
});

t.test('an old entry that is read for a joiner: the other one is the source', async (t) => {
  const bank = await startFull(t);
  damage(oldSegment(bank, 1), 300_000);
  await bank.killFrontend();
  await bank.startFrontend(); // it has no recent batches of its own to hand on
  await bank.statusIs('111');
  await bank.killBackend(2);
  const from = bank.backend(1).lines.length;
  rmSync(bank.directoryOf(2), { recursive: true });
  await bank.startBackend(2);
  const place = /^backend 1: corrupt: .*segment is corrupt at byte \d+: entry \d+/;
  await bank.backend(1).line(place, from);
  await isWhole(t, bank, 2);
});

t.test('a checkpoint: noticed at the start, which is not from it', async (t) => {
  const bank = await startFull(t);
  await bank.backend(3).terminate();
  const path = join(bank.directoryOf(3), 'checkpoint');
  damage(path, Math.floor(statSync(path).size / 2));
  const verify = startBankd(t, ['verify', bank.directoryOf(3), '--json']);
  t.equal((await verify.exited).code, 5);
  t.match(verify.stdout, /"ok":false.*checkpoint/);
  await bank.startBackend(3);
  t.match(bank.backend(3).stderr, /^backend 3: corrupt: .*checkpoint/m);
  await isWhole(t, bank, 3);
});

t.test("the frontend's control record: it refuses to guess", async (t) => {
  const bank = await startFull(t);
  await bank.killFrontend();
  damage(join(bank.data, 'frontend', 'control'), 20);
  const frontend = startBankd(t, ['frontend', '--port', String(bank.port), '--data', bank.data]);
  t.equal((await frontend.exited).code, 7);
  t.match(frontend.stderr, /^error: .*control is corrupt/m);
});

/** Three in sync, with several segments each. */
async function startFull(t: Test): Promise<TestBank> {
  const bank = await TestBank.start(t);
  const client = await bank.connect();
  await client.create('0');
  const deposit = { kind: 'deposit', account: 100, amount: 1, scale: 2 } as const;
  for (let chunk = 0; chunk < CHUNKS; chunk += 1) {
    const outcome = await client.bulk(
      encodeChunk(0, 0, Array.from({ length: CHUNK }, () => deposit)));
    if (outcome.kind !== 'answered') throw new Error(outcome.detail);
  }
  await client.quit();
  await pause(500); // what is decided is told, so that a clean stop can leave a checkpoint of it
  return bank;
}

/** The first of several: sealed, and behind the checkpoint of a clean stop. */
function oldSegment(bank: TestBank, id: number): string {
  const journal = join(bank.directoryOf(id), 'journal');
  const segments = readdirSync(journal).filter((name) => name.endsWith('.segment')).sort();
  if (segments.length < 2) throw new Error(`only ${segments.join(', ')}`);
  return join(journal, segments[0] ?? '');
}

/** It is back in sync and, alone, has everything. */
async function isWhole(t: Test, bank: TestBank, id: number): Promise<void> {
  await bank.statusIs('111');
  const others = bank.ids.filter((other) => other !== id);
  await Promise.all(others.map((other) => bank.killBackend(other)));
  t.same(await bank.commands('QUERY 100'), [`OK ${BALANCE}`]);
  await bank.backend(id).terminate();
  const verify = startBankd(t, ['verify', bank.directoryOf(id), '--json']);
  t.equal((await verify.exited).code, 0, verify.stdout);
}
