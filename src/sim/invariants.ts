/**
 * What must always hold (replication.md), asserted while a run goes on, from outside the code that
 * is checked: what is durable is what `durable-journal.ts` finds in the bytes.
 *
 * 1 durability: what a client is told stands, fsynced, in the journal of every member of the
 * durable view, with that result. 2 one history: what was decided at a seq never changes nor
 * vanishes. 5 determinism: equal entries give equal digests. 6 no backend votes away what it lost.
 * And: promises are kept (`promise-watch.ts`), a view is not written hastily, a stopped coordinator
 * is silent, no member of the durable view is told to set its files aside, a prepared entry has
 * room, the commit floor is what is decided, no directory is corrupt that nobody touched. (3 and 4
 * are judged at the end, in `judgement.ts`.)
 */
import { countOperations } from '../core/chunk-records.ts';
import { entryBytes, type ExecutedEntry } from '../core/entry.ts';
import { sha256 } from '../core/hash.ts';
import { isMember, type ControlRecord, type View } from '../core/view.ts';
import {
  HASH_NONE, type EntryHash, type Incarnation, type OwnerId, type Seq,
} from '../core/ids.ts';
import type { Answered, Message, Prepare, QueryAnswered, ToClient } from '../core/message.ts';
import { SESSIONS_PER_LEASE } from '../core/session-table.ts';
import type { DurableEvents, DurableJournal } from './durable-journal.ts';
import { resultsFor } from './first-answers.ts';
import type { SimBackend } from './sim-backend.ts';
import type { SimCluster } from './sim-cluster.ts';
import type { SimFrontend } from './sim-frontend.ts';

const FOUND_MAX = 20;

