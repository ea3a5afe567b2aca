/**
 * The account table at a seq, as one file that is replaced as a whole.
 *
 * Keeps true: the newest checkpoint is the one saved last or still the one before; every byte is
 * under a checksum, so that damage is an EnvironmentError `corrupt` with its place and never a
 * wrong balance.
 *
 * The file: a prologue of 64 bytes (u32 "BKCP", u32 format 2, u32 length of the directory, u32
 * CRC-32 of the directory, i64 size of the file, zeros, at 60 u32 CRC-32 of bytes 0..59); the
 * directory, JSON, padded with spaces to a multiple of 64 bytes: the entry, the scalars, and for
 * each table name, fields, records and the CRC-32 of each page; then the pages, each as
 * many f64 as `fieldsOfPage` says, in that order. Little-endian.
 */
import { assert } from '../core/assert.ts';
import type { EntryId } from '../core/entry.ts';
import { crc32 } from '../core/hash.ts';
import type { LedgerImage, TableImage } from '../core/ledger.ts';
import { readI64, viewOf, writeI64 } from '../core/operation.ts';
import { fieldsOfPage } from '../core/paged-table.ts';
import {
  parseCheckpointDirectory, type CheckpointDirectory, type TableDirectory,
} from './checkpoint-directory.ts';
import { DurableWriteError, replaceFile } from './durable-file.ts';
import { EnvironmentError, fromErrno } from './environment-error.ts';
import { readFully, writeFully, type FileSystem } from './file-system.ts';
import type { CheckpointStore, Machine } from './ports.ts';

const MAGIC = 0x50434b42;
/** 2: names, currencies, terms. One of format 1 is passed over: the journal has all of it. */
const FORMAT = 3;
const PROLOGUE_BYTES = 64;
const PROLOGUE_CRC = 60;
const DIRECTORY_BYTES_MAX = 64 * 1024 * 1024;
/** Pages that are handled before others get a turn. */
const SLICE_PAGES = 8;

export class FileCheckpointStore implements CheckpointStore {
  readonly #path: string;
  readonly #machine: Pick<Machine, 'io' | 'yield'>;
  readonly #io: FileSystem;

  constructor(
    directory: { readonly checkpoint: string },
    machine: Pick<Machine, 'io' | 'yield'>,
  ) {
    assert(new Uint8Array(new Uint16Array([1]).buffer)[0] === 1, 'pages are written little-endian');
    this.#path = directory.checkpoint;
    this.#machine = machine;
    this.#io = machine.io;
  }

