/**
 * What faults are done with: signals to processes of this machine. Tests put a made-up machine
 * here.
 */
import { existsSync, readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { isLoopback } from '../host/address.ts';

export type FaultSignal = 'SIGKILL' | 'SIGSTOP' | 'SIGCONT';

export interface ChaosWorld {
  /** False where there is no such process any more. */
  send(pid: number, signal: FaultSignal): boolean;
  /** Its arguments; undefined where the system does not tell or there is no such process. */
  commandLine(pid: number): string | undefined;
  /** Whether the host (host, or host:port) is this machine. */
  isHere(host: string): boolean;
  /** From 0 up to 1. */
  random(): number;
}

export const realWorld: ChaosWorld = {
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
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    } catch {
      return '';
    }
  },

  isHere(host) {
    const bare = withoutPort(host);
    if (isLoopback(bare) || bare === hostname()) return true;
    return Object.values(networkInterfaces()).flat().some((each) => each?.address === bare);
  },

  random: Math.random,
};

/** `[::1]:8023`, `127.0.0.1:8023` and `::ffff:127.0.0.1` without what is not the address. */
export function withoutPort(host: string): string {
  const bracketed = /^\[(.*)\](?::\d+)?$/.exec(host)?.[1];
  const colons = host.split(':').length - 1;
  const bare = bracketed ?? (colons === 1 ? host.replace(/:\d+$/, '') : host);
  return bare.replace(/^::ffff:/i, '');
}
