/**
 * The clients of a frontend: what they ask, what they are told, and the sessions they are given.
 */
import type { Admission, AdmittedItem } from './admission.ts';
import { assert } from './assert.ts';
import type { ConnectionId, CoordinatorHost, Now } from './effect.ts';
import { CLUSTER_NONE, SESSION_NONE, type Seq, type SessionId } from './ids.ts';
import type {
  Answered, ClientHello, FromClient, Query, RefusalCode, RefusedThing, Request,
} from './message.ts';
import {
  CODE, decodeResult, encodeChunk, isReport, KIND, readChunkHeader, RECORD_BYTES, RESULT_BYTES,
  viewOf, type ChunkHeader, type Operation,
} from './operation.ts';
import { SessionPool } from './session-pool.ts';
import type { StatusReportBody } from './status-report.ts';
import type { ControlRecord } from './view.ts';

/** The frontend itself, as one that orders leases, and time to pass. */
const FRONTEND: ConnectionId = 0;
/** So long an entry for time to pass is waited for. */
const EXPIRY_PAUSE_MS = 1_000;
/** So long after a REMEMBER that was refused there is no other. */
const REMEMBER_PAUSE_MS = 1_000;
/** The header of a chunk is copied to here: cheaper than a view of each. */
const head = new Uint8Array(RECORD_BYTES);
const headView = viewOf(head);

export class Clients {
  readonly sessions = new SessionPool();
  readonly #host: CoordinatorHost;
  readonly #admission: Admission;
  readonly #open = new Set<ConnectionId>();
  /** How many keys are to be remembered; undefined: as many as are. */
  readonly #keysMax: number | undefined;
  #expiryOrderedMs = -Infinity;
  #rememberOrderedMs = -Infinity;
  /** It is under way, or done, in this epoch. */
  #isRememberOrdered = false;

  constructor(host: CoordinatorHost, admission: Admission, keysMax?: number) {
    this.#host = host;
    this.#admission = admission;
    this.#keysMax = keysMax;
  }

  isOpen(connection: ConnectionId): boolean {
    return this.#open.has(connection);
  }

  onHello(
    connection: ConnectionId, { cluster }: ClientHello, record: ControlRecord | undefined,
  ): void {
    const known = record?.cluster ?? CLUSTER_NONE;
    if (cluster !== CLUSTER_NONE && known !== CLUSTER_NONE && cluster !== known) {
      const detail = `this is another bank (cluster ${known}, not ${cluster})`;
      this.#host.send(connection, { type: 'refused', retry: false, detail });
      this.#host.close(connection);
      return;
    }
    this.#open.add(connection);
    const epoch = record?.epoch ?? (0 as ControlRecord['epoch']);
    this.#host.send(connection, { type: 'welcome', cluster: known, epoch });
  }

