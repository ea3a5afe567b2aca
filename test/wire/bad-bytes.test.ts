import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import type { Message } from '../../src/core/message.ts';
import { FrameDecoder, type BadReason } from '../../src/wire/frame.ts';
import { Draw, MESSAGE_TYPES, randomMessage } from '../support/random-messages.ts';
import { cut, decodePieces, joined, rawFrame } from '../support/raw-frame.ts';
import { slowDecode } from '../support/slow-decoder.ts';

const NONE = new Uint8Array(0);
const SESSION = 97;
const READ = 36;

/** The first bytes of a TLS 1.3 ClientHello, as curl sends them. */
const TLS_HELLO = Buffer.from('1603010200010001fc0303b0e6d5c3a0f7c1d2e3f4051627384950a1b2', 'hex');

function judge(bytes: Uint8Array): ReturnType<FrameDecoder['next']> {
  const decoder = new FrameDecoder();
  decoder.push(bytes);
  return decoder.next();
}

t.test('bad bytes: every flipped bit of small frames: detected, never another message', (test) => {
  const draw = new Draw(31);
  for (const type of ['open-session', 'session', 'ping', 'vote', 'request', 'refused'] as const) {
    const message = randomMessage(draw, type) as Message;
    const frame = joined(message);
    if (frame.length > 1200) continue;
    const seen = new Set<string>();
    for (let bit = 0; bit < 8 * frame.length; bit += 1) {
      const flipped = frame.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const { messages, end } = decodePieces([new Uint8Array([...flipped, ...frame])]);
      const isDetected = messages.length === 0 && end === flippedReason(bit >> 3);
      if (!isDetected) test.fail(`${type}: bit ${bit}: ${end}`);
      seen.add(end);
    }
    test.ok(seen.has('header-checksum'), type);
  }
  test.end();
});

function flippedReason(at: number): BadReason {
  if (at < 4) return 'magic';
  if (at < 5) return 'version';
  return at < 24 ? 'header-checksum' : 'body-checksum';
}

t.test('bad bytes: two frames with their halves swapped: detected', (test) => {
  const one = joined({ type: 'session', session: 1 as never });
  const other = joined({ type: 'session', session: 2 as never });
  const mixed = new Uint8Array([...one.subarray(0, 24), ...other.subarray(24)]);
  test.match(judge(mixed), { kind: 'bad', reason: 'body-checksum', detail: /session/ });
  test.end();
});

t.test('bad bytes: each reason by itself, all checksums else right', (test) => {
  const body = Buffer.alloc(8);
  test.equal(judge(rawFrame(SESSION, body)).kind, 'message');
  const reasons: readonly [Uint8Array, BadReason, RegExp][] = [
    [rawFrame(SESSION, body, { magic: 'BNKE' }), 'magic', /text "BNKE"/],
    [rawFrame(SESSION, body, { version: 1 }), 'version', /version 1 .* version 2$/],
    [rawFrame(SESSION, body, { version: 3 }), 'version', /version 3 .* version 2$/],
    [rawFrame(SESSION, body, { reserved: 1 }), 'reserved', /must be zero/],
    [rawFrame(SESSION, body, { reserved: 0x100 }), 'reserved', /must be zero/],
    [rawFrame(SESSION, body, { reservedToo: 0x8000_0000 }), 'reserved', /must be zero/],
    [rawFrame(0, body), 'type', /number 0$/],
    [rawFrame(255, body), 'type', /number 255$/],
    [rawFrame(SESSION, Buffer.alloc(9)), 'too-long', /9 bytes: here session may have 8/],
    [rawFrame(SESSION, body, { bodyChecksum: 1 }), 'body-checksum', /session/],
    [rawFrame(SESSION, body.subarray(1)), 'body', /session/],
  ];
  for (const [bytes, reason, detail] of reasons) {
    test.match(judge(bytes), { kind: 'bad', reason, detail });
    test.equal(slowDecode(bytes).end, reason, `${reason}: the twin agrees`);
  }
  test.end();
});

t.test('bad bytes: more than one thing wrong: the first in the documented order', (test) => {
  const wrongs = { magic: 'xxxx', version: 9, reserved: 9, length: 2 ** 32 - 1, bodyChecksum: 9 };
  const reasons: BadReason[] = [];
  for (const mended of [{}, { magic: 'BNKD' }, { version: 2 }, { reserved: 0 }]) {
    Object.assign(wrongs, mended);
    const bytes = rawFrame(250, NONE, wrongs);
    const { end } = decodePieces([bytes]);
    test.equal(slowDecode(bytes).end, end);
    reasons.push(end as BadReason);
  }
  test.strictSame(reasons, ['magic', 'version', 'reserved', 'type']);
  test.end();
});

