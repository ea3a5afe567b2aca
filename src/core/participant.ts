/**
 * Two-phase commit, the side that votes (replication.md, "Normal operation").
 *
 * Keeps true: a vote leaves only after its entry is fsynced; after a promise nothing is voted or
 * read for an older epoch; what arrives on a connection counts only after the promise made on it.
 * Source: the participant of Bernstein, Hadzilacos, Goodman (1987), ch. 7, under the epochs of
 * Vertical Paxos.
 */
import { assert } from './assert.ts';
import type { ParticipantHost, PromiseRecord } from './effect.ts';
import { Errands } from './errands.ts';
import { hashEntry, type EntryId, type ExecutedEntry } from './entry.ts';
import {
  CLUSTER_NONE, EPOCH_NONE, nextSeq,
  type BackendId, type Incarnation, type Seq, type Timestamp,
} from './ids.ts';
import type { Ledger } from './ledger.ts';
import { readLookup } from './lookup.ts';
import type {
  Answer, Condition, Digest, Fetch, Hello, Locate, Original, Ping, Prepare, Promise_, Read, Reserve,
  Reset, ToBackend, Truncate, ViewChanged,
} from './message.ts';
import { isMember, type View } from './view.ts';

/** What the host found in the directory, and who the process is. */
export interface ParticipantOptions {
  readonly backend: BackendId;
  readonly incarnation: Incarnation;
  readonly promise: PromiseRecord;
  readonly nonce: string;
  readonly pid: number;
  /** An absolute path; empty where there is none. */
  readonly directory: string;
  readonly count: number;
  readonly condition: Condition;
  /** Where the corruption is; else empty. */
  readonly detail: string;
  /** The last entry, executed and fsynced. */
  readonly tail: EntryId;
  /** Of the last entry; 0 where there is none. */
  readonly tailTimestamp: Timestamp;
  readonly checkpointSeq: Seq;
  /** The newest view in the journal. */
  readonly view: View;
  readonly ledger: Ledger;
  readonly reserve: Reserve;
}

interface PendingVote {
  readonly seq: Seq;
  readonly hash: EntryId['hash'];
  readonly digest: Digest;
  /** Leave together with the vote. */
  readonly results: Uint8Array | undefined;
}

/** Larger results travel while the disk works; smaller ones share a packet with the vote. */
const LARGE_RESULTS_BYTES = 16 * 1024;

export class Participant {
  readonly #options: ParticipantOptions;
  readonly #host: ParticipantHost;
  #ledger: Ledger;
  #tail: EntryId;
  #tailTimestamp: Timestamp;
  #view: View;
  #checkpointSeq: Seq;
  #promise: PromiseRecord;
  #reserve: Reserve;
  #journalBytes = 0;
  /** Where the directory is damaged; empty where it is not. */
  #corruption: string;
  /** A promise was asked for on this connection, and is being made durable. */
  #promiseAsked = false;
  /** The promise was made on this connection: its messages count. */
  #promisedHere = false;
  #truncating = false;
  /** Came while the tail was being dropped; answered after that. */
  #waitingPromise: Promise_ | undefined;
  #member = false;
  /** The newest entry known to be the coordinator's too, from a prepare on this connection. */
  #matchedSeq: Seq;
  #syncedSeq: Seq;
  #pendingVotes: PendingVote[] = [];
  readonly #errands: Errands;

  constructor(options: ParticipantOptions, host: ParticipantHost) {
    this.#options = options;
    this.#host = host;
    this.#errands = new Errands(host);
    this.#ledger = options.ledger;
    this.#tail = options.tail;
    this.#tailTimestamp = options.tailTimestamp;
    this.#view = options.view;
    this.#checkpointSeq = options.checkpointSeq;
    this.#promise = options.promise;
    this.#reserve = options.reserve;
    this.#matchedSeq = 0 as Seq;
    this.#corruption = options.condition === 'corrupt' ? options.detail : '';
    this.#syncedSeq = options.tail.seq;
  }

