/**
 * Where rows come from: a file, which can be read twice, or a stream such as stdin, which can't;
 * and in which format they stand there.
 *
 * Keeps true: what is no text in UTF-8 is refused by its first bytes.
 */
import { createReadStream, statSync, type Stats } from 'node:fs';
import type { Readable } from 'node:stream';
import { fromErrno } from '../../host/environment-error.ts';
import { usageError } from '../cli-error.ts';
import { CsvRows } from './csv-rows.ts';
import type { ColumnMap } from './columns.ts';
import { NdjsonRows } from './ndjson-rows.ts';
import { ROW_BYTES_MAX, type Rows } from './rows.ts';

export type Format = 'csv' | 'ndjson';

export interface SourceOptions {
  readonly format: Format | undefined;
  /** Of CSV; undefined: found out. */
  readonly separator: string | undefined;
}

const BLOCK_BYTES = 262_144;
/** In the order in which equals are preferred. */
const SEPARATORS = [',', ';', '\t', '|'] as const;

export class Source {
  /** As it was named. */
  readonly path: string;
  /** Undefined where nobody knows how long it is; such a source can be read once only. */
  readonly bytes: number | undefined;
  readonly #stdin: Readable;
  readonly #options: SourceOptions;
  #bytesRead = 0;

  /** Throws EnvironmentError: unreadable. `-` is stdin. */
  constructor(path: string, stdin: Readable, options: SourceOptions) {
    this.path = path;
    this.#stdin = stdin;
    this.#options = options;
    const stat = path === '-' ? undefined : readStat(path);
    if (stat?.isDirectory() === true) throw usageError(`${path} is a directory`);
    this.bytes = stat?.isFile() === true ? stat.size : undefined;
  }

  get name(): string {
    return this.path === '-' ? 'stdin' : this.path;
  }

  /** Of the reading that is under way. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /**
   * From the first byte on; `watch` sees all of them. Throws CliError: usage, RowsError, and what
   * reading throws.
   */
  async open(map: ColumnMap, watch: (bytes: Uint8Array) => void = () => {}): Promise<Rows> {
    const input = this.#read(watch);
    const head = await readHead(input);
    refuseOtherThanText(head, this.name);
    const text = head.toString('utf8').replace(/^\ufeff/, '');
    const { format = formatOf(this.path, text), separator = separatorOf(text) } = this.#options;
    const whole = startingWith(head, input);
    return format === 'ndjson'
      ? NdjsonRows.open(whole, map) : CsvRows.open(whole, separator, map);
  }

  async *#read(watch: (bytes: Uint8Array) => void): AsyncGenerator<Uint8Array> {
    this.#bytesRead = 0;
    const stream = this.path === '-'
      ? this.#stdin : createReadStream(this.path, { highWaterMark: BLOCK_BYTES });
    try {
      for await (const chunk of stream) {
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk as Uint8Array;
        this.#bytesRead += bytes.length;
        watch(bytes);
        yield bytes;
      }
    } catch (error) {
      throw fromErrno(error, `read ${this.name}`);
    }
  }
}

function readStat(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw fromErrno(error, `read ${path}`);
  }
}

/** The first line, with what comes with it; of a line that is too long, its beginning. */
async function readHead(input: AsyncIterator<Uint8Array>): Promise<Buffer> {
  let head = Buffer.alloc(0);
  while (!head.includes('\n') && head.length <= ROW_BYTES_MAX) {
    const next = await input.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  return head;
}

async function* startingWith(
  head: Uint8Array, rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield head;
  yield* rest;
}

function refuseOtherThanText(head: Buffer, name: string): void {
  if (head.length === 0) throw usageError(`${name} is empty`);
  const isUtf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  const tip = isUtf16 ? 'save it as UTF-8' : undefined;
  if (isUtf16 || head.includes(0)) throw usageError(`${name} is no text in UTF-8`, tip);
}

/** `text` is how it begins. */
function formatOf(path: string, text: string): Format {
  if (/\.(ndjson|jsonl)$/i.test(path)) return 'ndjson';
  if (/\.(csv|tsv)$/i.test(path)) return 'csv';
  const [first = ''] = text.trimStart();
  if (first === '[') {
    throw usageError('this is a JSON array: rows are an object a line', "jq -c '.[]' makes them");
  }
  return first === '{' ? 'ndjson' : 'csv';
}

/** The one that stands most often in the first line, outside of quotes. */
function separatorOf(text: string): string {
  const [line = ''] = text.split('\n', 1);
  const bare = line.replace(/"[^"]*"/g, '');
  const count = (separator: string): number => bare.split(separator).length;
  return SEPARATORS.reduce((best, each) => (count(each) > count(best) ? each : best));
}
