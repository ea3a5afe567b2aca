/**
 * A planted bug: a small patch of the source, applied to a temporary copy, so that no switch stands
 * in the product. A simulator that does not find it would not find a real one of its kind.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Canary {
  /** What is wrong, in words. */
  readonly name: string;
  /** Below src. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
}

export const ROOT = join(import.meta.dirname, '..', '..');
const COPIED = ['src', 'bin', 'package.json'];

/** The source with the bug in it. Throws where the patch does not fit the source any more. */
export function plant({ file, find, replace }: Canary): string {
  const source = readFileSync(join(ROOT, 'src', file), 'utf8');
  if (source.split(find).length !== 2) {
    throw new Error(`src/${file} does not hold exactly once: ${find}`);
  }
  return source.replace(find, () => replace);
}

/** A copy of the program with the bug in it, gone when it is disposed of. */
export class PlantedCopy implements Disposable {
  readonly directory: string;

  constructor(canary: Canary) {
    const source = plant(canary);
    this.directory = mkdtempSync(join(tmpdir(), 'bankd-canary-'));
    for (const part of COPIED) {
      cpSync(join(ROOT, part), join(this.directory, part), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(this.directory, 'node_modules'));
    writeFileSync(join(this.directory, 'src', canary.file), source);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
