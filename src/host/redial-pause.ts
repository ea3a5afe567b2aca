/**
 * How long a backend or a client waits before it dials the frontend again: a sixteenth of the time
 * since it lost it. So a dial lengthens an outage by no more than that share, and the dials of a
 * long one stay few; 20 ms at first, 500 ms from the eighth second on.
 */
const SHARE = 1 / 16;
const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/** The pause before the next dial, so long after the loss of a frontend that answered. */
export function redialPauseMs(lostForMs: number): number {
  return Math.min(Math.max(SHARE * lostForMs, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
}
