/**
 * Amounts as people write them and as the ledger counts them.
 *
 * A decimal is read exactly, never through a binary fraction, and refused, not rounded, where it
 * can't be: at most two digits after the point (of a currency: as many as it has), from 0 to
 * 90071992547409.91 (2^53 - 1 of the smallest unit).
 */
import { assert } from './assert.ts';
import { SCALE_MAX } from './currency.ts';
import { AMOUNT_MAX, DEFAULT_SCALE } from './operation.ts';

/** An amount in units of 10^-scale. */
export interface ScaledAmount {
  readonly amount: number;
  /** Digits after the point, as given: `50` has 0, `50.00` has 2. */
  readonly scale: number;
}

const DECIMAL = /^(-?)([0-9]+)(?:\.([0-9]+))?$/;
/** Bounds the work: as many as AMOUNT_MAX has. */
const DIGITS_MAX = 16;

/** The amount of an account without a currency that the text spells; undefined for none. */
export function parseAmount(text: string): ScaledAmount | undefined {
  const decimal = text.startsWith('-') ? undefined : parseDecimal(text);
  return decimal !== undefined && isAmountOf(decimal, DEFAULT_SCALE) ? decimal : undefined;
}

/**
 * Any decimal that some account could hold, also below zero: as many digits after the point as any
 * currency has. Whether it suits an account only the ledger knows.
 */
export function parseDecimal(text: string): ScaledAmount | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  const digits = (whole + fraction).replace(/^0+(?=[0-9])/, '');
  if (digits.length > DIGITS_MAX || fraction.length > SCALE_MAX) return undefined;
  const amount = BigInt(sign + digits);
  if (amount > BigInt(AMOUNT_MAX) || amount < -BigInt(AMOUNT_MAX)) return undefined;
  return { amount: Number(amount), scale: fraction.length };
}

/** Whether an account with so many digits after the point could hold it. */
export function isAmountOf({ amount, scale }: ScaledAmount, digits: number): boolean {
  return scale <= digits && Math.abs(amount) * 10 ** (digits - scale) <= AMOUNT_MAX;
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
