/**
 * The kinds of fields that bodies are made of: each knows how it is written, how it is read and
 * checked, and the most bytes it takes.
 *
 * Every value has exactly one encoding, and a reader takes no other: what decodes, encodes to the
 * same bytes again. `write` says false to a value that is none of the field's (a bug of the
 * sender); `read` says undefined to bytes that are none of its encodings (bad bytes: a value, never
 * an exception).
 */
import { BACKENDS_MAX } from '../core/ids.ts';
import type { BackendId, Incarnation, Seq, Timestamp, ViewNumber } from '../core/ids.ts';
import type { Original, Reserve } from '../core/message.ts';
import { BATCH_BYTES_MAX, CHUNK_BYTES_MAX, RECORD_BYTES, RESULT_BYTES } from '../core/operation.ts';
import type { Member, View } from '../core/view.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';

export interface Field<Value> {
  /** What it must be, for the sentence about one that is not. */
  readonly is: string;
  readonly bytesMax: number;
  /** Whether it takes the rest of the body, and so must be the last. */
  readonly takesRest: boolean;
  readonly write: (writer: ByteWriter, value: Value) => boolean;
  readonly read: (reader: ByteReader) => Value | undefined;
}

/** The most bytes of a sentence; a longer one is cut off by its sender. */
export const SENTENCE_BYTES_MAX = 2048;
/** The most bytes of a path that a hello tells. */
export const PATH_BYTES_MAX = 1024;
export const JSON_BYTES_MAX = 1024 * 1024;
/** An original: index, seq, timestamp, result. */
export const ORIGINAL_BYTES = 4 + 8 + 8 + RESULT_BYTES;
const INCARNATION_BYTES = 16;

function field<Value>(
  is: string,
  bytesMax: number,
  write: Field<Value>['write'],
  read: Field<Value>['read'],
): Field<Value> {
  return { is, bytesMax, takesRest: false, write, read };
}