  /** The last executed entry: where a checkpoint taken now would stand. */
  get tail(): EntryId {
    return this.#tail;
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  onConnected(): void {
    this.#forgetConnection();
    this.#host.send(this.#hello());
  }

  onDisconnected(): void {
    this.#forgetConnection();
  }

  onMessage(message: ToBackend): void {
    if (message.type === 'promise') return this.#onPromise(message);
    if (message.type === 'ping') return this.#onPing(message);
    if (message.type === 'refused' || message.type === 'cut') return; // the host's business
    if (message.type === 'reset' && this.#mayReset(message)) {
      return this.#host.reset(message.detail);
    }
    if (!this.#heeds(message.epoch)) return this.#ignoreStale(message.type);
    switch (message.type) {
      case 'prepare': return this.#onPrepare(message);
      case 'commit': return this.#onCommitted(message.commitSeq);
      case 'view-changed': return this.#onViewChanged(message);
      case 'read': return this.#onRead(message);
      case 'answer': return this.#onAnswer(message);
      case 'locate': return this.#onLocate(message);
      case 'truncate': return this.#onTruncate(message);
      case 'fetch': return this.#onFetch(message);
      case 'reset': return this.#ignoreStale(message.type);
    }
  }

  /** Everything up to `seq` is on the disk: now, and not before, the votes may leave. */
  onSynced(seq: Seq): void {
    assert(seq <= this.#tail.seq, 'only what was appended is synced');
    if (seq > this.#syncedSeq) this.#syncedSeq = seq;
    let sent = 0;
    for (const vote of this.#pendingVotes) {
      if (vote.seq > seq) break;
      if (vote.results !== undefined) this.#errands.sendResults(vote.seq, vote.results);
      this.#sendVote(vote);
      sent += 1;
    }
    if (sent > 0) this.#pendingVotes.splice(0, sent);
  }

  /** The journal is fsynced and the promise durable. */
  onPromiseSaved(promise: PromiseRecord): void {
    const { epoch, owner } = this.#promise;
    if (promise.epoch !== epoch || promise.owner !== owner) return; // a later one was asked for
    if (!this.#promiseAsked) return; // on a connection that has gone
    // Asked for on an earlier connection, and the journal went on: the one asked for here answers.
    if (this.#syncedSeq < this.#tail.seq) return;
    this.#promiseAsked = false;
    this.#promisedHere = true;
    this.#host.send({
      type: 'promised',
      epoch,
      tailSeq: this.#tail.seq,
      tailEpoch: this.#tail.entryEpoch,
      tailHash: this.#tail.hash,
      tailTimestamp: this.#tailTimestamp,
      checkpointSeq: this.#checkpointSeq,
      digest: this.#ledger.stateDigest,
      reserve: this.#reserve,
    });
  }

  onTruncated(ledger: Ledger, tail: EntryId): void {
    this.#truncating = false;
    this.#ledger = ledger;
    this.#tail = tail;
    this.#syncedSeq = tail.seq;
    if (this.#promisedHere) this.#sendTruncated();
    if (this.#waitingPromise !== undefined) this.#onPromise(this.#waitingPromise);
  }

  onLocated(token: number, found: EntryId | undefined): void {
    this.#errands.onLocated(token, found);
  }

  onFetched(token: number, entries: readonly ExecutedEntry[]): void {
    this.#errands.onFetched(token, entries);
  }

  onResolved(token: number, originals: readonly Original[]): void {
    this.#errands.onResolved(token, originals);
  }

  onLookedUp(token: number, results: Uint8Array): void {
    this.#errands.onLookedUp(token, results);
  }

  onCheckpoint(seq: Seq): void {
    assert(seq <= this.#syncedSeq, 'a checkpoint never goes beyond what is fsynced');
    this.#checkpointSeq = seq;
  }

  onReserve(reserve: Reserve, journalBytes: number): void {
    // Less room is told with the next vote; more, and that there is none, somebody may wait for.
    const isNews = reserve.bytes > this.#reserve.bytes || reserve.full !== this.#reserve.full;
    this.#reserve = reserve;
    this.#journalBytes = journalBytes;
    if (isNews && this.#promisedHere) this.#sendPong(this.#promise.epoch, 0);
  }

  /** The journal met damage while running: nothing of it may be served any more. */
  onCorruption(detail: string): void {
    this.#corruption = detail;
    this.#host.send({ type: 'corrupted', detail });
    this.#forgetConnection();
  }

  #hello(): Hello {
    const { backend, incarnation, nonce, pid, count, directory } = this.#options;
    return {
      type: 'hello',
      cluster: this.#promise.cluster,
      backend,
      incarnation,
      nonce,
      count,
      pid,
      condition: this.#condition(),
      detail: this.#corruption,
      directory,
      promisedEpoch: this.#promise.epoch,
      view: this.#view,
    };
  }

  /** A directory that has been in a cluster holds its promise, even with no entry yet. */
  #condition(): Condition {
    if (this.#corruption !== '') return 'corrupt';
    return this.#promise.cluster === CLUSTER_NONE ? 'empty' : 'intact';
  }

  #forgetConnection(): void {
    this.#waitingPromise = undefined;
    this.#promiseAsked = false;
    this.#promisedHere = false;
    this.#member = false;
    this.#matchedSeq = 0 as Seq;
    this.#pendingVotes = [];
    this.#errands.beginAnew(this.#promise.epoch);
  }

  #heeds(epoch: number): boolean {
    return this.#promisedHere && !this.#truncating && epoch === this.#promise.epoch;
  }

  /** Who is in trouble is not asked for a promise, so a reset need only not be an old one. */
  #mayReset({ epoch }: Reset): boolean {
    return !this.#truncating && epoch >= this.#promise.epoch;
  }

  #ignoreStale(type: string): void {
    this.#host.log(`ignored a stale ${type}`);
  }

  #onPromise(message: Promise_): void {
    if (this.#corruption !== '') return this.#ignoreStale(message.type); // nothing to vouch for
    this.#waitingPromise = this.#truncating ? message : undefined;
    if (this.#truncating) return;
    const { cluster, epoch, owner } = message;
    const promised = this.#promise;
    assert(
      promised.cluster === CLUSTER_NONE || promised.cluster === cluster,
      'the frontend has checked the cluster',
    );
    const again = epoch === promised.epoch && owner === promised.owner;
    if (epoch <= promised.epoch && !again) {
      this.#host.send({ type: 'promise-refused', promisedEpoch: promised.epoch });
      return;
    }
    // From here on nothing is voted for an older epoch, although the promise isn't durable yet.
    this.#forgetConnection();
    this.#promiseAsked = true;
    this.#promise = { cluster, epoch, owner };
    this.#errands.beginAnew(epoch);
    this.#host.savePromise(this.#promise);
  }

  #onPrepare(prepare: Prepare): void {
    const { seq, entryEpoch, timestamp, view, previousHash, batch } = prepare;
    assert(seq === nextSeq(this.#tail.seq), 'prepares come in the order of their seqs');
    assert(previousHash === this.#tail.hash, 'a prepare continues the history that is held');
    const hash = hashEntry(prepare);
    const { results, links, digest } = this.#ledger.execute(seq, timestamp, batch);
    this.#tail = { seq, entryEpoch, hash };
    this.#tailTimestamp = timestamp;
    this.#matchedSeq = seq;
    if (view.number >= this.#view.number) this.#view = view;
    this.#host.append({
      seq, entryEpoch, hash, timestamp, view, previousHash, batch, results, links,
      digest,
    });
    const isLarge = results.length > LARGE_RESULTS_BYTES;
    const isAnswerer = prepare.answerer === this.#options.backend;
    const withVote = isAnswerer && !isLarge ? results : undefined;
    this.#pendingVotes.push({ seq, hash, digest, results: withVote });
    if (isAnswerer && isLarge) this.#errands.sendResults(seq, results);
    this.#onCommitted(prepare.commitSeq);
  }

  #onCommitted(commitSeq: Seq): void {
    const seq = Math.min(commitSeq, this.#matchedSeq, this.#syncedSeq) as Seq;
    if (seq > 0) this.#host.committed(seq);
  }

  #onViewChanged({ view }: ViewChanged): void {
    const member = isMember(view, this.#options.backend, this.#options.incarnation);
    if (member && !this.#member) this.#host.inSync();
    // A member holds what the coordinator holds, also what came to it in an earlier epoch.
    if (member) this.#matchedSeq = this.#tail.seq;
    this.#member = member;
  }

  #onPing({ epoch, probe, commitSeq }: Ping): void {
    if (!this.#heeds(epoch)) return this.#sendPong(EPOCH_NONE, probe);
    this.#sendPong(epoch, probe);
    this.#onCommitted(commitSeq);
  }

  #onRead({ epoch, read, batch }: Read): void {
    const lookup = readLookup(batch, this.#ledger, this.#tail.seq);
    if (lookup !== undefined) return this.#errands.lookUp(read, lookup);
    const results = this.#ledger.query(batch);
    this.#host.send({ type: 'read-results', epoch, read, results });
  }

  #onAnswer({ seq }: Answer): void {
    if (seq > this.#tail.seq) return this.#ignoreStale('answer');
    this.#errands.answer(seq);
  }

  #onLocate({ seq }: Locate): void {
    if (seq === this.#tail.seq) return this.#errands.sendLocated(seq, this.#tail);
    if (seq > this.#tail.seq) return this.#errands.sendLocated(seq, undefined);
    this.#errands.locate(seq);
  }

  #onTruncate({ afterSeq, tailSeq, tailHash }: Truncate): void {
    if (tailSeq !== this.#tail.seq || tailHash !== this.#tail.hash || afterSeq > tailSeq) {
      return this.#ignoreStale('truncate');
    }
    assert(afterSeq >= this.#checkpointSeq, 'what a checkpoint holds is never truncated');
    if (afterSeq === tailSeq) return this.#sendTruncated();
    this.#truncating = true;
    this.#pendingVotes = [];
    this.#host.truncate(afterSeq);
  }

  #onFetch({ fromSeq, bytes }: Fetch): void {
    if (fromSeq > this.#tail.seq) return this.#ignoreStale('fetch');
    this.#errands.fetch(fromSeq, bytes);
  }

  #sendVote({ seq, hash, digest }: PendingVote): void {
    this.#host.trace?.(`seq ${seq}: fsynced, voted OK,commit`);
    const epoch = this.#promise.epoch;
    this.#host.send({ type: 'vote', epoch, seq, hash, digest, reserve: this.#reserve });
  }

  #sendPong(epoch: Ping['epoch'], probe: number): void {
    this.#host.send({
      type: 'pong',
      epoch,
      probe,
      lastSeq: this.#tail.seq,
      digest: this.#ledger.stateDigest,
      reserve: this.#reserve,
      journalBytes: this.#journalBytes,
      nextExpiry: this.#ledger.nextExpiry,
      keysMax: this.#ledger.keysMax,
      ...this.#host.diskWork(),
    });
  }

  #sendTruncated(): void {
    const { seq, entryEpoch, hash } = this.#tail;
    this.#host.send({
      type: 'truncated',
      epoch: this.#promise.epoch,
      tailSeq: seq,
      tailEpoch: entryEpoch,
      tailHash: hash,
      digest: this.#ledger.stateDigest,
    });
  }
}
