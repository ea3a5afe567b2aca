/**
 * A chunk of transfers that is made once and drawn anew before each sending, in place: only the
 * numbers of its accounts are written, and of its keys what tells one sending from another. That
 * takes some ten nanoseconds a transfer: no stock of chunks is needed, each that is sent has
 * accounts that were drawn for it.
 */
import { randomBytes } from 'node:crypto';
import { assert } from '../core/assert.ts';
import { CODE, DEFAULT_SCALE, KIND, RECORD_BYTES } from '../core/operation.ts';
import {
  CHUNK_OPERATIONS_MAX, decodeResult, encodeChunk, RESULT_BYTES, viewOf, type Operation,
} from '../host/client.ts';
import type { AccountDraw } from './account-draw.ts';

/** What each transfer moves, in hundredths. */
export const TRANSFER_UNITS = 1;

/** Words of four bytes. */
const RECORD_WORDS = RECORD_BYTES / 4;
/** Where the lower halves of an operation's accounts stand; the upper ones are zero. */
const FROM_WORD = 2;
const TO_WORD = 4;
/** A key: 8 characters of this chunk alone, 4 that count its sendings, 4 for the place in it. */
const NONCE_BYTES = 6;
const SERIAL_WORD = RECORD_WORDS + 2;
const SERIAL_CHARACTERS = 4;
const DIGITS = 36;
const RESULT_ACCOUNT_AT = 8;

export class TransferChunk {
  readonly bytes: Uint8Array;
  readonly operations: number;
  readonly #words: Uint32Array;
  /** From one transfer to the next. */
  readonly #stride: number;
  readonly #pairs: Uint32Array;
  #sendings = 0;

  constructor(operations: number, isKeyed: boolean) {
    assert(operations >= 1 && operations <= CHUNK_OPERATIONS_MAX, 'so many fit');
    this.operations = operations;
    const nonce = isKeyed ? randomBytes(NONCE_BYTES).toString('base64url') : undefined;
    const transfers = Array.from({ length: operations }, (_, place) => transfer(place, nonce));
    this.bytes = encodeChunk(0, 0, transfers);
    const { buffer, byteOffset, byteLength } = this.bytes;
    this.#words = new Uint32Array(buffer, byteOffset, byteLength / 4);
    this.#stride = isKeyed ? 2 * RECORD_WORDS : RECORD_WORDS;
    this.#pairs = new Uint32Array(2 * operations);
  }

  /** Other accounts, of these numbers; the state from which `draw` refills them. */
  draw(draw: AccountDraw, numbers: Uint32Array): number {
    const state = draw.fillPairs(this.#pairs);
    const [words, pairs, stride] = [this.#words, this.#pairs, this.#stride];
    for (let place = 0, at = RECORD_WORDS; place < pairs.length; place += 2, at += stride) {
      words[at + FROM_WORD] = numbers[pairs[place] as number] as number;
      words[at + TO_WORD] = numbers[pairs[place + 1] as number] as number;
    }
    if (stride > RECORD_WORDS) this.#countSending();
    return state;
  }

  /** What is wrong with the answer to it; undefined where all transfers were done. */
  fault(results: Uint8Array): string | undefined {
    if (results.byteLength !== this.operations * RESULT_BYTES) {
      return `${this.operations} transfers got ${results.byteLength / RESULT_BYTES} answers`;
    }
    const view = viewOf(results);
    const [words, stride] = [this.#words, this.#stride];
    for (let place = 0, at = RECORD_WORDS; place < this.operations; place += 1, at += stride) {
      const result = place * RESULT_BYTES;
      const isDone = results[result] === CODE.ok && results[result + 1] === KIND.transfer
        && view.getUint32(result + RESULT_ACCOUNT_AT, true) === words[at + FROM_WORD];
      if (!isDone) return this.#faultAt(place, at, view);
    }
    return undefined;
  }

  #faultAt(place: number, at: number, results: DataView): string {
    const { code, account } = decodeResult(results, place);
    const [from, to] = [this.#words[at + FROM_WORD], this.#words[at + TO_WORD]];
    return `TRANSFER ${from} ${to} was answered ${code} of account ${account}`;
  }

  /** The keys of this sending are others than those of the one before. */
  #countSending(): void {
    this.#sendings += 1;
    const text = this.#sendings.toString(DIGITS).padStart(SERIAL_CHARACTERS, '0');
    assert(text.length === SERIAL_CHARACTERS, 'no benchmark sends a chunk so often');
    const [word] = new Uint32Array(new TextEncoder().encode(text).buffer);
    assert(word !== undefined, 'four characters make a word');
    for (let at = RECORD_WORDS; at < this.#words.length; at += this.#stride) {
      this.#words[at + SERIAL_WORD] = word;
    }
  }
}

function transfer(place: number, nonce: string | undefined): Operation {
  const plain: Operation = { kind: 'transfer', amount: TRANSFER_UNITS, scale: DEFAULT_SCALE };
  if (nonce === undefined) return plain;
  const inside = place.toString(DIGITS).padStart(SERIAL_CHARACTERS, '0');
  return { ...plain, key: `${nonce}${'0'.repeat(SERIAL_CHARACTERS)}${inside}` };
}
