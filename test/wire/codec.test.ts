import { isDeepStrictEqual } from 'node:util';
import t, { type Test } from 'tap';
import type {
  FromBackend, FromClient, Message, ToBackend, ToClient,
} from '../../src/core/message.ts';
import {
  codecOfNumber, codecOfType, isFromBackend, isFromClient, isToBackend, isToClient,
} from '../../src/wire/codec.ts';
import { encodeFrame, FrameDecoder, HELLO_BODY_BYTES_MAX } from '../../src/wire/frame.ts';
import { SENTENCE_BYTES_MAX } from '../../src/wire/fields.ts';
import { Draw, MESSAGE_TYPES, randomMessage } from '../support/random-messages.ts';
import { cut, decodePieces, joined, rawFrame } from '../support/raw-frame.ts';
import { slowDecode } from '../support/slow-decoder.ts';

const ZERO = '0'.repeat(32);

/** What a body of the type is taken for. */
function decodeBody(type: Message['type'], body: Uint8Array): ReturnType<FrameDecoder['next']> {
  const decoder = new FrameDecoder();
  decoder.push(rawFrame(codecOfType(type).number, body));
  return decoder.next();
}

function bodyOf(message: Message): Uint8Array {
  return joined(message).subarray(24);
}

function refuses(test: Test, type: Message['type'], body: Uint8Array, detail: RegExp): void {
  test.match(decodeBody(type, body), { kind: 'bad', reason: 'body', detail });
}

for (const type of MESSAGE_TYPES) {
  t.test(`codec: ${type}: comes back as it was sent, and the twin reads the same`, (test) => {
    const draw = new Draw(codecOfType(type).number);
    for (let round = 0; round < 60; round += 1) {
      const message = randomMessage(draw, type);
      const frame = joined(message);
      const { messages, end } = decodePieces([frame]);
      if (end !== 'whole' || !isDeepStrictEqual(messages, [message])) {
        test.strictSame({ messages, end }, { messages: [message], end: 'whole' });
      }
      if (!isDeepStrictEqual(slowDecode(frame), { messages, end })) {
        test.strictSame(slowDecode(frame), { messages, end });
      }
    }
    test.end();
  });
}

t.test('codec: bodies with a changed, a missing or a further byte: as the twin says', (test) => {
  const draw = new Draw(7);
  const ends = new Map<string, number>();
  for (let round = 0; round < 2500; round += 1) {
    const message = randomMessage(draw, draw.pick(MESSAGE_TYPES));
    const frame = rawFrame(codecOfType(message.type).number, mutated(draw, bodyOf(message)));
    const fast = decodePieces([frame]);
    ends.set(fast.end, (ends.get(fast.end) ?? 0) + 1);
    if (!isDeepStrictEqual(fast, slowDecode(frame))) {
      test.strictSame(fast, slowDecode(frame), frame.toHex());
    }
    // Each value has one encoding only: what was taken encodes to the same bytes.
    const [taken] = fast.messages;
    if (taken !== undefined && !isDeepStrictEqual(joined(taken), new Uint8Array(frame))) {
      test.equal(joined(taken).toHex(), frame.toHex(), taken.type);
    }
  }
  test.ok((ends.get('body') ?? 0) > 300, 'many were refused');
  test.ok((ends.get('whole') ?? 0) > 300, 'many were taken');
  test.end();
});

function mutated(draw: Draw, body: Uint8Array): Uint8Array {
  const kind = draw.int(4);
  if (kind === 0) return body.slice(0, draw.int(body.length + 1));
  if (kind === 1) return new Uint8Array([...body, ...draw.bytes(1 + draw.int(70))]);
  const changed = body.slice();
  // Small fields stand in front: they are hit more often than by an even draw.
  const at = draw.int(draw.bool() ? Math.min(changed.length, 60) : changed.length);
  const byte = kind === 2 ? draw.int(256) : draw.pick([0, 1, 2, 7, 8, 0xff]);
  if (changed.length > 0) changed[at] = byte;
  return changed;
}

