/** `bankd bench` on banks of real processes: short runs, whatever the figures. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { BenchResult, FailoverResult, WorkloadResult } from '../../src/bench/result.ts';
import { present } from '../../src/core/assert.ts';
import { lockDirectory } from '../../src/host/directory-lock.ts';
import { startBankd, temporaryDirectory, until } from '../support/bank.ts';
import { UpBank } from '../support/up-bank.ts';

const SHORT = ['--duration', '200ms', '--accounts', '50', '--clients', '8', '--batch', '500'];
const ALL = ['w1', 'w2', 'w3', 'w4', 'w4-keyed', 'r1'];
/** Each has a bank of its own, and waits as much as it works. */
t.jobs = 2;

const isLinux = process.platform === 'linux';

function resultsOf(stdout: string): readonly BenchResult[] {
  return stdout.split('\n').slice(0, -1).map((line) => JSON.parse(line) as BenchResult);
}

t.test('bench: a bank of its own: every workload, the setting, and nothing left', async (t) => {
  const data = temporaryDirectory(t);
  const run = startBankd(t, ['bench', ...SHORT, '--data', data, '--json', '--count', '2']);
  t.equal((await run.exited).code, 0, run.stderr);
  t.equal(run.stderr, '', 'no progress where nobody watches');
  const results = resultsOf(run.stdout);
  const workloads = results.slice(0, -1) as WorkloadResult[];
  t.same(workloads.map(({ workload }) => workload), ALL);
  for (const result of workloads) {
    t.ok(result.operations > 0, result.workload);
    t.match(result, { busy: 0, unavailable: 0, unknown: 0, accounts: 50 });
    t.equal(result.books.areAlike, true);
    const { syncs, writtenBytes } = result;
    if (result.workload !== 'r1') t.ok(Number(syncs) > 0 && Number(writtenBytes) > 0);
    t.same(
      result.processes.map(({ name }) => name), ['frontend', 'backend 1', 'backend 2', 'client']
    );
    const isUsageKnown = result.processes.every(({ residentBytes }) => residentBytes !== null);
    t.equal(isUsageKnown, isLinux);
  }
  t.match(results.at(-1), {
    type: 'setting', bank: 'scratch', replicas: 2, inSync: 2, books: { accounts: 50 },
    durability: 'each answer executed and fsynced on 2 of 2 backends before it is given',
  });
  t.same(readdirSync(data), [], 'its directory is gone');
});

t.test('bench: a running bank: other accounts are left alone, its own closed', async (t) => {
  const bank = await UpBank.start(t);
  const at = ['--port', String(bank.port)];
  const created = startBankd(t, ['client', ...at, 'CREATE', '50']);
  t.equal((await created.exited).code, 0);
  const run = startBankd(t, ['bench', ...at, ...SHORT, '--distribution', 'zipfian']);
  t.equal((await run.exited).code, 0, run.stderr);
  for (const name of ALL) t.match(run.stdout, new RegExp(`^${name} +\\S`, 'm'));
  t.match(run.stdout, /^ {2}books +in order: 50 accounts hold .*; replicas alike$/m);
  t.match(run.stdout, /^setting\n {2}bank +bankd \S+, running at 127\.0\.0\.1:\d+$/m);
  const told = startBankd(t, ['client', ...at, 'ACCOUNTS', '--limit', '60']);
  await told.exited;
  const accounts = told.stdout.trim().split(' ').slice(1);
  t.equal(accounts[0], '100=50.00');
  t.equal(accounts.length, 51);
  t.ok(accounts.slice(1).every((account) => account.endsWith('=0.00')), told.stdout);
});

t.test('bench: a rate: as many as arrive', async (t) => {
  const flags = ['--workload', 'w3,r1', '--rate', '1000', '--json'];
  const run = startBankd(t, ['bench', ...SHORT, ...flags, '--data', temporaryDirectory(t)]);
  t.equal((await run.exited).code, 0, run.stderr);
  t.match(resultsOf(run.stdout), [
    { workload: 'w3', rate: 1_000, offered: 200 }, { workload: 'r1', rate: 1_000, offered: 200 },
    { type: 'setting' },
  ]);
});

t.test('bench: a running bank that is killed in the middle: told, and nothing hangs', async (t) => {
  const bank = await UpBank.start(t);
  const flags = ['--port', String(bank.port), '--workload', 'w3', '--timeout', '500ms'];
  const run = startBankd(t, ['bench', ...flags, '--accounts', '50', '--duration', '10m']);
  const { commitSeq } = await bank.status();
  while ((await bank.status()).commitSeq < commitSeq + 50);
  await bank.process.kill();
  const { code } = await run.exited;
  t.ok(code === 3 || code === 4, `exit ${code}`);
  t.match(run.stderr, /^error: [^\n]+$/);
});

t.test('bench: its own bank ends with it, however it ends', async (t) => {
  for (const [signal, code] of [['SIGINT', 130], ['SIGKILL', null]] as const) {
    const data = temporaryDirectory(t);
    const run = startBankd(t, ['bench', '--data', data, '--duration', '10m', '--workload', 'w1']);
    const frontend = await appears(data);
    run.signal(signal);
    t.equal((await run.exited).code, code);
    if (signal === 'SIGINT') t.same(readdirSync(data), [], 'and its directory');
    else await until('the frontend has ended', () => isFree(frontend));
  }
});

/** The directory of a frontend that is starting somewhere below. */
async function appears(data: string): Promise<string> {
  let found: string | undefined;
  await until('a bank is started', async () => {
    const [scratch = ''] = readdirSync(data);
    found = join(data, scratch, 'frontend');
    return existsSync(join(found, 'lock'));
  });
  return present(found, 'it was found');
}

async function isFree(directory: string): Promise<boolean> {
  try {
    (await lockDirectory(directory)).release();
    return true;
  } catch {
    return false;
  }
}

t.test('bench: a backend and the frontend killed: nothing lost', async (t) => {
  const flags = ['--workload', 'f1-backend,f1-frontend', '--rounds', '1', '--json'];
  const run = startBankd(t, ['bench', ...SHORT, ...flags, '--data', temporaryDirectory(t)]);
  t.equal((await run.exited).code, 0, run.stderr);
  const [backend, frontend, setting] = resultsOf(run.stdout);
  t.match(backend, { type: 'failover', victim: 'backend', accounts: 50, lost: 0 });
  t.match(frontend, { type: 'failover', victim: 'frontend', lost: 0 });
  t.match(setting, { type: 'setting', books: null });
  for (const { gapsMs, operations, maxMs } of [backend, frontend] as FailoverResult[]) {
    t.equal(gapsMs.length, 1);
    t.ok(operations > 0 && maxMs > 0);
  }
});
