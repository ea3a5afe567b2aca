/**
 * What is said about a cut that `bankd chaos` orders: a client asks the frontend, which tells the
 * backend. It has no part in the protocol: a backend that is cut off is one whose network failed.
 */
import type { BackendId } from './ids.ts';

/**
 * What a cut holds back: everything, what goes `to` the backend, what comes `from` it. `half-open`:
 * the backend loses the connection and makes another, and the frontend learns nothing of the loss.
 * `slow`: a little passes, late.
 */
export type CutMode = 'both' | 'to' | 'from' | 'half-open' | 'slow';

// ---- client → frontend ------------------------------------------------------------------------

/** Asks that a backend be cut off from the frontend. `number` is the connection's own for it. */
export interface Chaos {
  readonly type: 'chaos';
  readonly number: number;
  readonly backend: BackendId;
  readonly mode: CutMode;
  readonly forMs: number;
}

// ---- frontend → client ------------------------------------------------------------------------

/** The answer to `chaos`, as the cut begins: `detail` says why where it does not. */
export interface ChaosAnswer {
  readonly type: 'chaos-answer';
  readonly number: number;
  readonly outcome: 'begins' | 'refused' | 'not-allowed';
  readonly detail: string;
}

// ---- frontend → backend -----------------------------------------------------------------------

/** Chaos that a client ordered: cut yourself off for so long. It ends by itself. */
export interface Cut {
  readonly type: 'cut';
  readonly order: number;
  readonly mode: CutMode;
  readonly forMs: number;
}

// ---- backend → frontend -----------------------------------------------------------------------

/** Answer to `cut`, the last that passes before the cut begins. */
export interface Cutting {
  readonly type: 'cutting';
  readonly order: number;
}
