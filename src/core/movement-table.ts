/**
 * Movements of money that are known by an id: holds, and transfers that may be reversed.
 *
 * A movement is one small state machine: a hold is open, then posted (captured), voided or expired;
 * a transfer is posted from the start. What is posted may be reversed, in parts.
 *
 * Keeps true: an id names one movement at most. An open hold stays; of the rest the newest are
 * remembered, about `capacity` of them: a new one takes the place of the settled one that has been
 * there longest. Where an id leads, and which hold expires next, is derived and rebuilt.
 */
import type { AccountDigest } from './account-digest.ts';
import { assert } from './assert.ts';
import { ExpiryQueue } from './expiry-queue.ts';
import { HashIndex } from './hash-index.ts';
import { PagedTable, type TableImage } from './paged-table.ts';

/** Fields of a record. */
const FROM = 0;
const TO = 1;
/** Of the hold, or what was posted. */
const AMOUNT = 2;
const REVERSED = 3;
/** Microseconds since 1970; 0: never. */
const EXPIRES_AT = 4;
const STATE = 5;
/** Of its id: 104 bits of SHA-256, 52 in each. */
const ID_HIGH = 6;
const ID_LOW = 7;
const FIELDS = 8;
const NAME = 'movements';
/** Open holds that are passed over for one new movement, at most. */
const PASSED_OVER_MAX = 64;

export const MOVEMENT = { open: 1, posted: 2, voided: 3, expired: 4 } as const;
export type MovementState = (typeof MOVEMENT)[keyof typeof MOVEMENT];

export interface MovementId {
  readonly high: number;
  readonly low: number;
}

export interface Movement {
  readonly from: number;
  readonly to: number;
  readonly amount: number;
  readonly reversed: number;
  readonly expiresAt: number;
  readonly state: MovementState;
}

export class MovementTable {
  readonly #capacity: number;
  readonly #table: PagedTable;
  readonly #index = new HashIndex((record) => this.#table.get(record, ID_LOW) | 0);
  readonly #expiries = new ExpiryQueue();
  /** The record that the next movement is to take, where it may. */
  #next: number;

  constructor(capacity: number, table = new PagedTable(NAME, FIELDS), next = 0) {
    this.#capacity = capacity;
    this.#table = table;
    this.#next = next;
  }

  /** Throws an Error that names what does not fit. */
  static restore(image: TableImage | undefined, capacity: number, next: number): MovementTable {
    const table = new MovementTable(capacity, PagedTable.restore(image, NAME, FIELDS), next);
    const { records } = table.#table;
    if (records > capacity || next >= capacity) throw new Error('too many movements');
    if (records < capacity && next !== records) throw new Error(`the next movement is ${next}`);
    for (let record = 0; record < records; record += 1) {
      table.#index.add(record);
      table.#awaitExpiry(record);
    }
    return table;
  }

  get next(): number {
    return this.#next;
  }

  find({ high, low }: MovementId): number | undefined {
    return this.#index.find(low | 0, (record) =>
      this.#table.get(record, ID_LOW) === low && this.#table.get(record, ID_HIGH) === high);
  }

  at(record: number): Movement {
    const field = (name: number): number => this.#table.get(record, name);
    return {
      from: field(FROM), to: field(TO), amount: field(AMOUNT), reversed: field(REVERSED),
      expiresAt: field(EXPIRES_AT), state: field(STATE) as MovementState,
    };
  }

  /** False where open holds leave no room: nothing was done. The id is new. */
  add({ high, low }: MovementId, movement: Movement, digest: AccountDigest): boolean {
    const record = this.#makeRoom(digest);
    if (record === undefined) return false;
    this.#table.set(record, ID_HIGH, high);
    this.#table.set(record, ID_LOW, low);
    this.#write(record, movement);
    this.#index.add(record);
    this.#awaitExpiry(record);
    this.count(digest, 1, record);
    return true;
  }

  change(record: number, movement: Movement, digest: AccountDigest): void {
    this.count(digest, -1, record);
    this.#write(record, movement);
    if (movement.state !== MOVEMENT.open) this.#expiries.remove(record);
    this.count(digest, 1, record);
  }

  /** Of the open holds that are due by then the next; undefined where there is none. */
  takeExpired(byTimestamp: number): number | undefined {
    return this.#expiries.nextAt <= byTimestamp ? this.#expiries.take() : undefined;
  }

  /** When the next open hold expires; Infinity: never. */
  get nextExpiry(): number {
    return this.#expiries.nextAt;
  }

  countAll(digest: AccountDigest): void {
    for (let record = 0; record < this.#table.records; record += 1) this.count(digest, 1, record);
  }

  count(digest: AccountDigest, sign: 1 | -1, record: number): void {
    const { from, to, amount, reversed, expiresAt, state } = this.at(record);
    const [high, low] = [this.#table.get(record, ID_HIGH), this.#table.get(record, ID_LOW)];
    digest.count(sign, [from, to, amount, reversed, expiresAt, state, high, low]);
  }

  snapshot(): TableImage {
    return this.#table.snapshot();
  }

  release(): void {
    this.#table.release();
  }

  #write(record: number, movement: Movement): void {
    this.#table.set(record, FROM, movement.from);
    this.#table.set(record, TO, movement.to);
    this.#table.set(record, AMOUNT, movement.amount);
    this.#table.set(record, REVERSED, movement.reversed);
    this.#table.set(record, EXPIRES_AT, movement.expiresAt);
    this.#table.set(record, STATE, movement.state);
  }

  /** A record for a new movement: one more, or that of a settled one, which is forgotten. */
  #makeRoom(digest: AccountDigest): number | undefined {
    for (let tries = 0; tries < PASSED_OVER_MAX; tries += 1) {
      const record = this.#next;
      this.#next = (record + 1) % this.#capacity;
      if (record === this.#table.records) return this.#table.append();
      if (this.#table.get(record, STATE) === MOVEMENT.open) continue;
      this.count(digest, -1, record);
      this.#index.remove(record);
      return record;
    }
    return undefined;
  }

  #awaitExpiry(record: number): void {
    const { state, expiresAt } = this.at(record);
    assert(expiresAt >= 0, 'a time is after 1970');
    if (state === MOVEMENT.open && expiresAt !== 0) this.#expiries.add(expiresAt, record);
  }
}
