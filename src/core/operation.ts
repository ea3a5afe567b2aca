/**
 * Operations and their results as fixed-size binary records: the hot layout, in one place.
 *
 * A client's request is a **chunk**: one header record and the records of its operations, 64 bytes
 * each. The frontend strings chunks together into a **batch** without looking at a single
 * operation; the participants execute it. An operation may be followed by one extension record (its
 * idempotency key). Integers are little-endian; i64 fields hold exact integers within ±(2^53 - 1).
 *
 * | chunk header         | operation                        | result (32 bytes)                   |
 * | -------------------- | -------------------------------- | ----------------------------------- |
 * |  0 u8  0xc0          |  0 u8  kind                      |  0 u8  code                         |
 * |  4 u32 operations    |  1 u8  flags (1: a key follows)  |  1 u8  kind of the operation        |
 * |  8 i64 session       |  2 u8  scale: digits given       |  2 u8  scale of the balances        |
 * | 16 i64 first request |  4 u32 code (OUTCOME: 1 = by key)|  4 u32 detail: version, or reason   |
 * | 24 u32 records after |  8 i64 account                   |  8 i64 account                      |
 * |    rest zero         | 16 i64 other account             | 16 i64 balance                      |
 * |                      | 24 i64 amount, 10^-scale units   | 24 i64 balance of the other account |
 * |                      | 32 16 bytes: the user's own id   |                                     |
 * |                      | 48 16 bytes: reference           |                                     |
 *
 * For OUTCOME of a request, `account` is the session and `other account` the request number.
 * For the code `duplicate`, `account` is the seq and `balance` the index of the first answer:
 * whoever hands the result on puts the first answer, read from the journal, in its place.
 */
export const RECORD_BYTES = 64;
export const RESULT_BYTES = 32;
export const CHUNK_MARK = 0xc0;
/** The most operations in one chunk, and so in one request of a client. */
export const CHUNK_OPERATIONS_MAX = 8190;
/** The most bytes in one chunk: each operation with its extension, and the header. */
export const CHUNK_BYTES_MAX = (2 * CHUNK_OPERATIONS_MAX + 1) * RECORD_BYTES;
/** The most bytes in one batch. */
export const BATCH_BYTES_MAX = 2 * 1024 * 1024;
export const KEY_BYTES_MAX = 64;
/** Amounts and balances go up to 2^53 - 1 of the smallest unit. */
export const AMOUNT_MAX = Number.MAX_SAFE_INTEGER;
/** Digits after the point of an account without a currency. */
export const DEFAULT_SCALE = 2;

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
} as const;
export type Kind = keyof typeof KIND;
export type KindByte = (typeof KIND)[Kind];

export const FLAG_KEY = 1;
/** OUTCOME: the `code` field of one that asks for a key (in the extension), not for a request. */
export const OUTCOME_BY_KEY = 1;

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
} as const;

const TWO_32 = 4294967296;

/** Reads an i64 whose value is within ±(2^53 - 1); NaN where it is not. */
export function readI64(view: DataView, offset: number): number {
  const value = view.getInt32(offset + 4, true) * TWO_32 + view.getUint32(offset, true);
  return value <= AMOUNT_MAX && value >= -AMOUNT_MAX ? value : NaN;
}

export function writeI64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true);
  view.setInt32(offset + 4, Math.floor(value / TWO_32), true);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

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
}

const KINDS = invert<Kind>(KIND);
const CODES = invert<Code>(CODE);

function invert<Name extends string>(table: Record<Name, number>): (Name | undefined)[] {
  const names: (Name | undefined)[] = [];
  for (const name of Object.keys(table) as Name[]) names[table[name]] = name;
  return names;
}

