/**
 * CRC-32 (ISO 3309, as in zlib) of a part of a buffer. For a few bytes a table here takes less time
 * than the way into the runtime, and the view of them that it wants.
 */
import { crc32 } from '../core/hash.ts';

/** From so many bytes on, the runtime's is faster. */
const LONG_BYTES = 128;
const POLYNOMIAL = 0xedb8_8320;

/** The checksum of each byte, and of each byte with one, two or three zeros behind it. */
const TABLES = [0, 1, 2, 3].map(() => new Int32Array(256));
const [T0, T1, T2, T3] = TABLES as [Int32Array, Int32Array, Int32Array, Int32Array];
for (let byte = 0; byte < 256; byte += 1) {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? POLYNOMIAL : 0);
  T0[byte] = value;
}
for (let byte = 0; byte < 256; byte += 1) {
  for (let zeros = 1; zeros < 4; zeros += 1) {
    const before = TABLES[zeros - 1]![byte]!;
    TABLES[zeros]![byte] = (before >>> 8) ^ T0[before & 0xff]!;
  }
}

/** Of the bytes from `from` to `to`. */
export function checksum(bytes: Uint8Array, from: number, to: number): number {
  if (to - from >= LONG_BYTES) return crc32(bytes.subarray(from, to));
  let value = -1;
  let at = from;
  // Four bytes at a time (Kounavis and Berry, "Slicing-by-8", 2005).
  for (; at + 4 <= to; at += 4) {
    value ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    value = T3[value & 0xff]! ^ T2[(value >>> 8) & 0xff]!
      ^ T1[(value >>> 16) & 0xff]! ^ T0[value >>> 24]!;
  }
  for (; at < to; at += 1) value = (value >>> 8) ^ T0[(value ^ bytes[at]!) & 0xff]!;
  return ~value >>> 0;
}
