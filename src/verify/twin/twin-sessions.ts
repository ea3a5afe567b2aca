/**
 * The sessions of the twin: which requests ran, and where.
 *
 * A **run** is a row of consecutive requests of one session at consecutive places of one entry. The
 * last `runsMax` runs of all sessions are kept; what would need an older one is not known any more.
 * A session lists its own runs in order, and a request is looked up there.
 */
import { TwinTable } from './twin-table.ts';

const SESSIONS_PER_LEASE = 64;
const [LAST_USE] = [1];
const [LAST_REQUEST, NEWEST_RUN, ENDED] = [0, 1, 2];
const [FIRST_REQUEST, COUNT, SEQ, INDEX, JUMP, DEPTH] = [1, 2, 3, 4, 6, 7];

/** Where a request's first answer stands. */
export interface Place {
  readonly seq: number;
  readonly index: number;
}

/** What became of a request whose number is not new. */
export type Became = Place | 'passed over' | 'forgotten';

/** One session of a lease. */
interface Session {
  readonly id: number;
  readonly record: number;
  /** Positions of its runs, oldest first; so many of them at the start are forgotten. */
  runs: number[];
  forgotten: number;
  /** Whether any was ever forgotten. */
  hasForgotten: boolean;
}

export class TwinSessions {
  readonly leases: TwinTable = new TwinTable('leases', ['opened at', 'last use']);
  readonly sessions: TwinTable = new TwinTable(
    'sessions', ['last request', 'newest run', 'ended', 'spare'],
  );
  readonly runs: TwinTable = new TwinTable('runs', [
    'session', 'first request', 'count', 'seq', 'index', 'previous', 'jump', 'depth',
  ]);
  readonly #leasesMax: number;
  readonly #runsMax: number;
  /** By the seq that opened the lease: its record, and its sessions. */
  readonly #leaseOf = new Map<number, { readonly record: number; readonly sessions: Session[] }>();
  /** Whose runs they are, by position. */
  readonly #ownerOf = new Map<number, Session>();
  #nextRun = 1;

  constructor(leasesMax: number, runsMax: number) {
    this.#leasesMax = leasesMax;
    this.#runsMax = runsMax;
  }

  /** The position that the next run will get. */
  get nextRun(): number {
    return this.#nextRun;
  }

  find(id: number): Session | undefined {
    return this.#leaseOf.get(Math.floor(id / SESSIONS_PER_LEASE))
      ?.sessions[id % SESSIONS_PER_LEASE];
  }

  /** The session's lease is used by the entry `seq`. */
  touch(session: Session, seq: number): void {
    this.leases.set(Math.floor(session.record / SESSIONS_PER_LEASE), LAST_USE, seq);
  }

  /** The first session of a new lease; undefined where the entry has opened one already. */
  openLease(seq: number): { readonly session: number; readonly count: number } | undefined {
    if (this.#leaseOf.has(seq)) return undefined;
    const isFull = this.leases.records === this.#leasesMax;
    const record = isFull ? this.#evict() : this.#appendLease();
    this.leases.fill(record, [seq, seq]);
    const sessions = Array.from({ length: SESSIONS_PER_LEASE }, (_, slot): Session => ({
      id: seq * SESSIONS_PER_LEASE + slot,
      record: record * SESSIONS_PER_LEASE + slot,
      runs: [], forgotten: 0, hasForgotten: false,
    }));
    this.#leaseOf.set(seq, { record, sessions });
    return { session: seq * SESSIONS_PER_LEASE, count: SESSIONS_PER_LEASE };
  }

  lastRequest(session: Session): number {
    return this.sessions.get(session.record, LAST_REQUEST);
  }

  hasEnded(session: Session): boolean {
    return this.sessions.get(session.record, ENDED) === 1;
  }

  end(session: Session): void {
    this.sessions.set(session.record, ENDED, 1);
  }

  /** This number, and all below it that did not run, never will. */
  seal(session: Session, request: number): void {
    this.sessions.set(session.record, LAST_REQUEST, request);
  }

  /** The request, whose number is new, runs at this place. */
  run(session: Session, request: number, { seq, index }: Place): void {
    this.sessions.set(session.record, LAST_REQUEST, request);
    const newest = this.#newestOf(session);
    if (!this.#continues(newest, request, { seq, index })) {
      return this.#append(session, request, { seq, index });
    }
    const record = this.#recordOf(newest);
    this.runs.set(record, COUNT, this.runs.get(record, COUNT) + 1);
  }

  becameOf(session: Session, request: number): Became {
    const nearest = this.#nearestAtOrBelow(session, request);
    if (nearest === undefined) return session.hasForgotten ? 'forgotten' : 'passed over';
    const record = this.#recordOf(nearest);
    const place = request - this.runs.get(record, FIRST_REQUEST);
    if (place >= this.runs.get(record, COUNT)) return 'passed over';
    return { seq: this.runs.get(record, SEQ), index: this.runs.get(record, INDEX) + place };
  }

  /** The kept run that begins with the request or nearest below it. */
  #nearestAtOrBelow(session: Session, request: number): number | undefined {
    let [from, to] = [session.forgotten, session.runs.length];
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      const position = session.runs[middle] ?? 0;
      if (this.runs.get(this.#recordOf(position), FIRST_REQUEST) <= request) from = middle + 1;
      else to = middle;
    }
    return from > session.forgotten ? session.runs[from - 1] : undefined;
  }

  #newestOf(session: Session): number {
    return this.sessions.get(session.record, NEWEST_RUN);
  }

