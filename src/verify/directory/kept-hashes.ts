/** The hash, digest and epoch of every entry of a history, 48 bytes each: to compare several. */
const ENTRY_BYTES = 48;
const ENTRIES_PER_CHUNK = 4096;

export interface KeptEntry {
  readonly hash: string;
  readonly digest: string;
  readonly entryEpoch: number;
}

export class KeptHashes {
  readonly #chunks: Buffer[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The next entry's; `digest` is that of the state, 16 digits. */
  push({ hash, digest, entryEpoch }: KeptEntry): void {
    const at = (this.#count % ENTRIES_PER_CHUNK) * ENTRY_BYTES;
    if (at === 0) this.#chunks.push(Buffer.alloc(ENTRIES_PER_CHUNK * ENTRY_BYTES));
    const chunk = this.#chunks.at(-1);
    chunk?.write(hash, at, 'hex');
    chunk?.write(digest, at + 32, 'hex');
    chunk?.writeDoubleLE(entryEpoch, at + 40);
    this.#count += 1;
  }

  /** Of the entry `seq`, from 1 to `count`. */
  at(seq: number): KeptEntry {
    const chunk = this.#chunks[Math.floor((seq - 1) / ENTRIES_PER_CHUNK)];
    if (chunk === undefined || seq > this.#count) throw new Error(`entry ${seq} was not kept`);
    const at = ((seq - 1) % ENTRIES_PER_CHUNK) * ENTRY_BYTES;
    return {
      hash: chunk.toString('hex', at, at + 32),
      digest: chunk.toString('hex', at + 32, at + 40),
      entryEpoch: chunk.readDoubleLE(at + 40),
    };
  }
}

/**
 * The first seq at which the two differ, up to the highest that both have; undefined where they do
 * not. As hashes are chained, all before is equal where one is, so that halving finds it.
 */
export function firstParting(one: KeptHashes, other: KeptHashes): number | undefined {
  const common = Math.min(one.count, other.count);
  const isEqual = (seq: number) => one.at(seq).hash === other.at(seq).hash;
  if (common === 0 || isEqual(common)) return undefined;
  let [equal, different] = [0, common];
  while (different - equal > 1) {
    const middle = Math.floor((equal + different) / 2);
    if (isEqual(middle)) equal = middle;
    else different = middle;
  }
  return different;
}
