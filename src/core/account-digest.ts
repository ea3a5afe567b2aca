/**
 * The 64-bit digest of the account state: a sum, in two lanes of 32 bits, of a hash of each
 * account.
 *
 * Keeps true: equal accounts (number, balance, version, terms, name) give equal digests, whatever
 * the history; a change costs two hashes and never a scan. A sum, not an exclusive or, so that
 * equal terms do not cancel out (incremental multiset hashing, Bellare and Micciancio 1997; not
 * meant to resist forgery).
 */
import type { StateDigest } from './message.ts';
import { PER_2_32 } from './record.ts';

const SEED_LOW = 0x2545f491;
const SEED_HIGH = 0x6a09e667;
const MULTIPLIER_LOW = 0x9e3779b1;
const MULTIPLIER_HIGH = 0x85ebca77;

/** One word into a lane: multiply by an odd number and fold (as in FNV-1a and MurmurHash3). */
function step(lane: number, word: number, multiplier: number): number {
  const product = Math.imul(lane ^ word, multiplier);
  return product ^ (product >>> 15);
}

/** Every bit of the lane changes every bit of the result (the finalizer of MurmurHash3). */
function finish(lane: number): number {
  const first = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
  return second ^ (second >>> 16);
}

/**
 * The high bits of what follows the account's number in its hash, in one word: 22 of the balance,
 * which may be negative, and 10 of the version. Exact for versions below 2^42, which is half a
 * million changes of one account a second for a hundred days.
 */
export function highBits(balance: number, version: number): number {
  return (Math.floor(balance * PER_2_32) | 0) + (((version * PER_2_32) | 0) << 22);
}

/** What follows the account's number: the low words of balance and version, and their high bits. */
function hashWords(
  lane: number, multiplier: number, balance: number, version: number, high: number,
): number {
  const low = step(step(lane, balance, multiplier), version, multiplier);
  return finish(step(low, high, multiplier));
}

/** Of what is told of an account besides: each value's low word, then its high bits. */
function hashValues(lane: number, multiplier: number, values: readonly number[]): number {
  let hash = lane;
  for (const value of values) {
    hash = step(step(hash, value | 0, multiplier), Math.floor(value * PER_2_32) | 0, multiplier);
  }
  return finish(hash);
}

export class AccountDigest {
  /** Low lane, high lane; a typed array so that they are never boxed. */
  readonly #lanes = new Int32Array(2);

  /** Counts an account in. */
  add(account: number, balance: number, version: number): void {
    const lanes = this.#lanes;
    const low = step(SEED_LOW, account | 0, MULTIPLIER_LOW);
    const high = step(SEED_HIGH, account | 0, MULTIPLIER_HIGH);
    const [balanceLow, versionLow] = [balance | 0, version | 0];
    const bits = highBits(balance, version);
    lanes[0] = (lanes[0] as number)
      + hashWords(low, MULTIPLIER_LOW, balanceLow, versionLow, bits);
    lanes[1] = (lanes[1] as number)
      + hashWords(high, MULTIPLIER_HIGH, balanceLow, versionLow, bits);
  }

  /** An account that was counted in got another balance; `version` is the one that it has now. */
  replace(account: number, oldBalance: number, balance: number, version: number): void {
    const oldBits = highBits(oldBalance, version - 1);
    const bits = highBits(balance, version);
    this.replaceWords(account | 0, oldBalance | 0, oldBits, balance | 0, bits, version | 0);
  }

  /** The same, of low words and high bits: numbers within 32 bits, which are never boxed. */
  replaceWords(
    account: number, oldBalance: number, oldBits: number, balance: number, bits: number,
    version: number,
  ): void {
    const lanes = this.#lanes;
    const low = step(SEED_LOW, account, MULTIPLIER_LOW);
    const high = step(SEED_HIGH, account, MULTIPLIER_HIGH);
    const oldVersion = (version - 1) | 0;
    const oldLow = hashWords(low, MULTIPLIER_LOW, oldBalance, oldVersion, oldBits);
    const oldHigh = hashWords(high, MULTIPLIER_HIGH, oldBalance, oldVersion, oldBits);
    lanes[0] = (lanes[0] as number) - oldLow
      + hashWords(low, MULTIPLIER_LOW, balance, version, bits);
    lanes[1] = (lanes[1] as number) - oldHigh
      + hashWords(high, MULTIPLIER_HIGH, balance, version, bits);
  }

  /** Counts in what is out of the ordinary in an account, or, by -1, out again. */
  count(sign: 1 | -1, values: readonly number[]): void {
    const lanes = this.#lanes;
    lanes[0] = (lanes[0] as number) + sign * hashValues(SEED_HIGH, MULTIPLIER_LOW, values);
    lanes[1] = (lanes[1] as number) + sign * hashValues(SEED_LOW, MULTIPLIER_HIGH, values);
  }

  /** As another one is. */
  become({ low, high }: Pick<AccountDigest, 'low' | 'high'>): void {
    this.#lanes[0] = low;
    this.#lanes[1] = high;
  }

  /** The low lane, unsigned. */
  get low(): number {
    return (this.#lanes[0] as number) >>> 0;
  }

  /** The high lane, unsigned. */
  get high(): number {
    return (this.#lanes[1] as number) >>> 0;
  }

  /** 16 hex digits. */
  get text(): StateDigest {
    return this.high.toString(16).padStart(8, '0') + this.low.toString(16).padStart(8, '0');
  }
}
