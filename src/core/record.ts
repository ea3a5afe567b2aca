/** The fields of records: integers in little-endian bytes, exact within ±(2^53 - 1). */
export const RECORD_BYTES = 64;
/** A reference fills its record at most. */
export const REFERENCE_BYTES_MAX = RECORD_BYTES;
/** Amounts and balances go up to 2^53 - 1 of the smallest unit. */
export const AMOUNT_MAX = Number.MAX_SAFE_INTEGER;
/** Digits after the point of an account without a currency. */
export const DEFAULT_SCALE = 2;

/** 10^(DEFAULT_SCALE - digits given). */
export const UNITS_OF_DIGITS = Float64Array.of(100, 10, 1);
export const TWO_32 = 4294967296;
/** Exact, and quicker to multiply with than TWO_32 to divide by. */
export const PER_2_32 = 1 / TWO_32;

/** Reads an i64 whose value is within ±(2^53 - 1); NaN where it is not. */
export function readI64(view: DataView, offset: number): number {
  const value = view.getInt32(offset + 4, true) * TWO_32 + view.getUint32(offset, true);
  return value <= AMOUNT_MAX && value >= -AMOUNT_MAX ? value : NaN;
}

export function writeI64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true);
  view.setInt32(offset + 4, Math.floor(value * PER_2_32), true);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
