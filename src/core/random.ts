/**
 * A small seeded generator (xoshiro128**, Blackman and Vigna 2018): a run that fails can be
 * repeated.
 */
export class Random {
  readonly #state = new Uint32Array(4);

  constructor(seed: number) {
    // Splitmix32 spreads the seed, so that neighbouring seeds have nothing in common.
    let spread = seed >>> 0;
    for (let word = 0; word < 4; word += 1) {
      spread = (spread + 0x9e3779b9) >>> 0;
      let mixed = Math.imul(spread ^ (spread >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      this.#state[word] = mixed ^ (mixed >>> 15);
    }
  }

  /** In [0, 1). */
  next(): number {
    return this.#word() / 4294967296;
  }

  /** A whole number in 0..n-1. */
  int(n: number): number {
    return Math.floor(this.next() * n);
  }

  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw new Error('nothing to pick from');
    return items[this.int(items.length)] as Item;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  #word(): number {
    const [a, b, c, d] = this.#state as unknown as [number, number, number, number];
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    this.#state[2] = c ^ a;
    this.#state[3] = d ^ b;
    this.#state[1] = b ^ c ^ a;
    this.#state[0] = a ^ d ^ b;
    this.#state[2] = c ^ a ^ (b << 9);
    this.#state[3] = rotate(d ^ b, 11);
    return result;
  }
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
