/**
 * Where frames are written to and read from: little-endian bytes with a bound on every step.
 *
 * The writer hands out pieces of a slab and never writes to a byte that it has handed out, so that
 * a small frame costs no allocation of its own. The reader never reads past its end and never
 * throws: `undefined` says that the bytes are not there or not as they must be; what it reads of
 * memory that it is only lent, it copies.
 */
import { assert } from '../core/assert.ts';
import { Slab } from './slab.ts';
import { checksum } from './checksum.ts';

const SLAB_BYTES = 64 * 1024;
/** A last field up to this size is copied behind the others: cheaper than a part of its own. */
const COPY_BYTES_MAX = 1024;
const TWO_32 = 0x1_0000_0000;
/** The upper half of an integer below 2^53. */
const UPPER_MAX = 0x1f_ffff;

const NOTHING = new Uint8Array(0);
const NOTHING_VIEW = new DataView(NOTHING.buffer);

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The value of each hex digit by its character code; -1 for everything else, capitals included. */
const DIGIT_VALUE = new Int8Array(128).fill(-1);
for (let value = 0; value < 16; value += 1) {
  DIGIT_VALUE['0123456789abcdef'.charCodeAt(value)] = value;
}

export class ByteWriter {
  #slab = new Uint8Array(SLAB_BYTES);
  #view = new DataView(this.#slab.buffer);
  #from = 0;
  #start = 0;
  #at = 0;
  #tail: Uint8Array | undefined;

  /** Starts a new piece whose first bytes are left for the header. */
  begin(headerBytes: number): void {
    this.#tail = undefined;
    this.#at = this.#start;
    this.#ensure(headerBytes);
    this.#at += headerBytes;
  }

  /** Ends the piece: what was written since `begin`, of `slab`; the large field is `tail`. */
  finish(): void {
    this.#from = this.#start;
    this.#start = this.#at;
  }

  /** Where the last piece stands: from `from` to `to`. */
  get slab(): Uint8Array {
    return this.#slab;
  }

  get from(): number {
    return this.#from;
  }

  get to(): number {
    return this.#start;
  }

  /** The last field of the last piece, where it was too large to be copied. */
  get tail(): Uint8Array | undefined {
    return this.#tail;
  }

  u8(value: number): void {
    this.#ensure(1);
    this.#view.setUint8(this.#at, value);
    this.#at += 1;
  }

  u32(value: number): void {
    this.#ensure(4);
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  /** An integer from 0 to 2^53 - 1, as two u32. */
  i53(value: number): void {
    this.#ensure(8);
    this.#view.setUint32(this.#at, value >>> 0, true);
    this.#view.setUint32(this.#at + 4, Math.floor(value / TWO_32), true);
    this.#at += 8;
  }

  /** The digits as bytes; false where a character is no lowercase hex digit. */
  hex(digits: string): boolean {
    const bytes = digits.length / 2;
    this.#ensure(bytes);
    let signs = 0;
    for (let index = 0; index < bytes; index += 1) {
      const upper = DIGIT_VALUE[digits.charCodeAt(2 * index)] ?? -1;
      const lower = DIGIT_VALUE[digits.charCodeAt(2 * index + 1)] ?? -1;
      signs |= upper | lower;
      this.#slab[this.#at + index] = (upper << 4) | lower;
    }
    this.#at += bytes;
    return signs >= 0;
  }

  /** A length (u32) and the UTF-8 of as many whole characters as fit; false where some did not. */
  text(value: string, bytesMax: number): boolean {
    this.#ensure(4 + Math.min(bytesMax, 3 * value.length));
    const start = this.#at + 4;
    const room = this.#slab.subarray(start, start + Math.min(bytesMax, 3 * value.length));
    const { read, written } = utf8Encoder.encodeInto(value, room);
    this.u32(written);
    this.#at += written;
    return read === value.length;
  }

  bytes(value: Uint8Array): void {
    this.#ensure(value.length);
    this.#slab.set(value, this.#at);
    this.#at += value.length;
  }

  /** The last field: copied where it is small, else handed on as it is. */
  last(value: Uint8Array): void {
    if (value.length <= COPY_BYTES_MAX) this.bytes(value);
    else this.#tail = value;
  }

  /** Room for so many bytes more; where the slab ends, the piece moves to a new one. */
  #ensure(bytes: number): void {
    if (this.#at + bytes <= this.#slab.length) return;
    const piece = this.#slab.subarray(this.#start, this.#at);
    this.#slab = new Uint8Array(Math.max(SLAB_BYTES, 2 * (piece.length + bytes)));
    this.#view = new DataView(this.#slab.buffer);
    this.#slab.set(piece);
    this.#start = 0;
    this.#at = piece.length;
  }
}

/** Fields up to this size are kept together in one slab: cheaper than memory of their own. */
const KEPT_BYTES_MAX = 1024;

const kept = new Slab();

/** A copy of so many bytes from `at` on. */
function copyOf(bytes: Uint8Array, at: number, length: number): Uint8Array {
  // Never Node's Buffer, whose slice() does not copy.
  if (length > KEPT_BYTES_MAX) return new Uint8Array(bytes.subarray(at, at + length));
  const start = kept.take(length);
  const target = kept.bytes;
  // Fields are small: a loop costs less than the view that `set` would need.
  for (let index = 0; index < length; index += 1) target[start + index] = bytes[at + index]!;
  return target.subarray(start, start + length);
}

/** Reads bytes from one place to another, of which it is told by `begin`. */
export class ByteReader {
  #bytes: Uint8Array = NOTHING;
  #view: DataView = NOTHING_VIEW;
  #at = 0;
  #end = 0;
  #isLent = false;

  /**
   * Reads from `at` to `end` from now on; `view` covers the same memory as `bytes`. Of memory that
   * is only lent, fields are copies.
   */
  begin(bytes: Uint8Array, view: DataView, at: number, end: number, isLent: boolean): void {
    assert(at <= end && end <= bytes.length, 'a reader stays within its bytes');
    this.#bytes = bytes;
    this.#view = view;
    this.#at = at;
    this.#end = end;
    this.#isLent = isLent;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  /** Of what is left. */
  checksum(): number {
    return checksum(this.#bytes, this.#at, this.#end);
  }

  u8(): number | undefined {
    return this.remaining < 1 ? undefined : this.#view.getUint8(this.#take(1));
  }

  u32(): number | undefined {
    return this.remaining < 4 ? undefined : this.#view.getUint32(this.#take(4), true);
  }

  i53(): number | undefined {
    if (this.remaining < 8) return undefined;
    const at = this.#take(8);
    const upper = this.#view.getUint32(at + 4, true);
    return upper > UPPER_MAX ? undefined : upper * TWO_32 + this.#view.getUint32(at, true);
  }

  /** So many bytes as lowercase hex digits. */
  hex(bytes: number): string | undefined {
    if (this.remaining < bytes) return undefined;
    const at = this.#take(bytes);
    return this.#bytes.subarray(at, at + bytes).toHex();
  }

  text(bytesMax: number): string | undefined {
    const length = this.u32();
    if (length === undefined || length > bytesMax || this.remaining < length) return undefined;
    const at = this.#take(length);
    try {
      return utf8Decoder.decode(this.#bytes.subarray(at, at + length));
    } catch {
      return undefined;
    }
  }

  /** So many bytes, aliased unless they are lent. */
  bytes(length: number): Uint8Array | undefined {
    if (this.remaining < length) return undefined;
    const at = this.#take(length);
    if (this.#isLent) return copyOf(this.#bytes, at, length);
    return this.#bytes.subarray(at, at + length);
  }

  #take(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    return at;
  }
}
