/**
 * What the core takes from the runtime, two pure functions and a salt; the only `node:` import in
 * `core/`.
 */
import { hash, randomInt } from 'node:crypto';
import { crc32 as zlibCrc32 } from 'node:zlib';

/**
 * Another number in each process, which nobody else knows: so that nobody can choose what falls
 * into one bucket. Only for tables of which no result shows in which order they are.
 */
export const SALT = randomInt(2 ** 32);

/** SHA-256 (FIPS 180-4) of the bytes, 64 hex digits. */
export function sha256(bytes: Uint8Array | string): string {
  return hash('sha256', bytes, 'hex');
}

/** CRC-32 (ISO 3309, as in zlib) of the bytes, unsigned; `seed` continues an earlier one. */
export function crc32(bytes: Uint8Array | string, seed = 0): number {
  return zlibCrc32(bytes, seed);
}