export interface ChunkHeader {
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
): Uint8Array {
  let records = operations.length;
  for (const operation of operations) if (operation.key !== undefined) records += 1;
  const chunk = new Uint8Array((1 + records) * RECORD_BYTES);
  const view = viewOf(chunk);
  view.setUint8(0, CHUNK_MARK);
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
    if (operation.key !== undefined) {
      view.setUint8(offset + 1, FLAG_KEY);
      if (operation.kind === 'outcome') view.setUint32(offset + 4, OUTCOME_BY_KEY, true);
      offset += RECORD_BYTES;
      new TextEncoder().encodeInto(operation.key, chunk.subarray(offset, offset + KEY_BYTES_MAX));
    }
    offset += RECORD_BYTES;
  }
  return chunk;
}

/** The header of the chunk at `offset`; undefined where none with sane lengths stands there. */
export function readChunkHeader(batch: DataView, offset: number): ChunkHeader | undefined {
  if (offset + RECORD_BYTES > batch.byteLength) return undefined;
  if (batch.getUint8(offset) !== CHUNK_MARK) return undefined;
  const operations = batch.getUint32(offset + 4, true);
  const records = batch.getUint32(offset + 24, true);
  const bytes = (1 + records) * RECORD_BYTES;
  if (operations < 1 || operations > CHUNK_OPERATIONS_MAX) return undefined;
  if (bytes > CHUNK_BYTES_MAX) return undefined;
  if (offset + bytes > batch.byteLength) return undefined;
  const session = readI64(batch, offset + 8);
  const firstRequest = readI64(batch, offset + 16);
  if (!(session >= 0) || !(firstRequest >= 0)) return undefined;
  if (!(firstRequest + operations <= AMOUNT_MAX)) return undefined;
  return { session, firstRequest, operations, bytes };
}

/** How many operations, and so results, the batch has. */
export function countOperations(batch: Uint8Array): number {
  const view = viewOf(batch);
  let count = 0;
  for (let offset = 0; offset < batch.byteLength; ) {
    const header = readChunkHeader(view, offset);
    if (header === undefined) return count;
    count += header.operations;
    offset += header.bytes;
  }
  return count;
}

export function decodeResult(results: DataView, index: number): Result {
  const offset = index * RESULT_BYTES;
  return {
    code: CODES[results.getUint8(offset)] ?? 'badRequest',
    kind: KINDS[results.getUint8(offset + 1)],
    scale: results.getUint8(offset + 2),
    detail: results.getUint32(offset + 4, true),
    account: readI64(results, offset + 8),
    balance: readI64(results, offset + 16),
    toBalance: readI64(results, offset + 24),
  };
}

export function encodeResult(results: DataView, index: number, result: Result): void {
  const offset = index * RESULT_BYTES;
  results.setUint8(offset, CODE[result.code]);
  results.setUint8(offset + 1, result.kind === undefined ? 0 : KIND[result.kind]);
  results.setUint8(offset + 2, result.scale);
  results.setUint32(offset + 4, result.detail, true);
  writeI64(results, offset + 8, result.account);
  writeI64(results, offset + 16, result.balance);
  writeI64(results, offset + 24, result.toBalance);
}

/** The operation at `offset` and the offset after it; undefined where the record makes no sense. */
export function decodeOperation(
  batch: DataView,
  offset: number,
): { operation: Operation; next: number } | undefined {
  const kind = KINDS[batch.getUint8(offset)];
  if (kind === undefined) return undefined;
  const keyed = (batch.getUint8(offset + 1) & FLAG_KEY) !== 0;
  const next = offset + (keyed ? 2 : 1) * RECORD_BYTES;
  if (next > batch.byteLength) return undefined;
  const operation: Operation = {
    kind,
    account: readI64(batch, offset + 8),
    toAccount: readI64(batch, offset + 16),
    amount: readI64(batch, offset + 24),
    scale: batch.getUint8(offset + 2),
    ...(keyed ? { key: readKey(batch, offset + RECORD_BYTES) } : {}),
  };
  return { operation, next };
}

/** The key in the extension record at `offset`. */
export function readKey(batch: DataView, offset: number): string {
  let key = '';
  for (let at = offset; at < offset + KEY_BYTES_MAX; at += 1) {
    const byte = batch.getUint8(at);
    if (byte === 0) break;
    key += String.fromCharCode(byte);
  }
  return key;
}
