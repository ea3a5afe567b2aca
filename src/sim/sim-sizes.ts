/** Small, so that segments are rolled and checkpoints taken many times in a run. */
import type { Random } from '../core/random.ts';
import { SIZES, type Sizes } from '../host/sizes.ts';
import { SIM_LIMITS, TIGHT_LIMITS } from './memory-hit.ts';

const KIB = 1024;

/** As drawn. */
export function drawSizes(random: Random, scrubs: boolean): Sizes {
  return {
    ...SMALL_SIZES,
    segmentBytesMin: 32 * KIB,
    segmentBytesMax: random.pick([32, 64]) * KIB,
    scrubBytesPerSecond: scrubs ? SIZES.scrubBytesPerSecond : 0,
    // Each life begins with a pass; the next ones are for what rots while it lasts.
    scrubPauseMs: 1_000,
    checkpointOperations: random.pick([40, 80, 160]),
    ledgerLimits: random.chance(0.3) ? TIGHT_LIMITS : SIM_LIMITS,
  };
}

/** No checkpoints and no scrub: nothing happens of itself. */
export const SMALL_SIZES: Sizes = {
  ...SIZES,
  segmentBytesMin: 16 * KIB,
  segmentBytesMax: 16 * KIB,
  reserveBytes: 16 * KIB,
  freeBytesMin: 4 * KIB,
  roomRetryMs: 50,
  scrubBytesPerSecond: 0,
  scrubPauseMs: 300,
  ledgerLimits: SIM_LIMITS,
};
