/**
 * What processes say to each other: who sends it, when, and what the receiver does.
 *
 * One TCP connection carries one conversation: backend ↔ frontend or client ↔ frontend. It begins
 * with a hello that says which. How the bytes look is in `wire/`.
 */
import type { Chaos, ChaosAnswer, Cut, Cutting } from './chaos-message.ts';
import type {
  BackendId, ClusterId, EntryHash, Epoch, Incarnation, OwnerId, Seq, SessionId, Timestamp,
} from './ids.ts';
import type { View } from './view.ts';

/** 64 bits of the account state after an entry, 16 hex digits: equal states, equal digests. */
export type StateDigest = string;
/** A StateDigest and 64 bits of SHA-256 of the entry's results: 32 hex digits. */
export type Digest = string;

/** How a backend's directory was found at its start. A corrupt one may only rejoin as empty. */
export type Condition = 'empty' | 'intact' | 'corrupt';

// ---- backend → frontend -----------------------------------------------------------------------

/** First word of a backend. It names who speaks; nothing about its journal counts yet. */
export interface Hello {
  readonly type: 'hello';
  readonly cluster: ClusterId;
  readonly backend: BackendId;
  readonly incarnation: Incarnation;
  /** 128 bits, hex, random for each process: tells one running twice from one that came back. */
  readonly nonce: string;
  /** How many backends its operator means the bank to have. */
  readonly count: number;
  readonly pid: number;
  readonly condition: Condition;
  /** Where the corruption is, in words; else empty. */
  readonly detail: string;
  /** Its data directory, as an absolute path of its machine. */
  readonly directory: string;
  /** The highest epoch promised so far. */
  readonly promisedEpoch: Epoch;
  /** The newest view in its journal, for `--recover`. */
  readonly view: View;
}

/**
 * The answer to `promise`: the journal was fsynced and the promise made durable before it is said.
 * From now on the backend votes in no older epoch. What a tail is worth counts only from here.
 */
export interface Promised {
  readonly type: 'promised';
  readonly epoch: Epoch;
  readonly tailSeq: Seq;
  readonly tailEpoch: Epoch;
  readonly tailHash: EntryHash;
  readonly tailTimestamp: Timestamp;
  readonly checkpointSeq: Seq;
  readonly digest: StateDigest;
  readonly reserve: Reserve;
}

/** The epoch was granted to another owner, or a later one was: the asker is deposed. */
export interface PromiseRefused {
  readonly type: 'promise-refused';
  readonly promisedEpoch: Epoch;
}

/** The entry is executed, appended and fsynced: "OK,commit". Repeated for an entry already held. */
export interface Vote {
  readonly type: 'vote';
  readonly epoch: Epoch;
  readonly seq: Seq;
  readonly hash: EntryHash;
  readonly digest: Digest;
  readonly reserve: Reserve;
}

/** What the operations of an entry were answered, from the member that was asked for it. */
export interface Results {
  readonly type: 'results';
  readonly epoch: Epoch;
  readonly seq: Seq;
  readonly results: Uint8Array;
  /** First answers for the results with code `duplicate`. */
  readonly originals: readonly Original[];
}

/** The first answer of a request that came again. */
export interface Original {
  /** Which of the results it replaces. */
  readonly index: number;
  readonly seq: Seq;
  readonly timestamp: Timestamp;
  /** RESULT_BYTES. */
  readonly result: Uint8Array;
}

/** Answer to `read`, executed against the prepared state at this place in the stream. */
export interface ReadResults {
  readonly type: 'read-results';
  readonly epoch: Epoch;
  readonly read: number;
  readonly results: Uint8Array;
}

/**
 * Answer to `ping`, on receipt, not behind an fsync. Proves that the epoch is still promised; with
 * EPOCH_NONE it proves no more than life. Also sent unasked (probe 0) when the reserve has changed.
 */
