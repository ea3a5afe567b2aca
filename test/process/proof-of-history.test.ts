/**
 * A head that was noted while the bank ran proves, offline and later, that a directory has the
 * history that ended in it: after the bank went on, and after a crash of everything.
 */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Head } from '../../src/core/status-report.ts';
import { startBankd, TestBank } from '../support/bank.ts';

async function headOf(bank: TestBank): Promise<Head> {
  const { head, commitSeq } = (await bank.status()) as unknown as {
    readonly head: Head; readonly commitSeq: number;
  };
  if (head.seq !== commitSeq) throw new Error(`the head is ${head.seq}, not ${commitSeq}`);
  return head;
}

async function verify(t: Test, ...args: readonly string[]) {
  const process = startBankd(t, ['verify', ...args]);
  const { code } = await process.exited;
  return { code, stdout: process.stdout, stderr: process.stderr };
}

t.test('a head noted while the bank ran: proved after it went on, and after a crash', async (t) => {
  const bank = await TestBank.start(t);
  await bank.commands('CREATE 50', 'CREATE 20', 'TRANSFER 100 101 10');
  const head = await headOf(bank);
  t.match(head, { seq: Number, hash: /^[0-9a-f]{64}$/ });
  await bank.backend(3).terminate();
  const older = join(bank.data, 'older');
  cpSync(bank.directoryOf(3), older, { recursive: true });
  await bank.startBackend(3);
  await bank.commands('DEPOSIT 100 1', 'DEPOSIT 101 2');
  const newer = await headOf(bank);
  t.ok(newer.seq > head.seq);
  await Promise.all([1, 2, 3].map((id) => bank.killBackend(id)));
  await bank.killFrontend();

  for (const { seq, hash } of [head, newer]) {
    const proof = await verify(t, '--expect-head', `${seq}:${hash}`, bank.data, '--json');
    t.equal(proof.code, 0, proof.stderr);
    const lines = proof.stdout.trim().split('\n').map((line) => JSON.parse(line));
    t.equal(lines.length, 4, 'three backends and the frontend');
    t.same(lines.slice(0, 3).map(({ containsHead }) => containsHead), [true, true, true]);
  }
  const shown = await verify(t, '--expect-head', head.hash, bank.directoryOf(1));
  t.match(shown.stdout, new RegExp(`contains the history .* at entry ${head.seq} of ${newer.seq}`));

  rmSync(bank.directoryOf(3), { recursive: true });
  cpSync(older, bank.directoryOf(3), { recursive: true });
  const old = await verify(t, '--expect-head', newer.hash, bank.directoryOf(3));
  t.match(old, { code: 5, stderr: /backend-3 does not contain the head: none of the entries/ });
});
