/** Under which name each file is imported: its content's, or the one that the user gave. */
import { randomBytes } from 'node:crypto';
import { usageError } from '../cli-error.ts';
import type { ColumnMap } from './columns.ts';
import { preflight } from './preflight.ts';
import type { Source } from './source.ts';

export interface Batch {
  readonly source: Source;
  /** What the keys of its rows begin with. */
  readonly name: string;
  /** Undefined where nobody knows how many there will be. */
  readonly rows: number | undefined;
  /** Where the name comes from: nothing else tells a stream's again. */
  readonly from: 'content' | 'user' | 'chance';
}

/** With a colon and a line behind it, a key. */
const NAME = /^[\x21-\x7e]{1,40}$/;
const RANDOM_BYTES = 16;

/** Reads every file to its end. Throws CliError: usage, and EnvironmentError. */
export async function nameBatches(
  sources: readonly Source[], map: ColumnMap, name: string | undefined,
  onProgress: (source: Source) => void,
): Promise<readonly Batch[]> {
  if (name !== undefined && !NAME.test(name)) {
    throw usageError('--name is 1 to 40 visible ASCII characters');
  }
  if (name !== undefined && sources.length > 1) {
    throw usageError('--name names one file: import the others by themselves');
  }
  const batches: Batch[] = [];
  for (const source of sources) {
    batches.push(await nameBatch(source, map, name, () => onProgress(source)));
  }
  return batches;
}

async function nameBatch(
  source: Source, map: ColumnMap, name: string | undefined, onProgress: () => void,
): Promise<Batch> {
  const isFile = source.bytes !== undefined;
  const content = isFile ? await preflight(source, map, onProgress) : undefined;
  const rows = content?.rows;
  if (name !== undefined) return { source, name, rows, from: 'user' };
  if (content !== undefined) return { source, name: content.name, rows, from: 'content' };
  return { source, name: randomBytes(RANDOM_BYTES).toString('hex'), rows, from: 'chance' };
}

/**
 * An import of more rows than the bank remembers keys could not be gone on with: its first rows
 * would happen again. Throws CliError: usage.
 */
export function requireRemembered(batches: readonly Batch[], keys: number): void {
  for (const { source, rows = 0 } of batches) {
    if (rows <= keys) continue;
    throw usageError(
      `${source.name} has ${rows} rows, and the bank remembers ${keys} keys: ` +
        'such an import could not be gone on with',
      'import it in parts',
    );
  }
}
