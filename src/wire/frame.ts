/**
 * Frames: what travels on a TCP connection, one message each (README.md documents the bytes).
 *
 * An `Outbox` gives the parts of frames for one gathered write, large fields uncopied.
 * `FrameDecoder` takes whatever pieces the network delivers and gives messages, or says why the
 * bytes are none: bad bytes are a value with a named reason, never an exception, and nothing is
 * allocated on the word of a length that was not checked against a bound first.
 */
import { assert } from '../core/assert.ts';
import { crc32 } from '../core/hash.ts';
import type { Message } from '../core/message.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { checksum } from './checksum.ts';
import { codecOfType } from './codec.ts';
import {
  badFrame, FRAME_BODY_BYTES_MAX, HEADER_BYTES, readHeader, writeHeader,
  type BadFrame, type FrameHeader,
} from './header.ts';

export { FRAME_BODY_BYTES_MAX, HEADER_BYTES, PROTOCOL_VERSION } from './header.ts';
export type { BadFrame, BadReason } from './header.ts';

/** Enough for any hello, which is all that is taken from a peer not yet known. */
export const HELLO_BODY_BYTES_MAX = 4096;

const NOTHING = new Uint8Array(0);
const writer = new ByteWriter();
/** What the writer holds: what several are sent is encoded once. */
let encoded: Message | undefined;
let bodyBytes = 0;

/** Puts the frame into the writer; a large field of the message is not copied. */
function encode(message: Message): void {
  if (message === encoded) return;
  encoded = undefined;
  const codec = codecOfType(message.type);
  writer.begin(HEADER_BYTES);
  codec.encode(writer, message);
  writer.finish();
  const { slab, from, to, tail } = writer;
  bodyBytes = to - from - HEADER_BYTES + (tail === undefined ? 0 : tail.length);
  assert(bodyBytes <= FRAME_BODY_BYTES_MAX, 'a body stays within its bound');
  const headChecksum = checksum(slab, from + HEADER_BYTES, to);
  const bodyChecksum = tail === undefined ? headChecksum : crc32(tail, headChecksum);
  writeHeader(slab, from, codec.number, bodyBytes, bodyChecksum);
  encoded = message;
}

/** Frames that are to be sent, one behind the other. */
export class Outbox {
  #parts: Uint8Array[] = [];
  #bytes = 0;
  /** Frames at the end that stand next to each other in one slab: they become one part. */
  #slab: Uint8Array = NOTHING;
  #from = 0;
  #to = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** A large field of the message is not copied: it must not change until it is sent. */
  put(message: Message): void {
    encode(message);
    const { slab, from, to, tail } = writer;
    this.#bytes += HEADER_BYTES + bodyBytes;
    if (slab !== this.#slab || from !== this.#to) this.#beginPart(slab, from);
    this.#to = to;
    if (tail === undefined) return;
    this.#beginPart(NOTHING, 0);
    this.#parts.push(tail);
  }

  /** All of it, in as few parts as it can be without copying; then it is empty. */
  take(): Uint8Array[] {
    const parts = this.#parts;
    this.#beginPart(NOTHING, 0);
    this.#parts = [];
    this.#bytes = 0;
    return parts;
  }

  #beginPart(slab: Uint8Array, from: number): void {
    if (this.#from < this.#to) this.#parts.push(this.#slab.subarray(this.#from, this.#to));
    this.#slab = slab;
    this.#from = from;
    this.#to = from;
  }
}

/** The frame in one or two parts, as an `Outbox` would send it. */
export function encodeFrame(message: Message): Uint8Array[] {
  const outbox = new Outbox();
  outbox.put(message);
  return outbox.take();
}

export type Decoded =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'need-more' }
  | BadFrame;

const NEED_MORE: Decoded = { kind: 'need-more' };
/** Less of a body than this is not worth a read of its own. */
const ROOM_BYTES_MIN = 16 * 1024;

/**
 * Turns the bytes of one connection into messages.
 *
 * `push` what has come, then call `next` until it says `need-more`, or `bad`: then it says `bad`
 * for ever, since nobody knows where the next frame would begin. A piece is only lent: once `next`
 * has said `need-more`, or `keep` was called, whoever pushed it may read into it again. The byte
 * fields of a message are the message's own; small ones share memory, so whoever keeps one for long
 * keeps a copy.
 *
 * A long body is gathered in memory of its own, and each byte copied once, or not at all: `room` is
 * where the next of it belongs.
 */
export class FrameDecoder {
  #bodyBytesMax: number;
  readonly #reader = new ByteReader();
  /** The piece that is being read, and how far. */
  #piece: Uint8Array = NOTHING;
  #pieceView: DataView = new DataView(NOTHING.buffer);
  #at = 0;
  #end = 0;
  /** Copies of those that came while another was not read. */
  readonly #waiting: Uint8Array[] = [];
  /** A header that comes in several pieces. */
  readonly #headerBytes = new Uint8Array(HEADER_BYTES);
  readonly #headerView: DataView = new DataView(this.#headerBytes.buffer);
  #headerFilled = 0;
  /** The header whose body is awaited. */
  #header: FrameHeader | undefined;
  /** A body that comes in several pieces. */
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

