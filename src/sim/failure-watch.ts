/**
 * When a frontend lost its backends, and when it last heard of them, in the order in which its
 * coordinator was told: so that a view can be judged that was written too hastily.
 */
import type { BackendId } from '../core/ids.ts';

export class FailureWatch {
  readonly #heard = new Map<BackendId, number>();
  readonly #lost = new Map<BackendId, number>();
  #moment = 0;
  /** The view that is durable, and when it began to be written. */
  #view = { number: 0, moment: 0 };

  onHeard(id: BackendId): void {
    this.#heard.set(id, (this.#moment += 1));
  }

  onLost(id: BackendId): void {
    this.#lost.set(id, (this.#moment += 1));
  }

  /** A record is written, with whoever is lost by now left out of its view; see `onWritten`. */
  onWriting(): number {
    return (this.#moment += 1);
  }

  onWritten(view: number, writingMoment: number): void {
    if (view !== this.#view.number) this.#view = { number: view, moment: writingMoment };
  }

  /** Whether it is a member by name only: lost since, and to be left out by the next view. */
  hasFailed(id: BackendId): boolean {
    return (this.#lost.get(id) ?? 0) > this.#view.moment;
  }

  /** Whether one of these has said anything since the last of those was lost. */
  haveAnswered(members: readonly BackendId[], dropped: readonly BackendId[]): boolean {
    const lost = Math.max(0, ...dropped.map((id) => this.#lost.get(id) ?? 0));
    return members.some((id) => (this.#heard.get(id) ?? 0) >= lost);
  }
}