  /** Throws EnvironmentError; `disk-full` does no harm: the checkpoint before still stands. */
  async save(entry: EntryId, image: LedgerImage): Promise<void> {
    try {
      const directory = encodeDirectory(await describe(entry, image, this.#machine));
      await replaceFile(this.#io, this.#path, async (fd) => {
        const pages = image.tables.flatMap((table) => table.pages);
        const start = PROLOGUE_BYTES + directory.byteLength;
        const size = pages.reduce((end, page) => end + page.byteLength, start);
        const prologue = encodePrologue(directory, size);
        await writeFully(this.#io, fd, prologue, 0);
        await writeFully(this.#io, fd, directory, PROLOGUE_BYTES);
        await this.#writePages(fd, pages, start);
      });
    } catch (error) {
      const cause = error instanceof DurableWriteError ? error.cause : error;
      throw fromErrno(cause, `write the checkpoint ${this.#path}`);
    }
  }

  /** Undefined where there is none, or one of an older format: both are made anew. */
  async load(): Promise<{ readonly entry: EntryId; readonly image: LedgerImage } | undefined> {
    try {
      if (!(await this.#io.exists(this.#path))) return undefined;
      const fd = await this.#io.open(this.#path, 'r');
      try {
        return await this.#read(fd);
      } finally {
        await this.#io.close(fd);
      }
    } catch (error) {
      throw fromErrno(error, `read the checkpoint ${this.#path}`);
    }
  }

  async #writePages(fd: number, pages: readonly Float64Array[], start: number): Promise<void> {
    let at = start;
    for (const page of pages) {
      await writeFully(this.#io, fd, bytesOf(page), at);
      at += page.byteLength;
    }
  }

  async #read(
    fd: number,
  ): Promise<{ readonly entry: EntryId; readonly image: LedgerImage } | undefined> {
    const { format, directoryBytes, directoryCrc, size } = await this.#readPrologue(fd);
    if (format < FORMAT) return undefined;
    const actual = await this.#io.size(fd);
    if (actual !== size) throw this.#corrupt(actual, `the file has ${actual} bytes, not ${size}`);
    const encoded = await this.#readAt(fd, PROLOGUE_BYTES, directoryBytes);
    if (crc32(encoded) !== directoryCrc) {
      throw this.#corrupt(PROLOGUE_BYTES, 'the checksum of the directory does not match');
    }
    const directory = parseCheckpointDirectory(new TextDecoder().decode(encoded));
    if (directory === undefined) {
      throw this.#corrupt(PROLOGUE_BYTES, 'the directory makes no sense');
    }
    let at = PROLOGUE_BYTES + directoryBytes;
    const tables: TableImage[] = [];
    for (const table of directory.tables) {
      const image = await this.#readTable(fd, table, at);
      tables.push(image);
      at = image.pages.reduce((end, page) => end + page.byteLength, at);
    }
    if (at !== size) throw this.#corrupt(at, 'there are bytes behind the last page');
    return { entry: directory.entry, image: { scalars: directory.scalars, tables } };
  }

  async #readPrologue(fd: number) {
    const bytes = await this.#readAt(fd, 0, PROLOGUE_BYTES);
    const view = viewOf(bytes);
    const isIntact =
      view.getUint32(0, true) === MAGIC &&
      view.getUint32(PROLOGUE_CRC, true) === crc32(bytes.subarray(0, PROLOGUE_CRC));
    if (!isIntact) throw this.#corrupt(0, 'the checksum of the header does not match');
    const format = view.getUint32(4, true);
    if (!(format >= 1 && format <= FORMAT)) {
      throw this.#corrupt(4, `the format is ${format}, this bankd reads ${FORMAT}`);
    }
    const directoryBytes = view.getUint32(8, true);
    if (directoryBytes > DIRECTORY_BYTES_MAX) throw this.#corrupt(8, 'the directory is too large');
    const directoryCrc = view.getUint32(12, true);
    return { format, directoryBytes, directoryCrc, size: readI64(view, 16) };
  }

  async #readTable(fd: number, table: TableDirectory, start: number): Promise<TableImage> {
    const pages: Float64Array[] = [];
    let at = start;
    for (const [number, checksum] of table.pages.entries()) {
      const page = new Float64Array(fieldsOfPage(number, table.records * table.fields));
      const read = await readFully(this.#io, fd, bytesOf(page), at);
      if (read < page.byteLength || crc32(bytesOf(page)) !== checksum) {
        throw this.#corrupt(at, `the checksum of a page of ${table.name} does not match`);
      }
      pages.push(page);
      at += page.byteLength;
    }
    return { name: table.name, fields: table.fields, records: table.records, pages };
  }

  async #readAt(fd: number, at: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    const read = await readFully(this.#io, fd, bytes, at);
    if (read < length) throw this.#corrupt(read, 'the file ends too early');
    return bytes;
  }

  #corrupt(at: number, detail: string): EnvironmentError {
    return new EnvironmentError('corrupt', `${this.#path} is corrupt at byte ${at}: ${detail}`);
  }
}

/** The directory of what is to be saved, with the checksum of each page. */
async function describe(
  entry: EntryId,
  image: LedgerImage,
  machine: Pick<Machine, 'yield'>,
): Promise<CheckpointDirectory> {
  const tables: TableDirectory[] = [];
  let handled = 0;
  for (const { name, fields, records, pages } of image.tables) {
    const checksums: number[] = [];
    for (const page of pages) {
      checksums.push(crc32(bytesOf(page)));
      handled += 1;
      if (handled % SLICE_PAGES === 0) await machine.yield();
    }
    tables.push({ name, fields, records, pages: checksums });
  }
  const { seq, entryEpoch, hash } = entry;
  return { entry: { seq, entryEpoch, hash }, scalars: image.scalars, tables };
}

function encodeDirectory(directory: CheckpointDirectory): Uint8Array {
  const text = JSON.stringify(directory);
  return new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 64) * 64));
}

function encodePrologue(directory: Uint8Array, size: number): Uint8Array {
  const bytes = new Uint8Array(PROLOGUE_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, FORMAT, true);
  view.setUint32(8, directory.byteLength, true);
  view.setUint32(12, crc32(directory), true);
  writeI64(view, 16, size);
  view.setUint32(PROLOGUE_CRC, crc32(bytes.subarray(0, PROLOGUE_CRC)), true);
  return bytes;
}

function bytesOf(page: Float64Array): Uint8Array {
  return new Uint8Array(page.buffer, page.byteOffset, page.byteLength);
}
