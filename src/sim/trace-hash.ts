/**
 * A run in one number: two runs of one seed are the same run, or something is not deterministic.
 *
 * Each event folds a few words into it: when (all bits of the time), and the checksums of what. Of
 * names that come again and again the checksum is taken once. The fold is a bijection of the value
 * for each word, as in FNV-1a, so that a difference is not forgotten by what follows.
 */
import { crc32 } from '../core/hash.ts';

const PRIME = 0x9e3779b1;
const CODES = new Map<string, number>();

export class TraceHash {
  #value = 0;
  readonly #time = new Float64Array(1);
  readonly #words = new Uint32Array(this.#time.buffer);

  /** A line that comes once. */
  add(atMs: number, line: string): void {
    this.#at(atMs);
    this.#fold(crc32(line));
  }

  /** Something between two that are named often. */
  addMessage(atMs: number, from: string, to: string, type: string): void {
    this.#at(atMs);
    this.#fold(codeOf(from));
    this.#fold(codeOf(to));
    this.#fold(codeOf(type));
  }

  get value(): number {
    return this.#value >>> 0;
  }

  #at(atMs: number): void {
    this.#time[0] = atMs;
    this.#fold(this.#words[0] ?? 0);
    this.#fold(this.#words[1] ?? 0);
  }

  #fold(word: number): void {
    const product = Math.imul(this.#value ^ word, PRIME);
    this.#value = product ^ (product >>> 15);
  }
}

function codeOf(name: string): number {
  let code = CODES.get(name);
  if (code === undefined) CODES.set(name, code = crc32(name));
  return code;
}
