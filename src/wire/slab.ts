/**
 * Memory for small things that live about equally long: they share some, which is cheaper than
 * memory of their own. It goes when the last of them does.
 */
const SLAB_BYTES = 32 * 1024;

export class Slab {
  #bytes = new Uint8Array(SLAB_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #end = 0;

  /** Where there are so many zeros that nobody else has: the offset in `bytes` and in `view`. */
  take(count: number): number {
    if (this.#end + count > this.#bytes.length) {
      this.#bytes = new Uint8Array(Math.max(SLAB_BYTES, count));
      this.#view = new DataView(this.#bytes.buffer);
      this.#end = 0;
    }
    const at = this.#end;
    this.#end += count;
    return at;
  }

  /** Of what was taken last. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get view(): DataView {
    return this.#view;
  }
}
