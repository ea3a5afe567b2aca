/** What clients and backends have been told so far: what must stay true. Values, never changed. */
import type { EntryHash } from '../../core/ids.ts';
import { Interned } from './interned.ts';

export interface Past {
  /** What is known to be decided, by seq - 1; undefined where nothing is. */
  readonly decided: readonly (EntryHash | undefined)[];
  /** The newest session that a client was given; 0: none. */
  readonly session: number;
  /** The highest seq of which a client has heard. */
  readonly heardSeq: number;
  /** Of each read: the least seq that it must show; -1 once it is answered. */
  readonly reads: readonly number[];
  /** Clients that wait for an answer: the place of the frontend, and the connection. */
  readonly waiting: readonly (readonly [place: number, connection: number])[];
}

const PAST_NONE: Past = { decided: [], session: 0, heardSeq: 0, reads: [], waiting: [] };

export class Pasts {
  readonly #pasts = new Interned<Past>();

  get none(): number {
    return this.number(PAST_NONE);
  }

  number(past: Past): number {
    const { decided, session, heardSeq, reads, waiting } = past;
    const told = `${session}|${heardSeq}|${reads.join()}`;
    const key = `${decided.join()}|${told}|${waiting.join()}`;
    return this.#pasts.number(key, () => past);
  }

  past(number: number): Past {
    return this.#pasts.value(number);
  }
}
