/**
 * The terms of an operation: what it says of an account beside an amount (currency, name, limits,
 * frozen, closed), and on which condition it is done. One extension record of 64 bytes:
 *
 * |  0 u32 which fields are given (TERM) | 8 i64 floor           | 32 name: UTF-8, 1 to 32 bytes, |
 * |  4 u16 currency                      | 16 i64 ceiling        |    then zeros                  |
 * |  6 u8  frozen or closed: 1 yes, 0 no | 24 i64 version, or    |                                |
 * |  7 u8  digits of the amounts here    |    balance, expected  |                                |
 *
 * What is not given is zero.
 */
import { assert } from './assert.ts';
import { currencyCode, currencyNumber } from './currency.ts';
import { isPlainText, readPlainText } from './plain-text.ts';
import { readI64, RECORD_BYTES, writeI64 } from './record.ts';

export const TERM = {
  floor: 1,
  ceiling: 2,
  currency: 4,
  name: 8,
  frozen: 16,
  closed: 32,
  ifVersion: 64,
  ifBalance: 128,
} as const;
const ALL_TERMS = 255;
/** What stands in the way of a write, as against what a write sets. */
export const CONDITIONS = TERM.ifVersion | TERM.ifBalance;

export const NAME_BYTES_MAX = 32;
const NAME_AT = 32;

/** Spelled out: for clients, tests and traces. Amounts in units of 10^-scale. */
export interface Terms {
  readonly scale?: number;
  readonly floor?: number;
  readonly ceiling?: number;
  /** As in ISO 4217. */
  readonly currency?: string;
  readonly name?: string;
  readonly frozen?: boolean;
  readonly closed?: boolean;
  readonly ifVersion?: number;
  readonly ifBalance?: number;
}

/** As the ledger reads them in a batch. */
export interface ReadTerms {
  /** Bits of TERM. */
  readonly given: number;
  readonly currency: number;
  readonly isSet: boolean;
  readonly scale: number;
  readonly floor: number;
  readonly ceiling: number;
  readonly expected: number;
  /** Undefined where none is given. */
  readonly name: string | undefined;
}

/** Into zeroed bytes. A currency that is none is written as a number that is none. */
export function writeTerms(bytes: Uint8Array, view: DataView, at: number, terms: Terms): void {
  let given = 0;
  const give = (term: number, offset: number, value: number | undefined): void => {
    if (value === undefined) return;
    given |= term;
    writeI64(view, at + offset, value);
  };
  give(TERM.floor, 8, terms.floor);
  give(TERM.ceiling, 16, terms.ceiling);
  assert(terms.ifVersion === undefined || terms.ifBalance === undefined, 'one condition');
  give(TERM.ifVersion, 24, terms.ifVersion);
  give(TERM.ifBalance, 24, terms.ifBalance);
  const { currency, name, frozen, closed } = terms;
  if (currency !== undefined) {
    given |= TERM.currency;
    view.setUint16(at + 4, currencyNumber(currency) ?? 0xffff, true);
  }
  if (name !== undefined) {
    given |= TERM.name;
    const room = bytes.subarray(at + NAME_AT, at + NAME_AT + NAME_BYTES_MAX);
    new TextEncoder().encodeInto(name, room);
  }
  if (frozen !== undefined) given |= TERM.frozen;
  if (closed !== undefined) given |= TERM.closed;
  view.setUint8(at + 6, (frozen ?? closed) === true ? 1 : 0);
  view.setUint8(at + 7, terms.scale ?? 0);
  view.setUint32(at, given, true);
}

/** The terms in the record at `at`; undefined where they make no sense, whatever they are for. */
export function readTerms(batch: DataView, at: number): ReadTerms | undefined {
  const given = batch.getUint32(at, true);
  const set = batch.getUint8(at + 6);
  const terms: ReadTerms = {
    given,
    currency: batch.getUint16(at + 4, true),
    isSet: set === 1,
    scale: batch.getUint8(at + 7),
    floor: readI64(batch, at + 8),
    ceiling: readI64(batch, at + 16),
    expected: readI64(batch, at + 24),
    name: (given & TERM.name) === 0
      ? undefined : readPlainText(batch, at + NAME_AT, NAME_BYTES_MAX),
  };
  const isTwofold =
    hasAll(given, TERM.frozen | TERM.closed) || hasAll(given, TERM.ifVersion | TERM.ifBalance);
  if (given === 0 || given > ALL_TERMS || isTwofold || set > 1) return undefined;
  if (Number.isNaN(terms.floor + terms.ceiling + terms.expected)) return undefined;
  if ((given & TERM.name) !== 0 && terms.name === undefined) return undefined;
  return isZeroBut(batch, at, given) ? terms : undefined;
}

/** For traces, and whoever reads a batch back. Undefined for what makes no sense. */
export function spellTerms(terms: ReadTerms | undefined): Terms | undefined {
  if (terms === undefined) return undefined;
  const { given, isSet, scale, name } = terms;
  const has = (term: number): boolean => (given & term) !== 0;
  const currency = currencyCode(terms.currency);
  return {
    ...(scale === 0 ? {} : { scale }),
    ...(has(TERM.floor) ? { floor: terms.floor } : {}),
    ...(has(TERM.ceiling) ? { ceiling: terms.ceiling } : {}),
    ...(has(TERM.currency) && currency !== undefined ? { currency } : {}),
    ...(name === undefined ? {} : { name }),
    ...(has(TERM.frozen) ? { frozen: isSet } : {}),
    ...(has(TERM.closed) ? { closed: isSet } : {}),
    ...(has(TERM.ifVersion) ? { ifVersion: terms.expected } : {}),
    ...(has(TERM.ifBalance) ? { ifBalance: terms.expected } : {}),
  };
}

/** 1 to 32 bytes of UTF-8 without control characters or line ends, and no blank at either end. */
export function isName(name: string): boolean {
  return isPlainText(name, NAME_BYTES_MAX);
}

/** A field that is not given is zero: one meaning has one spelling. */
function isZeroBut(batch: DataView, at: number, given: number): boolean {
  const isUnused = (terms: number, from: number, to: number): boolean => {
    if ((given & terms) !== 0) return true;
    for (let offset = from; offset < to; offset += 1) {
      if (batch.getUint8(at + offset) !== 0) return false;
    }
    return true;
  };
  return isUnused(TERM.currency, 4, 6) && isUnused(TERM.frozen | TERM.closed, 6, 7)
    && isUnused(TERM.floor | TERM.ceiling | TERM.ifBalance, 7, 8)
    && isUnused(TERM.floor, 8, 16) && isUnused(TERM.ceiling, 16, 24)
    && isUnused(CONDITIONS, 24, 32) && isUnused(TERM.name, 32, RECORD_BYTES);
}

function hasAll(given: number, terms: number): boolean {
  return (given & terms) === terms;
}
