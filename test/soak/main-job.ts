/**
 * `npm run soak -- main-job`: 100,000 mixed commands piped into a bank whose processes are killed
 * all the while; every answer and every balance is compared with an independent recomputation.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMainJob } from '../support/main-job.ts';

export async function soakMainJob(commands = 100_000, seed = Date.now()): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'bankd-soak-'));
  console.log(`main job: ${commands} commands, seed ${seed}`);
  const verdict = await runMainJob({
    directory, commands, seed, killEveryMs: 5_000, frontendToo: true,
  });
  console.log(`killed: ${verdict.kills.join(', ')}`);
  console.log(`exit status ${verdict.exit} after ${verdict.seconds.toFixed(1)} s`);
  for (const line of verdict.wrong.slice(0, 20)) console.log(`WRONG ${line}`);
  const ok = verdict.wrong.length === 0;
  console.log(ok ? 'every answer and every balance is right' : `${verdict.wrong.length} wrong`);
  if (ok) rmSync(directory, { recursive: true });
  else console.log(`kept: ${directory}`);
  return ok;
}
