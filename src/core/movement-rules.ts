/**
 * The rules of movements that have an id: HOLD sets money aside, CAPTURE posts it, VOID and time
 * release it; a TRANSFER may be given an id; REVERSE takes back what was posted, linked to it, and
 * never more than the whole.
 *
 * Checks come in this order: malformed, same account, id taken, the amount, then those of any
 * transfer, limit exceeded (more held than a balance can be, or no room for one more movement); of
 * what follows up on a movement: malformed, not found, its state, the amount, more than is left of
 * it, then those of any transfer.
 */
import type { AccountTable } from './account-table.ts';
import { hashId, isAssignedId, readId } from './movement-id.ts';
import {
  ALL_THAT_IS_LEFT, AMOUNT_MAX, CODE, FLAG_ID, ID_AT, KIND, readI64, REASON,
} from './operation.ts';
import { MOVEMENT, type Movement, type MovementTable } from './movement-table.ts';
import { MALFORMED, type Postings, toUnits, type Verdict } from './postings.ts';

const MICROSECONDS = 1e6;
/** Told of a HOLD that has an id of its own, in the place of the index that makes the other. */
const HAS_OWN_ID = -1;
/** About a tenth of a second: a backend that is silent for longer is taken for dead. */
export const EXPIRED_AT_ONCE_MAX = 20_000;

/** Where an operation stands in the order. */
export interface Place {
  readonly seq: number;
  readonly timestamp: number;
  readonly index: number;
}

/** What is asked of a movement, as it stands in a batch. */
export interface AskedMovement {
  readonly kind: number;
  /** Empty where it is to be given one. */
  readonly id: string;
  /** HOLD: after so many seconds it expires; 0: never. */
  readonly code: number;
  /** 0 for what follows up on a movement. */
  readonly from: number;
  readonly to: number;
  readonly amount: number;
  readonly digits: number;
  /** All that is left of it. */
  readonly isAll: boolean;
}

/** The HOLD, CAPTURE, VOID, REVERSE or TRANSFER with an id at `at`; undefined: malformed. */
export function readMovement(batch: DataView, at: number): AskedMovement | undefined {
  const hasId = (batch.getUint8(at + 1) & FLAG_ID) !== 0;
  const id = readId(batch, at + ID_AT);
  const [kind, digits] = [batch.getUint8(at), batch.getUint8(at + 2)];
  const [code, amount] = [batch.getUint32(at + 4, true), readI64(batch, at + 24)];
  if (id === undefined || hasId !== (id !== '') || !(amount >= 0)) return undefined;
  if (kind === KIND.hold || kind === KIND.transfer) {
    const [from, to] = [readI64(batch, at + 8), readI64(batch, at + 16)];
    if (isAssignedId(id) || Number.isNaN(from) || Number.isNaN(to)) return undefined;
    if (kind === KIND.transfer && code !== 0) return undefined;
    return { kind, id, code, from, to, amount, digits, isAll: false };
  }
  const isAll = code === ALL_THAT_IS_LEFT && amount === 0 && digits === 0;
  if (!hasId || !(isAll || (code === 0 && kind !== KIND.void))) return undefined;
  return { kind, id, code, from: 0, to: 0, amount, digits, isAll };
}

export class MovementRules {
  readonly #accounts: AccountTable;
  readonly #movements: MovementTable;
  readonly #postings: Postings;

  constructor(accounts: AccountTable, movements: MovementTable, postings: Postings) {
    this.#accounts = accounts;
    this.#movements = movements;
    this.#postings = postings;
  }

  /**
   * Open holds that are due by then are released: before anything else of the entry, but no more at
   * once than one entry may take time for. The others are still due in the next.
   */
  expire(timestamp: number): void {
    for (let count = 0; count < EXPIRED_AT_ONCE_MAX; count += 1) {
      const record = this.#movements.takeExpired(timestamp);
      if (record === undefined) return;
      this.#release(record, MOVEMENT.expired);
    }
  }

  decide(asked: AskedMovement, place: Place): Verdict {
    const { kind, isAll, amount, digits } = asked;
    if (kind === KIND.hold || kind === KIND.transfer) return this.#begin(asked, place);
    const record = this.#movements.find(hashId(asked.id));
    if (record === undefined) return { code: CODE.movementNotFound, account: 0, balance: 0 };
    const { state, expiresAt } = this.#movements.at(record);
    const isDue = state === MOVEMENT.open && expiresAt !== 0 && expiresAt <= place.timestamp;
    if (isDue) this.#release(record, MOVEMENT.expired);
    const part = isAll ? undefined : { amount, digits };
    switch (kind) {
      case KIND.capture:
        return this.#capture(record, part);
      case KIND.void:
        return this.#void(record);
      case KIND.reverse:
        return this.#reverse(record, part);
    }
    return MALFORMED;
  }

