/**
 * What must always hold (replication.md), asserted while a run goes on, from outside the core.
 *
 * 1 durability: what a client is told stands, fsynced, in the journal of every member of the
 * durable view, with that result. 2 one history: what was decided at a seq never changes nor
 * vanishes. 5 determinism: equal entries give equal digests. 6 no backend votes away what it lost.
 * And: a stopped coordinator is silent, no member of the durable view is told to set its files
 * aside, a prepared entry has room, nothing grows without bound. (3 and 4 are judged at the end, in
 * `judgement.ts`.)
 */
import type { ExecutedEntry } from '../core/entry.ts';
import { isMember, type ControlRecord } from '../core/view.ts';
import type { EntryHash, Seq } from '../core/ids.ts';
import type { Answered, QueryAnswered, ToClient } from '../core/message.ts';
import { CODE, readChunkHeader, RESULT_BYTES, viewOf } from '../core/operation.ts';
import { SESSIONS_PER_LEASE } from '../core/session-table.ts';
import type { SimBackend } from './sim-backend.ts';
import type { SimCluster } from './sim-cluster.ts';
import { resolveDuplicates, type Disk } from './sim-disk.ts';
import type { SimFrontend } from './sim-frontend.ts';

const FOUND_MAX = 20;

export class Invariants {
  readonly found: string[] = [];
  readonly #cluster: SimCluster;
  #decidedSeq = 0;
  readonly #decided = new Map<number, EntryHash>();
  readonly #digests = new Map<EntryHash, string>();

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

  onAppended({ id, disk }: SimBackend, entry: ExecutedEntry, fits: boolean): void {
    const { seq, digest, timestamp } = entry;
    const before = disk.at((seq - 1) as Seq);
    const chained = seq === 1 || before?.hash === entry.previousHash;
    if (!chained)
      this.#report(`backend ${id} appended ${seq}, which does not follow what it holds`);
    if (seq > 1 && timestamp <= (before?.timestamp ?? 0)) {
      this.#report(`backend ${id}: the timestamp of ${seq} is not above the one before`);
    }
    if (!disk.poisoned) this.#compareDigest(id, entry, digest);
    const isIn = isMember(this.#cluster.store.record?.view ?? entry.view, id, disk.incarnation);
    if (!fits && isIn && disk.isSound) this.#report(`backend ${id} has no room for ${seq}`);
  }

  onTruncate({ id, disk }: SimBackend, afterSeq: Seq): void {
    for (const { seq, hash } of disk.all().slice(afterSeq)) {
      if (this.#decided.get(seq) === hash)
        this.#report(`backend ${id} drops ${seq}, which is decided`);
    }
  }

  onCommitted({ id, disk }: SimBackend, seq: Seq): void {
    for (let at: number = seq; at > 0; at -= 1) {
      const entry = disk.entries[at - 1];
      if (entry === undefined) return this.#report(`backend ${id}: committed ${at} is not fsynced`);
      if (this.#decided.get(at) === entry.hash) return;
      this.#decide(at, entry.hash);
    }
  }

  onReset({ id, disk }: SimBackend): void {
    const view = this.#cluster.store.record?.view;
    if (view !== undefined && isMember(view, id, disk.incarnation)) {
      this.#report(`backend ${id} is reset, but is a member of the durable view`);
    }
  }

  /** A view has become durable: its members hold everything that was ever decided. */
  onViewDurable({ view }: ControlRecord, before: ControlRecord | undefined): void {
    // A record that was rebuilt names the newest view that is remembered: not checked.
    if (before === undefined || before.view.number === view.number) return;
    if (view.members.length === 0) this.#report('the view is empty');
    const decided = this.decidedSeq;
    for (const { id, incarnation } of view.members) {
      const { disk } = this.#cluster.backends[id - 1] as SimBackend;
      if (disk.incarnation !== incarnation || !disk.isSound) continue;
      const held = disk.entries[decided - 1]?.hash;
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
      this.#onDurable(Math.floor(message.session / SESSIONS_PER_LEASE), 'a session');
    }
  }

  #compareDigest(id: number, { seq, hash }: ExecutedEntry, digest: string): void {
    const known = this.#digests.get(hash);
    if (known === undefined) this.#digests.set(hash, digest);
    else if (known !== digest) this.#report(`backend ${id} has another digest after ${seq}`);
  }

  #onAnswered(message: Answered): void {
    const entries = this.#onDurable(message.seq, `${message.session}-${message.firstRequest}`);
    for (const { disk, entry } of entries) {
      const expected = resultsFor(disk, entry, message);
      if (expected === undefined) this.#report(`${describe(message)} is not in entry ${entry.seq}`);
      else if (!Buffer.from(expected).equals(Buffer.from(message.results))) {
        this.#report(`${describe(message)} was answered otherwise than entry ${entry.seq} says`);
      }
    }
  }

  #onQueryAnswered({ seq, query }: QueryAnswered): void {
    if (seq > 0) this.#onDurable(seq, `query ${query}`);
  }

  /** The entry on every sound member of the durable view. */
  #onDurable(seq: number, what: string): { disk: Disk; entry: ExecutedEntry }[] {
    const held: { disk: Disk; entry: ExecutedEntry }[] = [];
    for (const { id, incarnation } of this.#cluster.store.record?.view.members ?? []) {
      const { disk } = this.#cluster.backends[id - 1] as SimBackend;
      if (disk.incarnation !== incarnation || !disk.isSound) continue;
      const entry = disk.entries[seq - 1];
      if (entry === undefined) {
        this.#report(`${what} was answered at ${seq}, which member ${id} has not fsynced`);
      } else {
        this.#decide(seq, entry.hash);
        held.push({ disk, entry });
      }
    }
    return held;
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

function describe({ session, firstRequest }: Answered): string {
  return `request ${session}-${firstRequest}`;
}

/** What the entry on this disk says that the request was answered, first answers in their place. */
function resultsFor(disk: Disk, entry: ExecutedEntry, message: Answered): Uint8Array | undefined {
  const { session, firstRequest, results } = message;
  const batch = viewOf(entry.batch);
  let index = 0;
  for (let start = 0; start < entry.batch.length;) {
    const header = readChunkHeader(batch, start);
    if (header === undefined) return undefined;
    const isIt = header.session === session && header.firstRequest === firstRequest;
    const fits = header.operations * RESULT_BYTES === results.length;
    if (isIt && fits) {
      const own = entry.results.slice(
        index * RESULT_BYTES,
        (index + header.operations) * RESULT_BYTES,
      );
      if (!own.includes(CODE.duplicate)) return own;
      for (const original of resolveDuplicates(disk, own)) {
        own.set(original.result, original.index * RESULT_BYTES);
      }
      return own;
    }
    index += header.operations;
    start += header.bytes;
  }
  return undefined;
}
