/**
 * What comes in on a socket: into one buffer for all sockets of the process, or straight to where
 * it belongs, without the memory and the events of a stream (Node's `onread`).
 *
 * Node offers this for sockets that one makes, not for those that a server accepts: `takeOver`
 * gives the handle of an accepted one to a socket that is made. Should a future Node know no
 * `_handle`, the accepted one is used as it is, and what comes is told by its events.
 */
import { Socket, type SocketConstructorOpts } from 'node:net';

/** Enough for what is said in one turn; a longer body goes to its own place. */
const COMMON_BYTES = 64 * 1024;

const common = new Uint8Array(COMMON_BYTES);

export interface InputListener {
  /** Where the next bytes belong; undefined: wherever. */
  readonly room: Uint8Array | undefined;
  /** So many bytes are in the room. */
  onFilled(count: number): void;
  /** The first so many bytes of the piece have come; it is lent until this returns. */
  onPiece(piece: Uint8Array, count: number): void;
}

export class SocketInput {
  /** What a socket is made with. */
  readonly onread = {
    buffer: (): Uint8Array => this.#listener?.room ?? common,
    callback: (count: number, bytes: Uint8Array): boolean => {
      if (bytes === common) this.#listener?.onPiece(bytes, count);
      else this.#listener?.onFilled(count);
      return true;
    },
  };

  #listener: InputListener | undefined;

  /** In the turn in which the socket was connected or made: nothing has come yet. */
  listen(listener: InputListener): void {
    this.#listener = listener;
  }
}

/** A connection as a server accepted it; without an input, its data is told by events. */
export interface Accepted {
  readonly socket: Socket;
  readonly input: SocketInput | undefined;
}

export function takeOver(accepted: Socket): Accepted {
  const holder = accepted as { _handle?: unknown };
  const handle = holder._handle;
  if (handle === undefined || handle === null) return { socket: accepted, input: undefined };
  holder._handle = null;
  const input = new SocketInput();
  const options = { handle, onread: input.onread };
  return { socket: new Socket(options as SocketConstructorOpts), input };
}