export class Invariants {
  readonly found: string[] = [];
  readonly #cluster: SimCluster;
  #decidedSeq = 0;
  readonly #decided = new Map<number, EntryHash>();
  /** By backend: prepared, and not durable yet. */
  readonly #onTheWay: { readonly seq: number; readonly bytes: number }[][] = [];
  readonly #digests = new Map<EntryHash, string>();
  readonly #judgedRecords = new WeakSet<ControlRecord>();
  /** By their numbers, the views that were ever durable. */
  readonly #views = new Map<number, string>();

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
  }

  /** The highest seq that is known to be decided. */
  get decidedSeq(): number {
    return this.#decidedSeq;
  }

  decidedAt(seq: number): EntryHash | undefined {
    return this.#decided.get(seq);
  }

  /** Follows what becomes durable in the backend's directory, and what does not stay so. */
  watch(backend: SimBackend): DurableEvents {
    return {
      onEntry: (entry) => this.#onEntry(backend, entry),
      onDropped: (entries) => this.#onDropped(backend, entries),
      onIncarnation: (incarnation, before) => this.#onIncarnation(backend, incarnation, before),
      onCheckpoint: (seq, hash) => this.#onCheckpoint(backend, seq, hash),
    };
  }

  /** The process ended by a failed assertion, or by an error that nobody foresaw. */
  onBug(who: string, error: unknown): void {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#report(`${who} ended by ${detail}`);
  }

  /** It works with a directory that is another's. */
  onTakenIn({ id }: SimBackend): void {
    this.#report(`backend ${id} works with the directory of another`);
  }

  /** A backend that has promised takes a prepare: there must be room for it, and all before it. */
  onPrepare(backend: SimBackend, { seq, batch }: Prepare): void {
    const { id, journal } = backend;
    const onTheWay = this.#onTheWay[id] ?? [];
    this.#onTheWay[id] = onTheWay.filter((entry) => entry.seq > journal.entries.length
      && entry.seq < seq);
    this.#onTheWay[id].push({ seq, bytes: entryBytes(batch.length, countOperations(batch)) });
    const needed = this.#onTheWay[id].reduce((sum, { bytes }) => sum + bytes, 0);
    const view = this.#cluster.store.newest?.view;
    const isIn = view !== undefined && isMember(view, id, journal.incarnation as Incarnation);
    if (isIn && backend.isSound && !journal.hasRoom(needed)) {
      this.#report(`backend ${id} has no room for ${seq}`);
    }
  }

  /** A backend says something, over this connection, to a frontend. */
  onSaid(backend: SimBackend, connection: number, owner: OwnerId, message: Message): void {
    const wrong = backend.promises.onSaid(connection, owner, message);
    if (wrong !== undefined) this.#report(`backend ${backend.id} ${wrong}`);
    const what = backend.isSound ? undurable(backend.journal, message) : undefined;
    if (what !== undefined) {
      this.#report(`backend ${backend.id} says ${what}, which is not durable`);
    }
    const isCorrupt = message.type === 'corrupted'
      || (message.type === 'hello' && message.condition === 'corrupt');
    if (!isCorrupt || backend.isTouched || backend.poisonedSeq !== undefined) return;
    this.#report(`backend ${backend.id} is corrupt by its own doing: ${message.detail}`);
  }

  /** While it serves, a frontend drops members only if one that stays has answered since. */
  onViewWriting(frontend: SimFrontend, record: ControlRecord): void {
    const { view } = record;
    const before = this.#cluster.store.record;
    // Where it is not known whether it was written, the very same is written again.
    if (this.#judgedRecords.has(record)) return;
    this.#judgedRecords.add(record);
    if (before?.owner !== frontend.owner || before.view.number === view.number) return;
    if (record.commitFloor < this.#decidedSeq) {
      const floor = `floor ${record.commitFloor}, below ${this.#decidedSeq}`;
      this.#report(`view ${view.number} is written with ${floor}`);
    }
    if (!frontend.coordinator.status().serving) return;
    const stay = view.members.map(({ id }) => id);
    const dropped = before.view.members.map(({ id }) => id).filter((id) => !stay.includes(id));
    if (stay.length === 0 || frontend.failures.haveAnswered(stay, dropped)) return;
    this.#report(`view ${view.number} is written, but none of its members has answered since`);
  }

  /** A frontend says what is decided. */
  onCommitTold({ commitSeq }: { readonly commitSeq: Seq }): void {
    if (commitSeq > this.#decidedSeq) this.#onDurable(commitSeq, 'a decision');
  }

  #onEntry(backend: SimBackend, entry: ExecutedEntry): void {
    const { id, journal, poisonedSeq } = backend;
    const { seq, digest, timestamp } = entry;
    this.#cluster.onDetail?.(`backend ${id} synced to ${seq}`);
    if (!this.#digests.has(entry.hash)) this.#onNewEntry(entry);
    if (seq > 1 && timestamp <= (journal.at(seq - 1)?.timestamp ?? 0)) {
      this.#report(`backend ${id}: the timestamp of ${seq} is not above the one before`);
    }
    if (poisonedSeq === undefined) this.#compareDigest(id, entry, digest);
  }

  /** No journal has held it before: is it what replication.md says that an entry is? */
  #onNewEntry(entry: ExecutedEntry): void {
    const { seq, entryEpoch, timestamp, view, previousHash, batch, hash } = entry;
    const { minInSync } = this.#cluster;
    const text = textOf(view);
    const head = `${entryEpoch} ${seq} ${timestamp} ${text} ${previousHash}`;
    if (hash !== sha256(`${head} ${sha256(batch)}`)) this.#report(`the hash of ${seq} is another`);
    if (this.#views.get(view.number) !== text) {
      this.#report(`${seq} was prepared under view ${text}, which was never durable`);
    }
    if (view.members.length < minInSync) {
      this.#report(`${seq} was prepared by less than ${minInSync} in-sync backends`);
    }
  }

  #onDropped({ id, journal }: SimBackend, entries: readonly ExecutedEntry[]): void {
    if (journal.incarnation === '') return; // as a whole: a reset, which is judged as one
    for (const { seq, hash } of entries) {
      if (this.#decided.get(seq) === hash)
        this.#report(`backend ${id} drops ${seq}, which is decided`);
    }
  }

  #onIncarnation(backend: SimBackend, incarnation: string, before: string): void {
    const view = this.#cluster.store.newest?.view;
    if (view !== undefined && isMember(view, backend.id, before as Incarnation)) {
      this.#report(`backend ${backend.id} is reset, but is a member of the durable view`);
    }
    if (incarnation === '') this.#cluster.resets += 1;
    else backend.beginAnew();
  }

  /** Never beyond what is decided and durable. */
  #onCheckpoint(backend: SimBackend, seq: Seq, hash: string): void {
    if (!backend.isSound) return;
    const { id, journal } = backend;
    if (journal.at(seq)?.hash !== hash) {
      this.#report(`backend ${id}: the checkpoint of ${seq} is not in its journal`);
    }
    if (this.#decided.get(seq) !== hash) {
      this.#report(`backend ${id}: the checkpoint of ${seq} is of nothing decided`);
    }
  }

  /** A record has become durable: its floor is decided, its members hold all that was decided. */
  onRecordDurable({ view, commitFloor }: ControlRecord, before: ControlRecord | undefined): void {
    this.#views.set(view.number, textOf(view));
    // A record that was rebuilt names the newest view that is remembered: not checked.
    if (before === undefined) return;
    if (commitFloor < before.commitFloor && this.#decidedSeq > 0) {
      this.#report(`the commit floor falls from ${before.commitFloor} to ${commitFloor}`);
    }
    if (commitFloor > this.#decidedSeq) this.#onDurable(commitFloor, 'a commit floor');
    if (before.view.number === view.number) return;
    if (view.members.length === 0) this.#report('the view is empty');
    const decided = this.decidedSeq;
    for (const { id, incarnation } of view.members) {
      const backend = this.#cluster.backends[id - 1] as SimBackend;
      if (backend.journal.incarnation !== incarnation || !backend.isSound) continue;
      const held = backend.journal.at(decided)?.hash;
      if (decided > 0 && held !== this.#decided.get(decided)) {
        this.#report(`member ${id} of view ${view.number} lacks ${decided}, which is decided`);
      }
    }
  }

  /** An operator has accepted the loss of data. */
  forgive(): void {
    this.#decided.clear();
    this.#decidedSeq = 0;
  }

  onToClient(frontend: SimFrontend, message: ToClient): void {
    if (frontend.stopped !== undefined) {
      this.#report(`a stopped frontend (${frontend.stopped.reason}) still says ${message.type}`);
    }
    if (message.type === 'answered') this.#onAnswered(message);
    if (message.type === 'query-answered') this.#onQueryAnswered(message);
    if (message.type === 'session') {
      this.#onDurable(Math.floor(message.session / SESSIONS_PER_LEASE) as Seq, 'a session');
    }
  }

  #compareDigest(id: number, { seq, hash }: ExecutedEntry, digest: string): void {
    const known = this.#digests.get(hash);
    if (known === undefined) this.#digests.set(hash, digest);
    else if (known !== digest) this.#report(`backend ${id} has another digest after ${seq}`);
  }

  #onAnswered(message: Answered): void {
    const entries = this.#onDurable(message.seq, `${message.session}-${message.firstRequest}`);
    for (const { journal, entry } of entries) {
      const expected = resultsFor(journal, entry, message);
      if (message.timestamp !== entry.timestamp) {
        this.#report(`${describe(message)} was told another time than that of ${entry.seq}`);
      }
      if (expected === undefined) this.#report(`${describe(message)} is not in entry ${entry.seq}`);
      else if (!Buffer.from(expected).equals(Buffer.from(message.results))) {
        this.#report(`${describe(message)} was answered otherwise than entry ${entry.seq} says`);
      }
    }
  }

  #onQueryAnswered({ seq, query }: QueryAnswered): void {
    if (seq > 0) this.#onDurable(seq, `query ${query}`);
  }

  /** The entry on every sound member of the durable view; all before it are decided with it. */
  #onDurable(seq: Seq, what: string): Held[] {
    const held: Held[] = [];
    for (const { id, incarnation } of this.#cluster.store.newest?.view.members ?? []) {
      const backend = this.#cluster.backends[id - 1] as SimBackend;
      const { journal } = backend;
      if (journal.incarnation !== incarnation || !backend.isSound) continue;
      const entry = journal.at(seq);
      if (entry === undefined) {
        this.#report(`${what} was told at ${seq}, which is not durable on member ${id}`);
      } else {
        this.#decideUpTo(journal, seq);
        held.push({ journal, entry });
      }
    }
    return held;
  }

  #decideUpTo(journal: DurableJournal, seq: Seq): void {
    for (let at: number = seq; at > 0; at -= 1) {
      const hash = journal.at(at)?.hash as EntryHash;
      if (this.#decided.get(at) === hash) return;
      this.#decide(at, hash);
    }
  }

  #decide(seq: number, hash: EntryHash): void {
    const known = this.#decided.get(seq);
    if (seq > this.#decidedSeq) this.#decidedSeq = seq;
    if (known === undefined) this.#decided.set(seq, hash);
    else if (known !== hash) this.#report(`two entries are decided at ${seq}`);
  }

  #report(line: string): void {
    if (this.found.length >= FOUND_MAX) return;
    this.#cluster.note(`VIOLATION ${line}`);
    this.found.push(`${this.#cluster.queue.nowMs.toFixed(0)} ms: ${line}`);
  }
}

function textOf({ number, members }: View): string {
  return `${number}:${members.map(({ id, incarnation }) => `${id}=${incarnation}`).join(',')}`;
}

interface Held {
  readonly journal: DurableJournal;
  readonly entry: ExecutedEntry;
}

function describe({ session, firstRequest }: Answered): string {
  return `request ${session}-${firstRequest}`;
}

/** What the message says of the disk and is not so; undefined where all of it is. */
function undurable(journal: DurableJournal, message: Message): string | undefined {
  switch (message.type) {
    case 'vote':
      return journal.at(message.seq)?.hash === message.hash ? undefined : `vote ${message.seq}`;
    case 'truncated':
    case 'promised': {
      const { tailSeq, tailHash, epoch } = message;
      const hash = journal.at(tailSeq)?.hash ?? HASH_NONE;
      const isKept = message.type === 'truncated' || journal.promise?.epoch === epoch;
      if (!isKept) return `promised ${epoch}`;
      return hash === tailHash ? undefined : `${message.type} with tail ${tailSeq}`;
    }
    default:
      return undefined;
  }
}
