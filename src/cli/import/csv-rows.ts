/**
 * CSV (RFC 4180), read as a stream by `csv-parse`: quotes, separators and line ends within them,
 * LF or CRLF.
 *
 * Lines are counted here, by the line ends that stand in the records: that is how an editor counts
 * them. A line, and a record, has a bound; so a quote that never ends, or a file without line ends,
 * costs no memory.
 */
import { pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import type { ColumnMap, Fields, Layout } from './columns.ts';
import { ROW_BYTES_MAX, RowsError, ROWS_TOGETHER_MAX, type Row, type Rows } from './rows.ts';

const LF = 0x0a;

export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Without blank lines. Throws RowsError, or what reading the input throws; then, what was read just
 * before is lost.
 */
export async function* readRecords(
  input: AsyncIterable<Uint8Array>, separator: string,
): AsyncGenerator<CsvRecord> {
  // Where the next record begins. The parser is ahead of whoever takes its records.
  let line = 1;
  const number = (cells: readonly string[]): CsvRecord | null => {
    const record = { line, cells };
    line += 1 + lineEndsIn(cells);
    return cells.length > 1 || cells[0] !== '' ? record : null;
  };
  const parser = parse({
    bom: true, delimiter: separator, record_delimiter: ['\r\n', '\n'],
    relax_column_count: true, max_record_size: ROW_BYTES_MAX,
    // It gives what this returns, though its types know only of cells.
    on_record: number as unknown as (cells: string[]) => string[],
  });
  pipeline(boundLines(input), parser, () => {});
  try {
    yield* parser as AsyncIterable<CsvRecord>;
  } catch (error) {
    throw error instanceof CsvError ? new RowsError(line, describe(error)) : error;
  }
}

/** The rows behind the header. */
export class CsvRows implements Rows {
  readonly #records: AsyncGenerator<CsvRecord>;
  readonly #names: readonly string[];
  readonly layout: Layout;
  readonly batches: AsyncIterable<readonly Row[]> = { [Symbol.asyncIterator]: () => this.#read() };

  private constructor(
    records: AsyncGenerator<CsvRecord>, names: readonly string[], layout: Layout,
  ) {
    this.#records = records;
    this.#names = names;
    this.layout = layout;
  }

  /** Reads the header. Throws CliError: usage, and RowsError. */
  static async open(
    input: AsyncIterable<Uint8Array>, separator: string, map: ColumnMap,
  ): Promise<CsvRows> {
    const records = readRecords(input, separator);
    try {
      const first = await records.next();
      if (first.done === true) throw new RowsError(1, 'there is no header');
      const names = first.value.cells;
      return new CsvRows(records, names, map.layout(names, true));
    } catch (error) {
      await records.return(undefined);
      throw error;
    }
  }

  originalOf({ raw }: Row): Readonly<Record<string, unknown>> {
    const cells = raw as readonly string[];
    const named = this.#names.map((name, at) => [name, cells[at] ?? ''] as const);
    const more = cells.slice(this.#names.length);
    return Object.fromEntries(more.length === 0 ? named : [...named, ['', more.join()]]);
  }

  async *#read(): AsyncGenerator<readonly Row[]> {
    let batch: Row[] = [];
    for await (const record of this.#records) {
      batch.push(this.#rowOf(record));
      if (batch.length < ROWS_TOGETHER_MAX) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  #rowOf({ line, cells }: CsvRecord): Row {
    const { columns } = this.layout;
    const fields: Record<string, string> = {};
    for (let at = 0; at < columns.length; at += 1) {
      const column = columns[at];
      const cell = cells[at];
      if (column !== undefined && cell !== undefined && cell !== '') fields[column] = cell;
    }
    const trouble = cells.length === columns.length
      ? undefined : `it has ${cells.length} columns, and the header ${columns.length}`;
    return { line, fields: fields as Fields, trouble, raw: cells };
  }
}

function lineEndsIn(cells: readonly string[]): number {
  let count = 0;
  for (const cell of cells) {
    for (let at = cell.indexOf('\n'); at >= 0; at = cell.indexOf('\n', at + 1)) count += 1;
  }
  return count;
}

/** Throws RowsError at a line that is too long. */
async function* boundLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let line = 1;
  let length = 0;
  for await (const bytes of input) {
    let start = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      if (length + end - start > ROW_BYTES_MAX) throw tooLong(line);
      [start, length] = [end + 1, 0];
      line += 1;
    }
    length += bytes.length - start;
    if (length > ROW_BYTES_MAX) throw tooLong(line);
    yield bytes;
  }
}

function tooLong(line: number): RowsError {
  return new RowsError(line, `it is longer than ${ROW_BYTES_MAX} bytes`);
}

function describe({ code }: CsvError): string {
  switch (code) {
    case 'CSV_MAX_RECORD_SIZE':
      return `the record that begins here is longer than ${ROW_BYTES_MAX} bytes: ` +
        'a quote that does not end?';
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'a quote that begins in this record does not end';
    case 'CSV_INVALID_CLOSING_QUOTE':
      return 'something stands behind a closing quote; a quote within quotes is written twice';
    default:
      return 'a quote stands in the midst of a cell: put the cell in quotes, and write it twice';
  }
}
