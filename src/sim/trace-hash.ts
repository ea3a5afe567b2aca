/**
 * A run in one number: two runs of one seed are the same run, or something is not deterministic.
 */
import { crc32 } from '../core/hash.ts';

export class TraceHash {
  #value = 0;
  #lines: string[] = [];

  add(atMs: number, line: string): void {
    this.#lines.push(`${atMs} ${line}`);
    if (this.#lines.length >= 256) this.#fold();
  }

  get value(): number {
    this.#fold();
    return this.#value;
  }

  #fold(): void {
    this.#value = crc32(Buffer.from(this.#lines.join('\n')), this.#value);
    this.#lines = [];
  }
}
