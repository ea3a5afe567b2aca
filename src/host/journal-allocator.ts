/**
 * Keeps spare segments ahead of the journal: files of zeros, fsynced, so that an entry never waits
 * for the file system to find room, and an fdatasync has no metadata to write.
 *
 * Keeps true: a file named `spare-n` is complete and durable (it was `spare-n.allocating` before);
 * a file that found no room is removed at once; some room is left for the other files of the
 * directory. Sizes double with each spare and halve where there is no room for them.
 */
import { assert } from '../core/assert.ts';
import { capacityOf } from '../wire/journal-segment.ts';
import { isNoSpace } from './environment-error.ts';
import { syncParent, type FileSystem } from './file-system.ts';
import { join } from './paths.ts';
import type { Cancel, Machine } from './ports.ts';
import { zeroRange } from './segment-file.ts';
import type { Sizes } from './sizes.ts';

const SPARE = /^spare-(\d+)$/;
const UNFINISHED = /^spare-\d+\.allocating$/;

export interface Spare {
  readonly path: string;
  readonly bytes: number;
}

export interface AllocatorOptions {
  readonly machine: Machine;
  readonly directory: string;
  readonly sizes: Sizes;
  /** Whether the spares at hand are too few. */
  readonly wanting: () => boolean;
  readonly onChange: () => void;
  /** A failure that is not a lack of room. */
  readonly onFailed: (error: Error) => void;
}

export class SegmentAllocator {
  readonly #options: AllocatorOptions;
  readonly #spares: Spare[] = [];
  #nextBytes: number;
  #lastNumber = 0;
  #running: Promise<void> | undefined;
  #cancelRetry: Cancel | undefined;
  #full = false;
  #closed = false;

  constructor(options: AllocatorOptions) {
    this.#options = options;
    this.#nextBytes = options.sizes.segmentBytesMin;
  }

  /** The last attempt found no room. */
  get full(): boolean {
    return this.#full;
  }

  /** What entries can take in each spare. */
  get rooms(): readonly number[] {
    return this.#spares.map((spare) => capacityOf(spare.bytes));
  }

  get bytes(): number {
    return this.#spares.reduce((sum, spare) => sum + spare.bytes, 0);
  }

  /** Takes over the spares of an earlier process; `lastBytes` is the size of the newest segment. */
  async adopt(lastBytes: number): Promise<void> {
    const { machine: { io }, directory } = this.#options;
    for (const name of (await io.list(directory)).sort()) {
      const number = SPARE.exec(name)?.[1];
      if (UNFINISHED.test(name)) await io.unlink(join(directory, name));
      if (number === undefined) continue;
      this.#lastNumber = Math.max(this.#lastNumber, Number(number));
      const path = join(directory, name);
      this.#spares.push({ path, bytes: await this.#sizeOf(path) });
    }
    this.#spares.sort((one, other) => one.bytes - other.bytes);
    const largest = Math.max(lastBytes, ...this.#spares.map((spare) => spare.bytes));
    this.#nextBytes = this.#clampSize(2 * largest);
  }

  /** The first spare that can hold an entry of so many bytes; it is no spare any more. */
  take(entryBytes: number): Spare | undefined {
    const index = this.#spares.findIndex((spare) => capacityOf(spare.bytes) >= entryBytes);
    if (index < 0) return undefined;
    return this.#spares.splice(index, 1)[0];
  }

  /** The next spare holds at least an entry of so many bytes. */
  demand(entryBytes: number): void {
    const { segmentBytesMax } = this.#options.sizes;
    assert(entryBytes <= capacityOf(segmentBytesMax), 'a segment holds an entry');
    while (capacityOf(this.#nextBytes) < entryBytes) this.#nextBytes *= 2;
  }

  /** Allocates in the background for as long as spares are wanting. */
  kick(): void {
    if (this.#running !== undefined || this.#closed || this.#cancelRetry !== undefined) return;
    if (!this.#options.wanting()) return;
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#closed && this.#options.wanting() && (await this.#goOn()));
    } finally {
      // Not later: who kicks from now on is not heard by this run any more.
      this.#running = undefined;
    }
  }

  /** Whether there is more to try. */
  async #goOn(): Promise<boolean> {
    const { onChange, onFailed } = this.#options;
    const outcome = await this.#attempt();
    if (this.#closed) return false;
    if (outcome === 'smaller') return true;
    if (outcome instanceof Error) onFailed(outcome);
    else if (outcome === 'no-room') this.#onFull();
    else {
      this.#spares.push(outcome);
      this.#full = false;
      onChange();
      return true;
    }
    return false;
  }

  async #attempt(): Promise<Spare | 'smaller' | 'no-room' | Error> {
    const { machine: { io }, directory, sizes } = this.#options;
    const bytes = this.#nextBytes;
    try {
      const free = await io.freeBytes(directory);
      if (free >= bytes + sizes.freeBytesMin) {
        this.#lastNumber += 1;
        const path = join(directory, `spare-${this.#lastNumber}`);
        await allocateSpare(io, path, bytes);
        this.#nextBytes = this.#clampSize(2 * bytes);
        return { path, bytes };
      }
    } catch (error) {
      if (!isNoSpace(error)) return error instanceof Error ? error : new Error(String(error));
    }
    if (bytes === sizes.segmentBytesMin) return 'no-room';
    this.#nextBytes = this.#clampSize(bytes / 2);
    return 'smaller';
  }

  #onFull(): void {
    const { machine, sizes } = this.#options;
    this.#cancelRetry = machine.after(sizes.roomRetryMs, () => {
      this.#cancelRetry = undefined;
      this.kick();
      if (this.#running === undefined) this.#setFull(false); // there is enough by now
    });
    this.#setFull(true);
  }

  #setFull(full: boolean): void {
    if (this.#full === full) return;
    this.#full = full;
    this.#options.onChange();
  }

  async #sizeOf(path: string): Promise<number> {
    const { io } = this.#options.machine;
    const fd = await io.open(path, 'r');
    try {
      return await io.size(fd);
    } finally {
      await io.close(fd);
    }
  }

  #clampSize(bytes: number): number {
    const { segmentBytesMin, segmentBytesMax } = this.#options.sizes;
    return Math.min(segmentBytesMax, Math.max(segmentBytesMin, bytes));
  }
}

/** A file of zeros, complete and durable when it has its name; throws where there is no room. */
export async function allocateSpare(io: FileSystem, path: string, bytes: number): Promise<void> {
  const unfinished = `${path}.allocating`;
  const fd = await io.openDirect(unfinished, 'w+');
  try {
    await zeroRange(io, fd, 0, bytes);
  } catch (error) {
    await io.close(fd);
    await io.unlink(unfinished);
    throw error;
  }
  await io.close(fd);
  await io.rename(unfinished, path);
  await syncParent(io, path);
}
