/** Explores models of a temporary copy of the source, with a bug planted in it. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelOptions } from '../../src/sim/model/model-options.ts';
import type { Canary } from './canary-list.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface Hunted {
  readonly model: string;
  readonly what: string;
  /** How many actions it took. */
  readonly depth: number;
  readonly states: number;
  readonly way: readonly string[];
}

/** What the first of the models finds that finds anything; undefined where none does. */
export function huntInModels(
  { file, find, replace }: Canary, models: Readonly<Record<string, ModelOptions>>,
): Hunted | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'bankd-canary-'));
  try {
    for (const part of ['src', 'package.json']) {
      cpSync(join(ROOT, part), join(directory, part), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    const path = join(directory, 'src', 'core', file);
    const source = readFileSync(path, 'utf8');
    if (source.split(find).length !== 2) throw new Error('its text is not in the source');
    writeFileSync(path, source.replace(find, () => replace));
    writeFileSync(join(directory, 'run.ts'), runOf(models));
    const run = spawnSync(process.execPath, ['run.ts'], { cwd: directory, encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`the model ended with ${run.status}: ${run.stderr}`);
    return run.stdout === '' ? undefined : (JSON.parse(run.stdout) as Hunted);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function runOf(models: Readonly<Record<string, ModelOptions>>): string {
  return `
import { exploreAll } from './src/sim/model/explore.ts';
for (const [model, options] of Object.entries(${JSON.stringify(models)})) {
  const { violations: [found], states } = exploreAll({ ...options, verifyMerges: false });
  if (found === undefined) continue;
  console.log(JSON.stringify({ model, states, ...found }));
  break;
}
`;
}