t.test('codec: numbers of the types: distinct, in the range of who says them', (test) => {
  const numbers = MESSAGE_TYPES.map((type) => codecOfType(type).number);
  test.equal(new Set(numbers).size, MESSAGE_TYPES.length);
  for (const type of MESSAGE_TYPES) test.equal(codecOfNumber(codecOfType(type).number)?.type, type);
  for (const unused of [0, 31, 63, 95, 119, 255]) test.equal(codecOfNumber(unused), undefined);
  test.end();
});

t.test('codec: who may say what: as the unions of core/message.ts have it', (test) => {
  // Records, so that the compiler asks for every type of the union.
  const fromBackend: Record<FromBackend['type'], true> = {
    'hello': true, 'promised': true, 'promise-refused': true, 'vote': true, 'results': true,
    'read-results': true, 'pong': true, 'located': true, 'truncated': true, 'fetched': true,
    'corrupted': true, 'cutting': true,
  };
  const toBackend: Record<ToBackend['type'], true> = {
    'promise': true, 'prepare': true, 'commit': true, 'ping': true, 'view-changed': true,
    'read': true, 'answer': true, 'locate': true, 'truncate': true, 'fetch': true, 'reset': true,
    'cut': true, 'refused': true,
  };
  const fromClient: Record<FromClient['type'], true> = {
    'client-hello': true, 'open-session': true, 'request': true, 'query': true, 'ask-status': true,
    'chaos': true,
  };
  const toClient: Record<ToClient['type'], true> = {
    'welcome': true, 'session': true, 'answered': true, 'query-answered': true, 'refusal': true,
    'status-report': true, 'chaos-answer': true, 'refused': true,
  };
  const draw = new Draw(3);
  for (const type of MESSAGE_TYPES) {
    const message: Message = randomMessage(draw, type);
    test.equal(isFromBackend(message), type in fromBackend, `${type} from a backend`);
    test.equal(isToBackend(message), type in toBackend, `${type} to a backend`);
    test.equal(isFromClient(message), type in fromClient, `${type} from a client`);
    test.equal(isToClient(message), type in toClient, `${type} to a client`);
  }
  test.end();
});

t.test('codec: fields that are none: refused with the name of the field', (test) => {
  const i53TooLarge = Buffer.from('0000000000002000', 'hex');
  refuses(test, 'session', i53TooLarge, /^session: session is not an integer from 0 to 2\^53 - 1$/);
  refuses(test, 'session', Buffer.alloc(7), /session is not/);
  refuses(test, 'client-hello', Buffer.alloc(15), /cluster is not 16 bytes/);
  refuses(test, 'refused', Buffer.from('0200000000', 'hex'), /retry is not 0 or 1/);
  refuses(test, 'refused', Buffer.from('0001000000ff', 'hex'), /detail is not UTF-8/);
  refuses(test, 'refused', Buffer.from('0003000000eda080', 'hex'), /detail is not UTF-8/);
  refuses(test, 'refused', Buffer.from('0002000000c080', 'hex'), /detail is not UTF-8/);
  refuses(test, 'refused', Buffer.from('00ffffffff', 'hex'), /detail is not UTF-8/);
  refuses(test, 'refused', Buffer.from('000100000061ff', 'hex'), /^refused: 1 bytes too many$/);
  refuses(test, 'request', Buffer.alloc(65), /chunk is not records of 64 bytes/);
  refuses(test, 'query-answered', Buffer.alloc(16 + 33), /results is not records of 32 bytes/);
  refuses(test, 'refusal', Buffer.from('03', 'hex'), /thing is not one of request, query, session/);
  test.end();
});

