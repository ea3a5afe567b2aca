/** What this machine can do, without bankd: the bounds that the figures are held against. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** 64 bytes there and back between two sockets of this process. */
export async function measureRoundTrip(rounds = 5_000): Promise<Latencies> {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on('data', (bytes) => socket.write(bytes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const socket = connect(address.port, '127.0.0.1');
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
  server.close();
  return summarize(samples);
}
