/**
 * Whether a group is fsynced, or little is read, in place or on another thread.
 *
 * A small group on a disk that has just been quick is fsynced in place: a hop to another thread and
 * back costs about as much as such an fsync takes. A disk that is slow, or a large group, is waited
 * for on another thread, so that heartbeats and probes are answered meanwhile.
 */
const IN_PLACE_BYTES_MAX = 64 * 1024;
/** The last fsync took at most so long: the next one is expected to. */
const QUICK_MS = 2;

export class SyncPace {
  #lastMs = Infinity;

  isInPlace(groupBytes: number): boolean {
    return groupBytes <= IN_PLACE_BYTES_MAX && this.#lastMs <= QUICK_MS;
  }

  note(tookMs: number): void {
    this.#lastMs = tookMs;
  }
}
