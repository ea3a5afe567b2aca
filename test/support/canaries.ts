/**
 * Planted bugs: each is a small patch of the source, applied to a temporary copy, that the
 * simulator must find (the number of seeds that it took is printed), or else a directed test. No
 * switch stands in the product.
 *
 * node test/support/canaries.ts [--seeds 600] [--only WORD]
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CANARIES, type Canary } from './canary-list.ts';
import { DISK_CANARIES } from './disk-canaries.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '600' }, only: { type: 'string', default: '' } },
});

const HANG_MS = 180_000;

/** What is too rare for seeds has a test of its own. */
const DIRECTED = [
  'test/core/participant.test.ts', 'test/core/catch-up.test.ts', 'test/core/read-rounds.test.ts',
  'test/core/membership.test.ts', 'test/scenario/scenario.test.ts',
  'test/sim/journal-crash-points.test.ts',
];

const COPIED = [
  'src', 'test/support', 'test/core', 'test/scenario', 'test/sim', 'package.json',
];

const RUN = `
import { simulate } from './src/sim/simulate.ts';
for (let seed = 1; seed <= ${Number(values.seeds)}; seed += 1) {
  let found;
  try { found = (await simulate(seed)).found; } catch (error) { found = [String(error)]; }
  if (found.length > 0) { console.log(JSON.stringify({ seed, found: found[0] })); break; }
}
`;

/** False where the patch does not fit the source any more. */
function plant({ file, find, replace }: Canary, directory: string): boolean {
  const path = join(directory, 'src', file.includes('/') ? file : join('core', file));
  const source = readFileSync(path, 'utf8');
  if (source.split(find).length !== 2) return false;
  writeFileSync(path, source.replace(find, () => replace));
  return true;
}

interface Catch {
  readonly seed: number | string;
  readonly found: string;
}

function hunt(canary: Canary): Catch {
  const directory = mkdtempSync(join(tmpdir(), 'bankd-canary-'));
  try {
    for (const part of COPIED) {
      cpSync(join(ROOT, part), join(directory, part), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    if (!plant(canary, directory)) return { seed: 'STALE', found: 'its text is not in the source' };
    writeFileSync(join(directory, 'run.ts'), RUN);
    const run = spawnSync(process.execPath, ['run.ts'], {
      cwd: directory, encoding: 'utf8', timeout: HANG_MS,
    });
    if (run.signal !== null) return { seed: 'hang', found: `no end after ${HANG_MS / 1_000} s` };
    if (run.status !== 0) throw new Error(`${canary.name}: ${run.stderr}`);
    if (run.stdout !== '') return JSON.parse(run.stdout) as Catch;
    const test = DIRECTED.find((path) =>
      spawnSync(process.execPath, [path], { cwd: directory }).status !== 0);
    return test === undefined ? { seed: 'MISSED', found: '' } : { seed: 'test', found: test };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

let missed = 0;
const chosen = [...CANARIES, ...DISK_CANARIES].filter(({ name }) => name.includes(values.only));
for (const canary of chosen) {
  const { seed, found } = hunt(canary);
  if (seed === 'MISSED' || seed === 'STALE') missed += 1;
  console.log(`${canary.name.padEnd(62)} ${String(seed).padStart(6)}  ${found.slice(0, 90)}`);
}
process.exitCode = missed === 0 ? 0 : 1;
