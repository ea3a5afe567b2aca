/**
 * What the file system does to one bankd process under test: handed to it in the environment, and
 * carried out by `fault-injector.ts`, which is loaded before bankd. The product knows nothing of
 * it.
 */
import { fileURLToPath } from 'node:url';

/** Calls that change the disk or make a change durable. `open` is one that may write. */
export type CallKind = 'write' | 'sync' | 'rename' | 'open' | 'unlink' | 'mkdir';

/**
 * The process is killed (SIGKILL) before the call, after it, or when half of the bytes are written;
 * or the call fails; or a write is short and says so.
 */
export type Act = 'kill-before' | 'kill-after' | 'tear' | 'EIO' | 'ENOSPC' | 'short';

export interface Strike {
  readonly act: Act;
  /** The n-th, from 1, of the calls that count. */
  readonly n: number;
  /** Which kinds count; all where it is left out. */
  readonly kinds?: readonly CallKind[];
  /** Only calls whose site matches this pattern count, such as `rename journal/cut`. */
  readonly site?: string;
}

export interface FaultPlan {
  /** Only calls on files in this directory are looked at. */
  readonly root: string;
  /** A file that gets a line for each call, and one that begins with `strike` for the strike. */
  readonly tally: string;
  readonly strike?: Strike;
  /** A file that gets all that is needed to emulate a power loss: see `shadow-log.ts`. */
  readonly shadow?: string;
}

/** As in `bin/bankd.ts`. */
const COMPILE_CACHE = fileURLToPath(
  new URL('../../../node_modules/.cache/bankd', import.meta.url));

export const PLAN_VARIABLE = 'BANKD_TEST_FAULTS';

/** For a process that is to have these faults, and for all that it starts. */
export function faultEnvironment(plan: FaultPlan): Record<string, string> {
  const injector = new URL('fault-injector.ts', import.meta.url).href;
  return {
    NODE_OPTIONS: `--import ${injector}`,
    NODE_COMPILE_CACHE: COMPILE_CACHE, // from the first file on: a start takes half the time
    [PLAN_VARIABLE]: JSON.stringify(plan),
  };
}
