import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import type { Epoch, Seq, SessionId } from '../../src/core/ids.ts';
import type { Message } from '../../src/core/message.ts';
import { encodeFrame, FrameDecoder, HELLO_BODY_BYTES_MAX } from '../../src/wire/frame.ts';
import { Draw, MESSAGE_TYPES, randomMessage, randomMessages } from '../support/random-messages.ts';
import { cut, decodePieces, joined, rawFrame } from '../support/raw-frame.ts';
import { slowDecode } from '../support/slow-decoder.ts';

const SESSION: Message = { type: 'session', session: 1088 as SessionId };
const OPEN: Message = { type: 'open-session' };
const REQUEST: Message = { type: 'request', chunk: new Uint8Array(128).fill(0xc0) };

function oneOfEach(seed: number): readonly Message[] {
  const draw = new Draw(seed);
  return MESSAGE_TYPES.map((type) => randomMessage(draw, type));
}

t.test('decoder: many frames in one piece: all, in order', (test) => {
  const messages = randomMessages(1, 400);
  test.ok(isDeepStrictEqual(decodePieces([joined(...messages)]), { messages, end: 'whole' }));
  test.end();
});

t.test('decoder: byte by byte: the same as whole', (test) => {
  const messages = oneOfEach(2);
  const bytes = joined(...messages);
  const pieces = cut(bytes, Array.from({ length: bytes.length - 1 }, (_, at) => at + 1));
  test.ok(isDeepStrictEqual(decodePieces(pieces), { messages, end: 'whole' }));
  test.end();
});

t.test('decoder: at every split into two: the same as whole', (test) => {
  const messages = [OPEN, REQUEST, SESSION, OPEN];
  const bytes = joined(...messages);
  for (let at = 0; at <= bytes.length; at += 1) {
    const decoded = decodePieces(cut(bytes, [at]));
    if (!isDeepStrictEqual(decoded, { messages, end: 'whole' })) test.fail(`split at ${at}`);
  }
  test.end();
});

t.test('decoder: at every split into three of a small frame: the same as whole', (test) => {
  const bytes = joined(SESSION, SESSION);
  for (let first = 0; first <= bytes.length; first += 1) {
    for (let second = first; second <= bytes.length; second += 1) {
      const decoded = decodePieces(cut(bytes, [first, second]));
      const wanted = { messages: [SESSION, SESSION], end: 'whole' };
      if (!isDeepStrictEqual(decoded, wanted)) test.fail(`split at ${first} and ${second}`);
    }
  }
  test.end();
});

t.test('decoder: random pieces, several pushed before one is read: the same as whole', (test) => {
  const draw = new Draw(5);
  for (let round = 0; round < 60; round += 1) {
    const messages = randomMessages(100 + round, 12);
    const bytes = joined(...messages);
    const offsets = Array.from({ length: draw.int(30) }, () => draw.int(bytes.length + 1));
    const decoder = new FrameDecoder();
    for (const piece of cut(bytes, offsets.sort((one, other) => one - other))) decoder.push(piece);
    const decoded = decodePieces([new Uint8Array(0)], decoder);
    if (!isDeepStrictEqual(decoded, { messages, end: 'whole' })) test.fail(`round ${round}`);
  }
  test.end();
});

t.test('decoder: every truncation: the frames before it, and one that is partial', (test) => {
  const bytes = joined(SESSION, REQUEST, OPEN);
  for (let length = 0; length < bytes.length; length += 1) {
    const decoded = decodePieces([bytes.slice(0, length)]);
    if (!isDeepStrictEqual(decoded, slowDecode(bytes.slice(0, length)))) {
      test.strictSame(decoded, slowDecode(bytes.slice(0, length)), `${length} bytes`);
    }
  }
  test.end();
});

