/**
 * A file of a made-up disk: what processes see (the page cache) and what is durable.
 *
 * Keeps true: written bytes are durable only after a sync that began after the write; a power loss
 * keeps of the rest any sectors it likes (torn, reordered). What was never written is zeros and
 * takes no memory.
 */
export const SECTOR_BYTES = 512;

/** Written and not synced. */
interface Range {
  readonly from: number;
  readonly to: number;
}

const ZEROS = new Uint8Array(64 * 1024);

export class SimFile {
  /** As processes see it, and as a power loss leaves it. */
  size = 0;
  durableSize = 0;
  /** Grows when durable bytes change otherwise than by a sync. */
  version = 0;
  #seen: Uint8Array = ZEROS.subarray(0, 0);
  #durable: Uint8Array = ZEROS.subarray(0, 0);
  /** The two are the same bytes, until one of them changes. */
  #shared = false;
  #unsynced: Range[] = [];
  /** A sync has failed: what is seen may never become durable. */
  #hasFailed = false;
  /** Where a durable byte has rotted. */
  #rotten: number[] = [];

  /** Of the durable bytes, up to where zeros follow. */
  get durableBytes(): Uint8Array {
    return this.#durable.subarray(0, this.durableSize);
  }

  get isRotten(): boolean {
    return this.#rotten.length > 0;
  }

  read(into: Uint8Array, position: number): number {
    const bytes = Math.max(0, Math.min(into.byteLength, this.size - position));
    const held = this.#seen.subarray(position, position + bytes);
    into.set(held);
    into.fill(0, held.byteLength, bytes);
    return bytes;
  }

  write(bytes: Uint8Array, position: number): void {
    const to = position + bytes.byteLength;
    this.size = Math.max(this.size, to);
    this.#unsynced.push({ from: position, to });
    if (position >= this.#seen.byteLength && isZero(bytes)) return;
    if (to > this.#seen.byteLength) this.#seen = grown(this.#seen, to);
    else if (this.#shared) this.#seen = this.#seen.slice();
    this.#shared = false;
    this.#seen.set(bytes, position);
  }

  /** What a sync that begins now will make durable. */
  beginSync(): number {
    return this.#unsynced.length;
  }

  /** The sync is done: tells from which offset on bytes may have changed. */
  endSync(begun: number): number {
    let from = Infinity;
    const ranges = this.#unsynced.splice(0, begun);
    for (const range of ranges) from = Math.min(from, range.from);
    // A file that is synced for the first time, and as a whole, needs no second copy.
    const isFirst = this.#durable.byteLength === 0 && this.#unsynced.length === 0;
    this.#shared = this.#shared || (isFirst && !this.#hasFailed);
    if (this.#shared) this.#durable = this.#seen;
    else for (const range of ranges) this.#keep(range);
    this.durableSize = this.size;
    return from;
  }

  /** The sync failed, as on Linux: what was to be written counts as written, and is not. */
  failSync(begun: number): void {
    this.#hasFailed = this.#unsynced.splice(0, begun).length > 0 || this.#hasFailed;
  }

  /** The power fails; `keeps` is asked for each sector that was not synced. */
  losePower(keeps: () => boolean): void {
    for (const { from, to } of this.#unsynced.splice(0)) {
      const first = from - (from % SECTOR_BYTES);
      for (let at = first; at < to; at += SECTOR_BYTES) {
        if (!keeps()) continue;
        this.#keep({ from: Math.max(at, from), to: Math.min(at + SECTOR_BYTES, to) });
      }
    }
    if (this.size !== this.durableSize && keeps()) this.durableSize = this.size;
    this.size = this.durableSize;
    this.#seen = this.#durable;
    this.#shared = true;
    this.version += 1;
  }

  /** A durable bit flips; the page cache has forgotten the page, unless it waits for a sync. */
  rot(offset: number, bit: number): void {
    this.#unshare();
    if (offset >= this.#durable.byteLength) this.#durable = grown(this.#durable, offset + 1);
    if (offset >= this.#seen.byteLength) this.#seen = grown(this.#seen, offset + 1);
    const flipped = (this.#durable[offset] ?? 0) ^ (1 << bit);
    this.#durable[offset] = flipped;
    const isDirty = this.#unsynced.some(({ from, to }) => from <= offset && offset < to);
    if (!isDirty) this.#seen[offset] = flipped;
    this.#rotten.push(offset);
    this.version += 1;
  }

  /** Everything from there on becomes zeros, at once and durably: an older copy. */
  clearFrom(offset: number): void {
    this.#unshare();
    this.#durable.fill(0, offset);
    this.#seen.fill(0, offset);
    this.#unsynced = [];
    this.version += 1;
  }

  /** As a power loss right now would leave it at best: with everything that is seen. */
  copy(): SimFile {
    const copy = new SimFile();
    copy.size = this.size;
    copy.durableSize = this.size;
    copy.#seen = this.#seen.slice();
    copy.#durable = copy.#seen;
    copy.#shared = true;
    copy.#rotten = [...this.#rotten];
    return copy;
  }

  #unshare(): void {
    if (this.#shared) this.#seen = this.#seen.slice();
    this.#shared = false;
  }

  #keep({ from, to }: Range): void {
    const bytes = this.#seen.subarray(from, to);
    const end = from + bytes.byteLength;
    if (end > this.#durable.byteLength) this.#durable = grown(this.#durable, end);
    this.#durable.set(bytes, from);
    if (this.#rotten.length > 0) this.#rotten = this.#rotten.filter((at) => at < from || at >= to);
  }
}

function grown(bytes: Uint8Array, atLeast: number): Uint8Array {
  let size = Math.max(4_096, bytes.byteLength);
  while (size < atLeast) size *= size < 65_536 ? 2 : 4;
  const larger = new Uint8Array(size);
  larger.set(bytes);
  return larger;
}

function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.byteLength; at += ZEROS.byteLength) {
    const part = bytes.subarray(at, at + ZEROS.byteLength);
    if (Buffer.compare(part, ZEROS.subarray(0, part.byteLength)) !== 0) return false;
  }
  return true;
}
