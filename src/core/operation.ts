/**
 * Operations and their results as fixed-size binary records: the hot layout, in one place.
 *
 * A client's request is a **chunk**: one header record and the records of its operations, 64 bytes
 * each. The frontend strings chunks together into a **batch** without looking at a single
 * operation; the participants execute it. An operation may be followed by extension records: its
 * idempotency key, its terms, its reference. Integers are little-endian; i64 fields hold exact
 * integers within ±(2^53 - 1).
 *
 * | chunk header         | operation                        | result (32 bytes)                   |
 * | -------------------- | -------------------------------- | ----------------------------------- |
 * |  0 u8  0xc0          |  0 u8  kind                      |  0 u8  code                         |
 * |  1 u8  1: atomic     |                                  |                                     |
 * |  4 u32 operations    |  1 u8  flags: what follows       |  1 u8  kind of the operation        |
 * |  8 i64 session       |  2 u8  scale: digits given       |  2 u8  scale of the balances        |
 * | 16 i64 first request |  4 u32 code (OUTCOME: 1 = by key)|  4 u32 detail: version, or reason   |
 * | 24 u32 records after |  8 i64 account                   |  8 i64 account                      |
 * |    rest zero         | 16 i64 other account             | 16 i64 balance                      |
 * |                      | 24 i64 amount, 10^-scale units   | 24 i64 balance of the other account |
 * |                      | 32 16 bytes: the user's own id   |                                     |
 * |                      | 48 16 bytes: zero                |                                     |
 *
 * For REMEMBER, `amount` is how many keys are remembered from here on.
 * For OUTCOME of a request, `account` is the session and `other account` the request number.
 * Of a movement captured or reversed, the result has two u32 in the place of `account`: from, to.
 * For the code `duplicate`, `account` is the seq and `balance` the index of the first answer:
 * whoever hands the result on puts the first answer, read from the journal, in its place. With
 * `detail` OF_THE_WRITE it is that of a write, and what is asked for are the write's details. What
 * is meant stands so many operations behind it as `other balance` says, details not counted: a
 * group under a key may have been answered with details, or without.
 *
 * The result of `details`: `account` is the balance of the write's account before it, `balance` is
 * what is available there after it; of the other account that it changed, where there is one,
 * `other balance` is what is available, `detail` the version.
 */
import { type Span, writeSpan } from './moment.ts';
import {
  AMOUNT_MAX, readI64, RECORD_BYTES, REFERENCE_BYTES_MAX, viewOf, writeI64,
} from './record.ts';
import { writeTerms, type Terms } from './terms.ts';

export { AMOUNT_MAX, DEFAULT_SCALE, readI64, RECORD_BYTES, viewOf, writeI64 } from './record.ts';

export const RESULT_BYTES = 32;
/** Where a result tells the kind: 0 where the operation had no record, or one of no known kind. */
export const RESULT_KIND_AT = 1;
export const CHUNK_MARK = 0xc0;
/** The second byte of a chunk that is one group. */
export const CHUNK_ATOMIC = 1;
/** The most operations in a group. */
export const GROUP_OPERATIONS_MAX = 1_000;
/** The most operations in one chunk, and so in one request of a client. */
export const CHUNK_OPERATIONS_MAX = 8190;
/** The most bytes in one chunk: each operation with its extensions, and the header. */
export const CHUNK_BYTES_MAX = (4 * CHUNK_OPERATIONS_MAX + 1) * RECORD_BYTES;
/** The most bytes in one batch. */
export const BATCH_BYTES_MAX = 2 * 1024 * 1024;
export const KEY_BYTES_MAX = 64;
/** The most keys that may be remembered. Each takes 64 bytes, in every backend. */
export const KEYS_REMEMBERED_MAX = 100_000_000;

