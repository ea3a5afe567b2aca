/**
 * Which record expires next: a binary heap, by time and then by record, which knows the place of
 * each, so that what is settled earlier leaves it at once. Derived from the table, and rebuilt.
 */
import { assert, present } from './assert.ts';
import { withRoom } from './hash-index.ts';

interface Due {
  readonly at: number;
  readonly record: number;
}

export class ExpiryQueue {
  readonly #heap: Due[] = [];
  /** By record: its place in the heap + 1; 0 where it has none. */
  #places = new Uint32Array(0);

  /** When the next one is due; Infinity where there is none. */
  get nextAt(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  /** A record that is not in it. */
  add(at: number, record: number): void {
    this.#places = withRoom(this.#places, record);
    assert(this.#places[record] === 0, 'a record is due once');
    this.#rise(this.#heap.length, { at, record });
  }

  /** The record of `nextAt`. */
  take(): number | undefined {
    const record = this.#heap[0]?.record;
    if (record !== undefined) this.remove(record);
    return record;
  }

  /** Without effect where it is not in it. */
  remove(record: number): void {
    const place = (this.#places[record] ?? 0) - 1;
    if (place < 0) return;
    this.#places[record] = 0;
    const last = present(this.#heap.pop(), 'what has a place is there');
    if (last.record === record) return;
    this.#sink(place, last);
  }

  /** Puts it there, or below, and what is before it above. */
  #sink(from: number, due: Due): void {
    const heap = this.#heap;
    for (let place = from; ; ) {
      const child = 2 * place + 1;
      const least = isBefore(heap[child + 1], heap[child]) ? child + 1 : child;
      const below = heap[least];
      if (below === undefined || !isBefore(below, due)) return this.#rise(place, due);
      this.#put(place, below);
      place = least;
    }
  }

  /** Puts it there, or above, and what is behind it below. */
  #rise(from: number, due: Due): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#heap[parent];
      if (above === undefined || !isBefore(due, above)) break;
      this.#put(place, above);
      place = parent;
    }
    this.#put(place, due);
  }

  #put(place: number, due: Due): void {
    this.#heap[place] = due;
    this.#places[due.record] = place + 1;
  }
}

function isBefore(one: Due | undefined, other: Due | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one.at < other.at || (one.at === other.at && one.record < other.record);
}
