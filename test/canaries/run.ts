/**
 * Plants one bug after another and tells after how many seeds `bankd sim` finds it.
 *
 *     npm run canaries [-- --seeds 10000] [--only WORD] [--jobs 2]
 *
 * A finding counts only where the same seed finds nothing without the bug. Exit status 1 where a
 * bug is not found, or does not fit the source any more.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { PlantedCopy, ROOT, type Canary } from './canary.ts';
import { CORE_CANARIES } from './core-canaries.ts';
import { HOST_CANARIES } from './host-canaries.ts';

/** The patch itself is broken: nothing was found by what it leaves out. */
const BROKEN_PATCH = /\b(Reference|Syntax|Type)Error\b/;

/** A run that makes no progress for so long: the bug is an endless loop, and so it shows. */
const HANG_MS = 120_000;

interface Catch {
  /** How many it took; undefined where none found it. */
  readonly seeds: number | undefined;
  readonly found: string;
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
});

/** Runs seeds on the copy until one breaks what must hold. */
function hunt(directory: string, seeds: number): Promise<Catch> {
  const args = ['bin/bankd.ts', 'sim', '--json', '--jobs', '1', '--seeds', String(seeds)];
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  const child = spawn(process.execPath, args, { cwd: directory, stdio: [...stdio] });
  return new Promise((resolve) => {
    let ran = 0;
    let finding: string | undefined;
    let errors = '';
    const hang = (): void => {
      finding = `no end of seed ${ran + 1} within ${HANG_MS / 1_000} s`;
      ran += 1;
      child.kill('SIGKILL');
    };
    let watchdog = setTimeout(hang, HANG_MS);
    createInterface(child.stdout).on('line', (line) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(hang, HANG_MS);
      const result = JSON.parse(line) as { readonly ok: boolean; readonly found?: string[] };
      ran += 1;
      if (!result.ok) finding = result.found?.[0] ?? 'a finding without words';
    });
    child.stderr.on('data', (piece: Buffer) => (errors += piece));
    child.once('close', (status) => {
      clearTimeout(watchdog);
      if (finding === undefined && status !== 0) finding = `exit status ${status}: ${errors}`;
      resolve({ seeds: finding === undefined ? undefined : ran, found: finding ?? '' });
    });
  });
}

/** Whether the seed finds nothing in the source as it is. */
function isQuietWithout(seed: number): boolean {
  const args = ['bin/bankd.ts', 'sim', '--json', '--jobs', '1', '--first', String(seed)];
  return spawnSync(process.execPath, [...args, '--seeds', '1'], { cwd: ROOT }).status === 0;
}

async function tryCanary(canary: Canary): Promise<Catch> {
  using copy = new PlantedCopy(canary);
  return await hunt(copy.directory, Number(values.seeds));
}

function row(name: string, seeds: string, found: string): string {
  return `${name.padEnd(66)} ${seeds.padStart(7)}  ${found.split('\n')[0]?.slice(0, 90)}`;
}

const waiting = [...CORE_CANARIES, ...HOST_CANARIES].filter(({ name }) =>
  name.includes(values.only));
const total = waiting.length;
let found = 0;

async function work(): Promise<void> {
  for (let canary = waiting.shift(); canary !== undefined; canary = waiting.shift()) {
    const caught = await tryCanary(canary).catch((error: Error) => error);
    if (caught instanceof Error) console.log(row(canary.name, 'STALE', caught.message));
    else if (caught.seeds === undefined) console.log(row(canary.name, 'MISSED', ''));
    else if (BROKEN_PATCH.test(caught.found)) console.log(row(canary.name, 'BROKEN', caught.found));
    else if (!isQuietWithout(caught.seeds)) {
      console.log(row(canary.name, 'UNSOUND', `seed ${caught.seeds} breaks without it, too`));
    } else {
      found += 1;
      console.log(row(canary.name, String(caught.seeds), caught.found));
    }
  }
}

console.log(row('planted bug', 'seeds', 'what showed it'));
await Promise.all(Array.from({ length: Number(values.jobs) }, work));
console.log(`${found} of ${total} planted bugs found`);
process.exitCode = found === total ? 0 : 1;
