/** What this machine can do, without bankd: the bounds that the figures are held against. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { summarize, type Latencies } from './latencies.ts';

/** One 4 KiB write and fdatasync at a time, in a file already written with zeros. */
export async function measureFdatasync(rounds = 1_000): Promise<Latencies> {
  const directory = mkdtempSync(join(process.env['BANKD_BENCH_DATA'] ?? tmpdir(), 'bankd-bench-'));
  const file = openSync(join(directory, 'blocks'), 'w');
  const block = Buffer.alloc(4096, 1);
  try {
    writeSync(file, Buffer.alloc(rounds * block.length));
    fdatasyncSync(file);
    const samples: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const startMs = performance.now();
      writeSync(file, block, 0, block.length, round * block.length);
      fdatasyncSync(file);
      samples.push(performance.now() - startMs);
    }
    return summarize(samples);
  } finally {
    closeSync(file);
    rmSync(directory, { recursive: true });
  }
}

/** 64 bytes there and back over loopback, between two processes. */
export async function measureRoundTrip(rounds = 5_000): Promise<Latencies> {
  const echo = fork(fileURLToPath(new URL('echo.ts', import.meta.url)));
  try {
    const [port] = (await once(echo, 'message')) as [number];
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    await once(socket, 'connect');
    const ball = Buffer.alloc(64, 1);
    const samples: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const startMs = performance.now();
      socket.write(ball);
      await once(socket, 'data');
      samples.push(performance.now() - startMs);
    }
    socket.destroy();
    return summarize(samples);
  } finally {
    echo.kill();
    await once(echo, 'exit');
  }
}
