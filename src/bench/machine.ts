/** What the machine is, and what it can do without bankd: the bounds of every figure. */
import { once } from 'node:events';
import {
  closeSync, fdatasyncSync, mkdtempSync, openSync, realpathSync, rmSync, writeSync,
} from 'node:fs';
import { connect } from 'node:net';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { readProc, TICK_MS } from './process-usage.ts';
import { rounded } from './rounded.ts';

export interface MachineDescription {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
}

/** In milliseconds. */
export interface Bound {
  readonly p50: number;
  readonly p99: number;
}

/** Of all processors together, since the start of the machine. */
export interface CpuTimes {
  /** With interrupts: most kernels count them as used by the process that they interrupt, too. */
  readonly busyMs: number;
  /** Taken by other machines on the same hardware. */
  readonly stealMs: number;
}

const FDATASYNCS = 500;
const ROUND_TRIPS = 3_000;
const BLOCK_BYTES = 4_096;
const BALL_BYTES = 64;

export function describeMachine(): MachineDescription {
  return {
    cpu: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    kernel: `${type()} ${release()}`,
    node: process.version,
  };
}

/**
 * Writes of 4 KiB and an fdatasync each, one at a time, in a file that is already written, in a
 * directory of its own below this one; undefined where that can't be.
 */
export function measureFdatasync(parent: string, rounds = FDATASYNCS): Bound | undefined {
  let directory: string | undefined;
  try {
    directory = mkdtempSync(join(parent, 'bankd-bench-'));
    return timeFdatasyncs(join(directory, 'blocks'), rounds);
  } catch {
    return undefined;
  } finally {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  }
}

function timeFdatasyncs(path: string, rounds: number): Bound {
  const file = openSync(path, 'w');
  try {
    writeSync(file, Buffer.alloc(rounds * BLOCK_BYTES));
    fdatasyncSync(file);
    const block = Buffer.alloc(BLOCK_BYTES, 1);
    const times = createHistogram();
    for (let round = 0; round < rounds; round += 1) {
      const startMs = performance.now();
      writeSync(file, block, 0, block.length, round * block.length);
      fdatasyncSync(file);
      times.record(nanosecondsSince(startMs));
    }
    return boundOf(times);
  } finally {
    closeSync(file);
  }
}

/** The other end, on a thread of its own: the single executable can't start another program. */
const ECHO = `
  const { createServer } = require('node:net');
  const { parentPort } = require('node:worker_threads');
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('data', (bytes) => socket.write(bytes)).on('error', () => {});
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

/** 64 bytes there and back over loopback, one after another. */
export async function measureRoundTrip(rounds = ROUND_TRIPS): Promise<Bound> {
  const echo = new Worker(ECHO, { eval: true });
  try {
    const [port] = (await once(echo, 'message')) as [number];
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const ball = Buffer.alloc(BALL_BYTES, 1);
    const times = createHistogram();
    for (let round = 0; round < rounds; round += 1) {
      const startMs = performance.now();
      socket.write(ball);
      await once(socket, 'data');
      times.record(nanosecondsSince(startMs));
    }
    socket.destroy();
    return boundOf(times);
  } finally {
    await echo.terminate();
  }
}

/** Undefined where the system does not tell. */
export function readCpuTimes(): CpuTimes | undefined {
  const [, line] = /^cpu +(.*)$/m.exec(readProc('stat')) ?? [];
  if (line === undefined) return undefined;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] =
    line.split(' ').map(Number);
  const busy = user + nice + system + irq + softirq;
  return { busyMs: busy * TICK_MS, stealMs: steal * TICK_MS };
}

/** What it is called by the kernel (`ext4`); undefined where the system does not tell. */
export function fileSystemOf(directory: string): string | undefined {
  let path: string;
  try {
    path = realpathSync(directory);
  } catch {
    return undefined;
  }
  return fileSystemIn(readProc('self/mountinfo'), path);
}

/** Of the mount that is nearest above the path; of two at one place the later hides the other. */
export function fileSystemIn(mountinfo: string, path: string): string | undefined {
  let nearest = '';
  let found: string | undefined;
  for (const line of mountinfo.split('\n')) {
    const [, place, kind] = /^(?:\S+ ){4}(\S+) .*? - (\S+) /.exec(line) ?? [];
    if (place === undefined || kind === undefined) continue;
    const mount = place.replaceAll(/\\(\d{3})/g, (_, code: string) =>
      String.fromCharCode(parseInt(code, 8)));
    const isAbove = path === mount || path.startsWith(mount === '/' ? '/' : `${mount}/`);
    if (!isAbove || mount.length < nearest.length) continue;
    nearest = mount;
    found = kind;
  }
  return found;
}

function nanosecondsSince(startMs: number): number {
  return Math.max(1, Math.round((performance.now() - startMs) * 1e6));
}

function boundOf(times: RecordableHistogram): Bound {
  const at = (percent: number): number => rounded(times.percentile(percent) / 1e6, 3);
  return { p50: at(50), p99: at(99) };
}
