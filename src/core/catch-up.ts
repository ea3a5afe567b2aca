/**
 * How a backend is brought to the history of the coordinator: last common entry, truncation,
 * stream.
 *
 * Used by a takeover, to bring members to the base's tail, and for a backend that joins. The last
 * common entry is found by hash, never by length or by anyone's commit mark (KIP-101): equal hashes
 * at a seq mean equal histories up to it, so a binary search finds the end of the common prefix.
 */
import { assert } from './assert.ts';
import type { BackendLink, Tail } from './backend-link.ts';
import { countOperations } from './chunk-records.ts';
import { entryBytes, type Entry } from './entry.ts';
import { BACKEND_NONE, HASH_NONE, nextSeq, type BackendId, type Epoch, type Seq } from './ids.ts';
import type { Digest, Fetched, Located, ToBackend, Truncated } from './message.ts';
import { prepareOf } from './prepare.ts';

/** Bytes on their way to the one who catches up. */
const WINDOW_BYTES = 4 * 1024 * 1024;
const FETCH_BYTES = 1024 * 1024;
/** No entry takes less in a journal. */
const ENTRY_BYTES_LEAST = entryBytes(0, 1);

export interface CatchUpHost {
  readonly epoch: Epoch;
  /**
   * Whether the states at the last common entry must be equal before the stream; else at its end.
   */
  readonly comparesStates: boolean;
  send(backend: BackendId, message: ToBackend): void;
  /** The newest seq that there is. */
  lastSeq(): Seq;
  commitSeq(): Seq;
  /** An entry that the coordinator still holds itself. */
  recent(seq: Seq): Entry | undefined;
}

interface OnTheWay {
  readonly seq: Seq;
  readonly bytes: number;
  readonly journalBytes: number;
  /** Of the source, to be compared with the vote's; undefined where the entry is a live one. */
  readonly digest: Digest | undefined;
}

type Phase = 'locating' | 'truncating' | 'comparing' | 'streaming' | 'impossible' | 'diverged';

export class CatchUp {
  readonly joiner: BackendLink;
  #source: BackendLink;
  readonly #host: CatchUpHost;
  #phase: Phase = 'locating';
  /** The search: the histories agree at `#low`, and differ above `#high`. */
  #low = 0;
  #high: number;
  #probe = { seq: 0, joiner: '', source: '' };
  #next = 0 as Seq;
  #fetching = false;
  #onTheWay: OnTheWay[] = [];
  #bytesOnTheWay = 0;
  #journalBytesOnTheWay = 0;
  /** What the next entry takes in a journal, as far as it is known. */
  #nextBytes = ENTRY_BYTES_LEAST;
  #live = false;

  constructor(joiner: BackendLink, source: BackendLink, host: CatchUpHost) {
    const tail = joiner.tail;
    assert(tail !== undefined, 'only a tail that was answered with the promise counts');
    this.joiner = joiner;
    this.#source = source;
    this.#host = host;
    this.#high = Math.min(tail.seq, host.lastSeq());
  }

  get phase(): Phase {
    return this.#phase;
  }

  get source(): BackendLink {
    return this.#source;
  }

  /** The next entry that will be sent: everything before it is on its way or there. */
  get nextSeq(): Seq {
    return this.#next;
  }

  start(): void {
    this.#search();
  }

  /**
   * Its vote is required from now on: every new entry is sent at once, as to a member, for it may
   * become one before the window has room, and a member's stream has no gap.
   */
  goLive(): void {
    this.#live = true;
  }

