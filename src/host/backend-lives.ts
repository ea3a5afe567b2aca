/**
 * The lives of a backend's process, one after another on its directory: a reset by the frontend
 * sets the files aside and the next life begins as empty; damage that is met while running ends a
 * life, and the next one only waits to be reset (crash-only software, Candea and Fox 2003: one way
 * to begin, whatever happened).
 */
import type { BackendLife, LifeEnding } from './backend-life.ts';
import type { DataDirectory } from './data-directory.ts';
import { EnvironmentError } from './environment-error.ts';
import type { Log } from './log.ts';

/** Until it is stopped. Throws what ends the process. `begin` is told what damage is known. */
export async function liveOn(
  begin: (damage: string | undefined) => Promise<BackendLife>,
  directory: DataDirectory,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  let damage: string | undefined;
  while (!signal.aborted) {
    const life = await begin(damage);
    const ending = await life.run(signal);
    damage = await settle(ending, directory, log);
  }
}

/** What has to be done between two lives; the damage that the next one is to know of. */
async function settle(
  ending: LifeEnding,
  directory: DataDirectory,
  log: (line: string) => void,
): Promise<string | undefined> {
  switch (ending.kind) {
    case 'stopped':
      return undefined;
    case 'reset': {
      const place = await directory.setAside(ending.detail);
      log(`starts anew as empty (${ending.detail}); the old files are in ${place}`);
      return undefined;
    }
    case 'corrupt':
      log(`corrupt: ${ending.detail}`);
      return ending.detail;
    case 'refused':
      throw new EnvironmentError('foreign', ending.detail);
    case 'failed':
      throw ending.error;
  }
}