  /**
   * Where the next bytes belong, once `next` has said `need-more`: whoever reads them straight to
   * there calls `filled`. Undefined where little of a body is missing: then they are to be pushed.
   */
  get room(): Uint8Array | undefined {
    const body = this.#body;
    if (body === undefined || body.length - this.#bodyFilled < ROOM_BYTES_MIN) return undefined;
    return this.#hasInput() ? undefined : body.subarray(this.#bodyFilled);
  }

  /** So many bytes were read into `room`. */
  filled(bytes: number): void {
    assert(this.#body !== undefined && !this.#hasInput(), 'there was room');
    this.#bodyFilled += bytes;
    assert(this.#bodyFilled <= this.#body.length, 'no more is read than there is room');
  }

  /** The first so many bytes of the piece have come. */
  push(piece: Uint8Array, bytes: number = piece.length): void {
    if (this.#bad !== undefined) return;
    if (this.#hasInput()) this.#waiting.push(copyOf(piece, 0, bytes));
    else this.#begin(piece, 0, bytes);
  }

  /** Lets go of the piece that was lent, although it is not read yet. */
  keep(): void {
    if (this.#at < this.#end) {
      this.#begin(copyOf(this.#piece, this.#at, this.#end), 0, this.#end - this.#at);
    }
  }

  next(): Decoded {
    if (this.#bad !== undefined) return this.#bad;
    const header = this.#header ?? this.#takeHeader();
    if (header === undefined) return NEED_MORE;
    if (header.kind === 'bad') return this.#spoil(header);
    const isHere = this.#takeBody(header.bodyBytes);
    this.#header = isHere ? undefined : header;
    return isHere ? this.#decode(header) : NEED_MORE;
  }

  /** The body is what the reader stands before. */
  #decode(header: FrameHeader): Decoded {
    const reader = this.#reader;
    if (reader.checksum() !== header.bodyChecksum) {
      const detail = `the body of a frame (${header.codec.type}) does not match its checksum`;
      return this.#spoil(badFrame('body-checksum', detail));
    }
    const message = header.codec.decode(reader);
    if (typeof message === 'string') return this.#spoil(badFrame('body', message));
    return { kind: 'message', message };
  }

  #spoil(bad: BadFrame): BadFrame {
    this.#bad = bad;
    this.#waiting.length = 0;
    this.#begin(NOTHING, 0, 0);
    this.#body = undefined;
    return bad;
  }

  #takeHeader(): FrameHeader | BadFrame | undefined {
    if (!this.#hasInput()) return undefined;
    if (this.#headerFilled === 0 && this.#end - this.#at >= HEADER_BYTES) {
      const at = this.#at;
      this.#at += HEADER_BYTES;
      return readHeader(this.#piece, this.#pieceView, at, HEADER_BYTES, this.#bodyBytesMax);
    }
    this.#headerFilled = this.#fill(this.#headerBytes, this.#headerFilled);
    const filled = this.#headerFilled;
    if (filled === HEADER_BYTES) this.#headerFilled = 0;
    return readHeader(this.#headerBytes, this.#headerView, 0, filled, this.#bodyBytesMax);
  }

  /** Puts the reader before the body; false while some of it has not come. */
  #takeBody(bytes: number): boolean {
    if (this.#body === undefined) {
      if (bytes > 0 && !this.#hasInput()) return false;
      const at = this.#at;
      if (this.#end - at >= bytes) {
        this.#at += bytes;
        this.#reader.begin(this.#piece, this.#pieceView, at, at + bytes, true);
        return true;
      }
      this.#body = new Uint8Array(bytes);
      this.#bodyFilled = 0;
    }
    const body = this.#body;
    this.#bodyFilled = this.#fill(body, this.#bodyFilled);
    if (this.#bodyFilled < bytes) return false;
    this.#body = undefined;
    this.#reader.begin(body, new DataView(body.buffer), 0, bytes, false);
    return true;
  }

  /** Copies input to `target` from `filled` on; how far it is filled then. */
  #fill(target: Uint8Array, filled: number): number {
    let end = filled;
    while (end < target.length && this.#hasInput()) {
      const bytes = Math.min(target.length - end, this.#end - this.#at);
      target.set(this.#piece.subarray(this.#at, this.#at + bytes), end);
      this.#at += bytes;
      end += bytes;
    }
    return end;
  }

  /** Whether there is a byte to read; goes on to the next piece where one is read. */
  #hasInput(): boolean {
    while (this.#at === this.#end) {
      const piece = this.#waiting.shift();
      if (piece === undefined) return false;
      this.#begin(piece, 0, piece.length);
    }
    return true;
  }

  #begin(piece: Uint8Array, at: number, end: number): void {
    this.#at = at;
    this.#end = end;
    if (piece === this.#piece) return; // as a rule: whoever reads, reads into one buffer
    this.#piece = piece;
    this.#pieceView = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
  }
}

/** Never Node's Buffer, whose slice() does not copy. */
function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(bytes.subarray(from, to));
}
