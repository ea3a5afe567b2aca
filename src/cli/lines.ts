/**
 * Splits piped input into lines, in bounded memory.
 *
 * A line ends with LF, the last one also with the end of input. A line longer than the bound is cut
 * to one character more than the bound, so that whoever parses it sees that it is too long, and the
 * rest of it is skipped.
 */
const LF = 0x0a;

export type ByteSource = AsyncIterable<Uint8Array | string>;

/** Yields each line, without LF, decoded as UTF-8. */
export async function* readLines(input: ByteSource, lengthMax: number): AsyncGenerator<string> {
  const splitter = new LineSplitter(lengthMax);
  for await (const chunk of input) {
    yield* splitter.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  }
  yield* splitter.end();
}

/** The part that needs no stream. */
export class LineSplitter {
  readonly #bytesMax: number;
  readonly #decoder = new TextDecoder();
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(lengthMax: number) {
    this.#bytesMax = lengthMax + 1;
  }

  *push(bytes: Uint8Array): Generator<string> {
    let start = 0;
    while (start < bytes.length) {
      const end = bytes.indexOf(LF, start);
      if (end < 0) {
        // A copy: what remains of a chunk must not keep all of it in memory, nor change with it.
        this.#keep(bytes.slice(start, start + this.#room()));
        return;
      }
      this.#keep(bytes.subarray(start, Math.min(end, start + this.#room())));
      yield this.#take();
      start = end + 1;
    }
  }

  *end(): Generator<string> {
    if (this.#length > 0) yield this.#take();
  }

  #room(): number {
    return this.#bytesMax - this.#length;
  }

  #keep(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#parts.push(part);
    this.#length += part.length;
  }

  #take(): string {
    const [first] = this.#parts;
    const whole = this.#parts.length === 1 && first ? first : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    return this.#decoder.decode(whole);
  }
}
