/**
 * The 24 bytes before every body. They are checked before anything that they say is believed.
 *
 * | at | bytes | what                          |
 * | -- | ----- | ----------------------------- |
 * |  0 |     4 | magic: `BNKD`                 |
 * |  4 |     1 | version of the protocol: 2    |
 * |  5 |     1 | number of the message's type  |
 * |  6 |     2 | zero                          |
 * |  8 |     4 | length of the body            |
 * | 12 |     4 | CRC-32 of the body            |
 * | 16 |     4 | zero                          |
 * | 20 |     4 | CRC-32 of the 20 bytes before |
 *
 * Magic and version are judged as soon as they are there: what speaks another language may never
 * send 24 bytes, and another version's header may have another form.
 */
import { checksum } from './checksum.ts';
import { codecOfNumber, type Codec } from './codec.ts';
import { describeStranger } from './stranger.ts';

export const HEADER_BYTES = 24;
export const PROTOCOL_VERSION = 2;
/** The most bytes in any body. */
export const FRAME_BODY_BYTES_MAX = 4 * 1024 * 1024;

/** "BNKD" as a little-endian number. */
const MAGIC = 0x444b_4e42;
const MAGIC_BYTES = 4;
const CHECKED_BYTES = 20;

export type BadReason =
  | 'magic' | 'version' | 'header-checksum' | 'reserved' | 'type' | 'too-long' | 'body-checksum'
  | 'body';

/** Bytes that are no frame. `detail` is a sentence, for the log and for the peer. */
export interface BadFrame {
  readonly kind: 'bad';
  readonly reason: BadReason;
  readonly detail: string;
}

export interface FrameHeader {
  readonly kind: 'header';
  readonly codec: Codec;
  readonly bodyBytes: number;
  readonly bodyChecksum: number;
}

export function badFrame(reason: BadReason, detail: string): BadFrame {
  return { kind: 'bad', reason, detail };
}

/** Fills the 24 bytes at `at`. */
export function writeHeader(
  bytes: Uint8Array,
  at: number,
  type: number,
  bodyBytes: number,
  bodyChecksum: number,
): void {
  writeU32(bytes, at, MAGIC);
  bytes[at + 4] = PROTOCOL_VERSION;
  bytes[at + 5] = type;
  bytes[at + 6] = 0;
  bytes[at + 7] = 0;
  writeU32(bytes, at + 8, bodyBytes);
  writeU32(bytes, at + 12, bodyChecksum);
  writeU32(bytes, at + 16, 0);
  writeU32(bytes, at + CHECKED_BYTES, checksum(bytes, at, at + CHECKED_BYTES));
}

function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** The header at `at`, of which `available` bytes have come; undefined while they may be good. */
export function readHeader(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  available: number,
  bodyBytesMax: number,
): FrameHeader | BadFrame | undefined {
  if (available < MAGIC_BYTES) return undefined;
  if (view.getUint32(at, true) !== MAGIC) {
    return badFrame('magic', describeStranger(bytes.slice(at, at + MAGIC_BYTES)));
  }
  if (available <= MAGIC_BYTES) return undefined;
  const version = view.getUint8(at + 4);
  if (version !== PROTOCOL_VERSION) return badFrame('version', otherVersion(version));
  return available < HEADER_BYTES ? undefined : readWholeHeader(bytes, view, at, bodyBytesMax);
}

function readWholeHeader(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  bodyBytesMax: number,
): FrameHeader | BadFrame {
  if (checksum(bytes, at, at + CHECKED_BYTES) !== view.getUint32(at + CHECKED_BYTES, true)) {
    return badFrame('header-checksum', 'the header of a frame does not match its checksum');
  }
  if (view.getUint16(at + 6, true) !== 0 || view.getUint32(at + 16, true) !== 0) {
    return badFrame('reserved', 'bytes of a frame header that must be zero are not');
  }
  const codec = codecOfNumber(view.getUint8(at + 5));
  if (codec === undefined) {
    return badFrame('type', `no message has the number ${view.getUint8(at + 5)}`);
  }
  const bodyBytes = view.getUint32(at + 8, true);
  const bytesMax = Math.min(bodyBytesMax, codec.bodyBytesMax);
  if (bodyBytes > bytesMax) {
    const detail = `a body of ${bodyBytes} bytes: here ${codec.type} may have ${bytesMax}`;
    return badFrame('too-long', detail);
  }
  return { kind: 'header', codec, bodyBytes, bodyChecksum: view.getUint32(at + 12, true) };
}

function otherVersion(version: number): string {
  const ours = `this bankd version ${PROTOCOL_VERSION}`;
  return `the peer speaks version ${version} of the protocol, ${ours}`;
}
