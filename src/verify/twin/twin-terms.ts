/**
 * The terms of an operation, read a second time (the layout is in `core/terms.ts`). Terms that make
 * sense are those that, written down again, give the very same bytes.
 */
import { RECORD_BYTES } from '../../core/operation.ts';
import { NAME_BYTES_MAX, TERM } from '../../core/terms.ts';
import { isExact } from './amounts.ts';

/** Undefined is what was not given. */
export interface TwinTerms {
  /** Bits of TERM. */
  readonly given: number;
  /** Of the amounts here. */
  readonly digits: number;
  readonly floor: bigint | undefined;
  readonly ceiling: bigint | undefined;
  readonly currency: number | undefined;
  readonly name: string | undefined;
  readonly frozen: boolean | undefined;
  readonly closed: boolean | undefined;
  readonly ifVersion: bigint | undefined;
  readonly ifBalance: bigint | undefined;
}

const ALL_GIVEN = Object.values(TERM).reduce((sum, term) => sum + term, 0);
const WITH_DIGITS = TERM.floor | TERM.ceiling | TERM.ifBalance;

/** The terms in an extension of 64 bytes; undefined where they make no sense for any operation. */
export function readTerms(extension: Uint8Array): TwinTerms | undefined {
  const record = Buffer.from(extension);
  const given = record.readUInt32LE(0);
  if (given === 0 || given > ALL_GIVEN) return undefined;
  const where = <Value>(term: number, value: Value) => (given & term) === 0 ? undefined : value;
  const terms: TwinTerms = {
    given,
    digits: where(WITH_DIGITS, record[7]) ?? 0,
    floor: where(TERM.floor, record.readBigInt64LE(8)),
    ceiling: where(TERM.ceiling, record.readBigInt64LE(16)),
    currency: where(TERM.currency, record.readUInt16LE(4)),
    name: where(TERM.name, record.toString('utf8', 32).replace(/\0+$/, '')),
    frozen: where(TERM.frozen, record[6] === 1),
    closed: where(TERM.closed, record[6] === 1),
    ifVersion: where(TERM.ifVersion, record.readBigInt64LE(24)),
    ifBalance: where(TERM.ifBalance, record.readBigInt64LE(24)),
  };
  return isSane(terms) && writeTerms(terms).equals(record) ? terms : undefined;
}

function isSane(terms: TwinTerms): boolean {
  const { floor, ceiling, name, frozen, closed, ifVersion, ifBalance } = terms;
  if (frozen !== undefined && closed !== undefined) return false;
  if (ifVersion !== undefined && ifBalance !== undefined) return false;
  if (name !== undefined && !isName(name)) return false;
  return [floor, ceiling, ifVersion, ifBalance].every((value) => isExact(value ?? 0n));
}

function writeTerms(terms: TwinTerms): Buffer {
  const { given, digits, floor, ceiling, currency, name, frozen, closed } = terms;
  const record = Buffer.alloc(RECORD_BYTES);
  record.writeUInt32LE(given, 0);
  record.writeUInt16LE(currency ?? 0, 4);
  record[6] = frozen || closed ? 1 : 0;
  record[7] = digits;
  record.writeBigInt64LE(floor ?? 0n, 8);
  record.writeBigInt64LE(ceiling ?? 0n, 16);
  record.writeBigInt64LE(terms.ifVersion ?? terms.ifBalance ?? 0n, 24);
  record.write(name ?? '', 32, 'utf8');
  return record;
}

/** 1 to so many bytes, nothing that controls or ends a line, blanks only between others. */
export function isName(name: string, bytesMax = NAME_BYTES_MAX): boolean {
  return Buffer.byteLength(name) <= bytesMax && /^\S(.*\S)?$/su.test(name)
    && !/\p{Control}|\p{Line_Separator}|\p{Paragraph_Separator}/u.test(name);
}
