/**
 * Writes the history of a run as it happens: one JSON object a line for each invocation and each
 * completion (interface.md, "A recorded history"), the form that checkers of linearizability read.
 *
 * It keeps true that the lines stand in the order of time, that an invocation is written before its
 * operation is sent and a completion after its answer came, and that no event is lost: who writes
 * faster than the disk is held back by `ready`.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { fromErrno } from '../host/environment-error.ts';

export interface Invocation {
  readonly process: number;
  readonly op: string;
  readonly args: readonly (number | string)[];
}

export interface CompletionEvent extends Invocation {
  /** `fail`: it did not happen; `info`: nobody knows. */
  readonly type: 'ok' | 'fail' | 'info';
  readonly result: Readonly<Record<string, unknown>>;
  readonly request: string | undefined;
}

/** Lines are handed to the file in pieces of about this size. */
const PIECE_CHARS = 32 * 1024;
const FLUSH_MS = 200;

export class Recorder {
  readonly path: string;
  readonly #file: WriteStream;
  readonly #nowNs: () => number;
  readonly #timer: NodeJS.Timeout;
  #lines = '';
  #events = 0;
  #failure: Error | undefined;
  #draining: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(path: string, file: WriteStream, nowNs: () => number) {
    this.path = path;
    this.#file = file;
    this.#nowNs = nowNs;
    this.#timer = setInterval(() => this.#flush(), FLUSH_MS);
    file.on('error', (error) => (this.#failure ??= fromErrno(error, `write ${path}`)));
  }

  /** An existing file is written anew. Throws an `EnvironmentError` where it can't be written. */
  static async open(path: string, nowNs: () => number): Promise<Recorder> {
    const file = createWriteStream(path);
    try {
      await once(file, 'open');
    } catch (error) {
      throw fromErrno(error, `write ${path}`);
    }
    return new Recorder(path, file, nowNs);
  }

  get events(): number {
    return this.#events;
  }

  invoke({ process, op, args }: Invocation): void {
    this.#write({ process, type: 'invoke', op, args, timeNs: this.#nowNs() });
  }

  complete({ process, type, op, args, result, request }: CompletionEvent): void {
    this.#write({ process, type, op, args, result, timeNs: this.#nowNs(), request });
  }

  /** Resolves when more may be written; throws where the file can't be written any more. */
  async ready(): Promise<void> {
    if (this.#draining !== undefined) await this.#draining;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Resolves when all is in the file; throws where it is not. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    this.#flush();
    if (this.#failure !== undefined) return;
    this.#file.end();
    // What goes wrong now is told by the listener for errors.
    await once(this.#file, 'close').catch(() => {});
  }

  #write(event: object): void {
    this.#events += 1;
    this.#lines += `${JSON.stringify(event)}\n`;
    if (this.#lines.length >= PIECE_CHARS) this.#flush();
  }

  #flush(): void {
    if (this.#lines === '' || this.#failure !== undefined) return;
    const isRoom = this.#file.write(this.#lines);
    this.#lines = '';
    if (isRoom || this.#draining !== undefined) return;
    this.#draining = this.#drained();
  }

  /** Never rejects: `ready` tells what went wrong. */
  async #drained(): Promise<void> {
    await once(this.#file, 'drain').catch(() => {});
    this.#draining = undefined;
  }
}
