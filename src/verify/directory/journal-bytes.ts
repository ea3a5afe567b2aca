/** How far the check of a journal has come, in bytes of its segments: for a progress bar. */
import { join } from 'node:path';
import type { Seq } from '../../core/ids.ts';
import type { FileSystem } from '../../host/file-system.ts';
import { parseSegmentName } from '../../host/segment-file.ts';

export type OnProgress = (bytes: number, bytesOfAll: number, seq: Seq) => void;

export class JournalBytes {
  readonly #onProgress: OnProgress | undefined;
  /** By a segment's first seq: the bytes of all segments before it. */
  readonly #before = new Map<Seq, number>();
  #total = 0;

  constructor(onProgress: OnProgress | undefined) {
    this.#onProgress = onProgress;
  }

  /** Costs nothing where nobody listens. */
  async measure(io: FileSystem, directory: string): Promise<void> {
    if (this.#onProgress === undefined) return;
    for (const name of (await io.list(directory)).sort()) {
      const first = parseSegmentName(name);
      if (first === undefined) continue;
      this.#before.set(first, this.#total);
      this.#total += await sizeOf(io, join(directory, name));
    }
  }

  /** The entry at `offset` of the segment that begins with `first` was checked. */
  show(first: Seq, offset: number, seq: Seq): void {
    this.#onProgress?.((this.#before.get(first) ?? 0) + offset, this.#total, seq);
  }
}

async function sizeOf(io: FileSystem, path: string): Promise<number> {
  const fd = await io.open(path, 'r');
  try {
    return await io.size(fd);
  } finally {
    await io.close(fd);
  }
}
