/**
 * The directories of a stopped bank of two, in which backend 2 holds entries that were never
 * decided, and backend 1 others in their place: what a frontend and a backend leave that die
 * with a prepared batch (compare KIP-101, scenario 2).
 */
import { rmSync } from 'node:fs';
import type { Operation } from '../../../src/core/operation.ts';
import { Client } from '../../../src/host/client.ts';
import { pause, until } from '../../support/bank.ts';
import type { Done } from '../../support/history-check.ts';
import { TrialBank } from './trial-bank.ts';

/** The tail goes beyond the first segment, so that the cut has to remove one. */
const CHUNK = 4_000;
const CHUNKS = 6;
/** Time to prepare them. */
const VOTE_MS = 1_500;

export interface DivergedBank {
  readonly data: string;
  readonly history: readonly Done[];
  remove(): void;
}

export async function makeDivergedBank(seed: number): Promise<DivergedBank> {
  const patient = ['--read-timeout', '20s'];
  const trial = await TrialBank.start({ count: 2, seed, frontend: patient });
  const { bank, load } = trial;
  await load.answered(20);
  await load.hold();
  const { commitSeq } = await bank.status();
  bank.pauseBackend(1);
  await prepareInVain(bank.port);
  await bank.killFrontend();
  await bank.killBackend(2);
  await bank.killBackend(1); // what is still in its socket must not be read
  await bank.startFrontend();
  bank.launchBackend(1);
  await bank.statusIs('10');
  load.go();
  await load.answered(20);
  const history = await load.stop();
  await until('it is decided', async () => (await bank.status()).commitSeq > commitSeq);
  await bank.stop();
  await trial.end(true);
  const remove = (): void => rmSync(trial.home, { recursive: true });
  return { data: bank.data, history, remove };
}

/** Chunks that one backend votes for and the other, which is paused, does not. */
async function prepareInVain(port: number): Promise<void> {
  const client = await Client.connect({ port, timeoutMs: 60_000 });
  const deposit: Operation = { kind: 'deposit', account: 100, amount: 1, scale: 2 };
  const chunk = Array.from({ length: CHUNK }, () => deposit);
  for (let sent = 0; sent < CHUNKS; sent += 1) void client.bulk(chunk).catch(() => undefined);
  await pause(VOTE_MS);
  await client.close();
}