export const KIND = {
  create: 1,
  update: 2,
  query: 3,
  deposit: 4,
  withdraw: 5,
  transfer: 6,
  outcome: 7,
  /** Opens a lease of SESSIONS_PER_LEASE sessions; ordered by the frontend itself. */
  lease: 8,
  /** Ends the session of its chunk. */
  end: 9,
  /** Gives an account other terms. */
  amend: 10,
  /** Reports: reads that are answered with a text (`reports.ts`). */
  account: 11,
  accounts: 12,
  trial: 13,
  /** Movements with an id (`movement-rules.ts`). */
  hold: 14,
  capture: 15,
  void: 16,
  reverse: 17,
  /** An entry for time to pass in, where a hold is due; ordered by the frontend itself. */
  expire: 18,
  /** More about the write directly before it in its chunk. */
  details: 19,
  /** Looked up in the journal: an account's lines, or a page of all history (`lookup.ts`). */
  statement: 20,
  history: 21,
  /** How many keys are remembered from here on; ordered by the frontend itself. */
  remember: 22,
} as const;
export type Kind = keyof typeof KIND;
export const KIND_MAX = KIND.remember;

/** Kinds of which a chunk holds one, alone. */
export function isReport(kind: number): boolean {
  return (kind >= KIND.account && kind <= KIND.trial) || isLookup(kind);
}

/** Reports that the journal answers. */
export function isLookup(kind: number): boolean {
  return kind === KIND.statement || kind === KIND.history;
}

const WRITES: ReadonlySet<number> = new Set([
  KIND.create, KIND.update, KIND.deposit, KIND.withdraw, KIND.transfer, KIND.amend, KIND.hold,
  KIND.capture, KIND.void, KIND.reverse,
]);

/** What changes accounts, and may be done under a key. */
export function isWrite(kind: number): boolean {
  return WRITES.has(kind);
}

/** What changes nothing, and goes as a QUERY. */
export function isRead({ kind }: Operation): boolean {
  return kind === 'query' || isReport(KIND[kind]);
}

/** An extension record follows: the idempotency key. */
export const FLAG_KEY = 1;
/** An extension record follows, behind that of the key: terms (`terms.ts`). */
export const FLAG_TERMS = 2;
/** It has an id of its own, in its own record. */
export const FLAG_ID = 4;
/** An extension record follows, behind key and terms: the reference (`reference.ts`). */
export const FLAG_REFERENCE = 8;

/** Records of an operation with these flags, its own and its extensions. */
export function recordsOf(flags: number): number {
  return 1 + (flags & FLAG_KEY) + ((flags & FLAG_TERMS) >> 1) + ((flags & FLAG_REFERENCE) >> 3);
}

/** Where the extension of this flag stands, of the operation at `at` with these flags. */
export function extensionAt(at: number, flags: number, flag: number): number {
  // Those of lower flags stand before it.
  return at + recordsOf(flags & (flag - 1)) * RECORD_BYTES;
}

/** Where the id stands in the operation's record, and its length at most. */
export const ID_AT = 32;
export const ID_BYTES_MAX = 16;
/** The `code` of a CAPTURE, VOID or REVERSE without an amount. */
export const ALL_THAT_IS_LEFT = 1;
/** OUTCOME: the `code` field of one that asks for a key (in the extension), not for a request. */
export const OUTCOME_BY_KEY = 1;
/** The `detail` of a `duplicate` of details that leads to the write's first answer. */
export const OF_THE_WRITE = 1;

export const CODE = {
  ok: 0,
  accountNotFound: 1,
  insufficientFunds: 2,
  limitExceeded: 3,
  badRequest: 4,
  keyReused: 5,
  sessionExpired: 6,
  neverHappened: 7,
  /** Answered before, at seq `account`, index `balance`. */
  duplicate: 8,
  /** The account's version, or balance, is another than expected: both are told. */
  conditionFailed: 9,
  accountFrozen: 10,
  accountClosed: 11,
  /** From and to are in different currencies. */
  currencyMismatch: 12,
  /** Another account, which is told, has the name. */
  nameTaken: 13,
  /** What is closed must be empty. */
  notEmpty: 14,
  /** There is a movement of this id. */
  idTaken: 15,
  movementNotFound: 16,
  /** It is not open, or was not posted; `detail` tells what it is. */
  movementSettled: 17,
  /** More than is left to be captured or reversed, which `balance` tells. */
  exceedsOriginal: 18,
  /** Another operation of its group, at the index in `detail`, was refused. */
  groupRefused: 19,
} as const;
export type Code = keyof typeof CODE;

