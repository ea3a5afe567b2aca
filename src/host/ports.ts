/** The holes that the world's adapters fill; the simulator fills them with deterministic twins. */
import type { CutMode } from '../core/chaos-message.ts';
import type { ConnectionId, ControlOutcome, PromiseRecord } from '../core/effect.ts';
import type { ExecutedEntry, EntryId } from '../core/entry.ts';
import type { BackendId, ClusterId, Incarnation, Seq, Timestamp } from '../core/ids.ts';
import type { LedgerImage } from '../core/ledger.ts';
import type { Message, Reserve } from '../core/message.ts';
import type { ControlRecord } from '../core/view.ts';
import type { FileSystem, FileWork } from './file-system.ts';

/** What a backend's process takes from the machine that it runs on. */
export interface Machine {
  readonly io: FileSystem;
  /** What `io` has been used for so far. */
  fileWork(): FileWork;
  /** Monotonic. */
  nowMs(): number;
  /** Runs once after so long, unless it is cancelled; keeps no process alive. */
  after(ms: number, run: () => void): Cancel;
  /** Gives others a turn. */
  yield(): Promise<void>;
  /** That nobody can foresee. */
  randomBytes(count: number): Uint8Array;
  /** Takes the lock of the directory or throws EnvironmentError `locked`; never waits. */
  lock(directory: string): Promise<DirectoryLock>;
}

export type Cancel = () => void;

/** A process holds the directory until it lets go or ends. */
export interface DirectoryLock {
  release(): void;
}

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
  /** Lets the walker read single operations, while the files stay as they are. */
  walk<Value>(walker: (operations: DecidedOperations) => Promise<Value>): Promise<Value>;
  close(): Promise<void>;
}

/** Single operations of the journal, for one walk. */
export interface DecidedOperations {
  /** How much has been read of the files. */
  readonly bytes: number;
  /**
   * The operation of this index in an entry that is there; undefined where it has none. Checked
   * against the checksums of its entry where that is asked for, and where it costs nothing.
   */
  find(seq: Seq, index: number, isChecked?: boolean): Promise<DecidedOperation | undefined>;
}

/** What was asked for, and what it was answered; only what leads on is known at once. */
export interface DecidedOperation {
  readonly timestamp: Timestamp;
  /** Of both its sides; undefined where the entry has none (`core/posting-link.ts`). */
  readonly links: readonly [number, number] | undefined;
  /** The whole entry has been read, and checked. */
  readonly isChecked: boolean;
  /** Its record, and its extensions; undefined where there are none. */
  records(): Promise<Uint8Array | undefined>;
  /** RESULT_BYTES. */
  result(): Promise<Uint8Array>;
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

/** What a link to the frontend tells its owner. */
export interface LinkEvents {
  /** A connection is open: say hello. */
  onUp(): void;
  onMessage(message: Message): void;
  /** The connection was lost, or could not be made (no `onUp` came before); it is tried again. */
  onDown(detail: string): void;
}

/** A link to the frontend that makes itself anew. At most one connection at a time. */
export interface Link {
  readonly isUp: boolean;
  /** Begins; the events come from now on. */
  open(): void;
  /** Without effect while there is no connection. */
  send(message: Message): void;
  /** The other end is one that can be worked with: the next loss begins with a short pause. */
  approve(): void;
  /** Ends the present connection at once, for a new one. */
  drop(detail: string): void;
  /** Chaos: cuts it off for so long, without a word to either end. */
  cut(mode: CutMode, forMs: number): void;
  /** Ends it for ever, after what was sent. No event follows; resolves when nothing is open. */
  close(): Promise<void>;
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
