/**
 * Exactly once: which requests of which sessions have run, as part of the replicated state.
 *
 * Sessions come in leases, opened by an ordered operation; a session's id contains that operation's
 * seq, so that an id that is not in the table is an error and never a fresh start. Keeps true: of a
 * session, a request number runs at most once, and none at or below its last ever starts to run. Of
 * at most `leasesMax` leases the one used longest ago gives way to a new one (RIFL, Lee et al.
 * 2015, with eviction by the order of entries in place of a clock).
 */
import { assert } from './assert.ts';
import type { Seq, SessionId } from './ids.ts';
import { PagedTable, type TableImage } from './paged-table.ts';
import { type FirstAnswer, RUN_NONE, type RunRing } from './run-ring.ts';

/** Sessions that one lease opens. */
export const SESSIONS_PER_LEASE = 64;

/** Fields of a lease: the seq that opened it, and that of the last entry with a chunk of it. */
const OPENED_AT = 0;
const LAST_USE = 1;
const LEASE_FIELDS = 2;
const LEASES = 'leases';
/** Fields of a session: the last request number seen, its newest run, 1 when ended, and a spare. */
const LAST_REQUEST = 0;
const NEWEST_RUN = 1;
const ENDED = 2;
const SESSION_FIELDS = 4;
const SESSIONS = 'sessions';

/** A session's record number while it is in the table; SESSION_UNKNOWN for one that is not. */
export type SessionRecord = number;
export const SESSION_UNKNOWN: SessionRecord = -1;

export class SessionTable {
  readonly #leasesMax: number;
  readonly #runs: RunRing;
  readonly #leases: PagedTable;
  /** SESSIONS_PER_LEASE records for each lease, in the order of the leases. */
  readonly #sessions: PagedTable;
  /** Derived: the lease's record by the seq that opened it. */
  readonly #records = new Map<number, number>();

  constructor(
    leasesMax: number,
    runs: RunRing,
    leases = new PagedTable(LEASES, LEASE_FIELDS),
    sessions = new PagedTable(SESSIONS, SESSION_FIELDS),
  ) {
    this.#leasesMax = leasesMax;
    this.#runs = runs;
    this.#leases = leases;
    this.#sessions = sessions;
  }