/** The `detail` of a `badRequest`. */
export const REASON = {
  malformed: 1,
  sameAccount: 2,
  tooManyDigits: 3,
  amountTooLarge: 4,
  /** The request's number was passed over: a later one of its session ran, or OUTCOME sealed it. */
  passedOver: 5,
  /** There is no such currency. */
  unknownCurrency: 6,
  /** No balance is both above the floor and below the ceiling. */
  floorAboveCeiling: 7,
} as const;

/** One operation, spelled out: for clients, tests and traces, never for the hot path. */
export interface Operation {
  readonly kind: Kind;
  readonly account?: number;
  readonly toAccount?: number;
  /** In units of 10^-scale. */
  readonly amount?: number;
  /** Digits after the point, as given. */
  readonly scale?: number;
  /** The idempotency key: 1 to 64 visible ASCII characters. For `outcome`: the key asked for. */
  readonly key?: string;
  readonly terms?: Terms;
  /** Of a movement: 1 to 16 visible ASCII characters. */
  readonly id?: string;
  /** What it is for, in the user's words: 1 to 64 bytes of UTF-8. */
  readonly reference?: string;
  /** HOLD: after so many seconds it expires; 0 or undefined: never. */
  readonly forSeconds?: number;
  /** STATEMENT: of which lines are told. */
  readonly span?: Span;
}

/** One result, spelled out. Amounts in units of 10^-scale. */
export interface Result {
  readonly code: Code;
  /** Undefined where the operation was malformed. */
  readonly kind: Kind | undefined;
  readonly scale: number;
  readonly detail: number;
  readonly account: number;
  readonly balance: number;
  readonly toBalance: number;
  /** Where a movement was captured or reversed: it names its accounts to nobody else. */
  readonly toAccount?: number | undefined;
}

const KINDS = invert<Kind>(KIND);
const CODES = invert<Code>(CODE);

/** Undefined where there is no such kind. */
export function kindOf(number: number): Kind | undefined {
  return KINDS[number];
}

function invert<Name extends string>(table: Record<Name, number>): (Name | undefined)[] {
  const names: (Name | undefined)[] = [];
  for (const name of Object.keys(table) as Name[]) names[table[name]] = name;
  return names;
}

export interface ChunkHeader {
  /** Its operations are a group: all are done, or none. */
  readonly isAtomic: boolean;
  readonly session: number;
  readonly firstRequest: number;
  readonly operations: number;
  /** The whole chunk's length, header included. */
  readonly bytes: number;
}

/** The chunk's bytes: a header and the records of the operations. */
export function encodeChunk(
  session: number,
  firstRequest: number,
  operations: readonly Operation[],
  isAtomic = false,
): Uint8Array {
  let records = operations.length;
  for (const { key, terms, reference } of operations) {
    records += +(key !== undefined) + +(terms !== undefined) + +(reference !== undefined);
  }
  const chunk = new Uint8Array((1 + records) * RECORD_BYTES);
  const view = viewOf(chunk);
  view.setUint8(0, CHUNK_MARK);
  if (isAtomic) view.setUint8(1, CHUNK_ATOMIC);
  view.setUint32(4, operations.length, true);
  writeI64(view, 8, session);
  writeI64(view, 16, firstRequest);
  view.setUint32(24, records, true);
  let offset = RECORD_BYTES;
  for (const operation of operations) {
    view.setUint8(offset, KIND[operation.kind]);
    view.setUint8(offset + 2, operation.scale ?? 0);
    writeI64(view, offset + 8, operation.account ?? 0);
    writeI64(view, offset + 16, operation.toAccount ?? 0);
    writeI64(view, offset + 24, operation.amount ?? 0);
    view.setUint32(offset + 4, codeOf(operation), true);
    if (operation.span !== undefined) writeSpan(viewOf(chunk.subarray(offset)), operation.span);
    offset = encodeExtensions(chunk, view, offset, operation);
  }
  return chunk;
}

/** What the `code` of an operation says, by its kind. */
function codeOf({ kind, key, amount, forSeconds = 0 }: Operation): number {
  switch (kind) {
    case 'outcome':
      return key === undefined ? 0 : OUTCOME_BY_KEY;
    case 'hold':
      return forSeconds;
    case 'capture':
    case 'void':
    case 'reverse':
      return amount === undefined ? ALL_THAT_IS_LEFT : 0;
    default:
      return 0;
  }
}

