/**
 * What a client checks before an operation is numbered: that its record can be written at all. What
 * the ledger decides (accounts, funds, digits) is the ledger's.
 */
import type { Operation } from './operation.ts';

const KEY = /^[\x21-\x7e]{1,64}$/;
const SCALE_MAX = 255;

/** Why it can't be sent, as a sentence; undefined where it can. */
export function checkOperation(operation: Operation): string | undefined {
  const { kind, account = 0, toAccount = 0, amount = 0, scale = 0, key } = operation;
  if (kind === 'lease' || kind === 'end') return `${kind} is not for clients to ask`;
  if (!isCount(account) || !isCount(toAccount)) return 'an account number is a positive integer';
  if (!isCount(amount)) return 'an amount is an integer of the smallest unit, not below zero';
  if (!isCount(scale) || scale > SCALE_MAX) return 'the scale is a count of digits';
  return key === undefined ? undefined : checkKey(kind, key);
}

function checkKey(kind: Operation['kind'], key: string): string | undefined {
  if (kind === 'query') return 'QUERY takes no key';
  return KEY.test(key) ? undefined : 'a key is 1 to 64 visible ASCII characters';
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
