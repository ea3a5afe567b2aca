/** The faults that bankd can do to a bank of its own, one at a time. */

export type FaultKind =
  | 'kill' | 'pause' | 'cut' | 'corrupt' | 'wipe' | 'frontend' | 'all' | 'disk-full';

export type CutMode = 'both' | 'to' | 'from' | 'half-open' | 'slow';

export interface FaultOrder {
  readonly kind: FaultKind;
  /** How many backends. */
  readonly count: number;
  /** This one, and no other. */
  readonly backend: number | undefined;
  /** How long it lasts, where it does. */
  readonly forMs: number;
  /** How a connection is cut. */
  readonly mode: CutMode | undefined;
}

/** What may destroy data, and so is done only to who really wants it. */
export function destroysData(kind: FaultKind): boolean {
  return kind === 'corrupt' || kind === 'wipe' || kind === 'all';
}

/** One that has an end of its own, after `forMs`. */
export function lasts(kind: FaultKind): boolean {
  return kind === 'pause' || kind === 'cut' || kind === 'disk-full';
}
