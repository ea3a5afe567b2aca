import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Random } from '../../src/core/random.ts';
import { BLOCK_BYTES, BlockWriter } from '../../src/host/block-writer.ts';
import { temporaryDirectory } from '../support/bank.ts';
import { FaultyFileSystem } from '../support/faulty-file-system.ts';

const FILE_BYTES = 2 * 1024 * 1024;

/** Every write of it is told: where, and how long. */
class WatchedFileSystem extends FaultyFileSystem {
  readonly writes: [number, number][] = [];

  override write(fd: number, bytes: Uint8Array, position: number): Promise<number> {
    this.writes.push([position, bytes.byteLength]);
    return super.write(fd, bytes, position);
  }

  override writeInPlace(fd: number, bytes: Uint8Array, position: number): number {
    this.writes.push([position, bytes.byteLength]);
    return super.writeInPlace(fd, bytes, position);
  }
}

/** A file of zeros, as the journal allocates them. */
function allocate(path: string): void {
  writeFileSync(path, new Uint8Array(FILE_BYTES));
}

t.test('blocks: whatever is put, in whichever pieces, stands in the file', async (t) => {
  const path = join(temporaryDirectory(t), 'file');
  for (let seed = 0; seed < 20; seed += 1) {
    allocate(path);
    const random = new Random(seed);
    const io = new WatchedFileSystem();
    const expected = new Uint8Array(FILE_BYTES);
    const file = new BlockWriter(io);
    let end = 0;
    await file.open(path, end);
    for (let round = 0; round < 30; round += 1) {
      for (let puts = random.int(3); puts >= 0; puts -= 1) {
        const most = random.pick([100, BLOCK_BYTES, 5 * BLOCK_BYTES]);
        const piece = new Uint8Array(random.int(most)).fill(1 + random.int(255));
        file.put(piece);
        expected.set(piece, end);
        end += piece.byteLength;
      }
      if (random.chance(0.2)) io.writeBytesMax = BLOCK_BYTES + 512;
      if (random.chance(0.5)) file.writeInPlace();
      else await file.write();
      io.writeBytesMax = Infinity;
      const same = Buffer.compare(readFileSync(path), expected) === 0;
      if (!same) t.fail(`seed ${seed}, round ${round}: other bytes than were put`);
      if (random.chance(0.8)) continue;
      await file.close();
      await file.open(path, end);
    }
    await file.close();
    const isWhole = ([at, length]: [number, number]) =>
      at % BLOCK_BYTES === 0 && length % BLOCK_BYTES === 0 && length > 0;
    t.ok(io.writes.every(isWhole), `seed ${seed}: whole blocks at multiples of them`);
  }
});

t.test('blocks: a write that ends within a block is tried once more, and no oftener', async (t) => {
  const path = join(temporaryDirectory(t), 'file');
  allocate(path);
  const io = new WatchedFileSystem();
  const file = new BlockWriter(io);
  await file.open(path, 0);
  io.onCall = (call) => {
    if (call === 'write') io.writeBytesMax = io.writes.length === 1 ? 512 : Infinity;
  };
  file.put(new Uint8Array(10).fill(7));
  file.writeInPlace();
  t.same(io.writes, [[0, BLOCK_BYTES], [0, BLOCK_BYTES]]);
  io.onCall = () => {};
  io.writeBytesMax = 512;
  t.throws(() => file.writeInPlace(), { code: 'EIO' });
  await t.rejects(file.write(), { code: 'EIO' });
  await file.close();
});
