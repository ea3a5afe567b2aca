import type { LedgerLimits } from '../core/ledger.ts';

/** How large the parts of a backend's directory are, and how often they are looked at. */
export interface Sizes {
  /** The first segment; they double from there on. Powers of two. */
  readonly segmentBytesMin: number;
  readonly segmentBytesMax: number;
  /** Segments are allocated ahead until so much is sure to fit, or the newest one if it is more. */
  readonly reserveBytes: number;
  /** Left free for identity, control record and checkpoint. */
  readonly freeBytesMin: number;
  /** How long until room is looked for again where there was none. */
  readonly roomRetryMs: number;
  /** The pace of the background scrub; 0: none. */
  readonly scrubBytesPerSecond: number;
  /** Between the end of one pass and the next: a small journal is not read all the time. */
  readonly scrubPauseMs: number;
  /**
   * A checkpoint is taken after so much was executed, or more where the table is large
   * (`checkpointer.ts`); a start replays at most about twice that.
   */
  readonly checkpointBytes: number;
  readonly checkpointOperations: number;
  /** How much the account table remembers: the same on all replicas. */
  readonly ledgerLimits: Partial<LedgerLimits>;
}

const MIB = 1024 * 1024;

export const SIZES: Sizes = {
  segmentBytesMin: MIB,
  segmentBytesMax: 64 * MIB,
  reserveBytes: 8 * MIB,
  freeBytesMin: MIB / 2,
  roomRetryMs: 1_000,
  scrubBytesPerSecond: 4 * MIB,
  scrubPauseMs: 60_000,
  checkpointBytes: 64 * MIB,
  checkpointOperations: 1_000_000,
  ledgerLimits: {},
};
