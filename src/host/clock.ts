/** The time of an input, as the cores take it: the only place of the servers that reads clocks. */
import type { Now } from '../core/effect.ts';

/** Timeouts follow the monotonic clock; the wall clock only stamps entries. */
export function readClock(): Now {
  return { ms: performance.now(), wallUs: Math.floor(Date.now()) * 1000 };
}
