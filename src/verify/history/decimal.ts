/**
 * Amounts as histories spell them, in exact hundredths. More is read than the bank takes, since a
 * wrong answer must be readable to be found: a balance may be below zero, or too large.
 */
import { formatAmount } from '../../core/amount.ts';
import { AMOUNT_MAX, DEFAULT_SCALE } from '../../core/operation.ts';

const DECIMAL = /^(-?)([0-9]+)(?:\.([0-9]{1,2}))?$/;
const WHOLE_DIGITS_MAX = 14;
const WHOLE_MAX = Math.floor(AMOUNT_MAX / 100);

/** Infinite where it is beyond what any account can hold; undefined where it is no amount. */
export function readHundredths(value: unknown): number | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const match = DECIMAL.exec(String(value));
  if (match === null) return undefined;
  const sign = match[1] === '-' ? -1 : 1;
  const whole = (match[2] ?? '').replace(/^0+(?=[0-9])/, '');
  if (whole.length > WHOLE_DIGITS_MAX || Number(whole) > WHOLE_MAX) return sign * Infinity;
  const hundredths = Number(whole) * 100 + Number((match[3] ?? '').padEnd(2, '0'));
  return hundredths > AMOUNT_MAX ? sign * Infinity : sign * hundredths;
}

export function formatHundredths(hundredths: number): string {
  if (Number.isSafeInteger(hundredths)) return formatAmount(hundredths, DEFAULT_SCALE);
  if (Number.isNaN(hundredths)) return '?';
  const limit = formatAmount(AMOUNT_MAX, DEFAULT_SCALE);
  return hundredths > 0 ? `more than ${limit}` : `less than -${limit}`;
}

/** An account number, as a number or in digits. */
export function readAccount(value: unknown): number | undefined {
  if (typeof value === 'string' && !/^[0-9]{1,16}$/.test(value)) return undefined;
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const account = Number(value);
  return Number.isSafeInteger(account) && account >= 0 ? account : undefined;
}
