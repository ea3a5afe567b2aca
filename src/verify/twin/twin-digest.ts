/**
 * The digest of the accounts, again: the sum of hashes in two lanes of 32 bits (the formula is in
 * `core/account-digest.ts`).
 */
export interface Lanes {
  readonly low: number;
  readonly high: number;
}

const [SEED_LOW, SEED_HIGH] = [0x2545f491, 0x6a09e667];
const [MULTIPLIER_LOW, MULTIPLIER_HIGH] = [0x9e3779b1, 0x85ebca77];

/** Of the low words, then the high bits of balance (22) and version (10) in one. */
export function hashBalance(account: number, balance: number, version: number): Lanes {
  const words = [account, balance, version, highOf(balance) + highOf(version) * 2 ** 22];
  return {
    low: hashWords(words, SEED_LOW, MULTIPLIER_LOW),
    high: hashWords(words, SEED_HIGH, MULTIPLIER_HIGH),
  };
}

/** Of terms or a name: low word and high word of each value. */
export function hashValues(values: readonly number[]): Lanes {
  const words = values.flatMap((value) => [value, highOf(value)]);
  return {
    low: hashWords(words, SEED_HIGH, MULTIPLIER_LOW),
    high: hashWords(words, SEED_LOW, MULTIPLIER_HIGH),
  };
}

/** Modulo 2^32, from 0 upward, as ECMAScript's ToUint32 defines it. */
export function modulo(value: number): number {
  return value >>> 0;
}

function highOf(value: number): number {
  return Math.floor(value / 2 ** 32);
}

/** Multiply and fold each word, then the finalizer of MurmurHash3; modulo 2^32. */
function hashWords(words: readonly number[], seed: number, multiplier: number): number {
  let lane = seed;
  for (const word of words) {
    const product = Math.imul(lane ^ modulo(word), multiplier);
    lane = product ^ (product >>> 15);
  }
  lane = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
  lane = Math.imul(lane ^ (lane >>> 13), 0xc2b2ae35);
  return (lane ^ (lane >>> 16)) >>> 0;
}
