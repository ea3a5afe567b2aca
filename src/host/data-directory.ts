/**
 * The data directory of one process: DIR/{lock, identity, checkpoint, journal/} of a backend,
 * DIR/{lock, control} of a frontend.
 *
 * Keeps true: while it is open no other process has it open; what is set aside is moved, never
 * deleted, and afterwards the directory is as good as new.
 */
import { fromErrno, isKind } from './environment-error.ts';
import { syncDirectory, type FileSystem } from './file-system.ts';
import { join, parentOf } from './paths.ts';
import type { DirectoryLock, Machine } from './ports.ts';

/** What is set aside, in this order: without its identity the rest belongs to nobody. */
const CONTENTS = ['identity', 'checkpoint', 'journal'] as const;
const SET_ASIDE = /^set-aside-(\d+)(-|$)/;

export class DataDirectory {
  readonly path: string;
  readonly #io: FileSystem;
  readonly #lock: DirectoryLock;

  private constructor(path: string, io: FileSystem, lock: DirectoryLock) {
    this.path = path;
    this.#io = io;
    this.#lock = lock;
  }

  /** Makes the directory, durably, where it is missing, and locks it. Throws EnvironmentError. */
  static async open(
    path: string,
    { io, lock }: Pick<Machine, 'io' | 'lock'>,
  ): Promise<DataDirectory> {
    try {
      await makeDirectories(io, path);
      if (!(await isInUse(io, path))) await makeNamesDurable(io, path);
      return new DataDirectory(path, io, await lock(path));
    } catch (error) {
      throw fromErrno(error, `open the directory ${path}`);
    }
  }

  get identity(): string {
    return join(this.path, 'identity');
  }

  get checkpoint(): string {
    return join(this.path, 'checkpoint');
  }

  get journal(): string {
    return join(this.path, 'journal');
  }

  get control(): string {
    return join(this.path, 'control');
  }

  /** Whether a journal or a checkpoint is here: without an identity they are leftovers. */
  async hasContents(): Promise<boolean> {
    const names = await this.#io.list(this.path);
    return CONTENTS.some((name) => names.includes(name));
  }

  /** Moves identity, checkpoint and journal into a directory of their own; tells which. */
  async setAside(reason: string): Promise<string> {
    try {
      const names = await this.#io.list(this.path);
      const target = join(this.path, `set-aside-${nextNumber(names)}-${asWord(reason)}`);
      await this.#io.makeDirectory(target);
      await syncDirectory(this.#io, this.path);
      for (const name of CONTENTS) {
        if (!names.includes(name)) continue;
        await this.#io.rename(join(this.path, name), join(target, name));
        await syncDirectory(this.#io, target);
        await syncDirectory(this.#io, this.path);
      }
      return target;
    } catch (error) {
      throw fromErrno(error, `set aside the contents of ${this.path}`);
    }
  }

  /** Lets go of the lock. */
  close(): void {
    this.#lock.release();
  }
}

/** Makes the directory and those above it, each durable in the one above. */
async function makeDirectories(io: FileSystem, path: string): Promise<void> {
  if (await io.exists(path)) return;
  const parent = parentOf(path);
  await makeDirectories(io, parent);
  try {
    await io.makeDirectory(path);
  } catch (error) {
    if (!(await io.exists(path))) throw error; // another process made it
  }
  await syncDirectory(io, parent);
}

/** Whether a process has made its record in here: it found the directory's name durable. */
async function isInUse(io: FileSystem, path: string): Promise<boolean> {
  const names = await io.list(path);
  return names.includes('identity') || names.includes('control');
}

/** A process that made a directory may have been killed before that was durable. */
async function makeNamesDurable(io: FileSystem, path: string): Promise<void> {
  const parent = parentOf(path);
  if (parent === path) return;
  await syncDirectory(io, parent).catch((error: unknown) => {
    // Where it can't be read, nobody could have made a directory in it and synced it either.
    if (!isKind(fromErrno(error, 'sync'), 'permission')) throw error;
  });
  await makeNamesDurable(io, parent);
}

function nextNumber(names: readonly string[]): number {
  const used = names.map((name) => Number(SET_ASIDE.exec(name)?.[1] ?? 0));
  return Math.max(0, ...used) + 1;
}

function asWord(reason: string): string {
  const word = reason.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  return word.slice(0, 40) || 'unknown';
}
