/** The faults of `bankd chaos`, and what is ordered of one. */
import type { CutMode } from '../core/chaos-message.ts';

export type { CutMode };

/**
 * `kill`, `pause`: SIGKILL; SIGSTOP, then SIGCONT. `cut`: the network. `corrupt`: a byte of the
 * journal. `wipe`: the directory's contents. `frontend`, `all`: killed; `all` is the frontend and
 * every backend. `disk-full`: no room left.
 */
export type FaultKind =
  | 'kill' | 'pause' | 'cut' | 'corrupt' | 'wipe' | 'frontend' | 'all' | 'disk-full';

export interface FaultOrder {
  readonly kind: FaultKind;
  /** How many backends; of no meaning for `frontend` and `all`. */
  readonly count: number;
  /** This one, and no other. */
  readonly backend: number | undefined;
  /** How long a pause, a cut or a full disk lasts. */
  readonly forMs: number;
  /** Of a cut; undefined: both. */
  readonly mode: CutMode | undefined;
}

/** Where acknowledged data could be lost without care: needs --yes-really. */
export function destroysData(kind: FaultKind): boolean {
  return kind === 'corrupt' || kind === 'wipe' || kind === 'all';
}

/** One that has an end of its own, after `forMs`. */
export function lasts(kind: FaultKind): boolean {
  return kind === 'pause' || kind === 'cut' || kind === 'disk-full';
}