  /** Throws an Error that names what does not fit. */
  static restore(
    leaseImage: TableImage | undefined,
    sessionImage: TableImage | undefined,
    leasesMax: number,
    runs: RunRing,
  ): SessionTable {
    const leases = PagedTable.restore(leaseImage, LEASES, LEASE_FIELDS);
    const sessions = PagedTable.restore(sessionImage, SESSIONS, SESSION_FIELDS);
    const fits = leases.records <= leasesMax &&
      sessions.records === leases.records * SESSIONS_PER_LEASE;
    if (!fits) throw new Error(`${sessions.records} sessions in ${leases.records} leases`);
    const table = new SessionTable(leasesMax, runs, leases, sessions);
    for (let lease = 0; lease < leases.records; lease += 1) {
      table.#records.set(leases.get(lease, OPENED_AT), lease);
    }
    if (table.#records.size !== leases.records) throw new Error('two leases of one seq');
    for (let record = 0; record < sessions.records; record += 1) {
      if (sessions.get(record, NEWEST_RUN) < runs.next) continue;
      throw new Error(`session record ${record} names a run that does not exist`);
    }
    return table;
  }

  /** Opens the lease of this entry; its first session, or undefined if the entry has opened one. */
  openLease(seq: Seq): SessionId | undefined {
    if (this.#records.has(seq)) return undefined;
    const session = seq * SESSIONS_PER_LEASE;
    assert(Number.isSafeInteger(session + SESSIONS_PER_LEASE), 'session ids are exact');
    const lease = this.#leases.records < this.#leasesMax ? this.#appendLease() : this.#evict();
    this.#leases.set(lease, OPENED_AT, seq);
    this.#leases.set(lease, LAST_USE, seq);
    this.#records.set(seq, lease);
    return session as SessionId;
  }

  find(session: number): SessionRecord {
    const openedAt = Math.floor(session / SESSIONS_PER_LEASE);
    const lease = this.#records.get(openedAt);
    if (lease === undefined) return SESSION_UNKNOWN;
    return lease * SESSIONS_PER_LEASE + (session - openedAt * SESSIONS_PER_LEASE);
  }

  /** The session's lease was used by this entry. */
  touch(record: SessionRecord, seq: Seq): void {
    const lease = Math.floor(record / SESSIONS_PER_LEASE);
    if (this.#leases.get(lease, LAST_USE) !== seq) this.#leases.set(lease, LAST_USE, seq);
  }

  /** Whether the request is new and may run. */
  admits(record: SessionRecord, request: number): boolean {
    return this.isNew(record, request) && this.#sessions.get(record, ENDED) === 0;
  }

  /** Whether the request's number is beyond every one that the session has seen. */
  isNew(record: SessionRecord, request: number): boolean {
    return request > this.#sessions.get(record, LAST_REQUEST);
  }

  /** New requests of the session ran at this place: `count` of them, one after the other. */
  recordRun(
    record: SessionRecord, session: number, request: number, count: number, seq: Seq, index: number,
  ): void {
    assert(this.admits(record, request), 'a request number runs once');
    this.#sessions.set(record, LAST_REQUEST, request + count - 1);
    const newest = this.#sessions.get(record, NEWEST_RUN);
    if (newest !== RUN_NONE && this.#runs.extend(newest, request, count, seq, index)) return;
    const run = this.#runs.append(session, request, count, seq, index, newest);
    this.#sessions.set(record, NEWEST_RUN, run);
  }

  /** What became of a request that is not new. */
  outcome(record: SessionRecord, request: number): FirstAnswer | 'never-ran' | 'too-old' {
    assert(!this.isNew(record, request), 'only of what was seen can one tell what became of it');
    return this.#runs.find(this.#sessions.get(record, NEWEST_RUN), request);
  }

  /** This request number, which is new, and all below it that did not run, never will. */
  seal(record: SessionRecord, request: number): void {
    assert(this.isNew(record, request), 'only what did not run is sealed');
    this.#sessions.set(record, LAST_REQUEST, request);
  }

  /** No new request of the session runs any more; retries still get their first answers. */
  end(record: SessionRecord): void {
    this.#sessions.set(record, ENDED, 1);
  }

  snapshot(): readonly TableImage[] {
    return [this.#leases.snapshot(), this.#sessions.snapshot()];
  }

  release(): void {
    this.#leases.release();
    this.#sessions.release();
  }

  #appendLease(): number {
    for (let slot = 0; slot < SESSIONS_PER_LEASE; slot += 1) this.#sessions.append();
    return this.#leases.append();
  }

  /** Forgets the lease used longest ago, the older one of two; its record, its sessions blank. */
  #evict(): number {
    let oldest = 0;
    for (let lease = 1; lease < this.#leases.records; lease += 1) {
      if (this.#isOlder(lease, oldest)) oldest = lease;
    }
    this.#records.delete(this.#leases.get(oldest, OPENED_AT));
    for (let slot = 0; slot < SESSIONS_PER_LEASE; slot += 1) {
      const record = oldest * SESSIONS_PER_LEASE + slot;
      this.#sessions.set(record, LAST_REQUEST, 0);
      this.#sessions.set(record, NEWEST_RUN, RUN_NONE);
      this.#sessions.set(record, ENDED, 0);
    }
    return oldest;
  }

  #isOlder(lease: number, other: number): boolean {
    const difference = this.#leases.get(lease, LAST_USE) - this.#leases.get(other, LAST_USE);
    if (difference !== 0) return difference < 0;
    return this.#leases.get(lease, OPENED_AT) < this.#leases.get(other, OPENED_AT);
  }
}
