/**
 * Which failures of the environment a restart can mend, and which it would only meet again.
 *
 * A lock may be let go and a port may become free, but a supervisor that waits for that hides the
 * mistake; a full or failing disk may be well again by the next start.
 */
import { EnvironmentError, type EnvironmentKind } from './environment-error.ts';
import { Leash, NO_RESTART } from './leash.ts';

const MENDED_BY_RESTART: Record<EnvironmentKind, boolean> = {
  'disk-full': true,
  io: true,
  'port-taken': true,
  corrupt: false,
  foreign: false,
  locked: false,
  missing: false,
  permission: false,
};

/** Runs a server; where it is refused for good, tells the supervisor before the error goes on. */
export async function tellRefusal(run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof EnvironmentError && !MENDED_BY_RESTART[error.kind]) sayNoRestart();
    throw error;
  }
}

export function sayNoRestart(): void {
  Leash.own()?.say(NO_RESTART);
}