  #begin(asked: AskedMovement, { seq, timestamp, index }: Place): Verdict {
    const { kind, from, to, amount, digits, code } = asked;
    if (from === to) return { reason: REASON.sameAccount };
    const id = hashId(asked.id === '' ? `${seq}.${index}` : asked.id);
    if (this.#movements.find(id) !== undefined) {
      return { code: CODE.idTaken, account: from, balance: 0 };
    }
    const units = toUnits(amount, digits, this.#postings.scaleAt(from));
    if (typeof units !== 'number') return units;
    const refusal = this.#postings.refuseMissing(from, to)
      ?? this.#postings.refuseMove(from, to, units);
    if (refusal !== undefined) return refusal;
    const isHold = kind === KIND.hold;
    if (isHold && this.#accounts.held(from) > AMOUNT_MAX - units) {
      return this.#postings.refuse(CODE.limitExceeded, from);
    }
    const expiresAt = code === 0 ? 0 : timestamp + code * MICROSECONDS;
    const state = isHold ? MOVEMENT.open : MOVEMENT.posted;
    const movement: Movement = { from, to, amount: units, reversed: 0, expiresAt, state };
    if (!this.#movements.add(id, movement, this.#accounts.digest)) {
      return this.#postings.refuse(CODE.limitExceeded, from);
    }
    if (!isHold) return this.#postings.move(from, to, units);
    return { ...this.#postings.hold(from, units), toBalance: asked.id === '' ? index : HAS_OWN_ID };
  }

  #capture(record: number, part: Part | undefined): Verdict {
    const movement = this.#movements.at(record);
    const { from, to, amount, state } = movement;
    if (state !== MOVEMENT.open) return refuseState(movement);
    const units = part === undefined ? amount : this.#unitsOf(part, from);
    if (typeof units !== 'number') return units;
    if (units > amount) return exceeds(movement, amount);
    const refusal = this.#postings.refuseMove(from, to, units, true);
    if (refusal !== undefined) return refusal;
    this.#accounts.setHeld(from, this.#accounts.held(from) - amount);
    const posted: Movement = { ...movement, amount: units, state: MOVEMENT.posted };
    this.#movements.change(record, posted, this.#accounts.digest);
    return { ...this.#postings.move(from, to, units), toAccount: to };
  }

  #void(record: number): Verdict {
    const movement = this.#movements.at(record);
    if (movement.state !== MOVEMENT.open) return refuseState(movement);
    return this.#release(record, MOVEMENT.voided);
  }

  #release(record: number, state: Movement['state']): Verdict {
    const movement = this.#movements.at(record);
    this.#movements.change(record, { ...movement, state }, this.#accounts.digest);
    return this.#postings.hold(movement.from, -movement.amount);
  }

  #reverse(record: number, part: Part | undefined): Verdict {
    const movement = this.#movements.at(record);
    const { from, to, amount, reversed, state } = movement;
    if (state !== MOVEMENT.posted) return refuseState(movement);
    const left = amount - reversed;
    const units = part === undefined ? left : this.#unitsOf(part, from);
    if (typeof units !== 'number') return units;
    if (units > left || left === 0) return exceeds(movement, left);
    const refusal = this.#postings.refuseMove(to, from, units);
    if (refusal !== undefined) return refusal;
    const changed: Movement = { ...movement, reversed: reversed + units };
    this.#movements.change(record, changed, this.#accounts.digest);
    // Told as the original was: from, then to.
    return { ...this.#postings.move(to, from, units, true), toAccount: to };
  }

  #unitsOf({ amount, digits }: Part, account: number) {
    return toUnits(amount, digits, this.#postings.scaleAt(account));
  }
}

interface Part {
  readonly amount: number;
  readonly digits: number;
}

/** What it is instead. */
function refuseState({ from, state }: Movement): Verdict {
  return { code: CODE.movementSettled, account: from, balance: 0, detail: state };
}

function exceeds({ from }: Movement, left: number): Verdict {
  return { code: CODE.exceedsOriginal, account: from, balance: left };
}
