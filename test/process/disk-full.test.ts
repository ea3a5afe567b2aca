/**
 * Disks that are full: writes are refused before they are prepared, reads go on, and service comes
 * back by itself when there is room; nothing is lost.
 */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CODE, encodeChunk, RESULT_BYTES } from '../../src/core/operation.ts';
import type { Client } from '../../src/host/client.ts';
import { pause, startBankd, temporaryDirectory, TestBank, until } from '../support/bank.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { verified } from '../support/verified.ts';

const CHUNK = 4_000;

/** Each has a bank of its own, and waits more than it works. */
t.jobs = 2;

t.test("one backend's disk is full", async (t) => {
  const data = temporaryDirectory(t);
  const disk = SmallDisk.mount(t, join(data, 'backend-2'), 10);
  if (disk === undefined) return;
  const bank = await TestBank.start(t, { data });
  const client = await bank.connect();
  await client.create('0');
  const deposited = await depositUntilRefused(t, client, /^disk full on backend 2/);
  const balance = (deposited / 100).toFixed(2);
  t.same(await bank.commands('QUERY 100'), [`OK ${balance}`], 'reads go on');
  t.same((await bank.status()).status, [1, 1, 1], 'it stays in sync');

  disk.resize(64);
  const after = await depositAgain(client);
  await Promise.all([bank.killBackend(1), bank.killBackend(3)]);
  const total = ((deposited + after) / 100).toFixed(2);
  t.same(await bank.commands('QUERY 100'), [`OK ${total}`], 'all of it is on backend 2');
});

t.test('all disks are full to the last byte, and a backend dies meanwhile', async (t) => {
  const data = temporaryDirectory(t);
  const disk = SmallDisk.mount(t, data, 64);
  if (disk === undefined) return;
  const bank = await TestBank.start(t, { data });
  const client = await bank.connect(5_000);
  await client.create('0');
  disk.fill();
  const deposited = await depositUntilRefused(t, client, /^disk full on backend \d/);
  await pause(1_500); // the frontend would raise its commit floor meanwhile
  t.match(await client.query(100), { kind: 'answered', result: { balance: deposited } });
  t.same((await bank.status()).status, [1, 1, 1]);

  await bank.killBackend(3);
  const supervised = ['--id', '3', '--count', '3', '--port', String(bank.port), '--data', data];
  const again = startBankd(t, ['backend', ...supervised]);
  await again.line(/waits for room: .*the disk is full/);
  disk.release();
  await again.line(/^ready backend 3 /);
  t.match(await client.query(100), { kind: 'answered', result: { balance: deposited } });
  await again.kill();
  await bank.killAll();
  await bank.startFrontend();
  await Promise.all(bank.ids.map((id) => bank.startBackend(id)));
  await bank.statusIs('111');
  t.match(await client.query(100), { kind: 'answered', result: { balance: deposited } });

  disk.resize(256);
  await depositAgain(client);
  await bank.stop();
  const directories = await verified(bank.ids.map((id) => bank.directoryOf(id)));
  t.equal(new Set(directories.map(({ digest }) => digest)).size, 1, 'all replicas are alike');
  t.ok(directories.every(({ ok }) => ok));
});

/** Hundredths that were deposited: exactly what was acknowledged. */
async function depositUntilRefused(t: Test, client: Client, detail: RegExp): Promise<number> {
  let deposited = 0;
  for (let round = 0; round < 200; round += 1) {
    const done = await depositSome(client, (refusal) => t.match(refusal, detail));
    if (done === 0) return deposited;
    deposited += done;
  }
  t.fail('never refused');
  return deposited;
}

async function depositSome(
  client: Client, onRefused: (detail: string) => void = () => {},
): Promise<number> {
  const deposit = { kind: 'deposit', account: 100, amount: 1, scale: 2 } as const;
  const operations = Array.from({ length: CHUNK }, () => deposit);
  const outcome = await client.bulk(encodeChunk(0, 0, operations));
  if (outcome.kind === 'unknown') throw new Error(outcome.detail);
  if (outcome.kind === 'refused') {
    onRefused(outcome.detail);
    return 0;
  }
  let deposited = 0;
  for (let at = 0; at < CHUNK; at += 1) {
    if (outcome.results[at * RESULT_BYTES] === CODE.ok) deposited += 1;
  }
  return deposited;
}

/** By itself, within the seconds between two looks for room: more than was refused before. */
async function depositAgain(client: Client): Promise<number> {
  let deposited = 0;
  await until('service is back', async () => {
    deposited += await depositSome(client);
    return deposited >= 10 * CHUNK;
  });
  return deposited;
}
