/**
 * Frames: what travels on a TCP connection, one message each (README.md documents the bytes).
 *
 * `encodeFrame` gives the parts of a frame for one gathered write, large fields uncopied.
 * `FrameDecoder` takes whatever pieces the network delivers and gives messages, or says why the
 * bytes are none: bad bytes are a value with a named reason, never an exception, and nothing is
 * allocated on the word of a length that was not checked against a bound first.
 */
import { assert } from '../core/assert.ts';
import { crc32 } from '../core/hash.ts';
import type { Message } from '../core/message.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { codecOfType } from './codec.ts';
import {
  badFrame, FRAME_BODY_BYTES_MAX, HEADER_BYTES, readHeader, writeHeader,
  type BadFrame, type FrameHeader,
} from './header.ts';

export { FRAME_BODY_BYTES_MAX, HEADER_BYTES, PROTOCOL_VERSION } from './header.ts';
export type { BadFrame, BadReason } from './header.ts';

/** Enough for any hello, which is all that is taken from a peer not yet known. */
export const HELLO_BODY_BYTES_MAX = 4096;

const writer = new ByteWriter();

/**
 * The frame in one or two parts. A second part is the message's own large field: it must not change
 * until it is sent.
 */
export function encodeFrame(message: Message): Uint8Array[] {
  const codec = codecOfType(message.type);
  writer.begin(HEADER_BYTES);
  codec.encode(writer, message);
  const { head, tail } = writer.finish();
  const bodyBytes = head.length - HEADER_BYTES + (tail === undefined ? 0 : tail.length);
  assert(bodyBytes <= FRAME_BODY_BYTES_MAX, 'a body stays within its bound');
  const headChecksum = crc32(head.subarray(HEADER_BYTES));
  const checksum = tail === undefined ? headChecksum : crc32(tail, headChecksum);
  writeHeader(head, codec.number, bodyBytes, checksum);
  return tail === undefined ? [head] : [head, tail];
}

export type Decoded =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'need-more' }
  | BadFrame;

const NEED_MORE: Decoded = { kind: 'need-more' };
const NOTHING = new Uint8Array(0);

/**
 * Turns the bytes of one connection into messages.
 *
 * `push` what has come, then call `next` until it says `need-more`, or `bad`: then it says `bad`
 * for ever, since nobody knows where the next frame would begin. The byte fields of a message alias
 * what was pushed (or a buffer of the frame's own): whoever pushes never writes to a piece again,
 * and whoever keeps a small field for long keeps a copy, lest it hold the whole piece in memory.
 */
export class FrameDecoder {
  #bodyBytesMax: number;
  /** Pushed, but not yet begun. */
  readonly #waiting: Uint8Array[] = [];
  /** The piece that is being read, and how far. */
  #piece: Uint8Array = NOTHING;
  #pieceView: DataView = new DataView(NOTHING.buffer);
  #at = 0;
  /** A header that comes in several pieces. */
  readonly #headerBytes = new Uint8Array(HEADER_BYTES);
  readonly #headerView: DataView = new DataView(this.#headerBytes.buffer);
  #headerFilled = 0;
  /** The header whose body is awaited. */
  #header: FrameHeader | undefined;
  /** A body that comes in several pieces: allocated once, each byte copied once. */
  #body: Uint8Array | undefined;
  #bodyFilled = 0;
  #bad: BadFrame | undefined;

  constructor({ bodyBytesMax = FRAME_BODY_BYTES_MAX }: { readonly bodyBytesMax?: number } = {}) {
    assert(bodyBytesMax <= FRAME_BODY_BYTES_MAX, 'no role takes longer bodies than the protocol');
    this.#bodyBytesMax = bodyBytesMax;
  }

  /** Bounds the bodies of frames whose header is not read yet: more for a peer that is known. */
  limitBodies(bodyBytesMax: number): void {
    assert(bodyBytesMax <= FRAME_BODY_BYTES_MAX, 'no role takes longer bodies than the protocol');
    this.#bodyBytesMax = bodyBytesMax;
  }

