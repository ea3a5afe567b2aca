/**
 * A user's own idempotency key, and what it was used for, as hashes.
 *
 * Keeps true: equal keys give equal hashes and no two different keys that anyone will ever find
 * give the same (128 bits of SHA-256); two spellings of one operation (50 and 50.00) give the same
 * content.
 */
import { sha256 } from './hash.ts';
import { KEY_BYTES_MAX } from './operation.ts';
import { TERM, type ReadTerms } from './terms.ts';

/** 128 bits of SHA-256 of the key: 52, 52 and 24, each exact in an f64. */
export interface KeyHash {
  readonly high: number;
  readonly middle: number;
  readonly low: number;
}

const HEX_DIGITS_52_BITS = 13;
const HEX_DIGITS_128_BITS = 32;
const FIRST_VISIBLE = 0x21;
const LAST_VISIBLE = 0x7e;

/**
 * Of the key in the extension record at `at`; undefined unless 1 to 64 visible ASCII, then zeros.
 */
export function hashKeyAt(batch: DataView, at: number): KeyHash | undefined {
  let length = 0;
  while (length < KEY_BYTES_MAX && isVisible(batch.getUint8(at + length))) length += 1;
  if (length === 0) return undefined;
  for (let rest = length; rest < KEY_BYTES_MAX; rest += 1) {
    if (batch.getUint8(at + rest) !== 0) return undefined;
  }
  return splitHash(sha256(new Uint8Array(batch.buffer, batch.byteOffset + at, length)));
}

/** What an operation asks for. Fields that its kind has no use for are 0. */
export interface Content {
  readonly kind: number;
  readonly account: number;
  readonly toAccount: number;
  /** In units of 10^-scale. */
  readonly amount: number;
  readonly scale: number;
  readonly terms: ReadTerms | undefined;
  /** Empty where it has none. */
  readonly reference: string;
  /** Of a movement: its id, empty where it has none, and its `code`. */
  readonly id: string;
  readonly code: number;
}

/** 52 bits: enough, because only one's own operations under one's own key are compared by it. */
export function hashContent(content: Content): number {
  const { kind, account, toAccount, amount, scale, terms, reference, id, code } = content;
  const plain = `${kind} ${account} ${toAccount} ${shortest(amount, scale)}`;
  const withTerms = terms === undefined ? plain : `${plain} ${describeTerms(terms)}`;
  const withId = id === '' && code === 0 ? withTerms : `${withTerms} ${code} ${id}`;
  // What no name, id or reference can hold parts it from them.
  const text = reference === '' ? withId : `${withId}\n${reference}`;
  return hashText(text);
}

/** Of the hashes of what a whole group asks for, in its order. No single operation has it. */
export function hashGroup(contents: readonly (number | undefined)[]): number {
  return hashText(`group ${contents.join(' ')}`);
}

function hashText(text: string): number {
  return Number.parseInt(sha256(text).slice(0, HEX_DIGITS_52_BITS), 16);
}

function describeTerms(terms: ReadTerms): string {
  const { given, currency, isSet, scale, floor, ceiling, expected, name = '' } = terms;
  const isAmount = (given & TERM.ifBalance) !== 0;
  const condition = isAmount ? shortest(expected, scale) : expected;
  const limits = `${shortest(floor, scale)} ${shortest(ceiling, scale)}`;
  return `${given} ${currency} ${isSet ? 1 : 0} ${limits} ${condition} ${name}`;
}

/** One spelling of each amount. */
function shortest(amount: number, scale: number): string {
  let [rest, digits] = [amount, scale];
  while (digits > 0 && rest % 10 === 0) {
    rest /= 10;
    digits -= 1;
  }
  return `${rest} ${digits}`;
}

function isVisible(byte: number): boolean {
  return byte >= FIRST_VISIBLE && byte <= LAST_VISIBLE;
}

function splitHash(hex: string): KeyHash {
  const middleAt = HEX_DIGITS_52_BITS;
  const lowAt = 2 * HEX_DIGITS_52_BITS;
  return {
    high: Number.parseInt(hex.slice(0, middleAt), 16),
    middle: Number.parseInt(hex.slice(middleAt, lowAt), 16),
    low: Number.parseInt(hex.slice(lowAt, HEX_DIGITS_128_BITS), 16),
  };
}
