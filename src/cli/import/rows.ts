/** Rows of a file that is imported, whatever its format. */
import type { Fields, Layout } from './columns.ts';

/** The longest line, and the longest record of several lines, in bytes. */
export const ROW_BYTES_MAX = 65_536;
/** So many rows are read, mapped and sent together: what a chunk of the bank takes. */
export const ROWS_TOGETHER_MAX = 8_190;

export interface Row {
  /** Counted from 1, the header included; of a record of several lines, the first. */
  readonly line: number;
  readonly fields: Fields;
  /** Why it can't be what it should be, as a sentence; undefined where nothing is known yet. */
  readonly trouble: string | undefined;
  /** Its cells, or its text: for `originalOf`. */
  readonly raw: readonly string[] | string;
}

export interface Rows {
  readonly layout: Layout;
  /** In the order of the file, ROWS_TOGETHER_MAX a batch. Throws RowsError, or as reading does. */
  readonly batches: AsyncIterable<readonly Row[]>;
  /** The row as it stood, for whoever mends it. */
  originalOf(row: Row): Readonly<Record<string, unknown>>;
}

/** From here on the file can't be read. */
export class RowsError extends Error {
  override readonly name = 'RowsError';

  constructor(line: number, sentence: string) {
    super(`line ${line}: ${sentence}`);
  }
}
