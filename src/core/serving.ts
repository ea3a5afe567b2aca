/**
 * Two-phase commit while an epoch serves (replication.md, "Normal operation"): one round trip, one
 * fsync. Prepare goes to the required set and to joiners; a batch is decided when all of the
 * required set have voted for its hash; the decision needs no log write, it follows from the
 * durable view and the votes (presumed commit, Mohan & Lindsay 1983; parallel commits). Answers
 * leave after it only.
 */
import { joinChunks, type Admission, type AdmittedItem, type Round } from './admission.ts';
import { Agreement } from './agreement.ts';
import { assert, present } from './assert.ts';
import type { BackendLink, Tail } from './backend-link.ts';
import type { ControlKeeper } from './control-keeper.ts';
import type { Now } from './effect.ts';
import { hashEntry, type Entry } from './entry.ts';
import { judgeFitness, type Fitness } from './fitness.ts';
import { Gather } from './gather.ts';
import { nextSeq, type BackendId, type Epoch, type Seq, type Timestamp } from './ids.ts';
import { InFlight, type Batch } from './in-flight.ts';
import { LagThrottle } from './lag-throttle.ts';
import { Membership } from './membership.ts';
import type {
  Fetched, Located, ReadResults, Results, ToBackend, Truncated, Vote,
} from './message.ts';
import { prepareOf } from './prepare.ts';
import { ReadRounds } from './read-rounds.ts';
import type { Head } from './status-report.ts';
import { traceBatch } from './trace.ts';
import type { View } from './view.ts';

export interface ServingHost {
  readonly epoch: Epoch;
  readonly control: ControlKeeper;
  readonly links: ReadonlyMap<BackendId, BackendLink>;
  readonly admission: Admission;
  readonly minInSync: number;
  /** The most bytes of writes, and of reads, in one round. */
  readonly roundBytesMax: number;
  readonly readTimeoutMs: number;
  readonly trace: ((line: string) => void) | undefined;
  now(): Now;
  send(backend: BackendId, message: ToBackend): void;
  nextProbe(): number;
  probeAll(): number;
  log(line: string): void;
  /** Calls `pump` after about so long. */
  wake(delayMs: number): void;
  /** The batch is decided and its results are here. */
  onAnswered(batch: Batch, results: Results): void;
  onReadsAnswered(items: readonly AdmittedItem[], results: Uint8Array, seq: Seq): void;
  /** Nothing of these was prepared. */
  refuse(items: readonly AdmittedItem[], detail: string): void;
  onAllLost(): void;
  onHopeless(link: BackendLink, detail: string): void;
  onUndecidable(detail: string): void;
}

/** Batches prepared and not decided. */
const IN_FLIGHT_MAX = 4;

export class Serving {
  readonly membership: Membership;
  readonly #host: ServingHost;
  readonly #inFlight: InFlight;
  readonly #reads: ReadRounds;
  readonly #agreement: Agreement;
  readonly #gather: Gather;
  #last: Tail;
  #lastTimestamp = 0;
  #commitSeq: Seq;
  #commitHash: Tail['hash'];
  /** What members already told on a heartbeat or a prepare. */
  #toldCommitSeq: Seq;
  #answerTurn = 0;
  readonly #throttle = new LagThrottle();