t.test('codec: views: at most seven members, ids from 1 to 7 in their order', (test) => {
  const viewBody = (ids: readonly number[], count = ids.length): Uint8Array => {
    const members = ids.map((id) => Buffer.concat([Buffer.from([id]), Buffer.alloc(16, id)]));
    return Buffer.concat([Buffer.alloc(16), Buffer.from([count]), ...members]);
  };
  const taken = (ids: readonly number[], count?: number): boolean =>
    decodeBody('view-changed', viewBody(ids, count)).kind === 'message';
  test.ok(taken([]));
  test.ok(taken([7]));
  test.ok(taken([1, 2, 3, 4, 5, 6, 7]));
  test.notOk(taken([0]), 'no backend 0');
  test.notOk(taken([8]), 'no backend 8');
  test.notOk(taken([2, 1]), 'out of order');
  test.notOk(taken([2, 2]), 'twice the same');
  test.notOk(taken([1], 2), 'a member missing');
  test.notOk(taken([1, 2], 1), 'a member too many');
  test.notOk(taken([], 255), 'more members than there may be');
  test.end();
});

t.test('codec: a hello: backend and count from 1 to 7, its texts within their bounds', (test) => {
  const hello = (
    backend: number, count: number, detailBytes: number, directoryBytes = 0,
  ): Uint8Array => {
    const body = Buffer.alloc(80 + detailBytes + directoryBytes, 'x');
    body.fill(0, 0, 76);
    body[16] = backend;
    body[49] = count;
    body.writeUInt32LE(detailBytes, 72);
    body.writeUInt32LE(directoryBytes, 76 + detailBytes);
    return body;
  };
  test.match(decodeBody('hello', hello(1, 7, 2048, 1024)), { message: { backend: 1, count: 7 } });
  refuses(test, 'hello', hello(0, 7, 0), /backend is not an integer from 1 to 7/);
  refuses(test, 'hello', hello(8, 7, 0), /backend is not an integer from 1 to 7/);
  refuses(test, 'hello', hello(1, 0, 0), /count is not an integer from 1 to 7/);
  refuses(test, 'hello', hello(1, 8, 0), /count is not an integer from 1 to 7/);
  refuses(test, 'hello', hello(1, 7, 2049), /detail is not UTF-8 of at most 2048 bytes/);
  refuses(test, 'hello', hello(1, 7, 0, 1025), /directory is not UTF-8 of at most 1024 bytes/);
  test.end();
});

t.test('codec: originals: bounded by the bytes and by the results', (test) => {
  const body = (count: number, indexes: readonly number[], results: number): Uint8Array => {
    const originals = indexes.map((index) => {
      const original = Buffer.alloc(52);
      original.writeUInt32LE(index, 0);
      return original;
    });
    const head = Buffer.alloc(36);
    head.writeUInt32LE(count, 32);
    return Buffer.concat([head, ...originals, Buffer.alloc(32 * results)]);
  };
  test.equal(decodeBody('answered', body(1, [0], 1)).kind, 'message');
  test.equal(decodeBody('answered', body(2, [1, 0], 2)).kind, 'message');
  refuses(test, 'answered', body(1, [1], 1), /each original replaces one of the results/);
  refuses(test, 'answered', body(1, [0], 0), /each original replaces one of the results/);
  refuses(test, 'answered', body(1, [0xffff_ffff], 1), /each original replaces/);
  refuses(test, 'answered', body(8191, [], 0), /originals is not at most 8190/);
  refuses(test, 'answered', body(8190, [0], 1), /originals is not/);
  const tooMany = Array.from({ length: 8191 }, () => 0);
  refuses(test, 'answered', body(8191, tooMany, 1), /originals is not at most 8190/);
  refuses(test, 'results', body(0xffff_ffff, [], 0).subarray(16), /originals is not at most 32768/);
  test.end();
});

