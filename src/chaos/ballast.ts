/**
 * A file that takes up all the room of a file system. It has no name from its first byte on: the
 * kernel frees it when this process ends, however it ends.
 */
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isNoSpace } from '../host/environment-error.ts';

/** From coarse to fine: not a byte is left. */
const PIECES = [1024 * 1024, 4096, 1].map((bytes) => new Uint8Array(bytes));

export class Ballast {
  #file: number | undefined;

  constructor(directory: string) {
    const path = join(directory, 'chaos-ballast');
    this.#file = openSync(path, 'wx');
    unlinkSync(path);
    this.fill();
  }

  fill(): void {
    for (const piece of PIECES) while (this.#write(piece)) continue;
  }

  release(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /** False where not all of it found room. */
  #write(piece: Uint8Array): boolean {
    if (this.#file === undefined) return false;
    try {
      return writeSync(this.#file, piece) === piece.byteLength;
    } catch (error) {
      if (isNoSpace(error)) return false;
      throw error;
    }
  }
}
