/**
 * The account table is saved beside the load, so that a start after kill -9 replays only the tail.
 */
import t from 'tap';
import { CODE, encodeChunk, RESULT_BYTES } from '../../src/core/operation.ts';
import { TestBank } from '../support/bank.ts';

const CHUNK = 8_000;
const CHUNKS = 150;

t.test('1.2 million transfers: kill -9: the start begins at a checkpoint', async (t) => {
  const bank = await TestBank.start(t);
  const client = await bank.connect(30_000);
  await client.create('90000000.00');
  await client.create('0');
  const operations = Array.from({ length: CHUNK }, () => (
    { kind: 'transfer', account: 100, toAccount: 101, amount: 1, scale: 2 } as const));
  const send = async (): Promise<void> => {
    const outcome = await client.bulk(encodeChunk(0, 0, operations));
    if (outcome.kind !== 'answered') throw new Error(JSON.stringify(outcome));
    for (let at = 0; at < CHUNK; at += 1) {
      if (outcome.results[at * RESULT_BYTES] !== CODE.ok) throw new Error('a transfer was refused');
    }
  };
  for (let sent = 0; sent < CHUNKS; sent += 10) {
    await Promise.all(Array.from({ length: 10 }, send));
  }
  await bank.killBackend(1);
  await bank.startBackend(1);
  const recovered = await bank.backend(1).line(/recovered entry/);
  const [, tail, checkpoint] = /entry (\d+) from checkpoint (\d+)/.exec(recovered) ?? [];
  t.ok(Number(checkpoint) > 0, recovered);
  t.ok(Number(tail) >= Number(checkpoint), recovered);
  await bank.statusIs('111');
  await Promise.all([bank.killBackend(2), bank.killBackend(3)]);
  t.same(await bank.commands('QUERY 101'), [`OK ${(CHUNK * CHUNKS) / 100}.00`]);
});
