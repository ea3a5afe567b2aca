/**
 * A run as lines of text, one an event: when, who, to whom, what. Heartbeats are left out.
 *
 *      254.5  client 2   → frontend    request 64-7: transfer 100 101 55
 *      258.1  backend 1                synced to 34
 */
import type { Message } from '../core/message.ts';
import { readChunkHeader, RECORD_BYTES, viewOf, type Operation } from '../core/operation.ts';
import { formatRequestId } from '../core/request-id.ts';
import { decodeOperation } from '../core/spell-operation.ts';
import { describeMessage } from './describe-message.ts';
import type { Watch } from './simulate.ts';

const LEFT_OUT = new Set<Message['type']>(['ping', 'pong']);
const NOTE_OF = /^(frontend|(?:backend|client) \d+):? (.*)$/;
/** Of a chunk with more operations only these are shown. */
const OPERATIONS_SHOWN = 3;

/** What `simulate` is to be watched with, so that each event becomes a line. */
export function traceWatch(onLine: (line: string) => void): Watch {
  return {
    onNote: (atMs, note) => {
      const [, who = '', what = note] = NOTE_OF.exec(note) ?? [];
      onLine(format(atMs, who, '', what));
    },
    onMessage: (atMs, from, to, message) => {
      if (!LEFT_OUT.has(message.type)) onLine(format(atMs, from, `→ ${to}`, describe(message)));
    },
  };
}

function format(atMs: number, who: string, whom: string, what: string): string {
  return `${atMs.toFixed(1).padStart(9)}  ${who.padEnd(9)}  ${whom.padEnd(11)}  ${what}`;
}

function describe(message: Message): string {
  switch (message.type) {
    case 'request':
      return `request ${describeChunk(message.chunk)}`;
    case 'query':
      return `query q-${message.query}: ${operationsOf(message.chunk)}`;
    case 'answered': {
      const id = formatRequestId(message.session, message.firstRequest);
      return `${describeMessage(message)} (${id})`;
    }
    case 'query-answered':
      return `${describeMessage(message)} (q-${message.query})`;
    case 'refusal': {
      const { thing, session, number } = message;
      const id = thing === 'query' ? `q-${number}` : formatRequestId(session, number);
      return `${describeMessage(message)}${thing === 'session' ? '' : ` (${id})`}`;
    }
    case 'prepare':
    case 'vote':
      return `${describeMessage(message)} (epoch ${message.epoch})`;
    default:
      return describeMessage(message);
  }
}

function describeChunk(chunk: Uint8Array): string {
  const header = readChunkHeader(viewOf(chunk), 0);
  if (header === undefined) return 'malformed';
  return `${formatRequestId(header.session, header.firstRequest)}: ${operationsOf(chunk)}`;
}

function operationsOf(chunk: Uint8Array): string {
  const view = viewOf(chunk);
  const count = readChunkHeader(view, 0)?.operations ?? 0;
  const words: string[] = [];
  let offset = RECORD_BYTES;
  for (let at = 0; at < Math.min(count, OPERATIONS_SHOWN); at += 1) {
    const decoded = decodeOperation(view, offset);
    if (decoded === undefined) break;
    words.push(describeOperation(decoded.operation));
    offset = decoded.next;
  }
  const rest = count - words.length;
  return words.join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}

function describeOperation({ kind, account, toAccount, amount, key }: Operation): string {
  const numbers = [account, toAccount, amount].filter((number) => (number ?? 0) !== 0);
  return [...(key === undefined ? [] : [`@${key}`]), kind, ...numbers].join(' ');
}
