/**
 * Messages ↔ bodies, by the table in layout.ts, each row compiled once into an encoder and a
 * decoder.
 *
 * A message that is none (a bug of the sender) is an assertion; a body that is none is a sentence.
 */
import { assert, AssertionFailure } from '../core/assert.ts';
import type { FromBackend, FromClient, Message, ToBackend, ToClient } from '../core/message.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import type { Field } from './fields.ts';
import { LAYOUT, type Layout, type MessageType } from './layout.ts';

/** What it takes to write and read the bodies of one type of message. */
export interface Codec {
  readonly type: MessageType;
  readonly number: number;
  /** No body of this type is longer. */
  readonly bodyBytesMax: number;
  readonly encode: (writer: ByteWriter, message: Message) => void;
  /** The message, or what is wrong with the body, as a sentence. */
  readonly decode: (reader: ByteReader) => Message | string;
}

/** A row whose types have done their work: from here on, values are only passed through. */
interface Row {
  readonly type: MessageType;
  readonly layout: Layout<Message>;
  readonly names: readonly string[];
  readonly fields: readonly Field<unknown>[];
}

const BY_TYPE = new Map<string, Codec>();
const BY_NUMBER: (Codec | undefined)[] = [];
for (const type of Object.keys(LAYOUT) as MessageType[]) register(compile(type));

function register(codec: Codec): void {
  assert(BY_NUMBER[codec.number] === undefined, 'each message has a number of its own');
  BY_NUMBER[codec.number] = codec;
  BY_TYPE.set(codec.type, codec);
}

function compile(type: MessageType): Codec {
  const layout = LAYOUT[type] as unknown as Layout<Message>;
  const entries = Object.entries(layout.fields) as unknown as [string, Field<unknown>][];
  const fields = entries.map(([, field]) => field);
  assert(!fields.slice(0, -1).some(({ takesRest }) => takesRest), 'the rest is the last field');
  const row: Row = { type, layout, names: entries.map(([name]) => name), fields };
  return {
    type,
    number: layout.number,
    bodyBytesMax: fields.reduce((sum, field) => sum + field.bytesMax, 0),
    encode: compileEncoder(row),
    decode: compileDecoder(row),
  };
}

/*
 * Each row becomes a function of its own, written out from the table: field after field by name,
 * and a message of one shape. One loop for all rows would look up every field of every message in
 * hash tables, which cost more than the reading and writing itself.
 */

function compileEncoder({ type, layout, names, fields }: Row): Codec['encode'] {
  const { rule } = layout;
  const steps = names.map((name, at) =>
    `if (!field${at}.write(writer, message.${name})) fail(${at});`);
  const fail = (at: number): never => {
    throw new AssertionFailure(`assertion failed: ${type}: ${names[at]} is ${fields[at]?.is}`);
  };
  const write = writeOut(`(writer, message) => { ${steps.join('\n')} }`, fields, fail);
  if (rule === undefined) return write as Codec['encode'];
  return (writer, message) => {
    (write as Codec['encode'])(writer, message);
    assert(rule.holds(message), rule.is);
  };
}

function compileDecoder({ type, layout, names, fields }: Row): Codec['decode'] {
  const { rule } = layout;
  const steps = names.map((_, at) => `const value${at} = field${at}.read(reader);
    if (value${at} === undefined) return fail(${at});`);
  const values = names.map((name, at) => `, ${name}: value${at}`).join('');
  const fail = (at: number, bytes?: number): string => (bytes === undefined
    ? `${type}: ${names[at]} is not ${fields[at]?.is}` : `${type}: ${bytes} bytes too many`);
  const read = writeOut(`(reader) => {
    ${steps.join('\n')}
    if (reader.remaining > 0) return fail(-1, reader.remaining);
    return { type: '${type}'${values} };
  }`, fields, fail) as Codec['decode'];
  if (rule === undefined) return read;
  return (reader) => {
    const decoded = read(reader);
    if (typeof decoded === 'string' || rule.holds(decoded)) return decoded;
    return `${type}: not so: ${rule.is}`;
  };
}

/** The function that the code is of, where `field0`, `field1`, … are the fields. */
function writeOut(code: string, fields: readonly Field<unknown>[], fail: unknown): unknown {
  const names = fields.map((_, at) => `field${at}`);
  return new Function('fail', ...names, `return ${code};`)(fail, ...fields) as unknown;
}

export function codecOfType(type: MessageType): Codec {
  const codec = BY_TYPE.get(type);
  assert(codec !== undefined, 'the type is one of the table');
  return codec;
}

/** Undefined where no message has the number. */
export function codecOfNumber(number: number): Codec | undefined {
  return BY_NUMBER[number];
}

// ---- who may say what: a peer that says another's words is no peer ----------------------------

const REFUSED = LAYOUT['refused'].number;

function numberOf(message: Message): number {
  return codecOfType(message.type).number;
}

export function isFromBackend(message: Message): message is FromBackend {
  return numberOf(message) < 32;
}

export function isToBackend(message: Message): message is ToBackend {
  const number = numberOf(message);
  return (number >= 32 && number < 64) || number === REFUSED;
}

export function isFromClient(message: Message): message is FromClient {
  const number = numberOf(message);
  return number >= 64 && number < 96;
}

export function isToClient(message: Message): message is ToClient {
  return numberOf(message) >= 96;
}