  changeSource(source: BackendLink): void {
    this.#source = source;
    this.#fetching = false;
    if (this.#phase === 'locating') this.#askBoth(this.#probe.seq);
    else if (this.#phase === 'comparing') this.#compare();
    else this.advance();
  }

  onLocated(from: BackendId, { seq, hash }: Located): void {
    if (this.#phase !== 'locating' || seq !== this.#probe.seq) return;
    if (from === this.joiner.id) this.#probe.joiner = hash;
    if (from === this.#source.id) this.#probe.source = hash;
    if (this.#probe.joiner === '' || this.#probe.source === '') return;
    const agree = this.#probe.joiner === this.#probe.source && this.#probe.joiner !== HASH_NONE;
    if (agree) this.#low = seq;
    else this.#high = seq - 1;
    this.#search();
  }

  onTruncated(message: Truncated): void {
    if (this.#phase !== 'truncating') return;
    assert(message.tailSeq === this.#low, 'it was truncated to the last common entry');
    this.joiner.onTruncated(message);
    this.#compare();
  }

  onFetched(from: BackendId, fetched: Fetched): void {
    if (from === this.#source.id && this.#phase === 'comparing' && fetched.seq === this.#low) {
      return this.#onCompared(fetched.digest);
    }
    if (from !== this.#source.id || !this.#fetching || fetched.seq !== this.#next) return;
    const fits = this.#hasRoom(fetched);
    if (fits) this.#send(fetched, fetched.digest);
    if (fetched.more && fits) return;
    this.#fetching = false;
    this.advance();
  }

  /** The joiner has voted for an entry that this stream sent. */
  onVote(seq: Seq, digest: Digest): void {
    while (this.#onTheWay[0] !== undefined && this.#onTheWay[0].seq <= seq) {
      const arrived = this.#onTheWay.shift();
      if (arrived === undefined) break;
      this.#bytesOnTheWay -= arrived.bytes;
      this.#journalBytesOnTheWay -= arrived.journalBytes;
      const comparable = arrived.seq === seq && arrived.digest !== undefined;
      if (comparable && arrived.digest !== digest) this.#phase = 'diverged';
    }
    this.advance();
  }

  /** Sends what the window has room for; to be called when there are new entries. */
  advance(): void {
    if (this.#phase !== 'streaming') return;
    while (this.#next <= this.#host.lastSeq()) {
      if (!this.#live && this.#bytesOnTheWay >= WINDOW_BYTES) return;
      const entry = this.#host.recent(this.#next);
      if (!this.#hasRoom(entry)) return;
      if (entry === undefined) return this.#fetch();
      this.#fetching = false;
      this.#send(entry, undefined);
    }
  }

  #search(): void {
    if (this.#low === this.#high) return this.#found();
    const { seq, hash } = this.#tail();
    // The tail first: mostly nothing has to go. Then halves.
    const first = this.#low === 0 && this.#high === Math.min(seq, this.#host.lastSeq());
    const probe = first ? this.#high : Math.ceil((this.#low + this.#high) / 2);
    this.#askBoth(probe);
    const known = this.#host.recent(probe as Seq)?.hash;
    if (probe === seq && known === hash) {
      this.#low = probe;
      this.#found();
    }
  }

  #askBoth(probe: number): void {
    const seq = probe as Seq;
    this.#probe = { seq, joiner: '', source: '' };
    const { epoch } = this.#host;
    if (probe === this.#tail().seq) this.#probe.joiner = this.#tail().hash;
    else this.#host.send(this.joiner.id, { type: 'locate', epoch, seq });
    this.#host.send(this.#source.id, { type: 'locate', epoch, seq });
  }

  #found(): void {
    const { seq, hash } = this.#tail();
    if (this.#low < this.joiner.checkpointSeq) {
      this.#phase = 'impossible';
      return;
    }
    if (this.#low === seq) return this.#compare();
    this.#phase = 'truncating';
    this.#host.send(this.joiner.id, {
      type: 'truncate',
      epoch: this.#host.epoch,
      afterSeq: this.#low as Seq,
      tailSeq: seq,
      tailHash: hash,
    });
  }

  /** Equal histories, and so equal states: or one of the two has computed wrongly. */
  #compare(): void {
    if (this.#low === 0 || !this.#host.comparesStates) return this.#stream();
    this.#phase = 'comparing';
    const { epoch } = this.#host;
    this.#host.send(this.#source.id, { type: 'fetch', epoch, fromSeq: this.#low as Seq, bytes: 1 });
  }

  #onCompared(digest: Digest): void {
    const { tailDigest } = this.joiner;
    if (tailDigest !== undefined && digest.startsWith(tailDigest)) return this.#stream();
    this.#phase = 'diverged';
  }

  #stream(): void {
    this.#phase = 'streaming';
    this.#next = nextSeq(this.#low as Seq);
    this.advance();
  }

  /**
   * Whether the joiner's journal holds it besides what is on its way; a member's was asked before.
   */
  #hasRoom(entry: Pick<Entry, 'batch'> | undefined): boolean {
    if (this.#live) return true;
    const bytes = entry === undefined ? this.#nextBytes : journalBytes(entry.batch);
    const fits = this.joiner.reserve.bytes - this.#journalBytesOnTheWay >= bytes;
    // What came and had no room is not fetched again before there is.
    this.#nextBytes = fits ? ENTRY_BYTES_LEAST : bytes;
    return fits;
  }

  #fetch(): void {
    if (this.#fetching) return;
    this.#fetching = true;
    const { epoch } = this.#host;
    const fromSeq = this.#next;
    this.#host.send(this.#source.id, { type: 'fetch', epoch, fromSeq, bytes: FETCH_BYTES });
  }

  #send(entry: Entry, digest: Digest | undefined): void {
    const { epoch } = this.#host;
    const { seq, batch } = entry;
    this.#host.send(this.joiner.id, prepareOf(entry, epoch, this.#host.commitSeq(), BACKEND_NONE));
    this.#next = nextSeq(seq);
    const inJournal = journalBytes(batch);
    this.#onTheWay.push({ seq, bytes: batch.length, journalBytes: inJournal, digest });
    this.#bytesOnTheWay += batch.length;
    this.#journalBytesOnTheWay += inJournal;
  }

  #tail(): Tail {
    const tail = this.joiner.tail;
    assert(tail !== undefined, 'the promise stands while one catches up');
    return tail;
  }
}

function journalBytes(batch: Uint8Array): number {
  return entryBytes(batch.length, countOperations(batch));
}
