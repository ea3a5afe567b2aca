/**
 * What a core asks of its host. A core is stepped with an input (a message, a tick, "durable up to
 * n"); it calls these, in order, and never waits. The host answers later through the core's `on…`
 * methods.
 */
import type { ExecutedEntry } from './entry.ts';
import type { ClusterId, Epoch, OwnerId, Seq } from './ids.ts';
import type { Lookup } from './lookup.ts';
import type { FromBackend, ToBackend, ToClient } from './message.ts';
import type { ControlRecord } from './view.ts';

/** An epoch granted to one owner, for ever. */
export interface PromiseRecord {
  readonly cluster: ClusterId;
  readonly epoch: Epoch;
  readonly owner: OwnerId;
}

/**
 * What a participant asks of its host.
 *
 * The order that the host must keep: append before sync, sync before `onSynced`; and whatever
 * `send` was called with leaves in the order of the calls. No `vote` may leave before `onSynced`
 * has been called for its seq: the participant sees to that itself by sending votes only from
 * there.
 */
export interface ParticipantHost {
  /**
   * Appends and soon fsyncs (many under one fsync); `onSynced(seq)` follows. Never fails for
   * space.
   */
  append(entry: ExecutedEntry): void;
  /** Fsyncs the journal, makes the promise durable, then `onPromiseSaved(promise)`. */
  savePromise(promise: PromiseRecord): void;
  /**
   * Drops every entry after `afterSeq`, durably, rebuilds the ledger, then `onTruncated(ledger)`.
   */
  truncate(afterSeq: Seq): void;
  /** Which entry stands at the seq; undefined where none does. Answers `onLocated`. */
  locate(seq: Seq, token: number): void;
  /**
   * Reads entries from `fromSeq` until `bytes` are read or the journal ends; answers `onFetched`.
   */
  fetch(fromSeq: Seq, bytes: number, token: number): void;
  /** Follows `duplicate` results to their first answers, then `onResolved`. */
  resolve(seq: Seq, results: Uint8Array, token: number): void;
  /** Answers a read from the journal, then `onLookedUp`. */
  lookUp(lookup: Lookup, token: number): void;
  /** The journal may be checkpointed up to here: decided and fsynced. */
  committed(seq: Seq): void;
  /** Sets the files aside and starts anew as empty; nothing is called any more. */
  reset(detail: string): void;
  /** To the frontend, over the connection named last in `onConnected`. */
  send(message: FromBackend): void;
  /** Called each time that this backend has become a member of the view. */
  inSync(): void;
  /** For the log. */
  log(line: string): void;
  /** What its process has done so far: told on heartbeats, for whoever measures it. */
  diskWork(): DiskWork;
  /** One line for each entry; undefined where tracing is off. */
  readonly trace: ((line: string) => void) | undefined;
}

/** What a backend's process has done to its disk since it began. */
export interface DiskWork {
  /** Calls of fdatasync and fsync. */
  readonly syncs: number;
  /** To files. */
  readonly writtenBytes: number;
  readonly checkpoints: number;
}

/** Identifies one connection of a backend or a client, for as long as the process lives. */
export type ConnectionId = number;

/** The time of an input: the core has no clock of its own. */
export interface Now {
  /** Monotonic milliseconds: for timeouts. */
  readonly ms: number;
  /** Wall-clock microseconds since 1970: for the timestamps of entries, never for a decision. */
  readonly wallUs: number;
}

/** What the coordinator asks of its host. What is sent over one connection leaves in that order. */
export interface CoordinatorHost {
  /** Without effect where the connection has gone. */
  send(connection: ConnectionId, message: ToBackend | ToClient): void;
  /** Closes the connection after what was sent; no `onGone` follows. */
  close(connection: ConnectionId): void;
  /**
   * Writes the record if the stored one has version `record.version - 1` (0: there is none yet);
   * then `onControlWritten`. One write at a time. After `unknown` the same record is written again:
   * if it is what is stored, it is `written`.
   */
  writeControl(record: ControlRecord): void;
  /** Calls `flush` once after about so many milliseconds; one such call is under way at most. */
  wake(delayMs: number): void;
  /** For the log: changes of the status array, what is waited for, refusals of backends. */
  log(line: string): void;
  /** One line for each transaction; undefined where tracing is off. */
  readonly trace: ((line: string) => void) | undefined;
  /** The service can't go on and must not. The process ends with the exit status of the reason. */
  stop(reason: StopReason, detail: string): void;
}

/**
 * `deposed`: another owner holds the record. `rolled-back`: a promise above the record's epoch.
 * `diverged`: replicas differ and no majority tells which is right. `foreign`: the record is
 * missing or does not fit the backends.
 */
export type StopReason = 'deposed' | 'rolled-back' | 'diverged' | 'foreign';

/**
 * What became of a write of the control record. `failed`: certainly not applied, may be tried
 * again. `unknown`: no answer came: it was applied, or not, or may still be.
 */
export type ControlOutcome = 'written' | 'conflict' | 'failed' | 'unknown';