  /**
   * Whether a frame has begun and not ended: after `need-more`, the peer owes the rest of it. A
   * host that sees this for too long without a message closes the connection.
   */
  get hasPartial(): boolean {
    return this.#headerFilled > 0 || this.#header !== undefined || this.#hasInput();
  }

  push(piece: Uint8Array): void {
    if (this.#bad === undefined) this.#waiting.push(piece);
  }

  next(): Decoded {
    if (this.#bad !== undefined) return this.#bad;
    const header = this.#header ?? this.#takeHeader();
    if (header === undefined) return NEED_MORE;
    if (header.kind === 'bad') return this.#spoil(header);
    const body = this.#takeBody(header.bodyBytes);
    this.#header = body === undefined ? header : undefined;
    return body === undefined ? NEED_MORE : this.#decode(header, body);
  }

  #decode(header: FrameHeader, body: ByteReader): Decoded {
    if (crc32(body.peek()) !== header.bodyChecksum) {
      const detail = `the body of a frame (${header.codec.type}) does not match its checksum`;
      return this.#spoil(badFrame('body-checksum', detail));
    }
    const message = header.codec.decode(body);
    if (typeof message === 'string') return this.#spoil(badFrame('body', message));
    return { kind: 'message', message };
  }

  #spoil(bad: BadFrame): BadFrame {
    this.#bad = bad;
    this.#waiting.length = 0;
    this.#piece = NOTHING;
    this.#at = 0;
    this.#body = undefined;
    return bad;
  }

  #takeHeader(): FrameHeader | BadFrame | undefined {
    if (!this.#hasInput()) return undefined;
    if (this.#headerFilled === 0 && this.#piece.length - this.#at >= HEADER_BYTES) {
      const at = this.#at;
      this.#at += HEADER_BYTES;
      return readHeader(this.#pieceView, at, HEADER_BYTES, this.#bodyBytesMax);
    }
    this.#headerFilled = this.#fill(this.#headerBytes, this.#headerFilled);
    const filled = this.#headerFilled;
    if (filled === HEADER_BYTES) this.#headerFilled = 0;
    return readHeader(this.#headerView, 0, filled, this.#bodyBytesMax);
  }

  /** The body, in place where it lies in one piece; undefined while some of it has not come. */
  #takeBody(bytes: number): ByteReader | undefined {
    if (this.#body === undefined) {
      if (bytes > 0 && !this.#hasInput()) return undefined;
      const at = this.#at;
      if (this.#piece.length - at >= bytes) {
        this.#at += bytes;
        return new ByteReader(this.#piece, this.#pieceView, at, at + bytes);
      }
      this.#body = new Uint8Array(bytes);
      this.#bodyFilled = 0;
    }
    const body = this.#body;
    this.#bodyFilled = this.#fill(body, this.#bodyFilled);
    if (this.#bodyFilled < bytes) return undefined;
    this.#body = undefined;
    return new ByteReader(body, new DataView(body.buffer), 0, bytes);
  }

  /** Copies input to `target` from `filled` on; how far it is filled then. */
  #fill(target: Uint8Array, filled: number): number {
    let end = filled;
    while (end < target.length && this.#hasInput()) {
      const bytes = Math.min(target.length - end, this.#piece.length - this.#at);
      target.set(this.#piece.subarray(this.#at, this.#at + bytes), end);
      this.#at += bytes;
      end += bytes;
    }
    return end;
  }

  /** Whether there is a byte to read; lets go of a piece that is read, and goes to the next. */
  #hasInput(): boolean {
    while (this.#at === this.#piece.length) {
      const piece = this.#waiting.shift();
      if (piece === undefined) {
        this.#piece = NOTHING;
        this.#at = 0;
        return false;
      }
      // Never Node's Buffer, whose slice() does not copy.
      this.#piece = new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
      this.#pieceView = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
      this.#at = 0;
    }
    return true;
  }
}
