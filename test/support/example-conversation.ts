/**
 * The conversation that src/wire/README.md shows: one client's CREATE. Run as a program it prints
 * the text for that page.
 */
import type { ClusterId, Epoch, Seq, SessionId, Timestamp } from '../../src/core/ids.ts';
import { CLUSTER_NONE } from '../../src/core/ids.ts';
import type { Message } from '../../src/core/message.ts';
import { encodeChunk, encodeResult, RESULT_BYTES, viewOf } from '../../src/core/operation.ts';
import { encodeFrame, HEADER_BYTES } from '../../src/wire/frame.ts';

const ROW_BYTES = 32;
const CLUSTER = '00112233445566778899aabbccddeeff' as ClusterId;
const SESSION = 1088 as SessionId;

interface Said {
  readonly by: 'client' | 'frontend';
  readonly message: Message;
}

export const EXAMPLE: readonly Said[] = [
  { by: 'client', message: { type: 'client-hello', cluster: CLUSTER_NONE } },
  { by: 'frontend', message: { type: 'welcome', cluster: CLUSTER, epoch: 4 as Epoch } },
  { by: 'client', message: { type: 'open-session' } },
  { by: 'frontend', message: { type: 'session', session: SESSION } },
  { by: 'client', message: { type: 'request', chunk: createFifty() } },
  {
    by: 'frontend',
    message: {
      type: 'answered',
      session: SESSION,
      firstRequest: 1,
      seq: 7 as Seq,
      timestamp: 1_700_000_000_000_000 as Timestamp,
      originals: [],
      results: createdFifty(),
    },
  },
];

function createFifty(): Uint8Array {
  return encodeChunk(SESSION, 1, [{ kind: 'create', amount: 5000, scale: 2 }]);
}

function createdFifty(): Uint8Array {
  const results = new Uint8Array(RESULT_BYTES);
  encodeResult(viewOf(results), 0, {
    code: 'ok', kind: 'create', scale: 2, detail: 1, account: 100, balance: 5000, toBalance: 0,
  });
  return results;
}

/** The bytes of the example, frame by frame, as the page shows them. */
export function renderExample(): string {
  return EXAMPLE.map(renderSaid).join('\n');
}

function renderSaid({ by, message }: Said): string {
  const frame = new Uint8Array(encodeFrame(message).flatMap((part) => [...part]));
  const lines = [`${by}: ${message.type}`, frame.subarray(0, HEADER_BYTES).toHex()];
  for (let at = HEADER_BYTES; at < frame.length; at += ROW_BYTES) {
    lines.push(frame.subarray(at, at + ROW_BYTES).toHex());
  }
  return `${lines.join('\n  ')}\n`;
}

if (import.meta.main) console.log(renderExample());
