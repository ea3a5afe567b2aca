/** A file system in memory: thousands of damaged directories are looked at in seconds. */
import type { FileSystem } from '../../src/host/file-system.ts';
import { errno } from './faulty-file-system.ts';

export class MemoryFileSystem implements FileSystem {
  readonly files = new Map<string, Uint8Array>();
  readonly #open = new Map<number, string>();
  #nextFd = 3;

  /** A copy that shares no bytes with this one. */
  clone(): MemoryFileSystem {
    const copy = new MemoryFileSystem();
    for (const [path, bytes] of this.files) copy.files.set(path, bytes.slice());
    return copy;
  }

  async open(path: string, flags: string): Promise<number> {
    if (flags === 'w+') this.files.set(path, new Uint8Array(0));
    if (!(await this.exists(path))) throw errno('ENOENT');
    this.#nextFd += 1;
    this.#open.set(this.#nextFd, path);
    return this.#nextFd;
  }

  openDirect(path: string, flags: string): Promise<number> {
    return this.open(path, flags);
  }

  blockMemory(bytes: number): Uint8Array {
    return new Uint8Array(bytes);
  }

  async close(fd: number): Promise<void> {
    this.#open.delete(fd);
  }

  async read(fd: number, into: Uint8Array, position: number): Promise<number> {
    return this.readInPlace(fd, into, position);
  }

  readInPlace(fd: number, into: Uint8Array, position: number): number {
    const bytes = this.#content(fd).subarray(position, position + into.length);
    into.set(bytes);
    return bytes.length;
  }

  async write(fd: number, bytes: Uint8Array, position: number): Promise<number> {
    const before = this.#content(fd);
    const after = new Uint8Array(Math.max(before.length, position + bytes.length));
    after.set(before);
    after.set(bytes, position);
    this.files.set(this.#pathOf(fd), after);
    return bytes.length;
  }

  writeInPlace(): number {
    throw errno('ENOSYS');
  }

  async fdatasync(): Promise<void> {}
  fdatasyncInPlace(): void {}
  async fsync(): Promise<void> {}

  async size(fd: number): Promise<number> {
    return this.#content(fd).length;
  }

  async rename(from: string, to: string): Promise<void> {
    this.files.set(to, this.files.get(from) ?? new Uint8Array(0));
    this.files.delete(from);
  }

  async unlink(path: string): Promise<void> {
    this.files.delete(path);
  }

  async list(path: string): Promise<string[]> {
    if (this.files.has(path)) throw errno('ENOTDIR');
    if (!(await this.exists(path))) throw errno('ENOENT');
    const within = [...this.files.keys()].filter((name) => name.startsWith(`${path}/`));
    return [...new Set(within.map((name) => name.slice(path.length + 1).split('/')[0] ?? ''))];
  }

  async exists(path: string): Promise<boolean> {
    return [...this.files.keys()].some((name) => name === path || name.startsWith(`${path}/`));
  }

  async makeDirectory(): Promise<void> {}

  async freeBytes(): Promise<number> {
    return Infinity;
  }

  #pathOf(fd: number): string {
    const path = this.#open.get(fd);
    if (path === undefined) throw errno('EBADF');
    return path;
  }

  #content(fd: number): Uint8Array {
    const bytes = this.files.get(this.#pathOf(fd));
    if (bytes === undefined) throw errno('EISDIR');
    return bytes;
  }
}
