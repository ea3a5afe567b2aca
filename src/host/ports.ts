/** The holes that the world's adapters fill; the simulator fills them with deterministic twins. */
import type { ConnectionId, ControlOutcome, PromiseRecord } from '../core/effect.ts';
import type { ExecutedEntry, EntryId } from '../core/entry.ts';
import type { BackendId, ClusterId, Incarnation, Seq } from '../core/ids.ts';
import type { LedgerImage } from '../core/ledger.ts';
import type { Message, Reserve } from '../core/message.ts';
import type { ControlRecord } from '../core/view.ts';

/**
 * A backend's append-only journal. Entries are contiguous; what was committed is never rewritten.
 */
export interface Journal {
  readonly first: Seq;
  readonly tail: EntryId | undefined;
  readonly bytes: number;
  /** Room in segments already allocated and written with zeros. */
  readonly reserve: Reserve;
  /** Appends in memory order; written and fsynced in groups; `onSynced` tells. */
  append(entry: ExecutedEntry): void;
  /** Resolves when everything appended so far is durable. */
  flush(): Promise<void>;
  /** The load pauses: vouches for the last entry. Costs nothing where that is done already. */
  mark(): void;
  /** Drops every entry after `seq`, durably, directory included. Nothing may be in flight. */
  truncateAfter(seq: Seq): Promise<void>;
  /** Which entry stands at the seq. */
  locate(seq: Seq): Promise<EntryId | undefined>;
  /** The entry at the seq, checked against its checksums; undefined past the tail. */
  read(seq: Seq): Promise<ExecutedEntry | undefined>;
  close(): Promise<void>;
}

/** What a journal tells its owner. */
export interface JournalEvents {
  /** Everything up to here is durable. */
  onSynced(seq: Seq): void;
  onReserve(reserve: Reserve): void;
  /** A write or fsync failed: never retried, the process stops and starts again from its disk. */
  onFailed(error: Error): void;
  /** A read or the background scrub met damage: where, in words. */
  onCorruption(detail: string): void;
}

/** The account table at a seq. */
export interface CheckpointStore {
  /** Atomic: the newest checkpoint is this one or still the one before. */
  save(entry: EntryId, image: LedgerImage): Promise<void>;
  /** The newest; undefined where there is none. Throws EnvironmentError `corrupt` on damage. */
  load(): Promise<{ readonly entry: EntryId; readonly image: LedgerImage } | undefined>;
}

/** Who a backend's directory belongs to, and what it has promised; one small durable file. */
export interface Identity {
  readonly cluster: ClusterId;
  readonly backend: BackendId;
  readonly incarnation: Incarnation;
  readonly promise: PromiseRecord;
}

/**
 * Keeps the control record; the file in the frontend's directory now, an external service later.
 */
export interface ControlStore {
  load(): Promise<ControlRecord | undefined>;
  /**
   * Compare-and-swap on `version`; durable when it resolves. One that may say `unknown` is asked to
   * write the same record again, and then says `written` where that is what is stored.
   */
  write(record: ControlRecord): Promise<ControlOutcome>;
}

/** One end of an open connection. */
export interface Connection {
  readonly id: ConnectionId;
  /** host:port of the other end, for people. */
  readonly peer: string;
  /** Bytes that were sent but not yet taken by the kernel. */
  readonly queuedBytes: number;
  send(message: Message): void;
  /** Stops or resumes reading: backpressure. */
  pause(): void;
  resume(): void;
  /** Ends it after what was sent. */
  close(): void;
  /** Ends it at once. */
  destroy(): void;
}
