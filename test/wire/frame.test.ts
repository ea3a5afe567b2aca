import t from 'tap';
import { isDeepStrictEqual } from 'node:util';
import type { Epoch, Seq, SessionId } from '../../src/core/ids.ts';
import type { Message } from '../../src/core/message.ts';
import { encodeFrame, Outbox } from '../../src/wire/frame.ts';
import { randomMessages } from '../support/random-messages.ts';
import { decodePieces } from '../support/raw-frame.ts';
import { slowDecode } from '../support/slow-decoder.ts';

t.test('frame: header: every byte in its place', (test) => {
  const message: Message = { type: 'ping', epoch: 1 as Epoch, probe: 2, commitSeq: 3 as Seq };
  // Computed once by another program (Python's struct and zlib.crc32).
  const header = '424e4b440223000018000000878dcb2b0000000089eb8f29';
  const body = '010000000000000002000000000000000300000000000000';
  test.strictSame(encodeFrame(message).map((part) => part.toHex()), [header + body]);
  test.end();
});

t.test('frame: a large field: a part of its own, uncopied; a small one: in the head', (test) => {
  const large = new Uint8Array(64 * 100).fill(7);
  const [head, tail, ...more] = encodeFrame({ type: 'request', chunk: large });
  test.equal(head?.length, 24);
  test.equal(tail, large);
  test.strictSame(more, []);
  test.equal(encodeFrame({ type: 'request', chunk: large.subarray(0, 128) }).length, 1);
  test.end();
});

t.test('frame: many kept unsent: none writes over another', (test) => {
  const messages = randomMessages(11, 1500);
  const parts = messages.flatMap((message) => encodeFrame(message));
  const decoded = decodePieces([new Uint8Array(Buffer.concat(parts))]);
  test.ok(isDeepStrictEqual(decoded, { messages, end: 'whole' }));
  test.end();
});

t.test('frame: an outbox: all in order, small ones in one part, large fields uncopied', (test) => {
  const outbox = new Outbox();
  const other = new Outbox();
  const small = (): Message => ({ type: 'ask-status' });
  const large = new Uint8Array(64 * 100).fill(7);
  const sent: Message[] = [];
  const put = (message: Message): void => {
    outbox.put(message);
    sent.push(message);
  };
  for (let count = 0; count < 20; count += 1) put(small());
  const first = outbox.take();
  test.equal(first.length, 1);
  test.equal(outbox.bytes, 0);
  put(small());
  other.put(small());
  put(small());
  put({ type: 'request', chunk: large });
  put(small());
  const { bytes } = outbox;
  const second = outbox.take();
  test.equal(second.length, 4);
  test.equal(second[2], large);
  test.equal(second.reduce((sum, part) => sum + part.length, 0), bytes);
  const decoded = decodePieces([...first, ...second]);
  test.ok(isDeepStrictEqual(decoded, { messages: sent, end: 'whole' }));
  test.strictSame(outbox.take(), []);
  test.end();
});

t.test('frame: one message to several: each gets the whole of it', (test) => {
  const large = new Uint8Array(64 * 100).fill(7);
  const both: Message = { type: 'request', chunk: large };
  const small: Message = { type: 'ping', epoch: 1 as Epoch, probe: 2, commitSeq: 3 as Seq };
  const outboxes = [new Outbox(), new Outbox(), new Outbox()];
  for (const outbox of outboxes) outbox.put(small);
  outboxes[0]?.put({ type: 'ask-status' });
  for (const outbox of outboxes) outbox.put(both);
  outboxes[0]?.put(both);
  const decoded = outboxes.map((outbox) =>
    decodePieces([new Uint8Array(Buffer.concat(outbox.take()))]));
  test.strictSame(decoded, [
    { messages: [small, { type: 'ask-status' }, both, both], end: 'whole' },
    { messages: [small, both], end: 'whole' },
    { messages: [small, both], end: 'whole' },
  ]);
  test.end();
});

t.test('frame: after a message that was none: the next is whole', (test) => {
  const before = encodeFrame({ type: 'refused', retry: true, detail: 'before' });
  const broken = { type: 'commit', epoch: 5, commitSeq: -1 } as unknown as Message;
  test.throws(() => encodeFrame(broken));
  const results = new Uint8Array(3200);
  const original = { index: 100, seq: 1, timestamp: 1, result: new Uint8Array(32) };
  const late = { type: 'results', epoch: 1, seq: 1, results, originals: [original] };
  test.throws(() => encodeFrame(late as unknown as Message), /each original replaces one/);
  const after = encodeFrame({ type: 'session', session: 9 as SessionId });
  const stream = new Uint8Array(Buffer.concat([...before, ...after]));
  test.match(slowDecode(stream), {
    messages: [{ type: 'refused', detail: 'before' }, { type: 'session', session: 9 }],
    end: 'whole',
  });
  test.end();
});
