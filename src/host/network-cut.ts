/**
 * A cut of one link to the frontend, from its order to its end: the connections that it holds, and
 * whether new ones can be made. It ends by itself, whatever becomes of who ordered it.
 */
import type { CutMode } from '../core/chaos-message.ts';
import { CutSwitch } from './cut-switch.ts';
import type { TcpConnection } from './tcp-connection.ts';

export class NetworkCut {
  readonly mode: CutMode;
  readonly #onHealed: () => void;
  readonly #timer: NodeJS.Timeout;
  readonly #held: { readonly connection: TcpConnection; readonly line: CutSwitch }[] = [];

  constructor(mode: CutMode, forMs: number, onHealed: () => void) {
    this.mode = mode;
    this.#onHealed = onHealed;
    this.#timer = setTimeout(() => this.heal(), forMs);
  }

  /** An attempt to connect would get no answer, in whichever direction the network is cut. */
  get stopsDialling(): boolean {
    return this.mode === 'both' || this.mode === 'to' || this.mode === 'from';
  }

  /** After what was sent has left. */
  hold(connection: TcpConnection): void {
    connection.divert((socket) => {
      const line = new CutSwitch(socket, this.mode);
      this.#held.push({ connection, line });
      return line;
    });
  }

  /** Now, not at its time. Once. */
  heal(): void {
    clearTimeout(this.#timer);
    for (const { connection, line } of this.#held.splice(0)) {
      line.heal();
      connection.divert((socket) => socket);
    }
    this.#onHealed();
  }
}
