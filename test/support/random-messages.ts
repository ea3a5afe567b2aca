/**
 * Messages with random fields, boundaries often among them, from a seed: the same seed, the same
 * messages. The table's type makes a message that is not drawn here a compile error.
 */
import type { CutMode } from '../../src/core/chaos-message.ts';
import type { Original, Reserve } from '../../src/core/message.ts';
import type { View } from '../../src/core/view.ts';
import { BACKENDS_MAX } from '../../src/core/ids.ts';
import type { MessageOf, MessageType } from '../../src/wire/layout.ts';
import { Random } from '../../src/core/random.ts';

const U32_MAX = 2 ** 32 - 1;
const I53_MAX = Number.MAX_SAFE_INTEGER;
const I53_EDGES = [0, 1, 255, 256, 2 ** 31, U32_MAX, 2 ** 32, I53_MAX - 1, I53_MAX];
const TEXTS = [
  '', 'a', 'disk full', '\u0000', '\ufeffmark', 'Übertrag → ✓', '💶'.repeat(512), 'x'.repeat(2048),
];

/** Draws fields. */
export class Draw extends Random {
  bool(): boolean {
    return this.int(2) === 1;
  }

  i53<Value extends number>(): Value {
    if (this.bool()) return this.pick(I53_EDGES) as Value;
    return Math.floor(this.next() * 2 ** (1 + this.int(53))) as Value;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.int(256));
  }

  hex<Value extends string>(bytes: number): Value {
    return this.pick([this.bytes(bytes), new Uint8Array(bytes)]).toHex() as Value;
  }

  text(): string {
    return this.pick(TEXTS);
  }

  path(): string {
    return this.pick(['', '/bank/backend-1', '/ü', `/${'x'.repeat(1023)}`]);
  }

  mode(): CutMode {
    return this.pick(['both', 'to', 'from', 'half-open', 'slow']);
  }

  u32(): number {
    return this.pick([0, 1, 5000, U32_MAX]);
  }

  records(unit: number): Uint8Array {
    return this.bytes(unit * this.pick([0, 1, 2, 5, 16, 17, 40]));
  }

  reserve(): Reserve {
    return { bytes: this.i53(), full: this.bool() };
  }

  view(): View {
    const all = Array.from({ length: BACKENDS_MAX }, (_, index) => index + 1);
    const ids = all.filter(() => this.bool());
    const members = ids.map((id) => ({ id, incarnation: this.hex(16) }));
    return { number: this.i53(), members } as unknown as View;
  }

  /** Some of the results' places, each once. */
  originals(results: Uint8Array): readonly Original[] {
    const originals: Original[] = [];
    for (let index = 0; index < results.length / 32; index += 1) {
      if (this.int(4) > 0) continue;
      originals.push({ index, seq: this.i53(), timestamp: this.i53(), result: this.bytes(32) });
    }
    return originals;
  }
}

