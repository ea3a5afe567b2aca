/**
 * Batches and results as bytes, read and written a second time: shares with `src/core` only the
 * constants of the record layout (the layout itself is in `core/operation.ts`).
 */
import {
  CHUNK_ATOMIC, CHUNK_BYTES_MAX, CHUNK_MARK, CHUNK_OPERATIONS_MAX, FLAG_ID, FLAG_KEY,
  FLAG_REFERENCE, FLAG_TERMS, ID_AT, ID_BYTES_MAX, KIND, KIND_MAX, RECORD_BYTES, RESULT_BYTES,
} from '../../core/operation.ts';
import { REFERENCE_BYTES_MAX } from '../../core/record.ts';
import { isNatural } from './amounts.ts';
import type { Became } from './twin-postings.ts';
import { isName, readTerms, type TwinTerms } from './twin-terms.ts';

/** Flags of what may follow an operation, in the order in which it follows. */
const EXTENSIONS: readonly number[] = [FLAG_KEY, FLAG_TERMS, FLAG_REFERENCE];

/** An operation as its record says it, undecided whether it makes sense. */
export interface TwinOperation {
  readonly kind: number;
  readonly flags: number;
  readonly scale: number;
  readonly code: number;
  readonly account: bigint;
  readonly toAccount: bigint;
  readonly amount: bigint;
  /** Empty where there is none, undefined where it can be none. */
  readonly id: string | undefined;
  /** Whether the chunk has all of its extensions. */
  readonly isWhole: boolean;
  /** Undefined without one, and where it is none. */
  readonly key: string | undefined;
  readonly terms: TwinTerms | undefined;
  readonly reference: string | undefined;
}

export interface TwinChunk {
  readonly session: number;
  readonly firstRequest: number;
  /** One group: all of it, or nothing. */
  readonly isAtomic: boolean;
  /** Undefined where the records ran out. */
  readonly operations: readonly (TwinOperation | undefined)[];
}

/** What a result says; what is left out is 0. */
export interface Answer {
  readonly code: number;
  readonly detail?: number;
  readonly account?: bigint | number;
  /** Of a capture or reversal, whose accounts share a field. */
  readonly toAccount?: bigint | number;
  readonly balance?: bigint | number;
  readonly toBalance?: bigint | number;
  /** Digits of the balances; left out: 2. */
  readonly scale?: number;
}

/** What is asked of a movement that is there, by its id. */
export function isFollowUp(kind: number): boolean {
  return kind === KIND.capture || kind === KIND.void || kind === KIND.reverse;
}

/** It has to do with a movement that has an id. */
export function isMovement({ kind, flags }: TwinOperation): boolean {
  return isFollowUp(kind) || kind === KIND.hold
    || (kind === KIND.transfer && (flags & FLAG_ID) !== 0);
}

/** Why the batch is no row of whole chunks, in words; undefined where it is one. */
export function findBatchFault(batch: Uint8Array): string | undefined {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  for (let at = 0; at < batch.length; ) {
    if (at + RECORD_BYTES > batch.length) return `its batch ends within a chunk, at byte ${at}`;
    const operations = view.getUint32(at + 4, true);
    const length = chunkBytes(view, at);
    const session = view.getBigInt64(at + 8, true);
    const firstRequest = view.getBigInt64(at + 16, true);
    const isWhole = length <= CHUNK_BYTES_MAX && at + length <= batch.length;
    const isSane = view.getUint8(at) === CHUNK_MARK && operations >= 1 &&
      operations <= CHUNK_OPERATIONS_MAX && isNatural(session) && isNatural(firstRequest) &&
      isNatural(firstRequest + BigInt(operations));
    if (!isWhole || !isSane) return `at byte ${at} of its batch stands no chunk`;
    at += length;
  }
  return undefined;
}

/** The chunks of a batch in which `findBatchFault` found nothing. */
export function readChunks(batch: Uint8Array): TwinChunk[] {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  const chunks: TwinChunk[] = [];
  for (let at = 0; at < batch.length; ) {
    const end = at + chunkBytes(view, at);
    chunks.push({
      session: Number(view.getBigInt64(at + 8, true)),
      firstRequest: Number(view.getBigInt64(at + 16, true)),
      isAtomic: view.getUint8(at + 1) === CHUNK_ATOMIC,
      operations: readOperations(view, at, end),
    });
    at = end;
  }
  return chunks;
}

