/**
 * The real file system with faults: short writes, errors at the n-th call, a disk of a given size.
 */
import type { FileSystem } from '../../src/host/file-system.ts';
import { nodeFileSystem } from '../../src/host/node-file-system.ts';

export type FaultyCall =
  | 'write' | 'fdatasync' | 'fsync' | 'rename' | 'unlink' | 'open' | 'read';

export class FaultyFileSystem implements FileSystem {
  /** Names of the calls made, in order. */
  readonly calls: string[] = [];
  /** Called before each call; what it throws, the call throws. */
  onCall: (call: FaultyCall, path: string | number) => void = () => {};
  /** How much of a write is written at most. */
  writeBytesMax = Infinity;
  free: number | undefined;
  /** What the next questions for free bytes are answered, before `free`. */
  readonly nextFree: number[] = [];
  bytesRead = 0;
  /** Whether a sync, beside being recorded, waits for the disk: only a loss of power can tell. */
  syncs = true;

  failNext(call: FaultyCall, code: string, after = 0): void {
    let left = after;
    this.onCall = (made) => {
      if (made !== call) return;
      left -= 1;
      if (left >= 0) return;
      this.onCall = () => {};
      throw errno(code);
    };
  }

  /** From the n-th call on nothing works any more, as if the process had been killed there. */
  dieAt(n: number): void {
    let left = n;
    this.onCall = () => {
      left -= 1;
      if (left < 0) throw errno('EIO');
    };
  }

  #before(call: FaultyCall, path: string | number): void {
    this.calls.push(call);
    this.onCall(call, path);
  }

  async open(path: string, flags: string): Promise<number> {
    this.#before('open', path);
    return nodeFileSystem.open(path, flags);
  }

  async openDirect(path: string, flags: 'r' | 'r+' | 'w+'): Promise<number> {
    this.#before('open', path);
    return nodeFileSystem.openDirect(path, flags);
  }

  blockMemory(bytes: number): Uint8Array {
    return nodeFileSystem.blockMemory(bytes);
  }

  close(fd: number): Promise<void> {
    return nodeFileSystem.close(fd);
  }

  async read(fd: number, into: Uint8Array, position: number): Promise<number> {
    this.#before('read', fd);
    const bytes = await nodeFileSystem.read(fd, into, position);
    this.bytesRead += bytes;
    return bytes;
  }

  readInPlace(fd: number, into: Uint8Array, position: number): number {
    this.#before('read', fd);
    const bytes = nodeFileSystem.readInPlace(fd, into, position);
    this.bytesRead += bytes;
    return bytes;
  }

  async write(fd: number, bytes: Uint8Array, position: number): Promise<number> {
    this.#before('write', fd);
    const part = bytes.subarray(0, Math.min(bytes.byteLength, this.writeBytesMax));
    return nodeFileSystem.write(fd, part, position);
  }

  writeInPlace(fd: number, bytes: Uint8Array, position: number): number {
    this.#before('write', fd);
    return nodeFileSystem.writeInPlace(fd, bytes.subarray(0, this.writeBytesMax), position);
  }

  fdatasyncInPlace(fd: number): void {
    this.#before('fdatasync', fd);
    if (this.syncs) nodeFileSystem.fdatasyncInPlace(fd);
  }

  async fdatasync(fd: number): Promise<void> {
    this.#before('fdatasync', fd);
    if (this.syncs) await nodeFileSystem.fdatasync(fd);
  }

  async fsync(fd: number): Promise<void> {
    this.#before('fsync', fd);
    if (this.syncs) await nodeFileSystem.fsync(fd);
  }

  size(fd: number): Promise<number> {
    return nodeFileSystem.size(fd);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#before('rename', to);
    return nodeFileSystem.rename(from, to);
  }

  async unlink(path: string): Promise<void> {
    this.#before('unlink', path);
    return nodeFileSystem.unlink(path);
  }

  list(path: string): Promise<string[]> {
    return nodeFileSystem.list(path);
  }

  exists(path: string): Promise<boolean> {
    return nodeFileSystem.exists(path);
  }

  makeDirectory(path: string): Promise<void> {
    return nodeFileSystem.makeDirectory(path);
  }

  async freeBytes(path: string): Promise<number> {
    return this.nextFree.shift() ?? this.free ?? nodeFileSystem.freeBytes(path);
  }
}

export function errno(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}
