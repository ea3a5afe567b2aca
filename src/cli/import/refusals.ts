/**
 * Rows that were refused: the first of them are told on stderr, all of them in a file, with what
 * they were, so that they can be mended there and imported again.
 */
import { note, type CliContext } from '../context.ts';
import { isTerminal } from '../colour.ts';
import { oneLine } from '../quote.ts';
import type { Refused } from '../refusal.ts';
import { REFUSED_COLUMN } from './columns.ts';
import type { LineFile } from './line-file.ts';
import type { Row, Rows } from './rows.ts';

const TOLD_MAX = 20;
const CLEAR_LINE = '\r\x1b[K';

export class Refusals {
  readonly #context: CliContext;
  readonly #file: LineFile | undefined;
  #count = 0;

  constructor(context: CliContext, file: LineFile | undefined) {
    this.#context = context;
    this.#file = file;
  }

  get count(): number {
    return this.#count;
  }

  /** `rows` is where the row comes from, `file` how that is called. */
  add(file: string, rows: Rows, row: Row, { word, sentence }: Refused): void {
    this.#count += 1;
    const message = oneLine(sentence);
    const { line } = row;
    if (this.#count <= TOLD_MAX) {
      // Over the progress bar, which is drawn again.
      const clear = isTerminal(this.#context.stderr) ? CLEAR_LINE : '';
      const where = `${oneLine(file)}:${line}`;
      note(this.#context, `${clear}${where}: ${word.replaceAll('_', ' ')}: ${message}`);
    }
    this.#file?.add(JSON.stringify({
      ...rows.originalOf(row), [REFUSED_COLUMN]: { file, line, code: word, message },
    }));
  }

  async flush(): Promise<void> {
    await this.#file?.flush();
  }

  /** Says how many were not told. */
  async close(): Promise<void> {
    await this.#file?.close();
    if (this.#count <= TOLD_MAX) return;
    const where = this.#file === undefined ? '; --refused FILE keeps all of them' : '';
    note(this.#context, `and ${this.#count - TOLD_MAX} more refused${where}`);
  }
}
