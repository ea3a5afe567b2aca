/** The package as another TypeScript program gets it: compiled, and typed without further types. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const tsc = join(dirname(fileURLToPath(import.meta.resolve('typescript/package.json'))), 'bin/tsc');

const MODULE = './lib/host/client.js';
const PROGRAM = `
import {
  Client, holdId, type Account, type Change, type GroupOutcome, type Outcome, type TrialBalance,
  type WriteDetails,
} from '${MODULE}';

export async function pay(): Promise<number | undefined> {
  await using client = await Client.connect({ port: 8023 });
  const outcome: Outcome = await client.transfer(100, 101, '10.00', {
    key: 'invoice-7', reference: 'Invoice 7',
  });
  if (outcome.kind !== 'answered') return undefined;
  const details: WriteDetails | undefined = outcome.details;
  return details === undefined ? outcome.result.balance : details.before - details.available;
}

export async function open(client: Client): Promise<Account[]> {
  await client.create('5', { name: 'Ann', currency: 'EUR', floor: '-100', key: 'ann' });
  await client.amend(100, { frozen: true, ifVersion: 1 });
  const found: Account[] = [];
  for await (const account of client.accounts({ min: '1', after: 99 })) found.push(account);
  return found;
}

export async function follow(client: Client, signal: AbortSignal): Promise<TrialBalance> {
  const changes: Change[] = [];
  const after = { seq: 17, index: 0 };
  for await (const change of client.changes({ after, signal })) changes.push(change);
  await client.trialBalance({ at: { seq: changes[0]?.seq ?? 1 } });
  return client.trialBalance({ at: { time: '2026-11-01' } });
}

export async function reserve(client: Client): Promise<GroupOutcome> {
  const held = await client.hold(100, 101, '10.00', { forMs: 600_000, key: 'order-7' });
  await client.capture(holdId(held) ?? '', '8.00');
  await client.hold(100, 101, 500, { id: 'order-8' });
  await client.release('order-8', { details: false });
  await client.transfer(100, 101, '1', { id: 'order-9' });
  await client.reverse('order-9');
  return client.group([
    { kind: 'transfer', account: 100, toAccount: 101, amount: 5, terms: { ifVersion: 3 } },
    { kind: 'deposit', account: 100, amount: 150, scale: 2 },
  ], { key: 'payday-3' });
}
`;

const PROJECT = {
  files: ['program.mts'],
  compilerOptions: {
    strict: true, exactOptionalPropertyTypes: true, noEmit: true, types: [],
    module: 'nodenext', target: 'es2022',
  },
};

/** tap's hooks, which it hands to every Node, are nothing for the compiler. */
function compile(...parameters: string[]): Promise<unknown> {
  return run('env', ['-u', 'NODE_OPTIONS', process.execPath, tsc, ...parameters]);
}

t.test('library: compiled: loads, and types a program without the types of Node', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'bankd-library-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const lib = join(directory, 'lib');
  await compile('-p', join(root, '.tsconfig.lib.json'), '--outDir', lib);
  writeFileSync(join(directory, 'program.mts'), PROGRAM);
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(PROJECT));
  await t.resolves(compile('-p', directory));
  const library: object = await import(pathToFileURL(join(directory, MODULE)).href);
  t.match(Object.keys(library).sort(), [
    'BeyondHistory', 'CHUNK_OPERATIONS_MAX', 'Client', 'GROUP_OPERATIONS_MAX', 'NoReport',
    'RESULT_BYTES',
    'Unreachable', 'decodeResult', 'encodeChunk', 'formatAmount', 'holdId', 'parseAmount', 'viewOf',
  ]);
});
