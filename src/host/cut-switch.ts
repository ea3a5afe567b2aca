/**
 * The switch with which `bankd chaos --cut` breaks a backend's network: it stands between a
 * connection and its socket while a cut lasts, and nowhere otherwise (an unarmed connection writes
 * to its socket itself).
 *
 * Keeps true: what is held back passes in order when the cut ends, if the connection still lives,
 * as on a network that comes back; an end (FIN or RST) is held back as bytes are. What is not read
 * waits in the socket, what is not written waits here, and `writableLength` counts it: its owner's
 * bound holds. (What the kernel itself says, such as an answer to a keepalive, passes.)
 */
import type { CutMode } from '../core/chaos-message.ts';

/** What a connection does with its socket. */
export interface Line {
  /** What the peer does is not to be seen now. */
  readonly isDeaf?: boolean;
  /** Something was read. */
  onPortion?(): void;
  readonly writable: boolean;
  readonly writableLength: number;
  write(bytes: Uint8Array): unknown;
  cork(): void;
  uncork(): void;
  pause(): unknown;
  resume(): unknown;
  end(): unknown;
  destroy(): unknown;
}

/**
 * On a slow line, so much passes in each direction at each beat: a heartbeat and its answer take
 * less than the default read timeout, so that the line is slow and not down.
 */
const SLOW_BYTES = 16 * 1024;
const SLOW_BEAT_MS = 250;

export class CutSwitch implements Line {
  readonly isDeaf: boolean;
  readonly #socket: Line;
  /** Nothing is read, or nothing is written. */
  readonly #holdsReads: boolean;
  readonly #holdsWrites: boolean;
  readonly #beat: NodeJS.Timeout | undefined;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #isOver = false;
  /** What the owner wanted of the socket meanwhile. */
  #isPaused = false;
  #ending: 'none' | 'end' | 'destroy' = 'none';

  constructor(socket: Line, mode: CutMode) {
    this.#socket = socket;
    this.#holdsReads = mode !== 'from';
    this.#holdsWrites = mode !== 'to';
    this.isDeaf = this.#holdsReads && mode !== 'slow';
    if (this.#holdsReads) socket.pause();
    if (mode === 'slow') this.#beat = setInterval(() => this.#passPortion(), SLOW_BEAT_MS);
  }

  get writable(): boolean {
    return this.#ending === 'none' && this.#socket.writable;
  }

  get writableLength(): number {
    return this.#heldBytes + this.#socket.writableLength;
  }

  /** On a slow line the socket rests until the next beat. */
  onPortion(): void {
    if (!this.#isOver && this.#beat !== undefined) this.#socket.pause();
  }

  write(bytes: Uint8Array): void {
    if (this.#isOver || !this.#holdsWrites) return void this.#socket.write(bytes);
    this.#held.push(bytes);
    this.#heldBytes += bytes.byteLength;
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#isOver || !this.#holdsReads) this.#socket.resume();
  }

  end(): void {
    if (this.#ending === 'none') this.#ending = 'end';
    if (this.#isOver || !this.#holdsWrites) this.#socket.end();
  }

  destroy(): void {
    this.#ending = 'destroy';
    if (this.#isOver || !this.#holdsWrites) this.#socket.destroy();
  }

  /** The network is back. From now on every call is the socket's own. */
  heal(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#beat);
    if (this.#ending === 'destroy') return void this.#socket.destroy();
    this.#passWrites(Infinity);
    if (this.#ending === 'end') this.#socket.end();
    if (!this.#isPaused) this.#socket.resume();
  }

  #passPortion(): void {
    this.#passWrites(SLOW_BYTES);
    if (this.#ending === 'end' && this.#heldBytes === 0) this.#socket.end();
    if (this.#ending === 'destroy') this.#socket.destroy();
    else if (!this.#isPaused) this.#socket.resume();
  }

  #passWrites(bytesMax: number): void {
    for (let passed = 0; passed < bytesMax; ) {
      const bytes = this.#held.shift();
      if (bytes === undefined) return;
      const portion = bytes.subarray(0, Math.min(bytes.byteLength, bytesMax - passed));
      if (portion.byteLength < bytes.byteLength) {
        this.#held.unshift(bytes.subarray(portion.byteLength));
      }
      this.#socket.write(portion);
      this.#heldBytes -= portion.byteLength;
      passed += portion.byteLength;
    }
  }
}
