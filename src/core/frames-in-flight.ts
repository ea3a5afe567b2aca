/** The frames of a client that were sent and are not wholly settled, in the order of sending. */
import { assert } from './assert.ts';
import type { ClientFrame } from './client-frame.ts';
import type { Thing } from './client-queue.ts';

export class FramesInFlight {
  /** Requests by their number, queries by its negative; a map keeps the order of insertion. */
  readonly #frames = new Map<number, ClientFrame>();
  #operations = 0;

  get operations(): number {
    return this.#operations;
  }

  get isEmpty(): boolean {
    return this.#frames.size === 0;
  }

  get hasRequests(): boolean {
    return this.#has('request');
  }

  get hasQueries(): boolean {
    return this.#has('query');
  }

  [Symbol.iterator](): Iterator<ClientFrame> {
    return this.#frames.values();
  }

  add(frame: ClientFrame): void {
    assert(!this.#frames.has(keyOf(frame)), 'a number names one frame');
    this.#frames.set(keyOf(frame), frame);
    this.#operations += frame.operations;
  }

  delete(frame: ClientFrame): void {
    assert(frame.isSettled, 'a frame is forgotten when nobody waits for it');
    const isKnown = this.#frames.delete(keyOf(frame));
    assert(isKnown, 'a frame is forgotten once');
    this.#operations -= frame.operations;
  }

  request(session: number, firstRequest: number): ClientFrame | undefined {
    const frame = firstRequest > 0 ? this.#frames.get(firstRequest) : undefined;
    return frame?.session === session ? frame : undefined;
  }

  query(number: number): ClientFrame | undefined {
    return number > 0 ? this.#frames.get(-number) : undefined;
  }

  /** Everything that was sent after the frame. */
  behind(first: ClientFrame): readonly ClientFrame[] {
    const all = [...this.#frames.values()];
    return all.slice(all.indexOf(first) + 1);
  }

  /** The queries right behind a held write, with no write on its way in between. */
  queriesBehindHeldWrites(): readonly ClientFrame[] {
    const found: ClientFrame[] = [];
    let isBehindHeld = false;
    for (const frame of this.#frames.values()) {
      if (frame.thing === 'request') isBehindHeld = frame.state === 'held';
      else if (isBehindHeld) found.push(frame);
    }
    return found;
  }

  #has(thing: Thing): boolean {
    for (const frame of this.#frames.values()) if (frame.thing === thing) return true;
    return false;
  }
}

function keyOf(frame: ClientFrame): number {
  return frame.thing === 'request' ? frame.number : -frame.number;
}
