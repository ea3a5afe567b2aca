/**
 * A ClientSession with a host that writes down what it is asked for, and shorthands for what a
 * frontend says. Every frame sent and every outcome becomes a line, so that tests compare traces.
 */
import { ClientSession } from '../../src/core/client-session.ts';
import type { ClusterId, Epoch, Seq, SessionId, Timestamp } from '../../src/core/ids.ts';
import type { FromClient, Original, RefusalCode, RefusedThing } from '../../src/core/message.ts';
import {
  encodeResult, readChunkHeader, RECORD_BYTES, RESULT_BYTES, viewOf, type Code, type Operation,
  type Result,
} from '../../src/core/operation.ts';
import type { BulkOutcome, Outcome } from '../../src/core/outcome.ts';
import { decodeOperation } from '../../src/core/spell-operation.ts';

export const CLUSTER = 'c'.repeat(32) as ClusterId;
export const OTHER_CLUSTER = 'd'.repeat(32) as ClusterId;
export const SEQ = 7 as Seq;
export const TIME = 70 as Timestamp;

const BLANK = {
  kind: 'deposit', scale: 2, detail: 0, account: 0, balance: 0, toBalance: 0,
} as const;

export function result(code: Code, changes: Partial<Result> = {}): Result {
  return { ...BLANK, code, ...changes };
}

export function encodeResults(results: readonly Result[]): Uint8Array {
  const bytes = new Uint8Array(results.length * RESULT_BYTES);
  results.forEach((one, index) => encodeResult(viewOf(bytes), index, one));
  return bytes;
}

export function operationsOf(chunk: Uint8Array): Operation[] {
  const view = viewOf(chunk);
  const operations: Operation[] = [];
  for (let at = RECORD_BYTES; at < chunk.byteLength; ) {
    const decoded = decodeOperation(view, at);
    if (decoded === undefined) throw new Error('a record makes no sense');
    operations.push(decoded.operation);
    at = decoded.next;
  }
  return operations;
}

/** `request 64-1 deposit(1) deposit(2)`, `query 1 query(5)`: amounts tell operations apart. */
export function describe(message: FromClient): string {
  if (message.type !== 'request' && message.type !== 'query') return message.type;
  const header = readChunkHeader(viewOf(message.chunk), 0);
  const operations = operationsOf(message.chunk).map(({ kind, account, amount }) => {
    return `${kind}(${kind === 'query' ? account : amount})`;
  });
  const number = message.type === 'query'
    ? `${message.query}${header?.session === 0 && header.firstRequest === 0 ? '' : ' misnumbered'}`
    : `${header?.session}-${header?.firstRequest}`;
  return `${message.type} ${number} ${operations.join(' ')}`;
}

export class RecordedSession {
  readonly session: ClientSession;
  readonly outcomes = new Map<number, Outcome | BulkOutcome>();
  readonly sent: FromClient[] = [];
  #lines: string[] = [];
  nowMs = 0;

  constructor() {
    this.session = new ClientSession({
      send: (message) => {
        this.sent.push(message);
        this.#lines.push(describe(message));
      },
      settle: (ticket, outcome) => this.#settle(ticket, outcome),
      settleBulk: (ticket, outcome) => this.#settle(ticket, outcome),
      welcomed: () => this.#lines.push('welcomed'),
      drop: (detail) => this.#lines.push(`drop: ${detail}`),
      failed: (detail) => this.#lines.push(`failed: ${detail}`),
    });
  }

  /** What happened since the last call. */
  take(): string[] {
    return this.#lines.splice(0);
  }

  /** Connected and welcomed. */
  static open(): RecordedSession {
    const recorded = new RecordedSession();
    recorded.connect();
    recorded.take();
    return recorded;
  }

  /** As `open`, with session 64 granted and request 64-1 answered. */
  static writing(): RecordedSession {
    const recorded = RecordedSession.open();
    recorded.write(0);
    recorded.flush();
    recorded.grant(64);
    recorded.answer(64, 1, [result('ok')]);
    recorded.take();
    return recorded;
  }

  connect(cluster = CLUSTER): void {
    this.session.onConnected();
    this.welcome(cluster);
  }

  welcome(cluster = CLUSTER): void {
    this.session.onMessage({ type: 'welcome', cluster, epoch: 1 as Epoch });
    this.session.flush();
  }

  disconnect(): void {
    this.session.onDisconnected();
    this.session.flush();
  }

  flush(): void {
    this.session.flush();
  }

  tick(nowMs: number): void {
    this.nowMs = nowMs;
    this.session.onTick(nowMs);
    this.session.flush();
  }

  /** Submits a deposit whose amount marks it. */
  write(mark: number, deadlineMs = 1000): number {
    return this.session.submit({ kind: 'deposit', account: 100, amount: mark }, deadlineMs);
  }

  /** The same, with the question for its details. */
  writeFully(mark: number, deadlineMs = 1000): number {
    return this.session.submit({ kind: 'deposit', account: 100, amount: mark }, deadlineMs, true);
  }

  query(account: number, deadlineMs = 1000): number {
    return this.session.submit({ kind: 'query', account }, deadlineMs);
  }

  grant(session: number): void {
    this.session.onMessage({ type: 'session', session: session as SessionId });
    this.session.flush();
  }

  answer(
    session: number,
    firstRequest: number,
    results: readonly Result[],
    originals: readonly Original[] = [],
  ): void {
    this.session.onMessage({
      type: 'answered', session: session as SessionId, firstRequest, seq: SEQ, timestamp: TIME,
      results: encodeResults(results), originals,
    });
    this.session.flush();
  }

  answerQuery(query: number, results: readonly Result[]): void {
    const bytes = encodeResults(results);
    this.session.onMessage({ type: 'query-answered', query, seq: SEQ, results: bytes });
    this.session.flush();
  }

  refuse(thing: RefusedThing, session: number, number: number, code: RefusalCode = 'BUSY'): void {
    const detail = 'not now';
    this.session.onMessage({
      type: 'refusal', thing, session: session as SessionId, number, code, detail,
    });
    this.session.flush();
  }

  #settle(ticket: number, outcome: Outcome | BulkOutcome): void {
    if (this.outcomes.has(ticket)) throw new Error(`ticket ${ticket} was settled twice`);
    this.outcomes.set(ticket, outcome);
    this.#lines.push(describeOutcome(outcome));
  }
}

/** `64-1 ok`, `64-1 unknown`, `- refused BUSY`. */
export function describeOutcome(outcome: Outcome | BulkOutcome): string {
  const request = outcome.request ?? '-';
  if (outcome.kind === 'unknown') return `${request} unknown`;
  if (outcome.kind === 'refused') return `${request} refused ${outcome.code}`;
  if ('result' in outcome) return `${request} ${outcome.result.code}`;
  return `${request} results of ${outcome.results.byteLength / RESULT_BYTES}`;
}