export interface Pong {
  readonly type: 'pong';
  readonly epoch: Epoch;
  readonly probe: number;
  readonly lastSeq: Seq;
  readonly digest: StateDigest;
  readonly reserve: Reserve;
  readonly journalBytes: number;
  /** When the next open hold expires, microseconds since 1970; 0: none does. */
  readonly nextExpiry: number;
  /** So many idempotency keys are remembered. */
  readonly keysMax: number;
  /** Since its process began: calls of fdatasync and fsync, bytes written to files, checkpoints. */
  readonly syncs: number;
  readonly writtenBytes: number;
  readonly checkpoints: number;
}

/**
 * Bytes that entries may still take in segments already allocated; `full`: no more could be had.
 */
export interface Reserve {
  readonly bytes: number;
  readonly full: boolean;
}

/** Answer to `locate`: which entry stands at the seq; HASH_NONE where none does. */
export interface Located {
  readonly type: 'located';
  readonly epoch: Epoch;
  readonly seq: Seq;
  readonly entryEpoch: Epoch;
  readonly hash: EntryHash;
}

/**
 * Answer to `truncate`: the tail is gone, durably, and the account table is as it was before it.
 */
export interface Truncated {
  readonly type: 'truncated';
  readonly epoch: Epoch;
  readonly tailSeq: Seq;
  readonly tailEpoch: Epoch;
  readonly tailHash: EntryHash;
  readonly digest: StateDigest;
}

/** Answer to `fetch`: the entry at a seq, to be passed on to one who lacks it. */
export interface Fetched {
  readonly type: 'fetched';
  readonly epoch: Epoch;
  readonly seq: Seq;
  readonly entryEpoch: Epoch;
  readonly timestamp: Timestamp;
  readonly view: View;
  readonly previousHash: EntryHash;
  readonly hash: EntryHash;
  readonly digest: Digest;
  /** Whether more entries of the same answer follow. */
  readonly more: boolean;
  readonly batch: Uint8Array;
}

/** A backend can't go on with its directory: it found corruption while running. The link ends. */
export interface Corrupted {
  readonly type: 'corrupted';
  readonly detail: string;
}

// ---- frontend → backend -----------------------------------------------------------------------

/**
 * Asks for a promise. An epoch is granted once, to one owner. An empty backend takes the cluster.
 */
export interface Promise_ {
  readonly type: 'promise';
  readonly cluster: ClusterId;
  readonly epoch: Epoch;
  readonly owner: OwnerId;
}

/**
 * The first phase: execute, append, fsync, vote. Also carries an entry to one who catches up, then
 * with the entry epoch it has always had.
 */
export interface Prepare {
  readonly type: 'prepare';
  readonly epoch: Epoch;
  readonly seq: Seq;
  readonly entryEpoch: Epoch;
  readonly timestamp: Timestamp;
  readonly view: View;
  readonly previousHash: EntryHash;
  /** Everything up to here is decided. */
  readonly commitSeq: Seq;
  /** Who of the members is to send the results; all are sent the same. */
  readonly answerer: BackendId;
  readonly batch: Uint8Array;
}

/** The second phase, where no prepare follows that would carry it. */
export interface Commit {
  readonly type: 'commit';
  readonly epoch: Epoch;
  readonly commitSeq: Seq;
}

/** A heartbeat, and the probe that confirms a read. */
export interface Ping {
  readonly type: 'ping';
  readonly epoch: Epoch;
  readonly probe: number;
  readonly commitSeq: Seq;
}

/** A view has become durable: its members may say that they are in sync. */
export interface ViewChanged {
  readonly type: 'view-changed';
  readonly epoch: Epoch;
  readonly view: View;
}

/** QUERYs, a chunk each, executed at this place in the stream, without a journal entry. */
export interface Read {
  readonly type: 'read';
  readonly epoch: Epoch;
  readonly read: number;
  readonly batch: Uint8Array;
}

/** The member that was to answer has gone: send the results of this entry instead. */
export interface Answer {
  readonly type: 'answer';
  readonly epoch: Epoch;
  readonly seq: Seq;
}

/** Which entry do you hold at this seq? */
export interface Locate {
  readonly type: 'locate';
  readonly epoch: Epoch;
  readonly seq: Seq;
}

