/** Small, so that segments are rolled and checkpoints taken many times in a run. */
import type { Random } from '../core/random.ts';
import { SIZES, type Sizes } from '../host/sizes.ts';
import { SIM_LIMITS } from './memory-hit.ts';

const KIB = 1024;

/** As drawn. */
export function drawSizes(random: Random): Sizes {
  return {
    ...SMALL_SIZES,
    segmentBytesMax: random.pick([32, 64]) * KIB,
    scrubBytesPerSecond: SIZES.scrubBytesPerSecond,
    checkpointOperations: random.pick([20, 50, 150]),
  };
}

/** No checkpoints and no scrub: nothing happens of itself. */
export const SMALL_SIZES: Sizes = {
  ...SIZES,
  segmentBytesMin: 32 * KIB,
  segmentBytesMax: 32 * KIB,
  reserveBytes: 16 * KIB,
  freeBytesMin: 4 * KIB,
  roomRetryMs: 50,
  scrubBytesPerSecond: 0,
  scrubPauseMs: 300,
  ledgerLimits: SIM_LIMITS,
};
