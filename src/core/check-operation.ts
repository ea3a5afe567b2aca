/**
 * What a client checks before an operation is numbered: that its record can be written at all. What
 * the ledger decides (accounts, funds, digits) is the ledger's.
 */
import { currencyNumber, SCALE_MAX } from './currency.ts';
import { isAssignedId, isId } from './movement-id.ts';
import { isRead, KIND, type Kind, type Operation } from './operation.ts';
import { isReference, mayHaveReference } from './reference.ts';
import { isName, type Terms } from './terms.ts';

const KEY = /^[\x21-\x7e]{1,64}$/;
const DIGITS_MAX = 255;
const SECONDS_MAX = 2 ** 32 - 1;
/** The session's own end, and what a frontend orders itself. */
const NOT_FOR_CLIENTS: ReadonlySet<Kind> = new Set(['lease', 'end', 'expire', 'remember']);
/** They are of a movement that is there, which its id names. */
const FOLLOW_UPS: ReadonlySet<Kind> = new Set(['capture', 'void', 'reverse']);
const NO_REFERENCE =
  'a reference is 1 to 64 bytes of UTF-8 without control characters or blanks at its ends';
const NO_NAME = 'a name is 1 to 32 bytes of UTF-8 without control characters or blanks at its ends';

/** Why it can't be sent, as a sentence; undefined where it can. */
export function checkOperation(operation: Operation): string | undefined {
  const { kind, account = 0, toAccount = 0, amount = 0, scale = 0, key, terms } = operation;
  if (NOT_FOR_CLIENTS.has(kind)) {
    return `${kind} is not for clients to ask`;
  }
  if (kind === 'details') return 'details are asked for with the write that they tell of';
  if (!isCount(account) || !isCount(toAccount)) return 'an account number is a positive integer';
  if (!isCount(amount)) return 'an amount is an integer of the smallest unit, not below zero';
  if (!isCount(scale) || scale > DIGITS_MAX) return 'the scale is a count of digits';
  if (key !== undefined && isRead(operation)) return `${kind.toUpperCase()} takes no key`;
  const fault = checkKey(key) ?? checkMovement(operation) ?? checkReference(operation)
    ?? (terms === undefined ? undefined : checkTerms(terms));
  return fault ?? (kind === 'amend' ? checkAmend(terms) : undefined);
}

/** Of a write, or of a group of them. */
export function checkKey(key: string | undefined): string | undefined {
  if (key === undefined || KEY.test(key)) return undefined;
  return 'a key is 1 to 64 visible ASCII characters';
}

function checkMovement({ kind, id, amount, forSeconds, terms }: Operation): string | undefined {
  const word = kind.toUpperCase();
  const isFollowUp = FOLLOW_UPS.has(kind);
  if (isFollowUp && id === undefined) return `${word} needs an id`;
  if (forSeconds !== undefined) {
    if (kind !== 'hold') return `${word} is not for a time`;
    const isTime = isCount(forSeconds) && forSeconds <= SECONDS_MAX;
    if (!isTime) return 'a hold is for a count of seconds, below 2^32';
  }
  if (kind === 'void' && amount !== undefined) return 'VOID takes no amount';
  if ((isFollowUp || kind === 'hold') && terms !== undefined) return `${word} takes no terms`;
  if (id === undefined) return undefined;
  if (!isId(id)) return 'an id is 1 to 16 visible ASCII characters';
  if (isFollowUp) return undefined;
  if (kind !== 'hold' && kind !== 'transfer') return `${word} takes no id`;
  if (isAssignedId(id)) return `only the bank gives ids such as ${id}`;
  return terms === undefined ? undefined : 'a TRANSFER with an id takes no condition';
}

function checkReference({ kind, reference }: Operation): string | undefined {
  if (reference === undefined) return undefined;
  if (!mayHaveReference(KIND[kind])) return `${kind.toUpperCase()} takes no reference`;
  return isReference(reference) ? undefined : NO_REFERENCE;
}

function checkTerms(terms: Terms): string | undefined {
  const { currency, name, scale = 0, floor, ceiling, ifVersion, ifBalance } = terms;
  const { frozen, closed } = terms;
  if (currency !== undefined && currencyNumber(currency) === undefined) {
    return `ISO 4217 has no currency ${JSON.stringify(currency)}`;
  }
  if (name !== undefined && !isName(name)) return NO_NAME;
  if (!isCount(scale) || scale > SCALE_MAX) return 'the scale is a count of digits';
  if (![floor, ceiling, ifBalance].every((amount) => Number.isSafeInteger(amount ?? 0))) {
    return 'a limit is an integer of the smallest unit';
  }
  if (!isCount(ifVersion ?? 0)) return 'a version is a positive integer';
  if (ifVersion !== undefined && ifBalance !== undefined) return 'there is one condition at most';
  if (frozen !== undefined && closed !== undefined) return 'it is frozen or closed, not both';
  const given = [currency, name, floor, ceiling, ifVersion, ifBalance, frozen, closed];
  return given.every((term) => term === undefined) ? 'terms say something' : undefined;
}

function checkAmend({ ifVersion, ifBalance, scale, ...changes }: Terms = {}): string | undefined {
  const isChange = Object.values(changes).some((change) => change !== undefined);
  return isChange ? undefined : 'AMEND changes something';
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
