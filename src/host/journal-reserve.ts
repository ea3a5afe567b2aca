/** How much entries may still take in segments that are already allocated. Pure. */
import { ENTRY_ALIGNMENT_BYTES, ENTRY_BYTES_MAX } from '../core/entry.ts';

/** The most that a segment's end can lose: an entry never spans two segments. */
const WASTE_MAX = ENTRY_BYTES_MAX - ENTRY_ALIGNMENT_BYTES;

/**
 * Bytes that any entries, whatever their sizes, are sure to find room for in segments with this
 * much room each: every segment but one may lose up to almost one largest entry at its end.
 */
export function guaranteedBytes(rooms: readonly number[]): number {
  let sure = 0;
  let unsure = 0;
  for (const room of rooms) {
    sure += Math.max(0, room - WASTE_MAX);
    unsure = Math.max(unsure, Math.min(room, WASTE_MAX));
  }
  return sure + unsure;
}
