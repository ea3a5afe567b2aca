/**
 * The movements of the twin, by the text of their ids. Of those that are settled the newest are
 * kept: which one gives way is told in `core/movement-table.ts`, and a checkpoint tells it, too.
 */
import { sha256 } from '../../core/hash.ts';
import { MOVEMENT } from '../../core/movement-table.ts';
import { hashValues, modulo, type Lanes } from './twin-digest.ts';
import { TwinTable } from './twin-table.ts';

const [FROM, TO, AMOUNT, REVERSED, EXPIRES_AT, STATE] = [0, 1, 2, 3, 4, 5];
/** A new one looks at so many places for one that is free. */
const PLACES_LOOKED_AT = 64;

export interface Movement {
  readonly from: number;
  readonly to: number;
  readonly amount: bigint;
  readonly reversed: bigint;
  /** 0: never. */
  readonly expiresAt: number;
  readonly state: number;
}

export class TwinMovements {
  readonly table: TwinTable = new TwinTable('movements', [
    'from', 'to', 'amount', 'reversed', 'expires at', 'state',
    'id, bits 0 to 51', 'id, bits 52 to 103',
  ]);
  readonly #movementsMax: number;
  readonly #records = new Map<string, number>();
  /** Of each record. */
  readonly #ids: string[] = [];
  #next = 0;
  #digest: Lanes = { low: 0, high: 0 };
  /** No open hold is due before. */
  #nextDue = Infinity;

  constructor(movementsMax: number) {
    this.#movementsMax = movementsMax;
  }

  /** The record at which a new one begins to look for a place. */
  get next(): number {
    return this.#next;
  }

  get digest(): Lanes {
    return this.#digest;
  }

  find(id: string): Movement | undefined {
    const record = this.#records.get(id);
    return record === undefined ? undefined : this.#at(record);
  }

  /** False where every place that was looked at is an open hold's. The id is new. */
  add(id: string, movement: Movement): boolean {
    const record = this.#takePlace();
    if (record === undefined) return false;
    this.#records.set(id, record);
    this.#ids[record] = id;
    this.#write(record, movement);
    return true;
  }

  change(id: string, movement: Movement): void {
    const record = this.#records.get(id);
    if (record === undefined) throw new Error(`there is no movement ${id}`);
    this.#count(record, -1);
    this.#write(record, movement);
  }

  /**
   * The ids of the open holds whose time is over, at most so many: those whose time was over first;
   * of the same time in the order of their records.
   */
  due(timestamp: number, most: number): readonly string[] {
    if (timestamp < this.#nextDue) return [];
    const waiting = [...this.#records]
      .map(([id, record]) => ({ id, record, ...this.#at(record) }))
      .filter(({ state, expiresAt }) => state === MOVEMENT.open && expiresAt !== 0)
      .sort((one, other) => one.expiresAt - other.expiresAt || one.record - other.record);
    const due = waiting.filter(({ expiresAt }) => expiresAt <= timestamp).slice(0, most);
    this.#nextDue = waiting[due.length]?.expiresAt ?? Infinity;
    return due.map(({ id }) => id);
  }

  #takePlace(): number | undefined {
    for (let looked = 0; looked < PLACES_LOOKED_AT; looked += 1) {
      const record = this.#next;
      this.#next = record + 1 === this.#movementsMax ? 0 : record + 1;
      if (record === this.table.records) return this.table.append([0, 0, 0, 0, 0, 0, 0, 0]);
      if (this.table.get(record, STATE) === MOVEMENT.open) continue;
      this.#count(record, -1);
      this.#records.delete(this.#ids[record] ?? '');
      return record;
    }
    return undefined;
  }

  #at(record: number): Movement {
    const field = (name: number) => this.table.get(record, name);
    return {
      from: field(FROM), to: field(TO), amount: BigInt(field(AMOUNT)),
      reversed: BigInt(field(REVERSED)), expiresAt: field(EXPIRES_AT), state: field(STATE),
    };
  }

  #write(record: number, movement: Movement): void {
    const { from, to, amount, reversed, expiresAt, state } = movement;
    const digits = sha256(this.#ids[record] ?? '');
    const [high, low] = [0, 13].map((at) => Number.parseInt(digits.slice(at, at + 13), 16));
    this.table.fill(record, [
      from, to, Number(amount), Number(reversed), expiresAt, state, high ?? NaN, low ?? NaN,
    ]);
    this.#count(record, 1);
    const isDueOnce = state === MOVEMENT.open && expiresAt !== 0;
    if (isDueOnce) this.#nextDue = Math.min(this.#nextDue, expiresAt);
  }

  #count(record: number, sign: 1 | -1): void {
    const { low, high } = hashValues(this.table.fields.map((_, at) => this.table.get(record, at)));
    this.#digest = {
      low: modulo(this.#digest.low + sign * low), high: modulo(this.#digest.high + sign * high),
    };
  }
}
