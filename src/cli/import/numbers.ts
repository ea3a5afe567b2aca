/** The numbers that new accounts got: in a file as CSV, and as an object a line on stdout. */
import type { Writable } from 'node:stream';
import type { Fields } from './columns.ts';
import type { LineFile } from './line-file.ts';

export class Numbers {
  readonly #file: LineFile | undefined;
  readonly #stdout: Writable | undefined;
  #lines: string[] = [];

  /** Where they are told; undefined: not there. */
  constructor(file: LineFile | undefined, stdout: Writable | undefined) {
    this.#file = file;
    this.#stdout = stdout;
    file?.add('line,name,key,account');
  }

  add(line: number, { name, key }: Fields, account: number): void {
    this.#file?.add([line, cell(name), cell(key), account].join());
    if (this.#stdout === undefined) return;
    const told = { line, name: name ?? null, key: key ?? null, account };
    this.#lines.push(`${JSON.stringify(told)}\n`);
  }

  /** Waits for whoever reads, so that what they did not read yet is bounded. */
  async flush(): Promise<void> {
    await this.#file?.flush();
    const text = this.#lines.join('');
    this.#lines = [];
    if (text === '') return;
    await new Promise<void>((resolve) => this.#stdout?.write(text, () => resolve()));
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

function cell(text = ''): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
