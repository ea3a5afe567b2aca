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
import { Client, type Account, type Outcome } from '${MODULE}';

export async function pay(): Promise<number | undefined> {
  await using client = await Client.connect({ port: 8023 });
  const outcome: Outcome = await client.transfer(100, 101, '10.00', { key: 'invoice-7' });
  return outcome.kind === 'answered' ? outcome.result.balance : undefined;
}

export async function open(client: Client): Promise<Account[]> {
  await client.create('5', { name: 'Ann', currency: 'EUR', floor: '-100', key: 'ann' });
  await client.amend(100, { frozen: true, ifVersion: 1 });
  const found: Account[] = [];
  for await (const account of client.accounts({ min: '1', after: 99 })) found.push(account);
  return found;
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
    'CHUNK_OPERATIONS_MAX', 'Client', 'NoReport', 'RESULT_BYTES', 'Unreachable', 'decodeResult', 'encodeChunk',
    'formatAmount', 'parseAmount', 'viewOf',
  ]);
});
