/** Frames made by hand, good and bad, and what a decoder makes of bytes however they are cut. */
import { crc32 } from 'node:zlib';
import type { Message } from '../../src/core/message.ts';
import { encodeFrame, FrameDecoder, type BadFrame } from '../../src/wire/frame.ts';

export interface RawHeader {
  readonly magic?: string;
  readonly version?: number;
  readonly reserved?: number;
  readonly reservedToo?: number;
  readonly length?: number;
  readonly bodyChecksum?: number;
}

/** A frame whose checksums are right, unless told otherwise, whatever else is wrong with it. */
export function rawFrame(type: number, body: Uint8Array, header: RawHeader = {}): Uint8Array {
  const frame = Buffer.alloc(24 + body.length);
  frame.write(header.magic ?? 'BNKD', 0, 'latin1');
  frame.writeUInt8(header.version ?? 2, 4);
  frame.writeUInt8(type, 5);
  frame.writeUInt16LE(header.reserved ?? 0, 6);
  frame.writeUInt32LE(header.length ?? body.length, 8);
  frame.writeUInt32LE(header.bodyChecksum ?? crc32(body), 12);
  frame.writeUInt32LE(header.reservedToo ?? 0, 16);
  frame.writeUInt32LE(crc32(frame.subarray(0, 20)), 20);
  frame.set(body, 24);
  return frame;
}

/** The frames of the messages in one piece of memory. */
export function joined(...messages: readonly Message[]): Uint8Array {
  return new Uint8Array(Buffer.concat(messages.flatMap((message) => encodeFrame(message))));
}

export interface FastDecoded {
  readonly messages: readonly Message[];
  readonly end: 'whole' | 'partial' | BadFrame['reason'];
}

/**
 * Pushes piece after piece, each when the one before is drained, from one buffer, which does not
 * begin where its memory begins: nothing of a piece is left when the next one comes.
 */
export function decodePieces(
  pieces: Iterable<Uint8Array>,
  decoder: FrameDecoder = new FrameDecoder(),
): FastDecoded {
  const messages: Message[] = [];
  let lent = new Uint8Array(0);
  for (const piece of pieces) {
    if (piece.length > lent.length) lent = new Uint8Array(piece.length + 5).subarray(5);
    lent.set(piece);
    decoder.push(lent, piece.length);
    const end = drain(decoder, messages);
    lent.fill(0xee);
    if (end !== undefined) return { messages, end };
  }
  return { messages, end: decoder.hasPartial ? 'partial' : 'whole' };
}

/** The reason where it ends badly. */
function drain(decoder: FrameDecoder, into: Message[]): BadFrame['reason'] | undefined {
  for (;;) {
    const decoded = decoder.next();
    switch (decoded.kind) {
      case 'message': into.push(decoded.message); break;
      case 'need-more': return undefined;
      case 'bad': return decoded.reason;
    }
  }
}

/** The bytes cut at the offsets, ascending. */
export function cut(bytes: Uint8Array, offsets: readonly number[]): Uint8Array[] {
  const ends = [...offsets, bytes.length];
  return ends.map((end, index) => bytes.slice(ends[index - 1] ?? 0, end));
}