/** Behind the operation at `at`, whose flags they are; where the next one stands. */
function encodeExtensions(
  chunk: Uint8Array, view: DataView, at: number, { key, terms, id, reference }: Operation,
): number {
  let next = at + RECORD_BYTES;
  let flags = 0;
  if (id !== undefined) {
    flags |= FLAG_ID;
    new TextEncoder().encodeInto(id, chunk.subarray(at + ID_AT, at + ID_AT + ID_BYTES_MAX));
  }
  if (key !== undefined) {
    flags |= FLAG_KEY;
    new TextEncoder().encodeInto(key, chunk.subarray(next, next + KEY_BYTES_MAX));
    next += RECORD_BYTES;
  }
  if (terms !== undefined) {
    flags |= FLAG_TERMS;
    writeTerms(chunk, view, next, terms);
    next += RECORD_BYTES;
  }
  if (reference !== undefined) {
    flags |= FLAG_REFERENCE;
    new TextEncoder().encodeInto(reference, chunk.subarray(next, next + REFERENCE_BYTES_MAX));
    next += RECORD_BYTES;
  }
  view.setUint8(at + 1, flags);
  return next;
}

/** The header of the chunk at `offset`; undefined where none with sane lengths stands there. */
export function readChunkHeader(
  batch: DataView, offset: number, end = batch.byteLength,
): ChunkHeader | undefined {
  if (offset + RECORD_BYTES > end) return undefined;
  const lengths = readChunkLengths(batch, offset);
  if (lengths === undefined || offset + lengths.bytes > end) return undefined;
  const { operations, bytes } = lengths;
  const session = readI64(batch, offset + 8);
  const firstRequest = readI64(batch, offset + 16);
  if (!(session >= 0) || !(firstRequest >= 0)) return undefined;
  if (!(firstRequest + operations <= AMOUNT_MAX)) return undefined;
  const isAtomic = batch.getUint8(offset + 1) === CHUNK_ATOMIC;
  return { session, firstRequest, operations, bytes, isAtomic };
}

/** Of the chunk whose header is at `offset`, wherever it ends; undefined where none begins. */
export function readChunkLengths(
  batch: DataView, offset: number,
): Pick<ChunkHeader, 'operations' | 'bytes'> | undefined {
  if (batch.getUint8(offset) !== CHUNK_MARK) return undefined;
  const operations = batch.getUint32(offset + 4, true);
  const bytes = (1 + batch.getUint32(offset + 24, true)) * RECORD_BYTES;
  if (operations < 1 || operations > CHUNK_OPERATIONS_MAX) return undefined;
  return bytes > CHUNK_BYTES_MAX ? undefined : { operations, bytes };
}

export function decodeResult(results: DataView, index: number): Result {
  const offset = index * RESULT_BYTES;
  const code = CODES[results.getUint8(offset)] ?? 'badRequest';
  const kind = KINDS[results.getUint8(offset + 1)];
  const result: Result = {
    code,
    kind,
    scale: results.getUint8(offset + 2),
    detail: results.getUint32(offset + 4, true),
    balance: readI64(results, offset + 16),
    toBalance: readI64(results, offset + 24),
    account: readI64(results, offset + 8),
  };
  if (code !== 'ok' || !tellsPair(kind)) return result;
  const account = results.getUint32(offset + 8, true);
  return { ...result, account, toAccount: results.getUint32(offset + 12, true) };
}

/** Its result tells both accounts, as u32, in the place of the first. */
function tellsPair(kind: Kind | undefined): boolean {
  return kind === 'capture' || kind === 'reverse';
}

export function encodeResult(results: DataView, index: number, result: Result): void {
  const offset = index * RESULT_BYTES;
  results.setUint8(offset, CODE[result.code]);
  results.setUint8(offset + 1, result.kind === undefined ? 0 : KIND[result.kind]);
  results.setUint8(offset + 2, result.scale);
  results.setUint32(offset + 4, result.detail, true);
  writeI64(results, offset + 8, result.account);
  if (result.toAccount !== undefined) results.setUint32(offset + 12, result.toAccount, true);
  writeI64(results, offset + 16, result.balance);
  writeI64(results, offset + 24, result.toBalance);
}
