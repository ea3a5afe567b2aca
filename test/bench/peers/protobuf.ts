/** The little of protocol buffers that etcd's messages are made of. */

const VARINT = 0;
const BYTES = 2;

/** A field, below 16, of a message: a number, or text or bytes or a message within. */
export function field(number: number, value: number | string | Buffer): Buffer {
  if (typeof value === 'number') return Buffer.from([(number << 3) | VARINT, ...varint(value)]);
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  return Buffer.concat([
    Buffer.from([(number << 3) | BYTES, ...varint(bytes.length)]), bytes,
  ]);
}

/** Fields by number, in the order in which they stand; numbers above 2^53 are rounded. */
export type Message = ReadonlyMap<number, readonly (number | Buffer)[]>;

export function parseMessage(bytes: Buffer): Message {
  const fields = new Map<number, (number | Buffer)[]>();
  let at = 0;
  const readVarint = (): number => {
    let [value, unit] = [0, 1];
    for (;;) {
      const byte = bytes[at] ?? 0;
      at += 1;
      value += (byte & 0x7f) * unit;
      unit *= 128;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = readVarint();
    const number = readVarint();
    let value: number | Buffer = number;
    if ((tag & 7) === BYTES) {
      value = bytes.subarray(at, at + number);
      at += number;
    } else if ((tag & 7) !== VARINT) throw new Error(`a field of type ${tag & 7}`);
    const list = fields.get(tag >> 3);
    if (list === undefined) fields.set(tag >> 3, [value]);
    else list.push(value);
  }
  return fields;
}

/** 0 where it is not there, which is how a 0 travels. */
export function numberIn(message: Message, number: number): number {
  const value = message.get(number)?.[0] ?? 0;
  return typeof value === 'number' ? value : NaN;
}

export function bytesIn(message: Message, number: number): Buffer {
  const value = message.get(number)?.[0];
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

/** The messages of a repeated field. */
export function messagesIn(message: Message, number: number): Message[] {
  return (message.get(number) ?? []).filter(Buffer.isBuffer).map(parseMessage);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}
