/**
 * Appends to a file in whole blocks, past the page cache where the file system can do that
 * (O_DIRECT): what is written once and hardly ever read would only cost a copy and fresh memory
 * there.
 *
 * The last block is seldom full. It is kept, and written once more with what follows: the bytes
 * that stand in it already are the same again, so that a torn write cannot harm them. Behind them
 * are zeros, as the file was allocated with.
 */
import { assert } from '../core/assert.ts';
import { noProgress, readFully, type FileSystem } from './file-system.ts';

/** Every write is of a multiple of it, at a multiple: the sectors of any disk divide it. */
export const BLOCK_BYTES = 4096;
const ROOM_BYTES_MIN = 64 * 1024;

export class BlockWriter {
  readonly #io: FileSystem;
  #fd = -1;
  /** Where in the file the room begins: a multiple of BLOCK_BYTES. */
  #from = 0;
  /** What is to be written, behind what of its first block is written already. */
  #room: Uint8Array;
  #held = 0;
  /** The last write did not write one block. */
  #isStuck = false;

  constructor(io: FileSystem) {
    this.#io = io;
    this.#room = io.blockMemory(ROOM_BYTES_MIN);
  }

  /** Goes on at `end` of the file. */
  async open(path: string, end: number): Promise<void> {
    assert(this.#fd < 0, 'one file at a time');
    this.#fd = await this.#io.openDirect(path, 'r+');
    this.#held = end % BLOCK_BYTES;
    this.#from = end - this.#held;
    const lastBlock = this.#room.subarray(0, BLOCK_BYTES);
    if (this.#held > 0) await readFully(this.#io, this.#fd, lastBlock, this.#from);
  }

  async close(): Promise<void> {
    const fd = this.#fd;
    this.#fd = -1;
    if (fd >= 0) await this.#io.close(fd);
  }

  /** Behind everything before; written by `write`. */
  put(bytes: Uint8Array): void {
    this.#reserve(this.#held + bytes.byteLength);
    this.#room.set(bytes, this.#held);
    this.#held += bytes.byteLength;
  }

  /** Writes what was put, while the whole process waits: see `sync-pace.ts`. */
  writeInPlace(): void {
    const end = this.#pad();
    for (let done = 0; done < end; ) {
      const bytes = this.#room.subarray(done, end);
      done += this.#wholeBlocks(this.#io.writeInPlace(this.#fd, bytes, this.#from + done));
    }
    this.#keepLastBlock();
  }

  /** The same, while others have their turn; nothing is put meanwhile. */
  async write(): Promise<void> {
    const end = this.#pad();
    for (let done = 0; done < end; ) {
      const bytes = this.#room.subarray(done, end);
      done += this.#wholeBlocks(await this.#io.write(this.#fd, bytes, this.#from + done));
    }
    this.#keepLastBlock();
  }

  /** What was written is durable when it resolves. */
  sync(): Promise<void> {
    return this.#io.fdatasync(this.#fd);
  }

  /** The same, while the whole process waits. */
  syncInPlace(): void {
    this.#io.fdatasyncInPlace(this.#fd);
  }

  /** Zeros up to the end of the last block; where that is. */
  #pad(): number {
    const end = Math.ceil(this.#held / BLOCK_BYTES) * BLOCK_BYTES;
    this.#room.fill(0, this.#held, end);
    return end;
  }

  /** A short write goes on with the block that it stopped in, once. */
  #wholeBlocks(written: number): number {
    const blocks = Math.floor(written / BLOCK_BYTES);
    if (written <= 0 || (blocks === 0 && this.#isStuck)) throw noProgress();
    this.#isStuck = blocks === 0;
    return blocks * BLOCK_BYTES;
  }

  #keepLastBlock(): void {
    const rest = this.#held % BLOCK_BYTES;
    const written = this.#held - rest;
    this.#room.copyWithin(0, written, this.#held);
    this.#from += written;
    this.#held = rest;
  }

  #reserve(bytes: number): void {
    const blocks = Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
    if (blocks <= this.#room.byteLength) return;
    const larger = this.#io.blockMemory(Math.max(blocks, 2 * this.#room.byteLength));
    larger.set(this.#room.subarray(0, this.#held));
    this.#room = larger;
  }
}
