/**
 * The file system of one made-up process: each call takes its time in the event queue, may fail,
 * and may be the last thing that the process does, before it takes effect or after.
 */
import type { FileSystem } from '../host/file-system.ts';
import type { Delays, EventQueue } from './event-queue.ts';
import { SimFile } from './sim-file.ts';
import type { SimProcess } from './sim-process.ts';
import { errno, SimDirectory, type SimNode, type SimStorage } from './sim-storage.ts';

export type DiskCall = 'write' | 'sync' | 'name' | 'read';

/** What goes wrong with the disk calls of a backend, whichever process makes them. */
export interface DiskFaults {
  /** Syncs of files take so much longer. */
  slowMs: number;
  /** The next call of the kind fails so, once. */
  failNext: { readonly call: DiskCall; readonly code: string } | undefined;
  /** The next write writes only a part. */
  shortNext: boolean;
  /** The process ends at this call, counted down from here. */
  strike: Strike | undefined;
}

export interface Strike {
  calls: number;
  /** Only calls of this kind are counted. */
  readonly kind?: DiskCall;
  readonly when: 'before' | 'after';
  readonly run: () => void;
}

export interface SimFileSystemParts {
  readonly queue: EventQueue;
  readonly delays: Delays;
  readonly process: SimProcess;
  readonly storage: SimStorage;
  readonly faults: DiskFaults;
}

/** The process ended within a call that does not return. */
export class Gone extends Error {
  override readonly name = 'Gone';
}

export class SimFileSystem implements FileSystem {
  readonly #parts: SimFileSystemParts;
  readonly #open = new Map<number, SimNode>();
  #lastFd = 2;

  constructor(parts: SimFileSystemParts) {
    this.#parts = parts;
  }

  open(path: string, flags: string): Promise<number> {
    return this.#call('name', () => {
      const fd = (this.#lastFd += 1);
      this.#open.set(fd, this.#openNode(path, flags));
      return fd;
    });
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

  read(fd: number, into: Uint8Array, position: number): Promise<number> {
    return this.#call('read', () => this.#file(fd).read(into, position));
  }

  readInPlace(fd: number, into: Uint8Array, position: number): number {
    return this.#callInPlace('read', () => this.#file(fd).read(into, position));
  }

  write(fd: number, bytes: Uint8Array, position: number): Promise<number> {
    return this.#call('write', () => this.#write(fd, bytes, position));
  }

  writeInPlace(fd: number, bytes: Uint8Array, position: number): number {
    return this.#callInPlace('write', () => this.#write(fd, bytes, position));
  }

  fdatasync(fd: number): Promise<void> {
    return this.#sync(fd);
  }

  fsync(fd: number): Promise<void> {
    return this.#sync(fd);
  }

  fdatasyncInPlace(fd: number): void {
    const { process } = this.#parts;
    const file = this.#file(fd);
    process.isBusyFor(this.#syncMs(file));
    this.#callInPlace('sync', () => this.#endSync(file, file.beginSync()), file);
  }

  size(fd: number): Promise<number> {
    return this.#call('read', () => this.#file(fd).size);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call('name', () => this.#parts.storage.rename(from, to));
  }

  unlink(path: string): Promise<void> {
    return this.#call('name', () => this.#parts.storage.unlink(path));
  }

  list(path: string): Promise<string[]> {
    return this.#call('read', () => [...this.#parts.storage.directory(path).seen.keys()]);
  }

  exists(path: string): Promise<boolean> {
    return this.#call('read', () => this.#parts.storage.find(path) !== undefined);
  }

  makeDirectory(path: string): Promise<void> {
    return this.#call('name', () => this.#parts.storage.makeDirectory(path));
  }

  freeBytes(): Promise<number> {
    return this.#call('read', () => Math.min(this.#parts.storage.free, 2 ** 40));
  }

  // ---- what a call does ------------------------------------------------------------------------

  #openNode(path: string, flags: string): SimNode {
    const { storage } = this.#parts;
    if (flags === 'w+') return storage.create(path);
    const node = storage.find(path);
    if (node === undefined) throw errno('ENOENT', path);
    return node;
  }

  #file(fd: number): SimFile {
    const node = this.#open.get(fd);
    if (!(node instanceof SimFile)) throw errno('EBADF', `descriptor ${fd}`);
    return node;
  }

  #write(fd: number, bytes: Uint8Array, position: number): number {
    const { storage, faults } = this.#parts;
    const isShort = faults.shortNext && bytes.byteLength > 1;
    if (isShort) faults.shortNext = false;
    const part = isShort ? bytes.subarray(0, bytes.byteLength >> 1) : bytes;
    storage.write(this.#file(fd), part, position);
    return part.byteLength;
  }

  #sync(fd: number): Promise<void> {
    const { storage } = this.#parts;
    const node = this.#open.get(fd);
    if (node === undefined) return Promise.reject(errno('EBADF', `descriptor ${fd}`));
    if (node instanceof SimDirectory) {
      return this.#call('sync', () => storage.syncDirectory(node));
    }
    const begun = node.beginSync();
    return this.#call('sync', () => this.#endSync(node, begun), node);
  }

  #endSync(file: SimFile, begun: number): void {
    this.#parts.storage.syncFile(file, begun);
  }

  // ---- how a call goes -------------------------------------------------------------------------

  /** It takes effect, and is answered, some time later. */
  #call<Value>(call: DiskCall, effect: () => Value, synced?: SimFile): Promise<Value> {
    const { queue, process } = this.#parts;
    const ms = call === 'sync' ? this.#syncMs(synced) : this.#parts.delays.small();
    return new Promise((resolve, reject) => {
      queue.after(ms, () => {
        if (!process.alive || this.#strikes(call, 'before')) return;
        let value: Value;
        try {
          this.#failMaybe(call, synced);
          value = effect();
        } catch (error) {
          process.live(() => reject(error));
          return;
        }
        if (!this.#strikes(call, 'after')) process.live(() => resolve(value));
      });
    });
  }

  /** It takes effect at once; the caller waits. */
  #callInPlace<Value>(call: DiskCall, effect: () => Value, synced?: SimFile): Value {
    const { process } = this.#parts;
    if (!process.alive || this.#strikes(call, 'before')) throw new Gone();
    this.#failMaybe(call, synced);
    const value = effect();
    if (this.#strikes(call, 'after')) throw new Gone();
    return value;
  }

  #strikes(call: DiskCall, when: Strike['when']): boolean {
    const { faults } = this.#parts;
    const { strike } = faults;
    if (strike === undefined || strike.when !== when) return false;
    if (strike.kind !== undefined && strike.kind !== call) return false;
    strike.calls -= 1;
    if (strike.calls > 0) return false;
    faults.strike = undefined;
    strike.run();
    return true;
  }

  #failMaybe(call: DiskCall, synced: SimFile | undefined): void {
    const { faults } = this.#parts;
    if (faults.failNext?.call !== call) return;
    const { code } = faults.failNext;
    faults.failNext = undefined;
    synced?.failSync(synced.beginSync());
    throw errno(code, `a ${call} fails`);
  }

  #syncMs(file: SimFile | undefined): number {
    const { delays, faults } = this.#parts;
    return 0.5 + delays.upTo(4) + (file === undefined ? 0 : faults.slowMs);
  }
}