t.test('decoder: hasPartial: exactly while the peer owes the rest of a frame', (test) => {
  const bytes = joined(REQUEST);
  const decoder = new FrameDecoder();
  test.notOk(decoder.hasPartial, 'nothing has come');
  for (let at = 0; at < bytes.length; at += 1) {
    decoder.push(bytes.slice(at, at + 1));
    const isLast = at === bytes.length - 1;
    test.equal(decoder.next().kind, isLast ? 'message' : 'need-more');
    if (decoder.hasPartial === isLast) test.fail(`after ${at + 1} bytes`);
  }
  decoder.push(new Uint8Array(0));
  test.equal(decoder.next().kind, 'need-more');
  test.notOk(decoder.hasPartial, 'an empty piece begins nothing');
  decoder.push(joined(OPEN, OPEN));
  test.equal(decoder.next().kind, 'message');
  test.ok(decoder.hasPartial, 'there is something to be read yet');
  test.end();
});

t.test('decoder: need-more, asked again and again: stays so and loses nothing', (test) => {
  const bytes = joined(REQUEST);
  const decoder = new FrameDecoder();
  for (const piece of cut(bytes, [3, 20, 24, 25, 100])) {
    for (let times = 0; times < 3; times += 1) test.equal(decoder.next().kind, 'need-more');
    decoder.push(piece);
  }
  test.strictSame(decoder.next(), { kind: 'message', message: REQUEST });
  test.end();
});

t.test('decoder: after a bad frame: bad for ever, and nothing is kept', (test) => {
  const decoder = new FrameDecoder();
  decoder.push(new Uint8Array(Buffer.concat([joined(SESSION), Buffer.alloc(24), joined(SESSION)])));
  test.equal(decoder.next().kind, 'message');
  const bad = decoder.next();
  test.match(bad, { kind: 'bad', reason: 'magic' });
  decoder.push(joined(SESSION));
  test.equal(decoder.next(), bad);
  test.equal(decoder.next(), bad);
  test.notOk(decoder.hasPartial);
  test.end();
});

t.test('decoder: fields are the message\'s own, and no Buffer, small and large', (test) => {
  for (const records of [1, 16, 17, 600]) {
    const chunk = new Draw(records).bytes(64 * records);
    const piece = Buffer.from(joined({ type: 'request', chunk }));
    const decoder = new FrameDecoder();
    decoder.push(piece);
    const decoded = decoder.next();
    piece.fill(0xee);
    if (decoded.kind !== 'message' || decoded.message.type !== 'request') return test.fail();
    test.strictSame(decoded.message.chunk, chunk, `${records} records`);
    test.equal(Object.getPrototypeOf(decoded.message.chunk), Uint8Array.prototype);
  }
  return test.end();
});

t.test('decoder: a piece that is let go of while it is read: the rest is kept', (test) => {
  const messages = [OPEN, REQUEST, SESSION];
  const bytes = joined(...messages);
  for (let taken = 0; taken < 3; taken += 1) {
    for (const length of [bytes.length, bytes.length - 1, 30]) {
      const decoder = new FrameDecoder();
      const piece = bytes.slice(0, length);
      decoder.push(piece);
      let got = 0;
      for (let at = 0; at < taken; at += 1) got += decoder.next().kind === 'message' ? 1 : 0;
      decoder.keep();
      piece.fill(0xee);
      const decoded = decodePieces([bytes.subarray(length)], decoder);
      test.strictSame(decoded, { messages: messages.slice(got), end: 'whole' });
    }
  }
  test.end();
});

t.test('decoder: a long body, read straight to where it belongs, in whatever portions', (test) => {
  const draw = new Draw(33);
  for (let round = 0; round < 40; round += 1) {
    const read: Message = { type: 'read', epoch: 1 as Epoch, read: 1, batch: draw.bytes(2 ** 17) };
    const messages = [SESSION, read, REQUEST, read, OPEN];
    const bytes = joined(...messages);
    const decoder = new FrameDecoder();
    const got: Message[] = [];
    let straight = 0;
    for (let at = 0; at < bytes.length; ) {
      const { room } = decoder;
      const length = Math.min(bytes.length - at, room?.length ?? Infinity, 1 + draw.int(50_000));
      const piece = bytes.slice(at, at + length);
      at += length;
      // A host may have begun to read elsewhere: then the piece is pushed.
      if (room !== undefined && draw.int(4) > 0) {
        room.set(piece);
        decoder.filled(length);
        straight += length;
      } else decoder.push(piece);
      for (let next = decoder.next(); next.kind === 'message'; next = decoder.next()) {
        got.push(next.message);
      }
      piece.fill(0xee);
    }
    if (!isDeepStrictEqual(got, messages)) test.fail(`round ${round}`);
    test.ok(straight > 0);
  }
  test.equal(new FrameDecoder().room, undefined);
  test.throws(() => new FrameDecoder().filled(1));
  test.end();
});

