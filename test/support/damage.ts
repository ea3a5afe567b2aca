/** Changes files behind the program's back. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** Flips one bit of the file. */
export function damage(path: string, offset: number, bit = 0): void {
  const fd = openSync(path, 'r+');
  const byte = new Uint8Array(1);
  readSync(fd, byte, 0, 1, offset);
  byte[0] = (byte[0] ?? 0) ^ (1 << bit);
  writeSync(fd, byte, 0, 1, offset);
  closeSync(fd);
}

/** Overwrites with these bytes, or with so many zeros. */
export function overwrite(path: string, offset: number, bytes: Uint8Array | number): void {
  const fd = openSync(path, 'r+');
  const content = typeof bytes === 'number' ? new Uint8Array(bytes) : bytes;
  writeSync(fd, content, 0, content.byteLength, offset);
  closeSync(fd);
}
