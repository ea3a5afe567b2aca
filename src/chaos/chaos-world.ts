/**
 * What faults are done with: signals to processes of this machine, and its disks. Tests put a
 * made-up machine here.
 */
import { existsSync, readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { isLoopback } from '../host/address.ts';
import { realDisk, type ChaosDisk } from './chaos-disk.ts';

export type FaultSignal = 'SIGKILL' | 'SIGSTOP' | 'SIGCONT';

export interface ChaosWorld {
  readonly disk: ChaosDisk;
  /** False where there is no such process any more. */
  send(pid: number, signal: FaultSignal): boolean;
  /** Its arguments; undefined where the system does not tell, empty where there is none. */
  commandLine(pid: number): string | undefined;
  /** Who started it; undefined where the system does not tell or it is gone. */
  parentOf(pid: number): number | undefined;
  /** Whether the host (host, or host:port) is this machine. */
  isHere(host: string): boolean;
  /** From 0 up to 1. */
  random(): number;
}

export const realWorld: ChaosWorld = {
  disk: realDisk,

  send(pid, signal) {
    try {
      return process.kill(pid, signal);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
      throw error;
    }
  },

  commandLine(pid) {
    if (!existsSync('/proc/self/cmdline')) return undefined;
    return readProc(pid, 'cmdline').replaceAll('\0', ' ').trim();
  },

  parentOf(pid) {
    const parent = /^PPid:\s+(\d+)$/m.exec(readProc(pid, 'status'))?.[1];
    return parent === undefined ? undefined : Number(parent);
  },

  isHere(host) {
    const bare = withoutPort(host);
    if (isLoopback(bare) || bare === hostname()) return true;
    return Object.values(networkInterfaces()).flat().some((each) => each?.address === bare);
  },

  random: Math.random,
};

function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

/** `[::1]:8023`, `127.0.0.1:8023` and `::ffff:127.0.0.1` without what is not the address. */
export function withoutPort(host: string): string {
  const bracketed = /^\[(.*)\](?::\d+)?$/.exec(host)?.[1];
  const colons = host.split(':').length - 1;
  const bare = bracketed ?? (colons === 1 ? host.replace(/:\d+$/, '') : host);
  return bare.replace(/^::ffff:/i, '');
}