/** Drop everything after `afterSeq`; the tail that is expected to be dropped is named. */
export interface Truncate {
  readonly type: 'truncate';
  readonly epoch: Epoch;
  readonly afterSeq: Seq;
  readonly tailSeq: Seq;
  readonly tailHash: EntryHash;
}

/** Send the entries from this seq on, until about so many bytes have been sent. */
export interface Fetch {
  readonly type: 'fetch';
  readonly epoch: Epoch;
  readonly fromSeq: Seq;
  readonly bytes: number;
}

/** Set your files aside and come back as empty: others hold everything. */
export interface Reset {
  readonly type: 'reset';
  readonly epoch: Epoch;
  readonly detail: string;
}

/** The hello was not accepted; said before the connection is closed. */
export interface Refused {
  readonly type: 'refused';
  /** A backend that is refused ends (exit 7), except where `retry`. */
  readonly retry: boolean;
  readonly detail: string;
}

// ---- client → frontend ------------------------------------------------------------------------

/** First word of a client. */
export interface ClientHello {
  readonly type: 'client-hello';
  /** The cluster it spoke to before, or CLUSTER_NONE. */
  readonly cluster: ClusterId;
}

/** Asks for a session; sent before the first write. */
export interface OpenSession {
  readonly type: 'open-session';
}

/** A chunk of writes; its header names session and request numbers. Sent again under the same. */
export interface Request {
  readonly type: 'request';
  readonly chunk: Uint8Array;
}

/** A chunk of QUERYs. `query` is the connection's own number for it. */
export interface Query {
  readonly type: 'query';
  readonly query: number;
  readonly chunk: Uint8Array;
}

/** Asks for the status report. */
export interface AskStatus {
  readonly type: 'ask-status';
}

// ---- frontend → client ------------------------------------------------------------------------

/** The hello was accepted. */
export interface Welcome {
  readonly type: 'welcome';
  readonly cluster: ClusterId;
  readonly epoch: Epoch;
}

/** The answer to `open-session`. */
export interface Session {
  readonly type: 'session';
  readonly session: SessionId;
}

/** What the operations of a request were answered: decided and durable. */
export interface Answered {
  readonly type: 'answered';
  readonly session: SessionId;
  readonly firstRequest: number;
  readonly seq: Seq;
  readonly timestamp: Timestamp;
  readonly results: Uint8Array;
  /** First answers, already in their place in `results`; they tell their own seq and timestamp. */
  readonly originals: readonly Original[];
}

/** What the QUERYs were answered: the state after `seq`, confirmed to be the newest. */
export interface QueryAnswered {
  readonly type: 'query-answered';
  readonly query: number;
  readonly seq: Seq;
  readonly results: Uint8Array;
}

/** Why the frontend did not take something. Nothing happened on this sending of it. */
export type RefusalCode = 'UNAVAILABLE' | 'BUSY' | 'BAD_REQUEST';

/** What a refusal refuses: a request, a query, an open-session, or (by `hello`) the connection. */
export type RefusedThing = 'request' | 'query' | 'session';

export interface Refusal {
  readonly type: 'refusal';
  readonly thing: RefusedThing;
  readonly session: SessionId;
  /** The first request number, or the query's number. */
  readonly number: number;
  readonly code: RefusalCode;
  readonly detail: string;
}

/** The status report, JSON as in `bankd status --json`. */
export interface StatusReport {
  readonly type: 'status-report';
  readonly json: string;
}

export type FromBackend =
  | Hello | Promised | PromiseRefused | Vote | Results | ReadResults | Pong | Located | Truncated
  | Fetched | Corrupted | Cutting;
export type ToBackend =
  | Promise_ | Prepare | Commit | Ping | ViewChanged | Read | Answer | Locate | Truncate | Fetch
  | Reset | Cut | Refused;
export type FromClient = ClientHello | OpenSession | Request | Query | AskStatus | Chaos;
export type ToClient =
  | Welcome | Session | Answered | QueryAnswered | Refusal | StatusReport | ChaosAnswer | Refused;
export type Message = FromBackend | ToBackend | FromClient | ToClient;
