/** Processor time of processes and all their children, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** The kernel's unit in /proc, the same on every Linux that Node runs on. */
export const TICKS_PER_SECOND = 100;

export interface ProcessTime {
  readonly pid: number;
  readonly parent: number;
  /** User and system time, also of children that have ended and were waited for. */
  readonly seconds: number;
}

/** A line of /proc/PID/stat: the name in it may hold blanks and parentheses. */
export function parseStat(line: string): ProcessTime {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
  return {
    pid: Number.parseInt(line, 10), parent: Number(fields[1]), seconds: ticks / TICKS_PER_SECOND,
  };
}

/** What these processes and all below them have used so far. */
export function cpuSeconds(pids: readonly number[]): number {
  const wanted = new Set(pids);
  const times = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap(readStat);
  let found = -1;
  while (found !== wanted.size) {
    found = wanted.size;
    for (const { pid, parent } of times) if (wanted.has(parent)) wanted.add(pid);
  }
  return times.filter(({ pid }) => wanted.has(pid)).reduce((sum, { seconds }) => sum + seconds, 0);
}

/** Nothing of a process that has just ended. */
function readStat(pid: string): ProcessTime[] {
  try {
    return [parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))];
  } catch {
    return [];
  }
}
