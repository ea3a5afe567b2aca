/**
 * How long a supervisor waits before it starts a crashed process again: 20 ms, for one that was
 * well is so again; then 1 s, doubling to 30 s, for one that is not; back to 20 ms after the
 * process was up for 60 s (compare systemd's RestartSteps, Erlang's restart intensity).
 */
const FIRST_PAUSE_MS = 20;
const SECOND_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
const UP_FOR_RESET_MS = 60_000;

export class RestartPause {
  #nextMs = FIRST_PAUSE_MS;

  /** The pause before the next start, of a process that was up for so long. */
  after(upMs: number): number {
    if (upMs >= UP_FOR_RESET_MS) this.#nextMs = FIRST_PAUSE_MS;
    const pauseMs = this.#nextMs;
    this.#nextMs = Math.min(Math.max(2 * pauseMs, SECOND_PAUSE_MS), LONGEST_PAUSE_MS);
    return pauseMs;
  }
}
