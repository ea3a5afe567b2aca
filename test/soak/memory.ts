/**
 * A full load of bulk transfers: the resident memory of each process, sampled once a second, stays
 * within the bound.
 */
import { encodeChunk, type Operation } from '../../src/core/operation.ts';
import { Client } from '../../src/host/client.ts';
import { Random } from '../../src/core/random.ts';
import { ScratchBank } from '../../src/bench/scratch-bank.ts';
import { residentMemory } from '../support/resident-memory.ts';

/** Of each process. */
const RESIDENT_MIB_MAX = 600;
const ACCOUNTS = 10_000;
const CHUNK = 8_000;
const IN_FLIGHT = 8;

export async function soakMemory(minutes: number, seed: number): Promise<boolean> {
  await using bank = await ScratchBank.start();
  await using client = await Client.connect({ port: bank.port, timeoutMs: 60_000 });
  const random = new Random(seed);
  await bulk(client, Array.from({ length: CHUNK }, () => createOne()));
  await bulk(client, Array.from({ length: ACCOUNTS - CHUNK }, () => createOne()));
  const chunks = Array.from({ length: 16 }, () => drawChunk(random));
  const endMs = performance.now() + minutes * 60_000;
  let transfers = 0;
  const load = Array.from({ length: IN_FLIGHT }, async () => {
    while (performance.now() < endMs) {
      const outcome = await client.bulk(random.pick(chunks));
      if (outcome.kind !== 'answered') throw new Error(outcome.detail);
      transfers += CHUNK;
    }
  });
  const most = new Map<string, number>();
  const sampler = setInterval(() => {
    residentMemory(client).then((sample) => {
      for (const [name, mib] of sample) most.set(name, Math.max(most.get(name) ?? 0, mib));
    }, () => undefined);
  }, 1_000);
  await Promise.all(load).finally(() => clearInterval(sampler));
  const shown = [...most].map(([name, mib]) => `${name} ${mib} MiB`).join(', ');
  console.log(`${transfers} transfers; at most: ${shown} (bound: ${RESIDENT_MIB_MAX} MiB each)`);
  return most.size > 0 && [...most.values()].every((mib) => mib <= RESIDENT_MIB_MAX);
}

function createOne(): Operation {
  return { kind: 'create', amount: 1_000_000, scale: 2 };
}

function drawChunk(random: Random): Uint8Array {
  return encodeChunk(0, 0, Array.from({ length: CHUNK }, () => ({
    kind: 'transfer' as const, account: 100 + random.int(ACCOUNTS),
    toAccount: 100 + random.int(ACCOUNTS), amount: random.int(100), scale: 2,
  })));
}

async function bulk(client: Client, operations: readonly Operation[]): Promise<void> {
  const outcome = await client.bulk(operations);
  if (outcome.kind !== 'answered') throw new Error(outcome.detail);
}
