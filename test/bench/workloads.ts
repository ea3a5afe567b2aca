/** The loads that the benchmark puts on a bank, and the check of its books afterwards. */
import {
  CHUNK_OPERATIONS_MAX,
  Client,
  decodeResult,
  encodeChunk,
  RESULT_BYTES,
  viewOf,
  type Operation,
} from '../../src/host/client.ts';
import { summarize } from './latencies.ts';

const FIRST_ACCOUNT = 100;
const OPENING = 1_000_000_00;

/** What the books must show in the end, in minor units. */
export interface Books {
  total: bigint;
}

interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Opens `count` accounts, in bulk. */
export async function openAccounts(client: Client, books: Books, count: number): Promise<void> {
  for (let opened = 0; opened < count; opened += CHUNK_OPERATIONS_MAX) {
    const here = Math.min(CHUNK_OPERATIONS_MAX, count - opened);
    const creates = Array.from({ length: here }, (): Operation => ({
      kind: 'create',
      amount: OPENING,
      scale: 2,
    }));
    const outcome = await client.bulk(creates);
    if (outcome.kind !== 'answered') throw new Error(`no accounts: ${outcome.detail}`);
    books.total += BigInt(here) * BigInt(OPENING);
  }
}

/** `count` connections, each with one operation at a time. */
export async function manyClients(
  port: number,
  books: Books,
  count: number,
  kind: 'deposit' | 'query',
  seconds: number,
): Promise<Figures> {
  const clients = await Promise.all(
    Array.from({ length: count }, () => Client.connect({ port, timeoutMs: 60_000 })),
  );
  const samples: number[] = [];
  const work = async (client: Client, place: number, untilMs: number): Promise<void> => {
    const account = FIRST_ACCOUNT + place;
    while (performance.now() < untilMs) {
      const startMs = performance.now();
      const outcome = await client.submit(
        kind === 'query' ? { kind, account } : { kind, account, amount: 1, scale: 2 },
      );
      if (outcome.kind !== 'answered') throw new Error(`not answered: ${outcome.detail}`);
      samples.push(performance.now() - startMs);
      if (kind === 'deposit') books.total += 1n;
    }
  };
  const warmMs = performance.now() + 500;
  await Promise.all(clients.map((client, place) => work(client, place, warmMs)));
  samples.length = 0;
  const startMs = performance.now();
  await Promise.all(clients.map((client, place) => work(client, place, startMs + seconds * 1000)));
  const tookMs = performance.now() - startMs;
  const perSecond = Math.round(samples.length / (tookMs / 1000));
  for (const client of clients) await client.quit();
  return { perSecond, ...summarize(samples) };
}

interface BulkOptions {
  readonly seconds: number;
  readonly accounts: number;
  readonly batch: number;
  readonly inFlight: number;
}

/** Transfers between random accounts, many a batch, some batches in flight. */
export async function bulkTransfers(
  client: Client,
  { seconds, accounts, batch, inFlight }: BulkOptions,
): Promise<Figures> {
  const samples: number[] = [];
  let moved = 0;
  const work = async (untilMs: number): Promise<void> => {
    const chunk = encodeChunk(0, 0, transfers(batch, accounts));
    while (performance.now() < untilMs) {
      const startMs = performance.now();
      const outcome = await client.bulk(chunk);
      if (outcome.kind !== 'answered') throw new Error(`not answered: ${outcome.detail}`);
      samples.push(performance.now() - startMs);
      moved += batch;
    }
  };
  const lanes = (untilMs: number): Promise<void[]> =>
    Promise.all(Array.from({ length: inFlight }, () => work(untilMs)));
  await lanes(performance.now() + 1_000);
  samples.length = 0;
  moved = 0;
  const startMs = performance.now();
  await lanes(startMs + seconds * 1000);
  const perSecond = Math.round(moved / ((performance.now() - startMs) / 1000));
  return { perSecond, ...summarize(samples) };
}

function transfers(count: number, accounts: number): Operation[] {
  return Array.from({ length: count }, (): Operation => {
    const from = Math.floor(Math.random() * accounts);
    const to = (from + 1 + Math.floor(Math.random() * (accounts - 1))) % accounts;
    const [account, toAccount] = [FIRST_ACCOUNT + from, FIRST_ACCOUNT + to];
    return { kind: 'transfer', account, toAccount, amount: 1, scale: 2 };
  });
}

/** What is wrong with the books after the load; undefined where nothing is. */
export async function checkBooks(
  client: Client,
  books: Books,
  accounts: number,
): Promise<string | undefined> {
  let total = 0n;
  for (let read = 0; read < accounts; read += CHUNK_OPERATIONS_MAX) {
    const here = Math.min(CHUNK_OPERATIONS_MAX, accounts - read);
    const queries = Array.from({ length: here }, (_, at): Operation => ({
      kind: 'query',
      account: FIRST_ACCOUNT + read + at,
    }));
    const outcome = await client.bulk(queries);
    if (outcome.kind !== 'answered') return `books: unreadable: ${outcome.detail}`;
    const results = viewOf(outcome.results);
    for (let at = 0; at < outcome.results.length / RESULT_BYTES; at += 1) {
      total += BigInt(decodeResult(results, at).balance);
    }
  }
  if (total !== books.total) return `books: ${total} minor units, but ${books.total} were paid in`;
  return digestsDiffer(await client.status());
}

function digestsDiffer(status: unknown): string | undefined {
  const { backends } = status as { backends: { id: number; lastSeq: number; digest: string }[] };
  const shown = new Map<number, string>();
  for (const { id, lastSeq, digest } of backends) {
    const other = shown.get(lastSeq);
    if (other !== undefined && other !== digest)
      return `books: backend ${id} differs at ${lastSeq}`;
    shown.set(lastSeq, digest);
  }
  return undefined;
}
