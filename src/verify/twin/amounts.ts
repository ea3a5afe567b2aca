/** Amounts of the twin: whole numbers of 10^-digits, in BigInt. */

/** Integers go up to 2^53 - 1, in either direction. */
export const LARGEST = 9007199254740991n;

export function isExact(value: bigint): boolean {
  return value <= LARGEST && value >= -LARGEST;
}

export function isNatural(value: bigint): boolean {
  return value <= LARGEST && value >= 0n;
}

/** The same for 50 and 50.00: as few digits as it takes, and how many follow the point. */
export function spell(amount: bigint, digits: number): string {
  if (digits > 0 && amount % 10n === 0n) return spell(amount / 10n, digits - 1);
  return `${amount} ${digits}`;
}