t.test('bad bytes: lengths beyond the bounds: refused before anything is allocated', (test) => {
  const before = process.memoryUsage().arrayBuffers;
  for (const type of MESSAGE_TYPES.map((_, index) => index + 1)) {
    for (const length of [2 ** 22 + 1, 2 ** 31, 2 ** 32 - 1]) {
      const { end } = decodePieces([rawFrame(type, Buffer.alloc(3), { length })]);
      if (end !== 'too-long' && end !== 'type') test.fail(`type ${type}, ${length} bytes: ${end}`);
    }
  }
  const taken = process.memoryUsage().arrayBuffers - before;
  test.ok(taken < 2 ** 20, `${taken} bytes`);
  test.end();
});

t.test('bad bytes: a length within the bounds: no more than it is allocated', (test) => {
  const decoder = new FrameDecoder();
  const frame = rawFrame(READ, Buffer.alloc(1), { length: 2 ** 20 });
  const before = process.memoryUsage().arrayBuffers;
  decoder.push(frame);
  test.equal(decoder.next().kind, 'need-more');
  for (let times = 0; times < 100; times += 1) {
    decoder.push(frame.subarray(0, 1));
    test.equal(decoder.next().kind, 'need-more');
  }
  const taken = process.memoryUsage().arrayBuffers - before;
  test.ok(taken <= 2 ** 20 + 4096, `${taken} bytes`);
  test.end();
});

t.test('bad bytes: whoever else finds the port: named', (test) => {
  const strangers: readonly (readonly [string | Uint8Array, RegExp])[] = [
    [TLS_HELLO, /TLS hello$/],
    ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'CONNECT', 'TRACE'].map(
      (method) => [`${method} / HTTP/1.1\r\nHost: bank\r\n\r\n`, /HTTP request$/] as const,
    ),
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /HTTP request$/],
    ['SSH-2.0-OpenSSH_9.6\r\n', /SSH$/],
    ['CREATE 100\n', /text "CREA"$/],
    ['\r\n\r\n', /text "\\r\\n\\r\\n"$/],
    [Buffer.alloc(100), /NUL bytes$/],
    [Buffer.from('ff00ff00ff', 'hex'), /bytes ff00ff00$/],
  ];
  for (const [bytes, detail] of strangers) {
    const all = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    test.match(judge(all), { kind: 'bad', reason: 'magic', detail });
    const bytewise = cut(all, Array.from({ length: all.length - 1 }, (_, at) => at + 1));
    test.equal(decodePieces(bytewise).end, 'magic', 'byte by byte too');
  }
  test.end();
});

t.test('bad bytes: another version whose header is shorter: named at its fifth byte', (test) => {
  test.equal(judge(Buffer.from('BNKD')).kind, 'need-more');
  test.match(judge(Buffer.from('BNKD\u0001')), { kind: 'bad', reason: 'version' });
  test.end();
});

t.test('bad bytes: garbage, more and more like frames: never a throw, the twin agrees', (test) => {
  const draw = new Draw(77);
  const ends = new Set<string>();
  for (let round = 0; round < 3000; round += 1) {
    const bytes = garbage(draw, round % 4);
    const decoded = decodePieces(cut(bytes, draw.bool() ? [draw.int(bytes.length + 1)] : []));
    ends.add(decoded.end);
    if (!isDeepStrictEqual(decoded, slowDecode(bytes))) {
      test.strictSame(decoded, slowDecode(bytes), bytes.toHex());
    }
  }
  for (const reason of ['magic', 'version', 'header-checksum', 'type', 'too-long', 'body']) {
    test.ok(ends.has(reason), `${reason} was met`);
  }
  test.end();
});

/** Random bytes; after a magic; as a header with its checksum; as a body with its checksum. */
function garbage(draw: Draw, likeness: number): Uint8Array {
  const bytes = draw.bytes(1 + draw.int(120));
  if (likeness === 0) return bytes;
  if (likeness === 1) return new Uint8Array([...Buffer.from('BNKD'), draw.int(3), ...bytes]);
  const type = draw.int(128);
  if (likeness === 2) return rawFrame(type, bytes, { length: draw.int(200) });
  return rawFrame(type, bytes);
}
