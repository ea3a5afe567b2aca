/**
 * The twin of wire/frame.ts and wire/codec.ts: slow, plain, and of other origin. It knows the
 * messages from the tables of src/wire/README.md, copies whatever it touches, and computes with
 * BigInt, so that an error of the code would have to be made twice, and once on the page, to go
 * unseen.
 */
import { readFileSync } from 'node:fs';
import type { Message } from '../../src/core/message.ts';
import type { BadReason } from '../../src/wire/frame.ts';

const PAGE = new URL('../../src/wire/README.md', import.meta.url);
const ROW = /^\| (\d+) \| `([a-z-]+)` \| (.*)\|$/gm;
const FIELD = /`(\w+)` ([^,`]+)/g;
const BODY_BYTES_MAX = 4 * 1024 * 1024;

interface DocumentedField {
  readonly name: string;
  /** The words of the page: `i53`, `u8 1..7`, `word empty=0 intact=1`. */
  readonly kind: readonly string[];
}

export interface DocumentedMessage {
  readonly number: number;
  readonly type: string;
  readonly fields: readonly DocumentedField[];
}

/** The messages as the page has them. */
export const DOCUMENTED: readonly DocumentedMessage[] = [
  ...readFileSync(PAGE, 'utf8').matchAll(ROW),
].map(([, number, type, fields]) => ({
  number: Number(number),
  type: type ?? '',
  fields: [...(fields ?? '').matchAll(FIELD)].map(([, name, kind]) => ({
    name: name ?? '',
    kind: (kind ?? '').trim().split(' '),
  })),
}));

export interface SlowlyDecoded {
  readonly messages: readonly Message[];
  /** How it ends: with a frame's end, within a frame, or badly. */
  readonly end: 'whole' | 'partial' | BadReason;
}

/** What the bytes of a whole connection say. */
export function slowDecode(stream: Uint8Array, bodyBytesMax = BODY_BYTES_MAX): SlowlyDecoded {
  const messages: Message[] = [];
  let rest = [...stream];
  while (rest.length > 0) {
    const judged = judge(rest, bodyBytesMax);
    if (typeof judged === 'string') return { messages, end: judged };
    messages.push(judged.message);
    rest = rest.slice(judged.bytes);
  }
  return { messages, end: 'whole' };
}

function judge(
  bytes: readonly number[],
  bodyBytesMax: number,
): { readonly message: Message; readonly bytes: number } | 'partial' | BadReason {
  if (bytes.length < 4) return 'partial';
  if (String.fromCharCode(...bytes.slice(0, 4)) !== 'BNKD') return 'magic';
  if (bytes.length < 5) return 'partial';
  if (bytes[4] !== 2) return 'version';
  if (bytes.length < 24) return 'partial';
  if (unsigned(bytes, 20, 4) !== slowCrc32(bytes.slice(0, 20))) return 'header-checksum';
  if (unsigned(bytes, 6, 2) !== 0n || unsigned(bytes, 16, 4) !== 0n) return 'reserved';
  const documented = DOCUMENTED.find(({ number }) => number === bytes[5]);
  if (documented === undefined) return 'type';
  const length = Number(unsigned(bytes, 8, 4));
  if (length > bodyBytesMax || length > longest(documented)) return 'too-long';
  if (bytes.length < 24 + length) return 'partial';
  const body = bytes.slice(24, 24 + length);
  if (unsigned(bytes, 12, 4) !== slowCrc32(body)) return 'body-checksum';
  const message = readBody(documented, body);
  return message === undefined ? 'body' : { message, bytes: 24 + length };
}

/** CRC-32 bit by bit, from its definition. */
export function slowCrc32(bytes: readonly number[]): bigint {
  let remainder = 0xffff_ffff;
  for (const byte of bytes) {
    remainder ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      remainder = (remainder & 1) === 1 ? (remainder >>> 1) ^ 0xedb8_8320 : remainder >>> 1;
    }
  }
  return BigInt((remainder ^ 0xffff_ffff) >>> 0);
}

function unsigned(bytes: readonly number[], at: number, length: number): bigint {
  let value = 0n;
  for (let index = length - 1; index >= 0; index -= 1) {
    value = value * 256n + BigInt(bytes[at + index] ?? 0);
  }
  return value;
}

function longest({ fields }: DocumentedMessage): number {
  return fields.reduce((sum, { kind }) => sum + longestField(kind), 0);
}

function longestField([kind, bound]: readonly string[]): number {
  switch (kind) {
    case 'u8': case 'bool': case 'word': return 1;
    case 'u32': return 4;
    case 'i53': case 'hex8': return 8;
    case 'hex16': return 16;
    case 'hex32': return 32;
    case 'text': return 4 + Number(bound);
    case 'reserve': return 9;
    case 'view': return 9 + 7 * 17;
    case 'originals': return 4 + 52 * Number(bound);
    case 'chunk': return 2_096_704;
    case 'batch': return 2_097_152;
    case 'results': return 32 * Number(bound);
    default: throw new Error(`the page names a field ${kind} that it does not explain`);
  }
}

/** Thrown within this file only. */
class Malformed extends Error {}

class Cursor {
  readonly #bytes: readonly number[];
  #at = 0;

  constructor(bytes: readonly number[]) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(length: number): readonly number[] {
    if (length > this.left) throw new Malformed();
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  number(length: number, min: number, max: number): number {
    const value = Number(unsigned(this.take(length), 0, length));
    if (value < min || value > max) throw new Malformed();
    return value;
  }
}

function readBody(
  { type, fields }: DocumentedMessage,
  body: readonly number[],
): Message | undefined {
  try {
    const cursor = new Cursor(body);
    const message: Record<string, unknown> = { type };
    for (const { name, kind } of fields) message[name] = readField(cursor, kind);
    if (cursor.left > 0) return undefined;
    return originalsFit(message) ? (message as unknown as Message) : undefined;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

function originalsFit({ originals, results }: Record<string, unknown>): boolean {
  if (originals === undefined) return true;
  const count = (results as Uint8Array).length / 32;
  return (originals as readonly { readonly index: number }[]).every(({ index }) => index < count);
}

function readField(cursor: Cursor, kind: readonly string[]): unknown {
  const bound = kind[1] ?? '';
  switch (kind[0]) {
    case 'u8': {
      const [min, max] = bound.split('..').map(Number);
      return cursor.number(1, min ?? 0, max ?? 0);
    }
    case 'u32': return cursor.number(4, 0, 2 ** 32 - 1);
    case 'i53': return readI53(cursor);
    case 'bool': return cursor.number(1, 0, 1) === 1;
    case 'hex8': return readHex(cursor, 8);
    case 'hex16': return readHex(cursor, 16);
    case 'hex32': return readHex(cursor, 32);
    case 'word': return readWord(cursor, kind.slice(1));
    case 'text': return readText(cursor, Number(bound));
    case 'reserve': return { bytes: readI53(cursor), full: cursor.number(1, 0, 1) === 1 };
    case 'view': return readView(cursor);
    case 'originals': return readOriginals(cursor, Number(bound));
    case 'chunk': return readRecords(cursor, 64, 1_048_384);
    case 'batch': return readRecords(cursor, 64, 2_097_152);
    case 'results': return readRecords(cursor, 32, 32 * Number(bound));
    default: throw new Error(`the page names a field ${kind[0]} that it does not explain`);
  }
}

function readI53(cursor: Cursor): number {
  const value = unsigned(cursor.take(8), 0, 8);
  if (value > 2n ** 53n - 1n) throw new Malformed();
  return Number(value);
}

function readHex(cursor: Cursor, bytes: number): string {
  return cursor.take(bytes).map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function readWord(cursor: Cursor, words: readonly string[]): string {
  const number = cursor.number(1, 0, 255);
  const word = words.map((entry) => entry.split('=')).find(([, value]) => Number(value) === number);
  if (word === undefined) throw new Malformed();
  return word[0] ?? '';
}

function readText(cursor: Cursor, bytesMax: number): string {
  const bytes = Buffer.from(cursor.take(cursor.number(4, 0, bytesMax)));
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes)) throw new Malformed();
  return text;
}

function readView(cursor: Cursor): unknown {
  const number = readI53(cursor);
  const count = cursor.number(1, 0, 7);
  const members: { id: number; incarnation: string }[] = [];
  for (let index = 0; index < count; index += 1) {
    members.push({ id: cursor.number(1, 1, 7), incarnation: readHex(cursor, 16) });
    const [before, last] = members.slice(-2);
    if (before !== undefined && last !== undefined && before.id >= last.id) throw new Malformed();
  }
  return { number, members };
}

function readOriginals(cursor: Cursor, countMax: number): unknown {
  const count = cursor.number(4, 0, countMax);
  return Array.from({ length: count }, () => ({
    index: cursor.number(4, 0, 2 ** 32 - 1),
    seq: readI53(cursor),
    timestamp: readI53(cursor),
    result: Uint8Array.from(cursor.take(32)),
  }));
}

function readRecords(cursor: Cursor, unit: number, bytesMax: number): Uint8Array {
  if (cursor.left % unit !== 0 || cursor.left > bytesMax) throw new Malformed();
  return Uint8Array.from(cursor.take(cursor.left));
}
