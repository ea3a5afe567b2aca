/**
 * A large bank: ten million accounts and ten million transfers. Its memory, how long statements and
 * past balances of any account take, and how long a killed backend takes until it is in sync again.
 */
import { Client, encodeChunk, type Operation } from '../../src/host/client.ts';
import { Random } from '../../src/core/random.ts';
import { ScratchBank } from '../../src/bench/scratch-bank.ts';
import { until } from '../support/bank.ts';
import { summarize } from '../support/latencies.ts';
import { residentMemory } from '../support/resident-memory.ts';

const COUNT = 10_000_000;
const CHUNK = 8_190;
const IN_FLIGHT = 4;
const READS = 300;
const LINES = 100;
/** What it is held to. */
const RESIDENT_MIB_MAX = 2_048;
const STATEMENT_MS_MAX = 10;
const START_MS_MAX = 30_000;

export async function soakLarge(_minutes: number, seed: number): Promise<boolean> {
  await using bank = await ScratchBank.start();
  await using client = await Client.connect({ port: bank.port, timeoutMs: 120_000 });
  const random = new Random(seed);
  await load(client, 'accounts', () => ({ kind: 'create', amount: 1_000_000, scale: 2 }));
  // An account has some twenty lines; these have hundreds.
  const account = (): number => 100 + random.int(random.chance(0.02) ? 1_000 : COUNT);
  await load(client, 'transfers', () =>
    ({ kind: 'transfer', account: account(), toAccount: account(), amount: 1, scale: 2 }));
  const memory = await residentMemory(client);
  console.log(memory.map(([name, mib]) => `${name} ${mib} MiB`).join(', '));
  const short = await timeReads(() => client.statement(100 + random.int(COUNT), { limit: LINES }));
  const long = await timeReads(() => client.statement(100 + random.int(1_000), { limit: LINES }));
  const lastSeq = (await client.history()).lastSeq;
  const past = await timeReads(() =>
    client.balanceAt(100 + random.int(COUNT), { seq: 1 + random.int(lastSeq) }));
  show(`statement of any account, last ${LINES} lines`, short);
  show(`statement of one with hundreds of lines, last ${LINES}`, long);
  show('balance at a random seq', past);
  const startMs = await timeStart(client);
  console.log(`a killed backend is in sync again after ${(startMs / 1_000).toFixed(1)} s`);
  return memory.every(([, mib]) => mib <= RESIDENT_MIB_MAX) && startMs <= START_MS_MAX
    && [short, long].every(({ p50 }) => p50 <= STATEMENT_MS_MAX);
}

function show(name: string, { p50, p99 }: { readonly p50: number; readonly p99: number }): void {
  console.log(`${name}: median ${p50} ms, p99 ${p99} ms`);
}

async function load(client: Client, what: string, draw: () => Operation): Promise<void> {
  const startMs = performance.now();
  let left = COUNT;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      const count = Math.min(CHUNK, left);
      left -= count;
      const outcome = await client.bulk(encodeChunk(0, 0, Array.from({ length: count }, draw)));
      if (outcome.kind !== 'answered') throw new Error(outcome.detail);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  console.log(`${COUNT} ${what} in ${((performance.now() - startMs) / 1_000).toFixed(1)} s`);
}

async function timeReads(read: () => Promise<unknown>) {
  const samples: number[] = [];
  for (let count = 0; count < READS; count += 1) {
    const startMs = performance.now();
    await read();
    samples.push(performance.now() - startMs);
  }
  return summarize(samples);
}

interface Backend {
  readonly pid: number | null;
  readonly status: number;
}

async function timeStart(client: Client): Promise<number> {
  const first = async (): Promise<Backend> =>
    ((await client.status()) as { readonly backends: readonly [Backend] }).backends[0];
  const { pid } = await first();
  const startMs = performance.now();
  process.kill(pid ?? NaN, 'SIGKILL');
  await until('the backend is back', async () => {
    const now = await first();
    return now.pid !== pid && now.status === 1;
  }, 10 * START_MS_MAX);
  return performance.now() - startMs;
}
