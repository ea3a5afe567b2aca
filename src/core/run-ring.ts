/**
 * Where requests ran: a ring of **runs**, each consecutive request numbers of one session executed
 * at consecutive places of one entry.
 *
 * Keeps true: a run stays until `capacity` newer ones were added, of whichever sessions. Positions
 * count up for ever from 1 (0 is none), so that a position that was overwritten is known as such. A
 * session's runs form a chain, newest first. A run of depth d (its place in the chain, from 1) also
 * points to the one of depth d with its lowest bit cleared, as in a Fenwick tree, so that a search
 * takes logarithmic steps: a retry of the oldest request can't stall the replicas.
 */
import { PagedTable, type TableImage } from './paged-table.ts';

/** Fields of a record. */
const SESSION = 0;
const FIRST_REQUEST = 1;
const COUNT = 2;
const SEQ = 3;
/** Of the first request's result in the entry's results. */
const INDEX = 4;
/** Position of the session's run before this; 0: there was none. */
const PREVIOUS = 5;
/** Position of an earlier run of the session; as good as PREVIOUS, but further. */
const JUMP = 6;
/** Place in the chain, from 1; from 1 again behind a run that was overwritten. */
const DEPTH = 7;
const FIELDS = 8;
const NAME = 'runs';

export const RUN_NONE = 0;

/** Where a request's first answer stands. */
export interface FirstAnswer {
  readonly seq: number;
  /** Of the result in the entry's results. */
  readonly index: number;
}

export class RunRing {
  readonly #capacity: number;
  readonly #table: PagedTable;
  #next: number;

  constructor(capacity: number, table = new PagedTable(NAME, FIELDS), next = 1) {
    this.#capacity = capacity;
    this.#table = table;
    this.#next = next;
  }

  /** Throws an Error that names what does not fit. */
  static restore(image: TableImage | undefined, capacity: number, next: number): RunRing {
    const ring = new RunRing(capacity, PagedTable.restore(image, NAME, FIELDS), next);
    if (ring.#table.records !== Math.min(next - 1, capacity)) {
      throw new Error(`the ring of runs holds ${ring.#table.records} of ${next - 1}`);
    }
    for (let at = Math.max(1, next - capacity); at < next; at += 1) {
      // Chains lead back only, or a search of a broken one would not end.
      const broken = ring.#get(at, PREVIOUS) >= at || ring.#get(at, JUMP) > ring.#get(at, PREVIOUS);
      if (broken) throw new Error(`run ${at} does not lead back`);
    }
    return ring;
  }

  /** The position that the next run will get. */
  get next(): number {
    return this.#next;
  }

  /** Adds a run before which the session's newest was `previous`; its position. */
  append(
    session: number, firstRequest: number, count: number, seq: number, index: number,
    previous: number,
  ): number {
    const position = this.#next;
    const depth = this.#isKept(previous) ? this.#get(previous, DEPTH) + 1 : 1;
    const jump = this.#jumpOf(previous, depth);
    if (position <= this.#capacity) this.#table.append();
    const record = this.#recordOf(position);
    const page = this.#table.pageToWrite(record);
    const at = this.#table.offsetInPage(record);
    page[at + SESSION] = session;
    page[at + FIRST_REQUEST] = firstRequest;
    page[at + COUNT] = count;
    page[at + SEQ] = seq;
    page[at + INDEX] = index;
    page[at + PREVIOUS] = previous;
    page[at + JUMP] = jump;
    page[at + DEPTH] = depth;
    this.#next = position + 1;
    return position;
  }

  /** Makes the session's newest run longer, if these requests continue it in the same entry. */
  extend(newest: number, firstRequest: number, count: number, seq: number, index: number): boolean {
    if (!this.#isKept(newest) || this.#get(newest, SEQ) !== seq) return false;
    const length = this.#get(newest, COUNT);
    if (this.#get(newest, FIRST_REQUEST) + length !== firstRequest) return false;
    if (this.#get(newest, INDEX) + length !== index) return false;
    this.#table.set(this.#recordOf(newest), COUNT, length + count);
    return true;
  }

  /**
   * What became of a request that is not beyond its session's last: where it was answered, that it
   * never ran (it lies between two runs, or before the first), or that what would tell was
   * overwritten.
   */
  find(newest: number, request: number): FirstAnswer | 'never-ran' | 'too-old' {
    let at = newest;
    while (this.#startsAfter(at, request)) {
      const jump = this.#get(at, JUMP);
      at = this.#startsAfter(jump, request) ? jump : this.#get(at, PREVIOUS);
    }
    if (at === RUN_NONE) return 'never-ran';
    if (!this.#isKept(at)) return 'too-old';
    const place = request - this.#get(at, FIRST_REQUEST);
    if (place >= this.#get(at, COUNT)) return 'never-ran';
    return { seq: this.#get(at, SEQ), index: this.#get(at, INDEX) + place };
  }

  snapshot(): TableImage {
    return this.#table.snapshot();
  }

  release(): void {
    this.#table.release();
  }

  #isKept(position: number): boolean {
    return position > RUN_NONE && position >= this.#next - this.#capacity;
  }

  #startsAfter(position: number, request: number): boolean {
    return this.#isKept(position) && this.#get(position, FIRST_REQUEST) > request;
  }

  /** Clears the lowest bit of `depth`: from depth - 1, as many jumps as it has zeros at the end. */
  #jumpOf(previous: number, depth: number): number {
    let jump = previous;
    for (let rest = depth; rest % 2 === 0; rest /= 2) {
      if (this.#isKept(jump)) jump = this.#get(jump, JUMP);
    }
    return jump;
  }

  #recordOf(position: number): number {
    return (position - 1) % this.#capacity;
  }

  #get(position: number, field: number): number {
    return this.#table.get(this.#recordOf(position), field);
  }
}
