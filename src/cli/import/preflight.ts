/**
 * What is found out about a file before anything of it is sent: that it can be read to its end,
 * what its rows are, and under which name its rows get their keys.
 *
 * Keeps true: the name hangs on every byte of the file, so that the same file is the same batch,
 * and no other file is. A CSV that breaks off in its midst sends nothing: once it is mended it is
 * another batch, and its first rows would happen again.
 */
import { createHash } from 'node:crypto';
import { usageError } from '../cli-error.ts';
import type { ColumnMap } from './columns.ts';
import { RowsError } from './rows.ts';
import type { Source } from './source.ts';

/** 128 bits of SHA-256: nobody makes two files that share them. */
const BATCH_DIGITS = 32;

/** A hash of what is read. */
export class ContentHash {
  readonly #hash = createHash('sha256');
  readonly watch = (bytes: Uint8Array): void => {
    this.#hash.update(bytes);
  };

  /** Once, at the end. */
  name(): string {
    return this.#hash.digest('hex').slice(0, BATCH_DIGITS);
  }
}

export interface Preflight {
  /** Of the content. */
  readonly name: string;
  readonly rows: number;
}

/** Reads all of it. Throws CliError: usage, and EnvironmentError. */
export async function preflight(
  source: Source, map: ColumnMap, onProgress: () => void,
): Promise<Preflight> {
  const content = new ContentHash();
  let count = 0;
  const rows = await openRows(source, map, content.watch);
  try {
    for await (const batch of rows.batches) {
      count += batch.length;
      onProgress();
    }
  } catch (error) {
    throw toUsage(error, source.name);
  }
  return { name: content.name(), rows: count };
}

/** As the source does, with errors as users are told them. */
export async function openRows(
  source: Source, map: ColumnMap, watch?: (bytes: Uint8Array) => void,
): Promise<Awaited<ReturnType<Source['open']>>> {
  try {
    return await source.open(map, watch);
  } catch (error) {
    throw toUsage(error, source.name);
  }
}

/** A file that can't be read as what it should be is a mistake of whoever named it. */
export function toUsage(error: unknown, name: string): unknown {
  return error instanceof RowsError ? usageError(`${name}: ${error.message}`) : error;
}
