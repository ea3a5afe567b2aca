/** The bank's time in words: ISO 8601, to the microsecond. */
import type { Timestamp } from '../core/ids.ts';

export function isoTime(timestamp: Timestamp): string {
  const micro = String(timestamp % 1_000).padStart(3, '0');
  return new Date(Math.floor(timestamp / 1_000)).toISOString().replace('Z', `${micro}Z`);
}
