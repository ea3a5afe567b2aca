/** A file that grows by lines, written as many at a time as there are. */
import { open, type FileHandle } from 'node:fs/promises';
import { fromErrno } from '../../host/environment-error.ts';

export class LineFile {
  readonly #path: string;
  readonly #file: FileHandle;
  #lines: string[] = [];

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** Empty. Throws EnvironmentError. */
  static async create(path: string): Promise<LineFile> {
    try {
      return new LineFile(path, await open(path, 'w'));
    } catch (error) {
      throw fromErrno(error, `write ${path}`);
    }
  }

  add(line: string): void {
    this.#lines.push(`${line}\n`);
  }

  /** Throws EnvironmentError. */
  async flush(): Promise<void> {
    const text = this.#lines.join('');
    this.#lines = [];
    if (text === '') return;
    try {
      await this.#file.writeFile(text);
    } catch (error) {
      throw fromErrno(error, `write ${this.#path}`);
    }
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#file.close();
  }
}