function readOperations(view: DataView, chunkAt: number, end: number) {
  const operations: (TwinOperation | undefined)[] = [];
  let at = chunkAt + RECORD_BYTES;
  for (let left = view.getUint32(chunkAt + 4, true); left > 0; left -= 1) {
    const operation = readOperation(view, at, end);
    operations.push(operation);
    if (operation === undefined) continue;
    at += RECORD_BYTES;
    for (const flag of EXTENSIONS) if ((operation.flags & flag) !== 0) at += RECORD_BYTES;
  }
  return operations;
}

function readOperation(view: DataView, at: number, end: number): TwinOperation | undefined {
  if (at >= end) return undefined;
  const flags = view.getUint8(at + 1);
  const extensions = EXTENSIONS.filter((flag) => (flags & flag) !== 0);
  const extension = (flag: number): Uint8Array | undefined => {
    const from = at + (1 + extensions.indexOf(flag)) * RECORD_BYTES;
    if (!extensions.includes(flag) || from >= end) return undefined;
    return new Uint8Array(view.buffer, view.byteOffset + from, RECORD_BYTES);
  };
  const [key, terms, reference] = EXTENSIONS.map(extension);
  return {
    kind: view.getUint8(at),
    flags,
    scale: view.getUint8(at + 2),
    code: view.getUint32(at + 4, true),
    account: view.getBigInt64(at + 8, true),
    toAccount: view.getBigInt64(at + 16, true),
    amount: view.getBigInt64(at + 24, true),
    id: readText(new Uint8Array(view.buffer, view.byteOffset + at + ID_AT, ID_BYTES_MAX)),
    isWhole: at + (1 + extensions.length) * RECORD_BYTES <= end,
    key: key && (readText(key) || undefined),
    terms: terms && readTerms(terms),
    reference: reference && readReference(reference),
  };
}

function chunkBytes(view: DataView, at: number): number {
  return (1 + view.getUint32(at + 24, true)) * RECORD_BYTES;
}

/** A key, or an id: visible ASCII characters, then zeros to the end; undefined for others. */
function readText(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString('latin1').replace(/\0+$/, '');
  return /^[!-~]*$/.test(text) ? text : undefined;
}

/** As a name, but as long as its record. */
function readReference(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString('utf8').replace(/\0+$/, '');
  const again = Buffer.concat([Buffer.from(text), Buffer.alloc(REFERENCE_BYTES_MAX)]);
  const isSame = again.subarray(0, REFERENCE_BYTES_MAX).equals(bytes);
  return isSame && isName(text, REFERENCE_BYTES_MAX) ? text : undefined;
}

/** A whole batch's results, each put where it belongs. */
export class TwinResults {
  readonly bytes: Uint8Array;
  /** By their places. */
  readonly became: Became[] = [];
  readonly #view: DataView;

  constructor(count: number) {
    this.bytes = new Uint8Array(count * RESULT_BYTES);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** The answer to the operation, which is undefined where the chunk's records ran out. */
  put(index: number, operation: TwinOperation | undefined, answer: Answer): void {
    const { code, detail = 0, account = 0, balance = 0, toBalance = 0, scale = 2 } = answer;
    this.became[index] = { operation, answer };
    const pair = BigInt(account) + (BigInt(answer.toAccount ?? 0) << 32n);
    const view = this.#view;
    const at = index * RESULT_BYTES;
    const kind = operation?.kind ?? 0;
    view.setUint8(at, code);
    view.setUint8(at + 1, kind <= KIND_MAX ? kind : 0);
    view.setUint8(at + 2, scale);
    view.setUint32(at + 4, detail % 2 ** 32, true);
    view.setBigInt64(at + 8, pair, true);
    view.setBigInt64(at + 16, BigInt(balance), true);
    view.setBigInt64(at + 24, BigInt(toBalance), true);
  }
}
