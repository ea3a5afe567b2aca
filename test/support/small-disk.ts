/** A disk of a given size: a tmpfs, where this process may mount one. */
import { execFileSync } from 'node:child_process';
import {
  closeSync, fdatasyncSync, mkdirSync, openSync, statfsSync, unlinkSync, writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';

export class SmallDisk {
  readonly path: string;
  #isFilled = false;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Mounted at the path, until the end of the test. Undefined where that is not allowed (mostly it
   * takes root): the rest of the test is to be left out, and is told as skipped.
   */
  static mount(test: Test, path: string, mebibytes: number): SmallDisk | undefined {
    mkdirSync(path, { recursive: true });
    const options = ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', path];
    try {
      execFileSync('mount', options, { stdio: 'ignore' });
    } catch {
      test.pass('', { skip: 'a tmpfs can not be mounted here' });
      return undefined;
    }
    test.teardown(() => execFileSync('umount', ['-l', path]));
    return new SmallDisk(path);
  }

  freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  resize(mebibytes: number): void {
    execFileSync('mount', ['-o', `remount,size=${mebibytes}m`, this.path]);
  }

  /** Leaves no byte free. */
  fill(): void {
    const fd = openSync(join(this.path, 'filler'), 'w');
    this.#isFilled = true;
    try {
      for (const bytes of [64 * 1024, 4096, 1]) writeUntilFull(fd, new Uint8Array(bytes));
      fdatasyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }

  release(): void {
    if (this.#isFilled) unlinkSync(join(this.path, 'filler'));
    this.#isFilled = false;
  }
}

function writeUntilFull(fd: number, bytes: Uint8Array): void {
  for (;;) {
    try {
      if (writeSync(fd, bytes) < bytes.length) return;
    } catch {
      return;
    }
  }
}