  /** `unavailable`: why nothing can be taken now; undefined where it can. */
  onMessage(
    connection: ConnectionId, message: FromClient, unavailable: string | undefined,
  ): void {
    if (!this.#open.has(connection)) return;
    switch (message.type) {
      case 'request': return this.#onRequest(connection, message, unavailable);
      case 'query': return this.#onQuery(connection, message, unavailable);
      case 'open-session': return this.#onOpenSession(connection, unavailable);
      case 'client-hello':
      case 'ask-status':
      case 'chaos': return;
    }
  }

  /** False where it was none of the clients. */
  onGone(connection: ConnectionId): boolean {
    if (!this.#open.delete(connection)) return false;
    this.#admission.onGone(connection);
    this.sessions.onGone(connection);
    return true;
  }

  sendStatus(connection: ConnectionId, status: StatusReportBody): void {
    this.#host.send(connection, { type: 'status-report', json: JSON.stringify(status) });
  }

  answer({ connection }: AdmittedItem, message: Answered): void {
    if (connection === FRONTEND) this.#onOwnAnswer(message);
    else this.#host.send(connection, message);
  }

  answerReads(items: readonly AdmittedItem[], results: Uint8Array, seq: Seq): void {
    let offset = 0;
    for (const { connection, number, operations, isAlone } of items) {
      const end = isAlone ? results.length : offset + operations * RESULT_BYTES;
      const own = results.subarray(offset, end);
      this.#host.send(connection, { type: 'query-answered', query: number, seq, results: own });
      offset = end;
    }
  }

  /** Nothing of these happened. */
  refuse(items: readonly AdmittedItem[], detail: string): void {
    for (const { connection, kind, session, number, inDoubt, chunk } of items) {
      assert(!inDoubt, 'what may have happened is not refused');
      if (connection === FRONTEND) {
        if (chunk[RECORD_BYTES] === KIND.lease) this.#refuseSessions(detail);
        if (chunk[RECORD_BYTES] === KIND.remember) this.#isRememberOrdered = false;
      } else if (kind === 'write') {
        this.#refuse(connection, 'request', session, number, 'UNAVAILABLE', detail);
      } else this.#refuse(connection, 'query', SESSION_NONE, number, 'UNAVAILABLE', detail);
    }
  }

  /** Refuses what waits, except what may have been prepared before. */
  refuseWaiting(detail: string): void {
    this.refuse(this.#admission.drain(), detail);
    this.#refuseSessions(detail);
  }

  /** Orders sessions, so that there are some when a client first writes. */
  orderLeaseIfDue(): void {
    if (!this.sessions.takeOrder()) return;
    // Where too much is queued it is ordered again: else nobody would ever be given a session.
    if (!this.#order({ kind: 'lease' })) this.sessions.onEpochEnded();
  }

  /** Time passes by entries: one is ordered for it to pass where a hold is due. */
  orderExpiryIfDue(nextExpiry: number, { ms, wallUs }: Now): void {
    if (nextExpiry === 0 || nextExpiry > wallUs) return;
    if (ms - this.#expiryOrderedMs < EXPIRY_PAUSE_MS) return;
    this.#expiryOrderedMs = ms;
    this.#order({ kind: 'expire' });
  }

  /** Where the replicas remember `found` keys, and another number was declared: once an epoch. */
  orderRememberIfDue(found: number, { ms }: Now): void {
    const keysMax = this.#keysMax;
    if (keysMax === undefined || found === 0 || found === keysMax) return;
    if (this.#isRememberOrdered || ms - this.#rememberOrderedMs < REMEMBER_PAUSE_MS) return;
    this.#rememberOrderedMs = ms;
    this.#isRememberOrdered = this.#order({ kind: 'remember', amount: keysMax });
    if (this.#isRememberOrdered) this.#host.log(`remembering ${keysMax} keys, not ${found}`);
  }

  /** What was ordered is lost with its epoch, or was done in it. */
  onEpochEnded(): void {
    this.sessions.onEpochEnded();
    this.#isRememberOrdered = false;
  }

  /** False where too much is queued. */
  #order(operation: Operation): boolean {
    const chunk = encodeChunk(SESSION_NONE, 0, [operation]);
    return this.#admission.admit({
      kind: 'write', connection: FRONTEND, session: SESSION_NONE, number: 0, operations: 1, chunk,
      isAlone: false, inDoubt: false,
    });
  }

  #onOwnAnswer({ results }: Answered): void {
    if (results[1] !== KIND.lease) return;
    const lease = decodeResult(viewOf(results), 0);
    if (results[0] !== CODE.ok) return this.sessions.onEpochEnded();
    this.sessions.onLease(lease.account, lease.balance, (connection, session) =>
      this.#host.send(connection, { type: 'session', session }));
  }

  #onRequest(
    connection: ConnectionId, { chunk }: Request, unavailable: string | undefined,
  ): void {
    const header = readWholeChunk(chunk);
    if (header === undefined || header.session === SESSION_NONE) {
      const detail = 'the request is no chunk of a session';
      return this.#refuse(connection, 'request', SESSION_NONE, 0, 'BAD_REQUEST', detail);
    }
    const { session, firstRequest: number, operations } = header;
    const item = {
      kind: 'write', connection, session, number, operations, chunk, isAlone: false,
      inDoubt: false,
    } as const;
    if (unavailable !== undefined) this.refuse([item], unavailable);
    else if (!this.#admission.admit(item)) {
      this.#refuse(connection, 'request', session, number, 'BUSY', 'too much is queued');
    }
  }

  #onQuery(
    connection: ConnectionId, { query, chunk }: Query, unavailable: string | undefined,
  ): void {
    const header = readWholeChunk(chunk);
    if (header === undefined) {
      const detail = 'the query is no chunk';
      return this.#refuse(connection, 'query', SESSION_NONE, query, 'BAD_REQUEST', detail);
    }
    const { operations } = header;
    const item = {
      kind: 'read', connection, session: SESSION_NONE, number: query, operations, chunk,
      isAlone: isReport(chunk[RECORD_BYTES] ?? 0), inDoubt: false,
    } as const;
    if (unavailable !== undefined) this.refuse([item], unavailable);
    else if (!this.#admission.admit(item)) {
      this.#refuse(connection, 'query', SESSION_NONE, query, 'BUSY', 'too much is queued');
    }
  }

  #onOpenSession(connection: ConnectionId, unavailable: string | undefined): void {
    if (unavailable !== undefined) {
      return this.#refuse(connection, 'session', SESSION_NONE, 0, 'UNAVAILABLE', unavailable);
    }
    const session = this.sessions.take(connection);
    if (session !== undefined) this.#host.send(connection, { type: 'session', session });
  }

  #refuseSessions(detail: string): void {
    this.sessions.onEpochEnded();
    for (const connection of this.sessions.drain()) {
      this.#refuse(connection, 'session', SESSION_NONE, 0, 'UNAVAILABLE', detail);
    }
  }

  #refuse(
    connection: ConnectionId, thing: RefusedThing, session: number, number: number,
    code: RefusalCode, detail: string,
  ): void {
    this.#host.send(connection, {
      type: 'refusal', thing, session: session as SessionId, number, code, detail,
    });
  }
}

/**
 * The header, where it tells the truth about the chunk. One that claims operations without records
 * would be answered, result for result, beyond what any frame can carry.
 */
function readWholeChunk(chunk: Uint8Array): ChunkHeader | undefined {
  if (chunk.length < RECORD_BYTES) return undefined;
  for (let at = 0; at < RECORD_BYTES; at += 1) head[at] = chunk[at]!;
  const header = readChunkHeader(headView, 0, chunk.length);
  if (header === undefined || header.bytes !== chunk.length) return undefined;
  return header.operations * RECORD_BYTES < chunk.length ? header : undefined;
}