t.test('codec: what is no message of ours: an assertion that names the field', (test) => {
  const bad = (message: unknown, field: RegExp): void => {
    const failure = { name: 'AssertionFailure', message: field };
    test.throws(() => encodeFrame(message as Message), failure);
  };
  bad({ type: 'nonsense' }, /the type is one of the table/);
  bad({ type: 'session', session: -1 }, /session: session/);
  bad({ type: 'session', session: 0.5 }, /session: session/);
  bad({ type: 'session', session: 2 ** 53 }, /session: session/);
  bad({ type: 'session', session: NaN }, /session: session/);
  bad({ type: 'client-hello', cluster: ZERO.slice(1) }, /cluster/);
  bad({ type: 'client-hello', cluster: `${ZERO}00` }, /cluster/);
  bad({ type: 'client-hello', cluster: ZERO.replace('0', 'g') }, /cluster/);
  bad({ type: 'client-hello', cluster: ZERO.replace('0', 'A') }, /cluster/);
  bad({ type: 'client-hello', cluster: ZERO.replace(/0$/, 'g') }, /cluster/);
  bad({ type: 'client-hello', cluster: ZERO.replace('0', '\u0130') }, /cluster/);
  bad({ type: 'request', chunk: new Uint8Array(63) }, /chunk/);
  bad({ type: 'request', chunk: new Uint8Array(2_096_704 + 64) }, /chunk/);
  bad({ type: 'read', epoch: 1, read: 1, batch: new Uint8Array(2 ** 21 + 64) }, /batch/);
  bad({ type: 'status-report', json: 'x'.repeat(2 ** 20 + 1) }, /json/);
  const view = { number: 1, members: [{ id: 2, incarnation: ZERO }, { id: 1, incarnation: ZERO }] };
  bad({ type: 'view-changed', epoch: 1, view }, /view/);
  const originals = Array.from({ length: 8191 }, () => ({
    index: 0, seq: 1, timestamp: 1, result: new Uint8Array(32),
  }));
  const answered = { session: 1, firstRequest: 1, seq: 1, timestamp: 1, originals };
  bad({ type: 'answered', ...answered, results: new Uint8Array(32) }, /originals/);
  const refusal = { type: 'refusal', session: 0, number: 0, detail: '' };
  bad({ ...refusal, thing: 'toString', code: 'BUSY' }, /thing/);
  bad({ ...refusal, thing: 'query', code: 'BUSINESS' }, /code/);
  test.equal(decodePieces([joined({ type: 'open-session' })]).end, 'whole', 'it goes on after');
  test.end();
});

t.test('codec: large fields: up to their bounds, and the sender cuts long sentences', (test) => {
  const largest: readonly Message[] = [
    { type: 'request', chunk: new Uint8Array(1_048_384).fill(1) },
    { type: 'read', epoch: 1 as never, read: 2, batch: new Uint8Array(2 ** 21).fill(2) },
    { type: 'status-report', json: 'x'.repeat(2 ** 20) },
    { type: 'status-report', json: '✓'.repeat(349_525) },
    {
      type: 'results', epoch: 1 as never, seq: 2 as never, results: new Uint8Array(2 ** 20).fill(3),
      originals: Array.from({ length: 32_768 }, (_, index) => ({
        index, seq: index as never, timestamp: 5 as never, result: new Uint8Array(32).fill(index),
      })),
    },
  ];
  for (const message of largest) {
    const { messages, end } = decodePieces(cut(joined(message), [20, 70_000, 200_000]));
    test.equal(end, 'whole');
    test.ok(isDeepStrictEqual(messages, [message]), message.type);
  }
  for (const [sent, got] of [
    ['y'.repeat(3000), 'y'.repeat(SENTENCE_BYTES_MAX)],
    [`a${'✓'.repeat(2000)}`, `a${'✓'.repeat(682)}`],
    ['lone \ud800 half', 'lone \ufffd half'],
  ] as const) {
    const { messages } = decodePieces([joined({ type: 'corrupted', detail: sent })]);
    test.strictSame(messages, [{ type: 'corrupted', detail: got }]);
  }
  test.end();
});

t.test('codec: hellos at their longest: taken before the handshake', (test) => {
  for (const type of ['hello', 'client-hello'] as const) {
    test.ok(codecOfType(type).bodyBytesMax <= HELLO_BODY_BYTES_MAX, type);
  }
  test.end();
});