const DRAWN: { readonly [Type in MessageType]: (draw: Draw) => Omit<MessageOf<Type>, 'type'> } = {
  'hello': (draw) => ({
    cluster: draw.hex(16), backend: (1 + draw.int(7)) as never, incarnation: draw.hex(16),
    nonce: draw.hex(16), count: 1 + draw.int(7), pid: draw.pick([0, 1, 4711, U32_MAX]),
    condition: draw.pick(['empty', 'intact', 'corrupt']), detail: draw.text(),
    directory: draw.path(),
    promisedEpoch: draw.i53(), view: draw.view(),
  }),
  'promised': (draw) => ({
    epoch: draw.i53(), tailSeq: draw.i53(), tailEpoch: draw.i53(), tailHash: draw.hex(32),
    tailTimestamp: draw.i53(), checkpointSeq: draw.i53(), digest: draw.hex(8),
    reserve: draw.reserve(),
  }),
  'promise-refused': (draw) => ({ promisedEpoch: draw.i53() }),
  'vote': (draw) => ({
    epoch: draw.i53(), seq: draw.i53(), hash: draw.hex(32), digest: draw.hex(16),
    reserve: draw.reserve(),
  }),
  'results': (draw) => {
    const results = draw.records(32);
    return { epoch: draw.i53(), seq: draw.i53(), results, originals: draw.originals(results) };
  },
  'read-results': (draw) => ({ epoch: draw.i53(), read: draw.i53(), results: draw.records(32) }),
  'pong': (draw) => ({
    epoch: draw.i53(), probe: draw.i53(), lastSeq: draw.i53(), digest: draw.hex(8),
    reserve: draw.reserve(), journalBytes: draw.i53(), nextExpiry: draw.i53(),
    keysMax: draw.i53(), syncs: draw.i53(), writtenBytes: draw.i53(),
    checkpoints: draw.i53(),
  }),
  'located': (draw) => ({
    epoch: draw.i53(), seq: draw.i53(), entryEpoch: draw.i53(), hash: draw.hex(32),
  }),
  'truncated': (draw) => ({
    epoch: draw.i53(), tailSeq: draw.i53(), tailEpoch: draw.i53(), tailHash: draw.hex(32),
    digest: draw.hex(8),
  }),
  'fetched': (draw) => ({
    epoch: draw.i53(), seq: draw.i53(), entryEpoch: draw.i53(), timestamp: draw.i53(),
    view: draw.view(), previousHash: draw.hex(32), hash: draw.hex(32), digest: draw.hex(16),
    more: draw.bool(), batch: draw.records(64),
  }),
  'corrupted': (draw) => ({ detail: draw.text() }),
  'promise': (draw) => ({ cluster: draw.hex(16), epoch: draw.i53(), owner: draw.hex(16) }),
  'prepare': (draw) => ({
    epoch: draw.i53(), seq: draw.i53(), entryEpoch: draw.i53(), timestamp: draw.i53(),
    view: draw.view(), previousHash: draw.hex(32), commitSeq: draw.i53(),
    answerer: draw.int(8) as never, batch: draw.records(64),
  }),
  'commit': (draw) => ({ epoch: draw.i53(), commitSeq: draw.i53() }),
  'ping': (draw) => ({ epoch: draw.i53(), probe: draw.i53(), commitSeq: draw.i53() }),
  'read': (draw) => ({ epoch: draw.i53(), read: draw.i53(), batch: draw.records(64) }),
  'answer': (draw) => ({ epoch: draw.i53(), seq: draw.i53() }),
  'locate': (draw) => ({ epoch: draw.i53(), seq: draw.i53() }),
  'truncate': (draw) => ({
    epoch: draw.i53(), afterSeq: draw.i53(), tailSeq: draw.i53(), tailHash: draw.hex(32),
  }),
  'fetch': (draw) => ({ epoch: draw.i53(), fromSeq: draw.i53(), bytes: draw.i53() }),
  'reset': (draw) => ({ epoch: draw.i53(), detail: draw.text() }),
  'view-changed': (draw) => ({ epoch: draw.i53(), view: draw.view() }),
  'cutting': (draw) => ({ order: draw.i53() }),
  'cut': (draw) => ({ order: draw.i53(), mode: draw.mode(), forMs: draw.u32() }),
  'refused': (draw) => ({ retry: draw.bool(), detail: draw.text() }),
  'client-hello': (draw) => ({ cluster: draw.hex(16) }),
  'open-session': () => ({}),
  'request': (draw) => ({ chunk: draw.records(64) }),
  'query': (draw) => ({ query: draw.i53(), chunk: draw.records(64) }),
  'ask-status': () => ({}),
  'chaos': (draw) => ({
    number: draw.i53(), backend: (1 + draw.int(7)) as never, mode: draw.mode(),
    forMs: draw.u32(),
  }),
  'welcome': (draw) => ({ cluster: draw.hex(16), epoch: draw.i53() }),
  'session': (draw) => ({ session: draw.i53() }),
  'answered': (draw) => {
    const results = draw.records(32);
    return {
      session: draw.i53(), firstRequest: draw.i53(), seq: draw.i53(), timestamp: draw.i53(),
      results, originals: draw.originals(results),
    };
  },
  'query-answered': (draw) => ({ query: draw.i53(), seq: draw.i53(), results: draw.records(32) }),
  'refusal': (draw) => ({
    thing: draw.pick(['request', 'query', 'session']), session: draw.i53(), number: draw.i53(),
    code: draw.pick(['UNAVAILABLE', 'BUSY', 'BAD_REQUEST']), detail: draw.text(),
  }),
  'chaos-answer': (draw) => ({
    number: draw.i53(), outcome: draw.pick(['begins', 'refused', 'not-allowed']),
    detail: draw.text(),
  }),
  'status-report': (draw) => ({ json: JSON.stringify({ text: draw.text() }) }),
};

export const MESSAGE_TYPES = Object.keys(DRAWN) as readonly MessageType[];

export function randomMessage<Type extends MessageType>(draw: Draw, type: Type): MessageOf<Type> {
  return { type, ...DRAWN[type](draw) } as unknown as MessageOf<Type>;
}

export function randomMessages(seed: number, count: number): readonly MessageOf<MessageType>[] {
  const draw = new Draw(seed);
  return Array.from({ length: count }, () => randomMessage(draw, draw.pick(MESSAGE_TYPES)));
}
