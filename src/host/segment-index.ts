/** Where the entries of one segment stand: seq → offset in the file. */
import { assert } from '../core/assert.ts';
import type { Seq } from '../core/ids.ts';

export class SegmentIndex {
  readonly first: Seq;
  /** Where the last record ends. */
  end = 0;
  #offsets = new Uint32Array(64);
  #count = 0;

  constructor(first: Seq) {
    this.first = first;
  }

  get count(): number {
    return this.#count;
  }

  /** The next entry stands here. */
  push(offset: number): void {
    assert(offset > (this.#offsets[this.#count - 1] ?? 0), 'offsets grow');
    if (this.#count === this.#offsets.length) {
      const grown = new Uint32Array(2 * this.#count);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    this.#offsets[this.#count] = offset;
    this.#count += 1;
  }

  /** Where the entry begins, and where it ends at the latest; undefined where it is not here. */
  find(seq: Seq): { readonly from: number; readonly to: number } | undefined {
    const at = seq - this.first;
    if (at < 0 || at >= this.#count) return undefined;
    const from = this.#offsets[at] ?? 0;
    const to = at + 1 < this.#count ? (this.#offsets[at + 1] ?? 0) : this.end;
    return { from, to };
  }
}
