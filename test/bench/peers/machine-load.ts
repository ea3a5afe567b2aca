/** What the machine is, and how busy all of it is. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { TICKS_PER_SECOND } from './cpu-time.ts';

/** `2 x AMD EPYC, 24 GiB, Linux 6.1.0, Node v26.10.0`. */
export function machineText(): string {
  const cpu = cpus()[0]?.model.trim() || 'unknown processors';
  const memory = Math.round(totalmem() / 2 ** 30);
  const kernel = `${type()} ${release()}`;
  return `${availableParallelism()} x ${cpu}, ${memory} GiB, ${kernel}, Node ${process.version}`;
}

/** Processor seconds of everybody since the machine started. */
export function machineCpuSeconds(): number {
  return parseCpuLine(readFileSync('/proc/stat', 'utf8'));
}

/** The first line of /proc/stat, without what was idle, waited for disks, or stolen. */
export function parseCpuLine(stat: string): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] =
    (stat.split('\n')[0] ?? '').split(/ +/).map(Number);
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}
