/**
 * The ids of movements: a user's own (1 to 16 visible ASCII characters, in the operation's record),
 * or, for a HOLD that was given none, `<seq>.<index>`: where it stands in the order.
 */
import { sha256 } from './hash.ts';
import { FLAG_ID, ID_BYTES_MAX, KIND } from './operation.ts';
import type { MovementId } from './movement-table.ts';

const ASSIGNED = /^[0-9]+\.[0-9]+$/;
const VISIBLE = /^[\x21-\x7e]{1,16}$/;
const HEX_DIGITS_52_BITS = 13;

/** Whether the operation begins a movement with an id, or follows one up. */
export function isMovement(kind: number, flags: number): boolean {
  return (kind >= KIND.hold && kind <= KIND.reverse)
    || (kind === KIND.transfer && (flags & FLAG_ID) !== 0);
}

export function isId(text: string): boolean {
  return VISIBLE.test(text);
}

/** Of the form that only the bank gives. */
export function isAssignedId(text: string): boolean {
  return ASSIGNED.test(text);
}

/** 1 to 16 visible ASCII characters, then zeros; empty where there is none. */
export function readId(batch: DataView, at: number): string | undefined {
  const bytes = new Uint8Array(batch.buffer, batch.byteOffset + at, ID_BYTES_MAX);
  const end = bytes.indexOf(0);
  const length = end < 0 ? ID_BYTES_MAX : end;
  if (bytes.subarray(length).some((byte) => byte !== 0)) return undefined;
  const text = String.fromCharCode(...bytes.subarray(0, length));
  return text === '' || isId(text) ? text : undefined;
}

export function hashId(text: string): MovementId {
  const hash = sha256(text);
  const part = (from: number): number =>
    Number.parseInt(hash.slice(from, from + HEX_DIGITS_52_BITS), 16);
  return { high: part(0), low: part(HEX_DIGITS_52_BITS) };
}
