/**
 * Amounts as people write them and as the ledger counts them.
 *
 * A decimal is read exactly, never through a binary fraction, and refused, not rounded, where it
 * can't be: at most two digits after the point, from 0 to 90071992547409.91 (2^53 - 1 of the
 * smallest unit).
 */
import { assert } from './assert.ts';
import { AMOUNT_MAX, DEFAULT_SCALE } from './operation.ts';

/** An amount in units of 10^-scale. */
export interface ScaledAmount {
  readonly amount: number;
  /** Digits after the point, as given: `50` has 0, `50.00` has 2. */
  readonly scale: number;
}

const DECIMAL = /^([0-9]+)(?:\.([0-9]{1,2}))?$/;

/** The amount that the text spells; undefined where it spells none. */
export function parseAmount(text: string): ScaledAmount | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const whole = (match[1] ?? '').replace(/^0+(?=[0-9])/, '');
  const fraction = match[2] ?? '';
  // Bounds the work: 15 digits before the point are too many in any case.
  if (whole.length > 15) return undefined;
  const scale = fraction.length;
  const amount = BigInt(whole + fraction);
  const inSmallestUnits = amount * 10n ** BigInt(DEFAULT_SCALE - scale);
  if (inSmallestUnits > BigInt(AMOUNT_MAX)) return undefined;
  return { amount: Number(amount), scale };
}

/** `formatAmount(5000, 2)` is `50.00`. A bigint may be larger than any balance. */
export function formatAmount(amount: number | bigint, scale: number): string {
  assert(typeof amount === 'bigint' || Number.isSafeInteger(amount), 'an amount is exact');
  assert(Number.isInteger(scale) && scale >= 0, 'a scale is a count of digits');
  const sign = amount < 0 ? '-' : '';
  const digits = String(amount).replace('-', '').padStart(scale + 1, '0');
  if (scale === 0) return sign + digits;
  const point = digits.length - scale;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