function isInteger(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

export function u8<Value extends number>(min = 0, max = 0xff): Field<Value> {
  return field<Value>(
    `an integer from ${min} to ${max}`,
    1,
    (writer, value) => isInteger(value, min, max) && (writer.u8(value), true),
    (reader) => {
      const value = reader.u8();
      return value === undefined || !isInteger(value, min, max) ? undefined : (value as Value);
    },
  );
}

export function u32<Value extends number>(): Field<Value> {
  return field<Value>(
    'an integer from 0 to 2^32 - 1',
    4,
    (writer, value) => isInteger(value, 0, 0xffff_ffff) && (writer.u32(value), true),
    (reader) => reader.u32() as Value | undefined,
  );
}

export function i53<Value extends number>(): Field<Value> {
  return field<Value>(
    'an integer from 0 to 2^53 - 1',
    8,
    (writer, value) => isInteger(value, 0, Number.MAX_SAFE_INTEGER) && (writer.i53(value), true),
    (reader) => reader.i53() as Value | undefined,
  );
}

export function bool(): Field<boolean> {
  return field<boolean>('0 or 1', 1, writeBool, readBool);
}

function writeBool(writer: ByteWriter, value: boolean): boolean {
  writer.u8(value ? 1 : 0);
  return true;
}

function readBool(reader: ByteReader): boolean | undefined {
  const byte = reader.u8();
  return byte === 0 || byte === 1 ? byte === 1 : undefined;
}

/** So many bytes, which the messages spell as lowercase hex. */
export function hex<Value extends string>(bytes: number): Field<Value> {
  return field<Value>(
    `${bytes} bytes, as ${2 * bytes} lowercase hex digits`,
    bytes,
    (writer, value) => value.length === 2 * bytes && writer.hex(value),
    (reader) => reader.hex(bytes) as Value | undefined,
  );
}

/** One of a few words, by its number. */
export function oneOf<Value extends string>(
  numbers: Readonly<Record<Value, number>>,
): Field<Value> {
  const words: (Value | undefined)[] = [];
  for (const word of Object.keys(numbers) as Value[]) words[numbers[word]] = word;
  return field<Value>(
    `one of ${Object.keys(numbers).join(', ')}`,
    1,
    (writer, value) => Object.hasOwn(numbers, value) && (writer.u8(numbers[value]), true),
    (reader) => words[reader.u8() ?? -1],
  );
}

/** Words for people: cut off rather than refused, since a long path must not stop a process. */
export function sentence(bytesMax: number = SENTENCE_BYTES_MAX): Field<string> {
  return field<string>(
    `UTF-8 of at most ${bytesMax} bytes after its length`,
    4 + bytesMax,
    (writer, value) => (writer.text(value, bytesMax), true),
    (reader) => reader.text(bytesMax),
  );
}

export function json(): Field<string> {
  return field<string>(
    `UTF-8 of at most ${JSON_BYTES_MAX} bytes after its length`,
    4 + JSON_BYTES_MAX,
    (writer, value) => writer.text(value, JSON_BYTES_MAX),
    (reader) => reader.text(JSON_BYTES_MAX),
  );
}

export function reserve(): Field<Reserve> {
  return field<Reserve>(
    'a number of bytes (up to 2^53 - 1) and 0 or 1',
    9,
    (writer, value) => {
      if (!isInteger(value.bytes, 0, Number.MAX_SAFE_INTEGER)) return false;
      writer.i53(value.bytes);
      return writeBool(writer, value.full);
    },
    (reader) => {
      const bytes = reader.i53();
      const full = readBool(reader);
      return bytes === undefined || full === undefined ? undefined : { bytes, full };
    },
  );
}

export function view(): Field<View> {
  return field<View>(
    `a number and at most ${BACKENDS_MAX} members in the order of their ids`,
    8 + 1 + BACKENDS_MAX * (1 + INCARNATION_BYTES),
    writeView,
    readView,
  );
}

function writeView(writer: ByteWriter, { number, members }: View): boolean {
  if (!isInteger(number, 0, Number.MAX_SAFE_INTEGER) || members.length > BACKENDS_MAX) return false;
  writer.i53(number);
  writer.u8(members.length);
  let before = 0;
  for (const { id, incarnation } of members) {
    if (!isInteger(id, before + 1, BACKENDS_MAX)) return false;
    if (incarnation.length !== 2 * INCARNATION_BYTES) return false;
    writer.u8(id);
    if (!writer.hex(incarnation)) return false;
    before = id;
  }
  return true;
}

function readView(reader: ByteReader): View | undefined {
  const number = reader.i53();
  const count = reader.u8();
  if (number === undefined || count === undefined || count > BACKENDS_MAX) return undefined;
  const members: Member[] = [];
  let before = 0;
  for (let index = 0; index < count; index += 1) {
    const id = reader.u8();
    const incarnation = reader.hex(INCARNATION_BYTES);
    if (id === undefined || incarnation === undefined) return undefined;
    if (!isInteger(id, before + 1, BACKENDS_MAX)) return undefined;
    members.push({ id: id as BackendId, incarnation: incarnation as Incarnation });
    before = id;
  }
  return { number: number as ViewNumber, members };
}

/** The first answers of requests that came again; no more than there may be results. */
export function originals(countMax: number): Field<readonly Original[]> {
  return field<readonly Original[]>(
    `at most ${countMax} originals of ${ORIGINAL_BYTES} bytes after their count`,
    4 + countMax * ORIGINAL_BYTES,
    (writer, value) => {
      if (value.length > countMax) return false;
      writer.u32(value.length);
      return value.every((original) => writeOriginal(writer, original));
    },
    (reader) => {
      const count = reader.u32();
      if (count === undefined || count > countMax) return undefined;
      return readOriginals(reader, count);
    },
  );
}

function writeOriginal(writer: ByteWriter, original: Original): boolean {
  const { index, seq, timestamp, result } = original;
  if (!isInteger(index, 0, 0xffff_ffff) || result.length !== RESULT_BYTES) return false;
  if (!isInteger(seq, 0, Number.MAX_SAFE_INTEGER)) return false;
  if (!isInteger(timestamp, 0, Number.MAX_SAFE_INTEGER)) return false;
  writer.u32(index);
  writer.i53(seq);
  writer.i53(timestamp);
  writer.bytes(result);
  return true;
}

function readOriginals(reader: ByteReader, count: number): readonly Original[] | undefined {
  const read: Original[] = [];
  while (read.length < count) {
    const index = reader.u32();
    const seq = reader.i53() as Seq | undefined;
    const timestamp = reader.i53() as Timestamp | undefined;
    const result = reader.bytes(RESULT_BYTES);
    if (index === undefined || seq === undefined) return undefined;
    if (timestamp === undefined || result === undefined) return undefined;
    read.push({ index, seq, timestamp, result });
  }
  return read;
}

/** The rest of the body: whole records, at most so many bytes; uncopied where it is large. */
function records(unitBytes: number, bytesMax: number): Field<Uint8Array> {
  const fits = (bytes: number): boolean => bytes <= bytesMax && bytes % unitBytes === 0;
  return {
    is: `records of ${unitBytes} bytes, at most ${bytesMax} bytes, to the end of the body`,
    bytesMax,
    takesRest: true,
    write: (writer, value) => fits(value.length) && (writer.last(value), true),
    read: (reader) => (fits(reader.remaining) ? reader.bytes(reader.remaining) : undefined),
  };
}

/** One chunk of operations. */
export function chunk(): Field<Uint8Array> {
  return records(RECORD_BYTES, CHUNK_BYTES_MAX);
}

/** Chunks, strung together. */
export function batch(): Field<Uint8Array> {
  return records(RECORD_BYTES, BATCH_BYTES_MAX);
}

/** A result for each operation. */
export function results(countMax: number): Field<Uint8Array> {
  return records(RESULT_BYTES, countMax * RESULT_BYTES);
}