  constructor(host: ServingHost, base: Tail) {
    this.#host = host;
    this.#last = base;
    this.#lastTimestamp = base.timestamp;
    this.#commitSeq = base.seq;
    this.#commitHash = base.hash;
    this.#toldCommitSeq = base.seq;
    this.#inFlight = new InFlight(base.seq);
    this.#gather = new Gather((delayMs) => host.wake(delayMs));
    const { epoch, control, links } = host;
    const common = {
      epoch,
      send: (id: BackendId, message: ToBackend) => host.send(id, message),
      lastSeq: () => this.#last.seq,
      commitSeq: () => this.#commitSeq,
    };
    this.membership = new Membership({
      ...common, control, links, comparesStates: true,
      recent: (seq) => this.#inFlight.get(seq),
      nowMs: () => host.now().ms,
      probeAll: () => host.probeAll(),
      log: (line) => host.log(line),
      onAllLost: () => host.onAllLost(),
      onHopeless: (link, detail) => host.onHopeless(link, detail),
    });
    this.#agreement = new Agreement({
      links,
      onOdd: (link, seq, shown) => this.#onDiverged(link, seq, shown),
      onUndecidable: (detail) => host.onUndecidable(detail),
    });
    this.#reads = new ReadRounds({
      ...common,
      nextProbe: () => host.nextProbe(),
      required: () => this.membership.required,
      live: () => this.membership.live(),
      answering: () => this.membership.answering(),
      hasFailed: (id) => this.membership.hasFailed(id),
      onExecuted: (items) => host.admission.onReadsExecuted(items),
      onAnswered: (items, results, seq) => host.onReadsAnswered(items, results, seq),
    });
  }

  /** The last decided entry: its hash stands for the whole history up to it. */
  get head(): Head {
    return { seq: this.#commitSeq, hash: this.#commitHash };
  }

  get lastSeq(): Seq {
    return this.#last.seq;
  }

  get isIdle(): boolean {
    return this.#commitSeq === this.#last.seq && this.#reads.openCount === 0;
  }

  /** Takes rounds from the queue as far as the bounds allow. */
  pump(): void {
    while (this.#mayTakeRound()) {
      const round = this.#host.admission.takeRound(this.#host.roundBytesMax, this.#reads.mayLookUp);
      if (round.writes.length > 0) {
        const fitness = this.#fitness(round);
        if (fitness === 'waits') return this.#putBack(round.writes, round.reads);
        if (fitness !== 'fits') {
          if (this.#refuse(round, fitness.refusal)) continue;
          return;
        }
        this.#prepare(round);
      }
      if (round.reads.length > 0) this.#reads.start(round.reads, joinChunks(round.reads));
      if (round.writes.length === 0 && round.reads.length === 0) return;
    }
  }

  onVote(link: BackendLink, { seq, hash, digest }: Vote): void {
    const batch = this.#inFlight.get(seq);
    if (batch !== undefined) {
      assert(batch.hash === hash, `backend ${link.id} voted for the entry that was prepared`);
      link.reserveMark = batch.mark;
      if (batch.agreed === undefined) batch.digests.set(link.id, digest);
      else if (batch.agreed !== digest) {
        this.#onDiverged(link, seq, `${digest}, not ${batch.agreed}`);
      }
    }
    const joiner = this.membership.joiner(link.id);
    if (joiner !== undefined) {
      this.#throttle.onVote();
      joiner.onVote(seq, digest);
    }
    this.#advance();
  }

  onResults(link: BackendLink, results: Results): void {
    const batch = this.#inFlight.get(results.seq);
    if (batch === undefined || batch.answerer !== link.id || batch.results !== undefined) return;
    batch.results = results;
    this.#answer(batch);
    this.pump();
  }

  onReadResults(link: BackendLink, message: ReadResults): void {
    this.#reads.onReadResults(link, message);
    this.#reads.settle();
    this.pump();
  }

  /** A probe was confirmed, or the reserve told: see what waited for it. */
  onPong(link: BackendLink): void {
    // Told before the last vote, and with nothing prepared after it, the reserve counts everything.
    if (link.votedSeq === this.#last.seq) link.reserveMark = this.#inFlight.mark;
    this.#compareIdleDigests();
    this.#reads.settle();
    this.#advance();
  }

  onLocated(link: BackendLink, message: Located): void {
    for (const joiner of this.membership.joiners()) joiner.onLocated(link.id, message);
    this.#advance();
  }

  onTruncated(link: BackendLink, message: Truncated): void {
    this.membership.joiner(link.id)?.onTruncated(message);
    this.#advance();
  }

  onFetched(link: BackendLink, message: Fetched): void {
    for (const joiner of this.membership.joiners()) joiner.onFetched(link.id, message);
  }

  onPromised(): void {
    this.membership.startJoins();
    this.#advance();
  }

  onBackendFailed(link: BackendLink): void {
    this.membership.fail(link);
    this.#reassign();
  }

  onViewDurable(view: View): void {
    const { epoch } = this.#host;
    for (const { id, promised } of this.#host.links.values()) {
      if (promised) this.#host.send(id, { type: 'view-changed', epoch, view });
    }
    this.membership.onViewDurable(view);
    this.#reassign();
    this.#advance();
  }

  onTick(): void {
    this.#failOverdue();
    this.membership.startJoins();
    if (this.#commitSeq > this.#toldCommitSeq && this.#commitSeq === this.#last.seq) {
      this.#toldCommitSeq = this.#commitSeq;
      const news = { type: 'commit', epoch: this.#host.epoch, commitSeq: this.#commitSeq } as const;
      for (const { id } of this.membership.required) this.#host.send(id, news);
    }
    this.#advance();
  }

  /** What was prepared and not answered, in order, and the reads nobody answered. */
  end(): { readonly inDoubt: AdmittedItem[]; readonly reads: AdmittedItem[] } {
    const inDoubt: AdmittedItem[] = [];
    for (const batch of this.#inFlight.unanswered()) inDoubt.push(...batch.items);
    return { inDoubt, reads: this.#reads.drain() };
  }

  #advance(): void {
    this.#decide();
    this.membership.advance();
    this.#reads.settle();
    this.pump();
  }

  #mayTakeRound(): boolean {
    const { admission } = this.#host;
    if (admission.isEmpty || this.#agreement.isUndecidable) return false;
    if (this.membership.answering().length === 0) return false;
    if (!this.#reads.mayStart) return false;
    const undecided = this.#last.seq - this.#commitSeq;
    if (undecided >= IN_FLIGHT_MAX) return false;
    const { ms } = this.#host.now();
    if (this.membership.isLagging(ms) && !this.#throttle.mayGo(ms)) return false;
    if (admission.queuedBytes >= this.#host.roundBytesMax / 2) return true;
    return undecided === 0 && this.#gather.mayGo(admission.queued, ms);
  }

  #fitness(round: Round): Fitness {
    return judgeFitness(round, {
      inSync: this.membership.inSyncCount,
      inSyncMin: this.#host.minInSync,
      required: this.membership.required,
      room: (link) => this.#room(link),
    });
  }

  /** Reads go on; what is in doubt waits, and what its connection read after it. True: none did. */
  #refuse({ writes, reads }: Round, detail: string): boolean {
    const doubtful = writes.filter((item) => item.inDoubt);
    const waiting = new Set(doubtful.map((item) => item.connection));
    this.#host.refuse(writes.filter((item) => !item.inDoubt), detail);
    const free = reads.filter((item) => !waiting.has(item.connection));
    if (free.length > 0) this.#reads.start(free, joinChunks(free));
    this.#putBack(doubtful, reads.filter((item) => waiting.has(item.connection)));
    return doubtful.length === 0;
  }

  /** They wait: for the next segment, which is being allocated; its backend tells when. */
  #putBack(writes: readonly AdmittedItem[], reads: readonly AdmittedItem[]): void {
    this.#host.admission.onReadsExecuted(reads);
    this.#host.admission.readmit([...writes, ...reads]);
  }

  /** What entries may still take in its journal, less what is on its way there. */
  #room(link: BackendLink): number {
    return link.reserve.bytes - (this.#inFlight.mark - link.reserveMark);
  }

  #prepare({ writes }: Round): void {
    const { epoch, control } = this.#host;
    const { ms, wallUs } = this.#host.now();
    this.#lastTimestamp = Math.max(wallUs, this.#lastTimestamp + 1);
    const unhashed: Omit<Entry, 'hash'> = {
      seq: nextSeq(this.#last.seq),
      entryEpoch: epoch,
      timestamp: this.#lastTimestamp as Timestamp,
      view: control.view,
      previousHash: this.#last.hash,
      batch: joinChunks(writes),
    };
    const hash = hashEntry(unhashed);
    const members = this.membership.answering();
    this.#answerTurn += 1;
    const answerer = present(members[this.#answerTurn % members.length], 'someone is live').id;
    const batch = this.#inFlight.add({ ...unhashed, hash }, writes, answerer, ms);
    this.#last = { seq: batch.seq, entryEpoch: epoch, hash, timestamp: batch.timestamp };
    this.#toldCommitSeq = this.#commitSeq;
    const prepare = prepareOf(batch, epoch, this.#commitSeq, answerer);
    for (const { id } of members) this.#host.send(id, prepare);
    for (const joiner of this.membership.joiners()) joiner.advance();
  }

  /** Decides, in order, what all of the required set have voted for. */
  #decide(): void {
    if (this.#agreement.isUndecidable) return;
    let through: number = this.#last.seq;
    for (const link of this.membership.required) {
      const counts = link.promised && !this.membership.hasFailed(link.id);
      through = Math.min(through, counts ? link.votedSeq : this.#commitSeq);
    }
    while (this.#commitSeq < through) {
      const seq = nextSeq(this.#commitSeq);
      const batch = present(this.#inFlight.get(seq), 'what is undecided is held');
      if (!this.#agreement.check(batch.digests, seq)) return;
      this.#commitSeq = seq;
      this.#commitHash = batch.hash;
      this.#gather.onDecided(batch.items.length, this.#host.admission.queued, this.#host.now().ms);
      batch.agreed = batch.digests.values().next().value;
      batch.digests.clear();
      this.#answer(batch);
    }
  }

  #onDiverged(link: BackendLink, seq: Seq, shown: string): void {
    if (link.trouble !== 'none') return;
    link.trouble = 'diverged';
    link.troubleDetail = `it differs from the majority at seq ${seq} (${shown})`;
    this.#host.log(`backend ${link.id} has diverged: ${link.troubleDetail}`);
    const undecided = this.#inFlight.from(nextSeq(this.#commitSeq));
    for (const batch of undecided) batch.digests.delete(link.id);
    // Nor is anything that it has answered, and that has not left yet, to be believed.
    for (const batch of this.#inFlight.unanswered()) {
      if (batch.answerer === link.id) batch.results = undefined;
    }
    const detail = `backend ${link.id}, which read it, has diverged`;
    this.#host.refuse(this.#reads.distrust(link.id), detail);
    this.onBackendFailed(link);
  }

  /** Two replicas at the same seq have the same state, also while nothing is written. */
  #compareIdleDigests(): void {
    if (this.#agreement.isUndecidable || this.#commitSeq !== this.#last.seq) return;
    const digests = new Map<BackendId, string>();
    for (const link of this.membership.live()) {
      if (link.lastSeq === this.#last.seq) digests.set(link.id, link.digest);
    }
    this.#agreement.check(digests, this.#last.seq);
  }

  #answer(batch: Batch): void {
    const { results } = batch;
    if (batch.seq > this.#commitSeq || results === undefined) return;
    this.#host.onAnswered(batch, results);
    if (this.#host.trace !== undefined) {
      const voters = this.membership.required.map((link) => link.id);
      traceBatch(batch, results, voters, this.#host.trace);
    }
    this.#inFlight.onAnswered(batch);
  }

  /** Asks another member for what a lost one was to answer. */
  #reassign(): void {
    const [answerer] = this.membership.answering();
    if (answerer === undefined) return;
    const live = new Set(this.membership.live().map((link) => link.id));
    for (const batch of this.#inFlight.unanswered()) {
      if (live.has(batch.answerer)) continue;
      batch.answerer = answerer.id;
      const { epoch } = this.#host;
      this.#host.send(answerer.id, { type: 'answer', epoch, seq: batch.seq });
    }
    this.#reads.reassign();
  }

  /** A vote is overdue where another member has cast it and the read timeout has passed. */
  #failOverdue(): void {
    const batch = this.#inFlight.get(nextSeq(this.#commitSeq));
    if (this.#agreement.isUndecidable || batch === undefined) return;
    if (this.#host.now().ms - batch.preparedMs <= this.#host.readTimeoutMs) return;
    if (this.membership.failOverdue(batch.seq)) this.#reassign();
  }
}
