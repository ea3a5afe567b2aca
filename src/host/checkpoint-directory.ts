/** The directory of a checkpoint's file: what the pages behind it are. */
import type { EntryId } from '../core/entry.ts';
import type { EntryHash, Epoch, Seq } from '../core/ids.ts';

export interface TableDirectory {
  readonly name: string;
  readonly fields: number;
  readonly records: number;
  /** The CRC-32 of each page. */
  readonly pages: readonly number[];
}

export interface CheckpointDirectory {
  readonly entry: EntryId;
  readonly scalars: Readonly<Record<string, number>>;
  readonly tables: readonly TableDirectory[];
}

/** Undefined where a field is missing or out of range. */
export function parseCheckpointDirectory(text: string): CheckpointDirectory | undefined {
  const { entry, scalars, tables } = parseObject(text);
  const { seq, entryEpoch, hash } = asObject(entry);
  const isEntry = isCount(seq) && isCount(entryEpoch) && typeof hash === 'string';
  if (!isEntry || !/^[0-9a-f]{64}$/.test(hash)) return undefined;
  if (!Object.values(asObject(scalars)).every((value) => typeof value === 'number')) {
    return undefined;
  }
  if (!Array.isArray(tables) || !tables.every(isTable)) return undefined;
  return {
    entry: { seq: seq as Seq, entryEpoch: entryEpoch as Epoch, hash: hash as EntryHash },
    scalars: scalars as Readonly<Record<string, number>>,
    tables,
  };
}

function isTable(value: unknown): value is TableDirectory {
  const { name, fields, records, pages } = asObject(value);
  return (
    typeof name === 'string' && isCount(fields) && isCount(records) &&
    Array.isArray(pages) && pages.every(isCount)
  );
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return {};
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
