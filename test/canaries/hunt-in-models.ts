/** Explores models of a temporary copy of the source, with a bug planted in it. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelOptions } from '../../src/sim/model/model-options.ts';
import { PlantedCopy, type Canary } from './canary.ts';

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
  canary: Canary, models: Readonly<Record<string, ModelOptions>>,
): Hunted | undefined {
  using copy = new PlantedCopy(canary);
  const { directory } = copy;
  writeFileSync(join(directory, 'run.ts'), runOf(models));
  const run = spawnSync(process.execPath, ['run.ts'], { cwd: directory, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`the model ended with ${run.status}: ${run.stderr}`);
  return run.stdout === '' ? undefined : (JSON.parse(run.stdout) as Hunted);
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
