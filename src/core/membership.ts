/**
 * Whose votes count while an epoch serves: failures out, joiners in, the view written durably
 * first.
 *
 * Keeps true: the required set is the union of the durable view, a pending one, and whoever joins
 * (the joint vote); a view is never written empty, and only if one of its members has answered
 * since the failure; an incarnation is removed before another of the same id is added.
 */
import type { BackendLink } from './backend-link.ts';
import { CatchUp, type CatchUpHost } from './catch-up.ts';
import type { ControlKeeper } from './control-keeper.ts';
import type { BackendId, Seq } from './ids.ts';
import { hasId, nextView, sameMembers, type Member, type View } from './view.ts';

interface Join {
  readonly catchUp: CatchUp;
  /** commitSeq when its vote became required; undefined before. */
  jointSeq: Seq | undefined;
  /** The smallest lag seen, and when: a lag that does not shrink throttles admission. */
  lagLeast: number;
  lagShrunkMs: number;
}

export interface MembershipHost extends CatchUpHost {
  readonly control: ControlKeeper;
  readonly links: ReadonlyMap<BackendId, BackendLink>;
  nowMs(): number;
  /** Sends heartbeats with a new probe to everyone; the probe's number. */
  probeAll(): number;
  log(line: string): void;
  /** Every member of the view has failed: service ends until one comes back. */
  onAllLost(): void;
  /** The backend can't be brought to this history: it must come back as empty. */
  onHopeless(link: BackendLink, detail: string): void;
}

/** A joiner within so many entries of the end is close enough for its vote to be required. */
const CLOSE_ENTRIES = 8;
const LAG_PATIENCE_MS = 5_000;
const SLOW_PAUSE_MS = 1_000;
const SLOW_PAUSE_MS_MAX = 60_000;
/** After so long without being put out its pause is short again. */
const SLOW_FORGIVEN_MS = 300_000;

export class Membership {
  readonly #host: MembershipHost;
  readonly #joins = new Map<BackendId, Join>();
  readonly #failed = new Set<BackendId>();
  /** An answer to this probe is one since the last failure. */
  #failureProbe = 0;
  #required: readonly BackendLink[] = [];

  constructor(host: MembershipHost) {
    this.#host = host;
    this.#recompute();
  }

  /**
   * Whose votes and confirmations are needed, failed ones included until the view is without them.
   */
  get required(): readonly BackendLink[] {
    return this.#required;
  }

  /** Those of the required set that have not failed. */
  live(): BackendLink[] {
    return this.#required.filter((link) => !this.#failed.has(link.id));
  }