  #continues(newest: number, request: number, { seq, index }: Place): boolean {
    if (!this.#isKept(newest)) return false;
    const record = this.#recordOf(newest);
    const count = this.runs.get(record, COUNT);
    return (
      this.runs.get(record, SEQ) === seq &&
      this.runs.get(record, FIRST_REQUEST) + count === request &&
      this.runs.get(record, INDEX) + count === index
    );
  }

  #append(session: Session, request: number, { seq, index }: Place): void {
    const previous = this.#newestOf(session);
    const isChained = this.#isKept(previous);
    const depth = isChained ? this.runs.get(this.#recordOf(previous), DEPTH) + 1 : 1;
    const values = [
      session.id, request, 1, seq, index, previous, this.#jumpOf(previous, depth), depth,
    ];
    const position = this.#nextRun;
    this.#forget(position - this.#runsMax);
    if (position <= this.#runsMax) this.runs.append(values);
    else this.runs.fill(this.#recordOf(position), values);
    this.#nextRun += 1;
    this.#ownerOf.set(position, session);
    session.runs.push(position);
    this.sessions.set(session.record, NEWEST_RUN, position);
  }

  /** Of depth d: the run of depth d with its lowest bit cleared, or the first forgotten before. */
  #jumpOf(previous: number, depth: number): number {
    const target = depth - (depth & -depth);
    let jump = previous;
    for (let reached = depth - 1; reached > target; reached -= reached & -reached) {
      if (this.#isKept(jump)) jump = this.runs.get(this.#recordOf(jump), JUMP);
    }
    return jump;
  }

  #forget(position: number): void {
    const owner = this.#ownerOf.get(position);
    if (owner === undefined) return;
    this.#ownerOf.delete(position);
    owner.hasForgotten = true;
    owner.forgotten += 1;
    if (owner.forgotten * 2 < owner.runs.length) return;
    owner.runs = owner.runs.slice(owner.forgotten);
    owner.forgotten = 0;
  }

  #isKept(position: number): boolean {
    return position > 0 && position >= this.#nextRun - this.#runsMax;
  }

  #recordOf(position: number): number {
    return (position - 1) % this.#runsMax;
  }

  #appendLease(): number {
    for (let slot = 0; slot < SESSIONS_PER_LEASE; slot += 1) this.sessions.append([0, 0, 0, 0]);
    return this.leases.append([0, 0]);
  }

  /** Forgets the lease used longest ago, of two the one opened first; its record, now free. */
  #evict(): number {
    let oldest: readonly [openedAt: number, record: number] | undefined;
    for (const [openedAt, { record }] of this.#leaseOf) {
      const age = this.leases.get(record, LAST_USE);
      const least = oldest === undefined ? Infinity : this.leases.get(oldest[1], LAST_USE);
      const isOlder = age < least || (age === least && openedAt < (oldest?.[0] ?? 0));
      if (isOlder) oldest = [openedAt, record];
    }
    if (oldest === undefined) throw new Error('no lease can be evicted where there is none');
    const [openedAt, record] = oldest;
    this.#leaseOf.delete(openedAt);
    for (let slot = 0; slot < SESSIONS_PER_LEASE; slot += 1) {
      this.sessions.fill(record * SESSIONS_PER_LEASE + slot, [0, 0, 0, 0]);
    }
    return record;
  }
}

export type TwinSession = Session;