t.test('decoder: a long frame in pieces of 64 KiB: its memory is taken once', (test) => {
  const batch = new Draw(9).bytes(2 ** 21);
  const prepare: Message = { type: 'read', epoch: 1 as Epoch, read: 1, batch };
  const bytes = joined(prepare, SESSION);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 65_536) pieces.push(bytes.subarray(at, at + 65_536));
  const before = process.memoryUsage().arrayBuffers;
  const decoded = decodePieces(pieces);
  const taken = process.memoryUsage().arrayBuffers - before;
  test.ok(isDeepStrictEqual(decoded, { messages: [prepare, SESSION], end: 'whole' }));
  test.ok(taken < 2 ** 21 + 3 * 65_536, `${taken} bytes for a frame of 2 MiB`);
  test.end();
});

t.test('decoder: bodies bounded: for a stranger, and for one who is known', (test) => {
  const sized = (bytes: number): Uint8Array => rawFrame(36, Buffer.alloc(16 + bytes));
  const endOf = (bytes: Uint8Array, bodyBytesMax: number): string =>
    decodePieces([bytes], new FrameDecoder({ bodyBytesMax })).end;
  test.equal(endOf(sized(HELLO_BODY_BYTES_MAX - 64), HELLO_BODY_BYTES_MAX), 'whole');
  test.equal(endOf(sized(HELLO_BODY_BYTES_MAX), HELLO_BODY_BYTES_MAX), 'too-long');
  test.equal(endOf(rawFrame(96, Buffer.alloc(24)), 24), 'whole');
  test.equal(endOf(rawFrame(96, Buffer.alloc(24)), 23), 'too-long');
  test.throws(() => new FrameDecoder({ bodyBytesMax: 2 ** 22 + 1 }));
  test.throws(() => new FrameDecoder().limitBodies(2 ** 22 + 1));
  test.end();
});

t.test('decoder: a hello and more in one piece: the bound may be raised in between', (test) => {
  const hello: Message = { type: 'client-hello', cluster: '0'.repeat(32) as never };
  const long: Message = { type: 'query', query: 1, chunk: new Uint8Array(64 * 1024) };
  const bytes = joined(hello, long);
  for (const mayRaise of [true, false]) {
    const decoder = new FrameDecoder({ bodyBytesMax: HELLO_BODY_BYTES_MAX });
    decoder.push(bytes.slice());
    test.equal(decoder.next().kind, 'message');
    if (mayRaise) decoder.limitBodies(2 ** 22);
    const next = decoder.next();
    if (mayRaise) test.strictSame(next, { kind: 'message', message: long });
    else test.match(next, { kind: 'bad', reason: 'too-long' });
  }
  test.end();
});

t.test('decoder: messages kept while more arrives: unchanged', (test) => {
  const messages = randomMessages(21, 300);
  const bytes = new Uint8Array(Buffer.concat(messages.flatMap((message) => encodeFrame(message))));
  const count = Math.floor(bytes.length / 1000);
  const offsets = Array.from({ length: count }, (_, at) => (at + 1) * 1000);
  test.ok(isDeepStrictEqual(decodePieces(cut(bytes, offsets)), { messages, end: 'whole' }));
  const tail: Message = { type: 'commit', epoch: 1 as Epoch, commitSeq: 2 as Seq };
  test.strictSame(decodePieces([joined(tail)]).messages, [tail]);
  test.end();
});
