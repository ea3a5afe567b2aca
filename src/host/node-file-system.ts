/** The file system of the machine, as Node gives it. */
import * as fs from 'node:fs';
import type { FileSystem, FileWork } from './file-system.ts';

let syncs = 0;
let writtenBytes = 0;

/** Of this process. */
export function nodeFileWork(): FileWork {
  return { syncs, writtenBytes };
}

const { O_CREAT, O_DIRECT = 0, O_RDONLY, O_RDWR, O_TRUNC } = fs.constants;
const DIRECT_FLAGS = {
  r: O_RDONLY | O_DIRECT,
  'r+': O_RDWR | O_DIRECT,
  'w+': O_RDWR | O_CREAT | O_TRUNC | O_DIRECT,
};

export const nodeFileSystem: FileSystem = {
  open,
  openDirect: async (path, flags) => {
    try {
      return await open(path, DIRECT_FLAGS[flags]);
    } catch (error) {
      // A file system that cannot do it says so: it goes through the page cache then.
      if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
      return open(path, flags);
    }
  },
  // What can grow begins with a page of memory: it is reserved in pages. Nothing else is sure to.
  blockMemory: (bytes) => {
    const pages = new ArrayBuffer(bytes, { maxByteLength: bytes });
    return new Uint8Array(pages, 0, bytes);
  },
  close: (fd) => settle((done) => fs.close(fd, done)),
  read: (fd, into, position) => new Promise((resolve, reject) => {
    fs.read(fd, into, 0, into.byteLength, position, (error, bytes) => {
      if (error) reject(error);
      else resolve(bytes);
    });
  }),
  readInPlace: (fd, into, position) => fs.readSync(fd, into, 0, into.byteLength, position),
  write: (fd, bytes, position) => new Promise((resolve, reject) => {
    fs.write(fd, bytes, 0, bytes.byteLength, position, (error, written) => {
      if (error) return reject(error);
      writtenBytes += written;
      resolve(written);
    });
  }),
  writeInPlace: (fd, bytes, position) => {
    const written = fs.writeSync(fd, bytes, 0, bytes.byteLength, position);
    writtenBytes += written;
    return written;
  },
  fdatasync: (fd) => {
    syncs += 1;
    return settle((done) => fs.fdatasync(fd, done));
  },
  fdatasyncInPlace: (fd) => {
    syncs += 1;
    fs.fdatasyncSync(fd);
  },
  fsync: (fd) => {
    syncs += 1;
    return settle((done) => fs.fsync(fd, done));
  },
  size: (fd) => new Promise((resolve, reject) => {
    fs.fstat(fd, (error, stats) => (error ? reject(error) : resolve(stats.size)));
  }),
  rename: (from, to) => settle((done) => fs.rename(from, to, done)),
  unlink: (path) => settle((done) => fs.unlink(path, done)),
  list: (path) => fs.promises.readdir(path),
  exists: (path) => new Promise((resolve, reject) => {
    fs.stat(path, (error) => {
      if (error === null) resolve(true);
      else if (error.code === 'ENOENT') resolve(false);
      else reject(error);
    });
  }),
  makeDirectory: (path) => settle((done) => fs.mkdir(path, 0o700, done)),
  freeBytes: async (path) => {
    const { bavail, bsize } = await fs.promises.statfs(path);
    return bavail * bsize;
  },
};

function open(path: string, flags: string | number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(path, flags, 0o600, (error, fd) => (error ? reject(error) : resolve(fd)));
  });
}

function settle(start: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error ? reject(error) : resolve()));
  });
}
