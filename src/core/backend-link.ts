/** What the coordinator knows of one backend: its connection, its tail, its votes, its health. */
import type { ConnectionId, DiskWork } from './effect.ts';
import type { EntryHash, BackendId, Epoch, Seq, Timestamp } from './ids.ts';
import type { Hello, Pong, Promised, Reserve, StateDigest, Truncated, Vote } from './message.ts';
import { isMember, type View } from './view.ts';

/** What stands behind a backend that is not a member. */
export type Trouble = 'none' | 'diverged' | 'lost-data' | 'corrupt';

export interface Tail {
  readonly seq: Seq;
  readonly entryEpoch: Epoch;
  readonly hash: EntryHash;
  readonly timestamp: Timestamp;
}

export class BackendLink {
  readonly id: BackendId;
  /** Undefined: down. */
  connection: ConnectionId | undefined;
  peer = '';
  hello: Hello | undefined;
  /** Its promise of the present epoch, made on this connection; its tail is kept up to date. */
  tail: Tail | undefined;
  /** A promise was asked for on this connection and has not come yet. */
  promiseAsked = false;
  checkpointSeq = 0 as Seq;
  /** The state after `tail`; undefined while it has more entries than that. */
  tailDigest: StateDigest | undefined;
  /** Everything up to here has been voted for (or was in the tail), on this connection. */
  votedSeq = 0 as Seq;
  /** The last probe answered under the present epoch. */
  confirmedProbe = 0;
  reserve: Reserve = { bytes: 0, full: false };
  /** Bytes of entries already behind it when the reserve was told. */
  reserveMark = 0;
  lastSeq = 0 as Seq;
  digest: StateDigest = '';
  journalBytes = 0;
  /** As it told last, since its process began. */
  diskWork: DiskWork = { syncs: 0, writtenBytes: 0, checkpoints: 0 };
  /** When the next open hold expires; 0: none does. */
  nextExpiry = 0;
  /** How many keys it remembers; 0: not told yet, under the present epoch. */
  keysMax = 0;
  trouble: Trouble = 'none';
  troubleDetail = '';
  /** No join before this: put out for slowness. */
  pausedUntilMs = 0;
  slowStrikes = 0;
  /** It was told, on this connection, to come back as empty. */
  resetSent = false;

  constructor(id: BackendId) {
    this.id = id;
  }

  get promised(): boolean {
    return this.tail !== undefined;
  }

  greet(connection: ConnectionId, hello: Hello, peer: string): void {
    this.forget();
    this.connection = connection;
    this.hello = hello;
    this.peer = peer;
    this.resetSent = false;
    this.trouble = hello.condition === 'corrupt' ? 'corrupt' : 'none';
    this.troubleDetail = hello.detail;
  }

  onPromised(promised: Promised): void {
    const { tailSeq, tailEpoch, tailHash, tailTimestamp } = promised;
    this.tail = {
      seq: tailSeq, entryEpoch: tailEpoch, hash: tailHash, timestamp: tailTimestamp,
    };
    this.promiseAsked = false;
    this.tailDigest = promised.digest;
    this.checkpointSeq = promised.checkpointSeq;
    this.votedSeq = tailSeq;
    this.lastSeq = tailSeq;
    this.digest = promised.digest;
    this.reserve = promised.reserve;
    this.reserveMark = 0;
  }

  /** Nothing that it has told of the entries that it dropped holds of those in their place. */
  onTruncated({ tailSeq, tailEpoch, tailHash, digest }: Truncated): void {
    // The timestamp only matters for a base, which is never truncated.
    const timestamp = this.tail?.timestamp ?? (0 as Timestamp);
    this.tail = { seq: tailSeq, entryEpoch: tailEpoch, hash: tailHash, timestamp };
    this.tailDigest = digest;
    this.votedSeq = tailSeq;
    this.lastSeq = tailSeq;
    this.digest = digest;
  }

  onVote({ seq, digest, reserve }: Vote): void {
    this.votedSeq = seq;
    this.lastSeq = seq;
    this.digest = digest.slice(0, 16);
    this.tailDigest = this.digest;
    this.reserve = reserve;
  }

  onPong(pong: Pong): void {
    const { probe, lastSeq, digest, reserve, journalBytes, nextExpiry, keysMax } = pong;
    const { syncs, writtenBytes, checkpoints } = pong;
    if (probe > this.confirmedProbe) this.confirmedProbe = probe;
    this.lastSeq = lastSeq;
    this.digest = digest;
    this.reserve = reserve;
    this.journalBytes = journalBytes;
    this.nextExpiry = nextExpiry;
    this.keysMax = keysMax;
    this.diskWork = { syncs, writtenBytes, checkpoints };
  }

  /** The connection is gone, or a new promise must be made. */
  forgetPromise(): void {
    this.tail = undefined;
    this.tailDigest = undefined;
    this.votedSeq = 0 as Seq;
    this.confirmedProbe = 0;
    this.reserveMark = 0;
    this.nextExpiry = 0;
    this.keysMax = 0;
  }

  forget(): void {
    this.forgetPromise();
    this.promiseAsked = false;
    this.connection = undefined;
  }

  isMemberOf(view: View): boolean {
    return this.hello !== undefined && isMember(view, this.id, this.hello.incarnation);
  }
}
