/**
 * What a process has used so far, as Linux tells it under /proc; undefined where it does not: on
 * other systems, of processes of other users, of those that have ended.
 */
import { readFileSync } from 'node:fs';

export interface Usage {
  readonly cpuMs: number | undefined;
  readonly residentBytes: number | undefined;
  /** The most that were resident since it began. */
  readonly peakBytes: number | undefined;
}

/** Linux shows times in hundredths of a second to all programs, whatever it counts in itself. */
export const TICK_MS = 10;
const USAGE_NONE: Usage = {
  cpuMs: undefined, residentBytes: undefined, peakBytes: undefined,
};
/** Behind the name in parentheses, which may hold anything; user and system time, in ticks. */
const TIMES = /^.*\) (?:\S+ ){11}(\d+) (\d+) /s;

/** Undefined: there is no such process here. */
export function usageOf(pid: number | undefined): Usage {
  if (pid === undefined) return USAGE_NONE;
  if (pid === process.pid) return ownUsage();
  const [, user, system] = TIMES.exec(readProc(`${pid}/stat`)) ?? [];
  const status = readProc(`${pid}/status`);
  return {
    cpuMs: user === undefined ? undefined : (Number(user) + Number(system)) * TICK_MS,
    residentBytes: numberIn(/^VmRSS:\s+(\d+) kB$/m, status, 1024),
    peakBytes: numberIn(/^VmHWM:\s+(\d+) kB$/m, status, 1024),
  };
}

/** Whether a process of this number runs here, and is one of bankd's with this subcommand. */
export function isBankd(pid: number, subcommand: string): boolean {
  return readProc(`${pid}/cmdline`).split('\0').includes(subcommand);
}

/** Node knows this of its own process, on every system. */
function ownUsage(): Usage {
  const { user, system } = process.cpuUsage();
  return {
    cpuMs: (user + system) / 1000,
    residentBytes: process.memoryUsage.rss(),
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
}

function numberIn(pattern: RegExp, text: string, unit: number): number | undefined {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? undefined : Number(found) * unit;
}

/** Empty where it can't be read. */
export function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return '';
  }
}
