/**
 * The host of a coordinator until it has been told to stop: from then on it hears nothing more.
 *
 * Keeps true: a coordinator that was deposed, or has seen that it must not go on, says nothing more
 * to anyone, not even from its memory, and writes no control record, however long its process lives
 * on.
 */
import type { ConnectionId, CoordinatorHost, StopReason } from './effect.ts';
import type { ToBackend, ToClient } from './message.ts';
import type { ControlRecord } from './view.ts';

export class FencedHost implements CoordinatorHost {
  readonly trace: ((line: string) => void) | undefined;
  readonly #host: CoordinatorHost;
  #isStopped = false;

  constructor(host: CoordinatorHost) {
    this.#host = host;
    this.trace = host.trace;
  }

  send(connection: ConnectionId, message: ToBackend | ToClient): void {
    if (!this.#isStopped) this.#host.send(connection, message);
  }

  close(connection: ConnectionId): void {
    if (!this.#isStopped) this.#host.close(connection);
  }

  wake(delayMs: number): void {
    if (!this.#isStopped) this.#host.wake(delayMs);
  }

  writeControl(record: ControlRecord): void {
    if (!this.#isStopped) this.#host.writeControl(record);
  }

  log(line: string): void {
    if (!this.#isStopped) this.#host.log(line);
  }

  stop(reason: StopReason, detail: string): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#host.stop(reason, detail);
  }
}
