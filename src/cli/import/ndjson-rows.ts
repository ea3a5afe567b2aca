/**
 * NDJSON: an object a line.
 *
 * Keeps true: a number is taken as it is written, never as the binary fraction that it becomes, so
 * `10.10` is exact, and what is no plain decimal (`1e3`) is refused where an amount is expected.
 */
import { LineSplitter } from '../lines.ts';
import type { Column, ColumnMap, Fields, Layout } from './columns.ts';
import { ROW_BYTES_MAX, RowsError, ROWS_TOGETHER_MAX, type Row, type Rows } from './rows.ts';

interface Line {
  readonly line: number;
  readonly text: string;
}

type Texts = Readonly<Record<string, unknown>>;

export class NdjsonRows implements Rows {
  /** Behind the first. */
  readonly #lines: AsyncGenerator<Line>;
  readonly #map: ColumnMap;
  /** What the names in the rows stand for, as far as they were met. */
  readonly #known = new Map<string, Column | 'ignored'>();
  readonly layout: Layout;
  readonly #first: Line;
  readonly batches: AsyncIterable<readonly Row[]> = { [Symbol.asyncIterator]: () => this.#read() };

  private constructor(
    lines: AsyncGenerator<Line>, first: Line, map: ColumnMap, layout: Layout,
  ) {
    this.#lines = lines;
    this.#first = first;
    this.#map = map;
    this.layout = layout;
  }

  /** Looks at the first row. Throws CliError: usage, and RowsError. */
  static async open(input: AsyncIterable<Uint8Array>, map: ColumnMap): Promise<NdjsonRows> {
    const lines = readNumbered(input);
    try {
      const { done, value: first } = await lines.next();
      if (done === true) throw new RowsError(1, 'there is no row');
      return new NdjsonRows(lines, first, map, map.layout(Object.keys(objectOf(first)), false));
    } catch (error) {
      await lines.return(undefined);
      throw error;
    }
  }

  originalOf({ raw }: Row): Texts {
    const parsed = parseObject(raw as string);
    return typeof parsed === 'string' ? { text: (raw as string).slice(0, ROW_BYTES_MAX) } : parsed;
  }

  async *#read(): AsyncGenerator<readonly Row[]> {
    let batch: Row[] = [this.#rowOf(this.#first)];
    for await (const line of this.#lines) {
      batch.push(this.#rowOf(line));
      if (batch.length < ROWS_TOGETHER_MAX) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  #rowOf({ line, text }: Line): Row {
    const read = this.#fieldsOf(text);
    const isRead = typeof read !== 'string';
    return {
      line, raw: text, fields: isRead ? read : {}, trouble: isRead ? undefined : read,
    };
  }

  /** Or why there are none. */
  #fieldsOf(text: string): Fields | string {
    let parsed = parseObject(text);
    if (typeof parsed === 'string') return parsed;
    if (Object.values(parsed).some((value) => typeof value === 'number')) {
      parsed = withNumbersAsWritten(text);
    }
    const fields: Record<string, string> = {};
    for (const [name, value] of Object.entries(parsed)) {
      const column = this.#columnOf(name);
      if (column === undefined) return this.#map.describeUnknown(name);
      if (column === 'ignored' || value === null || value === '') continue;
      if (typeof value !== 'string') return `${column} is neither a text nor a number`;
      if (column in fields) return `two of its names stand for ${column}`;
      fields[column] = value;
    }
    return fields as Fields;
  }

  #columnOf(name: string): Column | 'ignored' | undefined {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const found = this.#map.find(name);
    // Hostile rows may each bring other names, which `--ignore '*'` lets pass.
    if (found !== undefined && this.#known.size < KNOWN_MAX) this.#known.set(name, found);
    return found;
  }
}

const KNOWN_MAX = 1_000;

function objectOf({ line, text }: Line): Texts {
  const parsed = parseObject(text);
  if (typeof parsed !== 'string') return parsed;
  throw new RowsError(line, parsed);
}

/** A sentence where it is none. */
function parseObject(text: string): Texts | string {
  if (text.length > ROW_BYTES_MAX) return `it is longer than ${ROW_BYTES_MAX} bytes`;
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? value as Texts : 'it is no JSON object';
  } catch {
    return 'it is no JSON';
  }
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** The text must be that of an object. */
function withNumbersAsWritten(text: string): Texts {
  const asWritten: Reviver = (_, value, { source }) => (typeof value === 'number' ? source : value);
  return JSON.parse(text, asWritten as (key: string, value: unknown) => unknown) as Texts;
}

/** Without blank lines; one that is too long is cut behind its bound. */
async function* readNumbered(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Line> {
  const splitter = new LineSplitter(ROW_BYTES_MAX);
  let line = 0;
  for await (const bytes of input) {
    for (const text of splitter.push(bytes)) {
      line += 1;
      if (!isBlank(text)) yield { line, text };
    }
  }
  for (const text of splitter.end()) if (!isBlank(text)) yield { line: line + 1, text };
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}

