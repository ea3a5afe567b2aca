/**
 * The control record's durable place in the model, and the writes on their way to it.
 *
 * A write is applied at one moment (compare-and-swap on the version) and told at a later one: its
 * coordinator may die in between, or before the first, and then the write may still be applied.
 */
import type { ControlRecord } from '../../core/view.ts';
import { Interned } from './interned.ts';

export type WritePhase = 'sent' | 'written' | 'conflict';

export interface ControlWrite {
  readonly record: ControlRecord;
  readonly phase: WritePhase;
}

export interface ControlPlace {
  readonly record: ControlRecord | undefined;
  /** Of each coordinator. */
  readonly writes: readonly (ControlWrite | undefined)[];
  /** A coordinator has asked to be woken after so many milliseconds; 0: it has not. */
  readonly wakeMs: readonly number[];
}

const PLACE_NONE: ControlPlace = {
  record: undefined, writes: [undefined, undefined], wakeMs: [0, 0],
};

export class ControlPlaces {
  readonly #records = new Interned<ControlRecord>();
  readonly #places = new Interned<ControlPlace>();
  readonly #known = new WeakMap<ControlRecord, number>();

  get none(): number {
    return this.number(PLACE_NONE);
  }

  number(place: ControlPlace): number {
    const { record, writes, wakeMs } = place;
    let key = `${this.recordNumber(record)}|${wakeMs.join()}`;
    for (const write of writes) {
      key += write === undefined ? '|' : `|${this.recordNumber(write.record)}${write.phase}`;
    }
    return this.#places.number(key, () => place);
  }

  place(number: number): ControlPlace {
    return this.#places.value(number);
  }

  recordNumber(record: ControlRecord | undefined): number {
    if (record === undefined) return -1;
    let number = this.#known.get(record);
    if (number === undefined) {
      number = this.#records.numberOf(record);
      this.#known.set(record, number);
    }
    return number;
  }

  send(number: number, coordinator: number, record: ControlRecord): number {
    return this.setWrite(number, coordinator, { record, phase: 'sent' });
  }

  setWrite(number: number, coordinator: number, write: ControlWrite | undefined): number {
    const place = this.place(number);
    const writes = place.writes.map((each, at) => (at === coordinator ? write : each));
    return this.number({ ...place, writes });
  }

  setWake(number: number, coordinator: number, delayMs: number): number {
    const place = this.place(number);
    const wakeMs = place.wakeMs.map((each, at) => (at === coordinator ? delayMs : each));
    return this.number({ ...place, wakeMs });
  }

  /** Compares and swaps. */
  apply(number: number, coordinator: number): number {
    const place = this.place(number);
    const write = place.writes[coordinator];
    if (write === undefined) return number;
    const { record } = write;
    const fits = record.version === (place.record?.version ?? 0) + 1;
    const applied = fits ? this.number({ ...place, record }) : number;
    return this.setWrite(applied, coordinator, { record, phase: fits ? 'written' : 'conflict' });
  }

  /** What was applied is forgotten with its coordinator; what was only sent is not. */
  onDead(number: number, coordinator: number): number {
    const write = this.place(number).writes[coordinator];
    const left = write?.phase === 'sent' ? write : undefined;
    return this.setWake(this.setWrite(number, coordinator, left), coordinator, 0);
  }
}