  /** Those that can be asked for results: a joiner has its own stream, and may be behind. */
  answering(): BackendLink[] {
    return this.live().filter(({ id }) => !this.#joins.has(id));
  }

  hasFailed(id: BackendId): boolean {
    return this.#failed.has(id);
  }

  /** The joiners, for new entries to be streamed to. */
  *joiners(): IterableIterator<CatchUp> {
    for (const { catchUp } of this.#joins.values()) yield catchUp;
  }

  joiner(id: BackendId): CatchUp | undefined {
    return this.#joins.get(id)?.catchUp;
  }

  /** Members of the durable view that are connected and have not failed. */
  get inSyncCount(): number {
    return this.#host.control.view.members.filter(({ id }) => !this.#failed.has(id)).length;
  }

  /** Whether a joiner has not come closer for some seconds: admission is to be throttled. */
  isLagging(nowMs: number): boolean {
    for (const join of this.#joins.values()) {
      const streams = join.catchUp.phase === 'streaming' && join.jointSeq === undefined;
      if (streams && nowMs - join.lagShrunkMs > LAG_PATIENCE_MS) return true;
    }
    return false;
  }

  /** Its connection broke, it fell silent, its vote is overdue, or its digest is the odd one. */
  fail(link: BackendLink): void {
    const { id } = link;
    link.forgetPromise();
    this.#joins.delete(id);
    for (const { catchUp } of this.#joins.values()) {
      const source = catchUp.source.id === id ? this.#source(id) : undefined;
      if (source !== undefined) catchUp.changeSource(source);
    }
    const { view, pendingView } = this.#host.control;
    if (hasId(view, id) || (pendingView !== undefined && hasId(pendingView, id))) {
      this.#failed.add(id);
      this.#failureProbe = this.#host.probeAll();
    }
    this.#recompute();
    this.writeViewIfDue();
  }

  /** It may join again after a pause, which grows. */
  #pause(link: BackendLink): void {
    const nowMs = this.#host.nowMs();
    if (nowMs - link.pausedUntilMs > SLOW_FORGIVEN_MS) link.slowStrikes = 0;
    link.slowStrikes += 1;
    const pauseMs = Math.min(SLOW_PAUSE_MS * 2 ** (link.slowStrikes - 1), SLOW_PAUSE_MS_MAX);
    link.pausedUntilMs = nowMs + pauseMs;
  }

  /** Puts out who has not voted for the entry where another has; false where there is nobody. */
  failOverdue(seq: Seq): boolean {
    const live = this.live();
    const slow = live.filter((link) => link.votedSeq < seq);
    if (slow.length === live.length) return false;
    for (const link of slow) {
      this.#host.log(`backend ${link.id}: its vote is overdue, it goes on without it`);
      this.failForSlowness(link);
    }
    return slow.length > 0;
  }

  /** Put out for slowness: it comes back after a pause that grows. */
  failForSlowness(link: BackendLink): void {
    this.#pause(link);
    this.fail(link);
  }

  /** Begins joins that can begin: of backends that have promised and that no view names. */
  startJoins(): void {
    this.#mendSources();
    const { view, pendingView } = this.#host.control;
    for (const link of this.#host.links.values()) {
      if (!link.promised || link.trouble !== 'none' || this.#joins.has(link.id)) continue;
      if (hasId(view, link.id)) continue;
      if (pendingView !== undefined && hasId(pendingView, link.id)) continue;
      if (this.#host.nowMs() < link.pausedUntilMs) continue;
      this.#startJoin(link);
    }
  }

  /** After votes and commits: advances joins, then writes the view that has become due. */
  advance(): void {
    for (const [id, join] of this.#joins) this.#advanceJoin(id, join);
    this.writeViewIfDue();
  }

  /** The view is durable. */
  onViewDurable(view: View): void {
    this.#forgetFormerFailures();
    for (const { id } of view.members) this.#joins.delete(id);
    this.#recompute();
    this.startJoins();
    this.writeViewIfDue();
  }

  /** A write was certainly not applied: the required set is that of the durable view again. */
  onViewNotWritten(): void {
    this.#forgetFormerFailures();
    this.#recompute();
  }

  writeViewIfDue(): void {
    const { control } = this.#host;
    if (!control.canWrite(this.#host.nowMs())) return;
    const members = this.#desired();
    if (sameMembers({ number: control.view.number, members }, control.view)) return;
    if (members.length === 0) return this.#host.onAllLost();
    if (this.#failed.size > 0 && !this.#answeredSinceFailure(members)) return;
    control.write({ view: nextView(control.view, members), commitFloor: this.#host.commitSeq() });
    this.#recompute();
  }

  /** Who is in no view any more has not failed: it may join. */
  #forgetFormerFailures(): void {
    const { view } = this.#host.control;
    for (const id of [...this.#failed]) if (!hasId(view, id)) this.#failed.delete(id);
  }

  #desired(): readonly Member[] {
    const { view } = this.#host.control;
    const members = view.members.filter(({ id }) => !this.#failed.has(id));
    for (const [id, { jointSeq, catchUp }] of this.#joins) {
      const { votedSeq, hello } = catchUp.joiner;
      if (jointSeq === undefined || votedSeq < jointSeq || hello === undefined) continue;
      members.push({ id, incarnation: hello.incarnation });
    }
    return members;
  }

  #answeredSinceFailure(members: readonly Member[]): boolean {
    return members.some(({ id }) => {
      const link = this.#host.links.get(id);
      return link !== undefined && link.confirmedProbe >= this.#failureProbe;
    });
  }

  #startJoin(link: BackendLink): void {
    const source = this.#source(link.id);
    if (source === undefined) return;
    const catchUp = new CatchUp(link, source, this.#host);
    this.#joins.set(link.id, {
      catchUp, jointSeq: undefined, lagLeast: Infinity, lagShrunkMs: this.#host.nowMs(),
    });
    this.#host.log(`backend ${link.id}: catching up from seq ${link.tail?.seq ?? 0}`);
    catchUp.start();
  }

  #advanceJoin(id: BackendId, join: Join): void {
    const { catchUp } = join;
    const { joiner } = catchUp;
    if (catchUp.phase === 'impossible' || catchUp.phase === 'diverged') {
      this.#joins.delete(id);
      this.#recompute();
      this.#pause(joiner);
      return this.#host.onHopeless(joiner, 'its history is not that of the others');
    }
    catchUp.advance();
    if (catchUp.phase !== 'streaming' || join.jointSeq !== undefined) return;
    const lag = this.#host.lastSeq() - joiner.votedSeq;
    if (lag < join.lagLeast) {
      join.lagLeast = lag;
      join.lagShrunkMs = this.#host.nowMs();
    }
    if (lag > CLOSE_ENTRIES || catchUp.nextSeq <= this.#host.lastSeq()) return;
    join.jointSeq = this.#host.commitSeq();
    catchUp.goLive();
    this.#recompute();
  }

  /** Who copied from one that failed while there was no other: there may be one by now. */
  #mendSources(): void {
    for (const [id, { catchUp }] of this.#joins) {
      if (this.#isSource(catchUp.source)) continue;
      const source = this.#source(id);
      if (source !== undefined) catchUp.changeSource(source);
    }
  }

  /** A member to copy from. */
  #source(not: BackendId): BackendLink | undefined {
    return this.#host.control.view.members
      .map(({ id }) => this.#host.links.get(id))
      .find((link) => link !== undefined && link.id !== not && this.#isSource(link));
  }

  #isSource({ id }: BackendLink): boolean {
    return hasId(this.#host.control.view, id) && !this.#failed.has(id);
  }

  #recompute(): void {
    const { view, pendingView } = this.#host.control;
    const ids = new Set(view.members.map(({ id }) => id));
    for (const { id } of pendingView?.members ?? []) ids.add(id);
    for (const [id, join] of this.#joins) if (join.jointSeq !== undefined) ids.add(id);
    this.#required = [...this.#host.links.values()].filter(({ id }) => ids.has(id));
  }
}
