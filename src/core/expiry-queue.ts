/** Which record expires next: a binary heap, by time and then by record. Derived, and rebuilt. */
interface Due {
  readonly at: number;
  readonly record: number;
}

export class ExpiryQueue {
  #heap: Due[] = [];

  /** When the next one is due; Infinity where there is none. */
  get nextAt(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  get length(): number {
    return this.#heap.length;
  }

  /** Drops what is not due any more, and what is there twice. */
  keep(isDue: (at: number, record: number) => boolean): void {
    const due = this.#heap.filter(({ at, record }) => isDue(at, record));
    due.sort((one, other) => one.at - other.at || one.record - other.record);
    // What is sorted is a heap.
    this.#heap = due.filter((each, place) => place === 0 || isBefore(due[place - 1], each));
  }

  add(at: number, record: number): void {
    const heap = this.#heap;
    let place = heap.push({ at, record }) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#swapIfBefore(place, parent)) break;
      place = parent;
    }
  }

  /** The record of `nextAt`. */
  take(): number | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first?.record;
    heap[0] = last;
    for (let place = 0; ; ) {
      const child = 2 * place + 1;
      const other = child + 1 < heap.length && isBefore(heap[child + 1], heap[child]) ? 1 : 0;
      if (child >= heap.length || !this.#swapIfBefore(child + other, place)) return first.record;
      place = child + other;
    }
  }

  #swapIfBefore(place: number, parent: number): boolean {
    const heap = this.#heap;
    const [one, other] = [heap[place], heap[parent]];
    if (one === undefined || other === undefined || !isBefore(one, other)) return false;
    heap[place] = other;
    heap[parent] = one;
    return true;
  }
}

function isBefore(one: Due | undefined, other: Due | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one.at < other.at || (one.at === other.at && one.record < other.record);
}
