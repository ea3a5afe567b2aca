/** A bank of real processes for the sweeps and the overload trial, and loads for it. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  CHUNK_OPERATIONS_MAX, Client, decodeResult, encodeChunk, RESULT_BYTES, viewOf, type Operation,
} from '../../../src/host/client.ts';
import { selfCommand } from '../../../src/host/self.ts';
import { OPENING } from './peer.ts';
import { ServerProcess } from './server-process.ts';

/** The number of a new bank's first account. */
export const FIRST_ACCOUNT = 100;
const TIMEOUT_MS = 60_000;
const IN_FLIGHT = 4;

export interface ScratchBankd extends AsyncDisposable {
  readonly port: number;
}

/** An empty bank in this directory, which goes with it. */
export async function startBankd(directory: string): Promise<ScratchBankd> {
  mkdirSync(directory, { recursive: true });
  const [log, data] = [join(directory, 'log'), join(directory, 'data')];
  const { file, args } = selfCommand(['up', '--port', '0', '--data', data]);
  const server = new ServerProcess({ file, args, log });
  const stop = async (): Promise<void> => {
    await server[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await server.ready(async () => readyPort(readFileSync(log, 'utf8')));
  } catch (error) {
    await stop();
    throw error;
  }
  return { port: readyPort(readFileSync(log, 'utf8')), [Symbol.asyncDispose]: stop };
}

export function connectBankd(port: number, timeoutMs = TIMEOUT_MS): Promise<Client> {
  return Client.connect({ port, timeoutMs });
}

/** Opens so many accounts of OPENING each; they are numbered from FIRST_ACCOUNT. */
export async function openAccounts(client: Client, count: number): Promise<void> {
  for (let opened = 0; opened < count; opened += CHUNK_OPERATIONS_MAX) {
    const here = Math.min(CHUNK_OPERATIONS_MAX, count - opened);
    const create: Operation = { kind: 'create', amount: OPENING, scale: 2 };
    await bulk(client, encodeChunk(0, 0, Array.from({ length: here }, () => create)));
  }
}

/** Makes history: so many transfers between the first accounts, some batches in flight. */
export async function transferInBulk(
  client: Client,
  count: number,
  accounts: number,
): Promise<void> {
  const transfers = Array.from({ length: CHUNK_OPERATIONS_MAX }, (_, at) =>
    transferBetween(at % accounts, (at + 1) % accounts));
  const whole = encodeChunk(0, 0, transfers);
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      const here = Math.min(left, CHUNK_OPERATIONS_MAX);
      left -= here;
      const isWhole = here === CHUNK_OPERATIONS_MAX;
      await bulk(client, isWhole ? whole : encodeChunk(0, 0, transfers.slice(0, here)));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

export function transferBetween(from: number, to: number): Operation {
  const [account, toAccount] = [FIRST_ACCOUNT + from, FIRST_ACCOUNT + to];
  return { kind: 'transfer', account, toAccount, amount: 1, scale: 2 };
}

/** What is wrong with the sum of these accounts, which transfers leave as it is. */
export async function judgeSum(client: Client, accounts: number): Promise<string | undefined> {
  let sum = 0;
  for (let read = 0; read < accounts; read += CHUNK_OPERATIONS_MAX) {
    const here = Math.min(CHUNK_OPERATIONS_MAX, accounts - read);
    const queries = Array.from({ length: here }, (_, at): Operation =>
      ({ kind: 'query', account: FIRST_ACCOUNT + read + at }));
    const results = viewOf(await bulk(client, encodeChunk(0, 0, queries)));
    for (let at = 0; at < results.byteLength / RESULT_BYTES; at += 1)
      sum += decodeResult(results, at).balance;
  }
  const expected = accounts * OPENING;
  return sum === expected ? undefined : `${sum} in all accounts, but ${expected} were paid in`;
}

async function bulk(client: Client, chunk: Uint8Array): Promise<Uint8Array> {
  for (;;) {
    const outcome = await client.bulk(chunk);
    if (outcome.kind === 'answered') return outcome.results;
    // A bank under load may turn it away; nothing happened.
    const isBusy = outcome.kind === 'refused' && outcome.code === 'BUSY';
    if (!isBusy) throw new Error(`not answered: ${outcome.detail}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function readyPort(said: string): number {
  const match = /^ready bank .*:(\d+) pid /m.exec(said);
  if (match === null) throw new Error('not ready yet');
  return Number(match[1]);
}
