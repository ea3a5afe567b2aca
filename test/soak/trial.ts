/** What trials of separate processes share: a bank under load, a clock, checks at the end. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TestBank } from '../support/bank.ts';
import { explain } from '../support/history-check.ts';
import { Load, type LoadOptions } from '../support/load.ts';
import { Random } from '../../src/core/random.ts';
import { verified } from '../support/verified.ts';
import { SoakScope } from './soak-scope.ts';

/** Beyond this one process has grown too much under a load of small operations. */
const RESIDENT_MIB_MAX = 400;

export interface Trial {
  readonly bank: TestBank;
  readonly load: Load;
  readonly random: Random;
  /** Whether the time is over. */
  isOver(): boolean;
  /** What is wrong, for the verdict. */
  readonly wrong: string[];
}

/** Runs `faults` on a bank under load; then everything must be right and everyone in sync. */
export async function runTrial(
  minutes: number,
  options: Omit<LoadOptions, 'port'>,
  faults: (trial: Trial) => Promise<string>,
): Promise<boolean> {
  const scope = new SoakScope();
  try {
    const bank = await TestBank.start(scope);
    const load = await Load.start(scope, { ...options, port: bank.port });
    const endMs = performance.now() + minutes * 60_000;
    const trial: Trial = {
      bank, load, random: new Random(options.seed), wrong: [],
      isOver: () => performance.now() > endMs,
    };
    console.log(await faults(trial));
    await check(trial);
    for (const line of trial.wrong.slice(0, 20)) console.log(`WRONG ${line}`);
    return trial.wrong.length === 0;
  } finally {
    await scope.end();
  }
}

async function check({ bank, load, wrong }: Trial): Promise<void> {
  const history = await load.stop();
  wrong.push(...load.troubles.map((trouble) => `a client saw ${trouble}`));
  const { wrong: unexplained, balances } = explain(history);
  wrong.push(...unexplained);
  await bank.statusIs('111', 60_000);
  for (const [name, pid] of pidsOf(bank)) {
    const resident = residentMiB(pid);
    if (resident > RESIDENT_MIB_MAX) wrong.push(`${name} takes ${resident} MiB`);
  }
  await bank.stop();
  const directories = await verified(bank.ids.map((id) => bank.directoryOf(id)));
  for (const { directory, ok, accounts } of directories) {
    const isRight = JSON.stringify(accounts) === JSON.stringify(balances);
    if (!ok || !isRight) wrong.push(`${directory} is not what the clients were told`);
  }
  const sizes = bank.ids.map((id) => mebibytesIn(bank.directoryOf(id)));
  if (Math.max(...sizes) > 2 * Math.min(...sizes) + 64) wrong.push(`files grow: ${sizes} MiB`);
  console.log(`${history.length} answers explained; directories of ${sizes.join(', ')} MiB`);
}

function pidsOf(bank: TestBank): [string, number][] {
  const backends = bank.ids.map((id): [string, number] => [`backend ${id}`, bank.backend(id).pid]);
  return [['frontend', bank.frontend.pid], ...backends];
}

export function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) / 1024);
}

function mebibytesIn(directory: string): number {
  const entries = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const bytes = entries.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
  return Math.round(bytes / 1024 / 1024);
}
