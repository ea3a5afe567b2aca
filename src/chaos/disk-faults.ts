/** Faults of the disk of a backend: its directory corrupted, wiped, or without any room left. */
import { ChaosError } from './chaos-error.ts';
import type { ChaosStage } from './chaos-stage.ts';
import type { Filler } from './chaos-disk.ts';
import { kill } from './signal-faults.ts';
import { watchOf } from './status-watch.ts';
import type { Holder } from './victims.ts';

/** A larger one is hardly there for a test, and would take long to fill. */
const SMALL_DISK_BYTES = 1024 * 1024 * 1024;
const REFILL_MS = 100;

/** In place, under the running process; then it is killed, so that its next start meets it. */
export async function corrupt(victims: readonly Holder[], stage: ChaosStage): Promise<void> {
  for (const victim of victims) {
    const flip = await stage.world.disk.flip(victim.directory);
    if (flip === undefined) {
      throw new ChaosError('refused', `backend ${victim.id} holds nothing yet to corrupt`);
    }
    const { file, offset, seq } = flip;
    const what = seq === undefined ? 'the checkpoint' : `entry ${seq}`;
    stage.say(`corrupted backend ${victim.id}: byte ${offset} of ${file} (${what})`);
    kill([victim], stage);
  }
}

/** Killed, and before it starts again its directory is gone. */
export async function wipe(victims: readonly Holder[], stage: ChaosStage): Promise<void> {
  for (const victim of victims) {
    kill([victim], stage);
    if (!(await stage.world.disk.wipe(victim.directory))) {
      throw new ChaosError('refused', `another process holds ${victim.directory}: it is not wiped`);
    }
    stage.say(`wiped backend ${victim.id}: ${victim.directory}`);
  }
}

export async function fillDisk(
  victims: readonly Holder[],
  forMs: number,
  stage: ChaosStage,
): Promise<void> {
  const watch = watchOf(stage);
  watch.onSlowFault();
  const fillers: Filler[] = [];
  const refill = setInterval(() => fillers.forEach((filler) => filler.fill()), REFILL_MS);
  try {
    for (const { id, directory } of victims) {
      fillers.push(stage.world.disk.fill(directory));
      stage.say(`filled the disk of backend ${id} for ${forMs / 1000} s: ${directory}`);
    }
    await watch.during(forMs);
  } finally {
    clearInterval(refill);
    for (const filler of fillers) filler.release();
  }
  const ids = victims.map(({ id }) => id).join(', ');
  const why = stage.interrupted.aborted ? ' (interrupted)' : '';
  stage.say(`backend ${ids}: the disk has room again${why}`);
}

/** The disk must be that backend's alone: nobody else's is to be filled. Throws ChaosError. */
export function requireSmallDisk({ id, directory }: Holder, { world }: ChaosStage): void {
  const { isAlone, bytes } = world.disk.roomOf(directory);
  if (isAlone && bytes <= SMALL_DISK_BYTES) return;
  const why = isAlone ? 'is larger than 1 GiB' : 'holds other things, too';
  throw new ChaosError(
    'not-allowed', `the file system of backend ${id} (${directory}) ${why}`,
    'mount a small one there, such as a tmpfs of 64 MiB, before the bank starts',
  );
}
