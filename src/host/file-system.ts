/**
 * The few functions of the file system that durability hangs on, as a hole: `node-file-system.ts`
 * fills it, and so do twins of the tests and the simulator that fail, write short, or lose what was
 * not synced.
 *
 * Errors are thrown as Node throws them, with `code`. A write may be short, as the system call may;
 * `writeFully` and its kin are for those who want all or an error.
 */
import { parentOf } from './paths.ts';

export interface FileSystem {
  /** Flags as of open(2): 'r', 'r+', 'w+' (create and empty), 'wx' (create, must not exist). */
  open(path: string, flags: string): Promise<number>;
  /**
   * The same, past the page cache where the file system can do that: what is read and written must
   * then be whole blocks at multiples of them, in memory that `blockMemory` gave
   * (`block-writer.ts`).
   */
  openDirect(path: string, flags: 'r' | 'r+' | 'w+'): Promise<number>;
  /** So many zeros that begin where a page of memory does. */
  blockMemory(bytes: number): Uint8Array;
  close(fd: number): Promise<void>;
  /** How many bytes were read; 0 at the end of the file. */
  read(fd: number, into: Uint8Array, position: number): Promise<number>;
  /** The same, while the whole process waits: of what is likely to be in memory. */
  readInPlace(fd: number, into: Uint8Array, position: number): number;
  /** How many bytes were written: may be fewer than given. */
  write(fd: number, bytes: Uint8Array, position: number): Promise<number>;
  /** The same, while the whole process waits: see `sync-pace.ts`. */
  writeInPlace(fd: number, bytes: Uint8Array, position: number): number;
  fdatasync(fd: number): Promise<void>;
  /** The same, while the whole process waits: see `sync-pace.ts`. */
  fdatasyncInPlace(fd: number): void;
  fsync(fd: number): Promise<void>;
  /** The size of an open file. */
  size(fd: number): Promise<number>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Names in a directory. */
  list(path: string): Promise<string[]>;
  exists(path: string): Promise<boolean>;
  makeDirectory(path: string): Promise<void>;
  /** Bytes that the file system of this path has left for us. */
  freeBytes(path: string): Promise<number>;
}

/** How a process has used its files so far. */
export interface FileWork {
  /** Calls of fdatasync and fsync. */
  readonly syncs: number;
  readonly writtenBytes: number;
}

/** What a directory names is durable only when the directory is. */
export async function syncDirectory(io: FileSystem, path: string): Promise<void> {
  const fd = await io.open(path, 'r');
  try {
    await io.fsync(fd);
  } finally {
    await io.close(fd);
  }
}

export function syncParent(io: FileSystem, path: string): Promise<void> {
  return syncDirectory(io, parentOf(path));
}

/** Writes all the bytes; a short write goes on where it stopped. */
export async function writeFully(
  io: FileSystem,
  fd: number,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const written = await io.write(fd, bytes.subarray(done), position + done);
    if (written <= 0) throw noProgress();
    done += written;
  }
}

/** Reads until `into` is full or the file ends; tells how many bytes there were. */
export async function readFully(
  io: FileSystem,
  fd: number,
  into: Uint8Array,
  position: number,
): Promise<number> {
  const sliceBytes = 4 * 1024 * 1024;
  let done = 0;
  while (done < into.byteLength) {
    const slice = into.subarray(done, Math.min(done + sliceBytes, into.byteLength));
    const bytes = await io.read(fd, slice, position + done);
    if (bytes === 0) break;
    done += bytes;
  }
  return done;
}

/** The whole file; undefined where there is none. */
export async function readFile(io: FileSystem, path: string): Promise<Uint8Array | undefined> {
  if (!(await io.exists(path))) return undefined;
  const fd = await io.open(path, 'r');
  try {
    const bytes = new Uint8Array(await io.size(fd));
    const read = await readFully(io, fd, bytes, 0);
    return bytes.subarray(0, read);
  } finally {
    await io.close(fd);
  }
}

export function noProgress(): Error {
  return Object.assign(new Error('a write made no progress'), { code: 'EIO' });
}
