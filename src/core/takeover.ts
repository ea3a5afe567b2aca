/**
 * How an epoch starts (replication.md, "A coordinator starts or takes over"): promises, the base,
 * reconciliation, and only then the view that serves.
 *
 * Keeps true: only tails answered with the promise count; the base is a member of the durable view
 * with at least the commit floor; the view that serves holds the base's tail on every member.
 */
import { assert } from './assert.ts';
import type { BackendLink, Tail } from './backend-link.ts';
import { CatchUp, type CatchUpHost } from './catch-up.ts';
import { judgeDigests } from './digests.ts';
import type { BackendId, Epoch, Seq } from './ids.ts';
import type { Fetched, Located, StateDigest, ToBackend, Truncated, Vote } from './message.ts';
import type { ControlRecord, Member } from './view.ts';

export interface TakeoverHost {
  readonly epoch: Epoch;
  readonly links: ReadonlyMap<BackendId, BackendLink>;
  readonly record: ControlRecord;
  readonly acceptDataLoss: boolean;
  /** How long to wait for the other members once one has answered; a laggard is left behind. */
  readonly graceMs: number;
  nowMs(): number;
  send(backend: BackendId, message: ToBackend): void;
  log(line: string): void;
  /** Members hold the base's tail: write the view, then serve. */
  onReconciled(base: Tail, members: readonly Member[]): void;
  /** The base is lost: start again under a new epoch. */
  onBaseLost(): void;
  /** No majority tells which state is right. */
  onUndecidable(detail: string): void;
}

const NOTHING_RECENT = (): undefined => undefined;

export class Takeover {
  readonly #host: TakeoverHost;
  #firstPromiseMs: number | undefined;
  #base: BackendLink | undefined;
  #baseTail: Tail | undefined;
  #reconcilingMs = 0;
  /** Members on their way to the base's tail. */
  readonly #catchUps = new Map<BackendId, CatchUp>();
  readonly #holders: BackendLink[] = [];
  #done = false;

  constructor(host: TakeoverHost) {
    this.#host = host;
  }

  onPromised(link: BackendLink): void {
    if (this.#done || this.#base !== undefined || !this.#mayCount(link)) return;
    this.#firstPromiseMs ??= this.#host.nowMs();
    this.#chooseBaseIfReady();
  }

  onTick(): void {
    if (this.#done) return;
    if (this.#base === undefined) return this.#chooseBaseIfReady();
    const waitedMs = this.#host.nowMs() - this.#reconcilingMs;
    for (const catchUp of this.#catchUps.values()) catchUp.advance();
    if (waitedMs <= 2 * this.#host.graceMs || this.#catchUps.size === 0) return;
    for (const id of this.#catchUps.keys()) this.#host.log(`backend ${id} is slow: it joins later`);
    this.#catchUps.clear();
    this.#finishIfReady();
  }

  onGone(link: BackendLink): void {
    if (this.#done) return;
    if (link === this.#base) {
      this.#done = true;
      return this.#host.onBaseLost();
    }
    this.#catchUps.delete(link.id);
    const at = this.#holders.indexOf(link);
    if (at >= 0) this.#holders.splice(at, 1);
    this.#finishIfReady();
  }

  onLocated(link: BackendLink, message: Located): void {
    for (const catchUp of this.#catchUps.values()) catchUp.onLocated(link.id, message);
    this.#review();
  }

  onTruncated(link: BackendLink, message: Truncated): void {
    this.#catchUps.get(link.id)?.onTruncated(message);
    this.#review();
  }

  onFetched(link: BackendLink, message: Fetched): void {
    for (const catchUp of this.#catchUps.values()) catchUp.onFetched(link.id, message);
  }

  onVote(link: BackendLink, vote: Vote): void {
    this.#catchUps.get(link.id)?.onVote(vote.seq, vote.digest);
    this.#review();
  }

  /** Whether its tail may be the base, or be brought to the base's. */
  #mayCount(link: BackendLink): boolean {
    const { record, acceptDataLoss } = this.#host;
    if (!link.promised || link.trouble !== 'none') return false;
    if (acceptDataLoss) return (link.tail?.seq ?? 0) > 0 || record.commitFloor === 0;
    if (!link.isMemberOf(record.view)) return false;
    if ((link.tail?.seq ?? 0) >= record.commitFloor) return true;
    link.trouble = 'lost-data';
    const held = link.tail?.seq ?? 0;
    link.troubleDetail = `it holds entries up to seq ${held}, but ${record.commitFloor}`
      + ' were decided';
    this.#host.log(`backend ${link.id} has lost data: ${link.troubleDetail}`);
    return false;
  }

  #chooseBaseIfReady(): void {
    if (this.#firstPromiseMs === undefined) return;
    const candidates = [...this.#host.links.values()].filter((link) => this.#mayCount(link));
    const [first] = candidates;
    if (first === undefined) return;
    const { record } = this.#host;
    const { view } = record;
    const all = view.members.every(({ id }) => candidates.some((link) => link.id === id));
    const waitedMs = this.#host.nowMs() - this.#firstPromiseMs;
    if (!all && (record.recovered || waitedMs < this.#host.graceMs)) return;
    this.#base = candidates.reduce((best, link) => (isAhead(link, best) ? link : best), first);
    this.#reconcile(this.#base, candidates);
  }

  #reconcile(base: BackendLink, candidates: readonly BackendLink[]): void {
    const baseTail = base.tail;
    assert(baseTail !== undefined, 'the base has promised');
    this.#baseTail = baseTail;
    this.#reconcilingMs = this.#host.nowMs();
    this.#holders.push(base);
    for (const link of candidates) {
      if (link === base) continue;
      const catchUp = new CatchUp(link, base, this.#catchUpHost(baseTail.seq));
      this.#catchUps.set(link.id, catchUp);
    }
    for (const catchUp of this.#catchUps.values()) catchUp.start();
    this.#review();
  }

  #catchUpHost(target: Seq): CatchUpHost {
    return {
      epoch: this.#host.epoch,
      comparesStates: false, // a majority judges them at the end
      send: (id, message) => this.#host.send(id, message),
      lastSeq: () => target,
      commitSeq: () => 0 as Seq,
      recent: NOTHING_RECENT,
    };
  }

  #review(): void {
    const target = this.#baseTail?.seq;
    if (target === undefined) return;
    for (const [id, { phase, joiner }] of this.#catchUps) {
      if (phase === 'impossible' || phase === 'diverged') {
        joiner.trouble = 'diverged';
        joiner.troubleDetail = 'its history is not that of the base';
        this.#host.log(`backend ${id} has diverged: ${joiner.troubleDetail}`);
        this.#catchUps.delete(id);
      } else if (phase === 'streaming' && joiner.votedSeq === target) {
        this.#catchUps.delete(id);
        this.#holders.push(joiner);
      }
    }
    this.#finishIfReady();
  }

  #finishIfReady(): void {
    if (this.#done || this.#baseTail === undefined || this.#catchUps.size > 0) return;
    this.#done = true;
    const digests = new Map<BackendId, StateDigest>();
    for (const link of this.#holders) digests.set(link.id, link.tailDigest ?? '');
    const verdict = judgeDigests(digests);
    if (verdict.kind === 'undecidable') return this.#host.onUndecidable(describe(digests));
    const odd = verdict.kind === 'odd' ? verdict.ids : [];
    const members: Member[] = [];
    for (const link of this.#holders) {
      if (odd.includes(link.id)) this.#setAside(link);
      else if (link.hello) members.push({ id: link.id, incarnation: link.hello.incarnation });
    }
    this.#host.onReconciled(this.#baseTail, members);
  }

  #setAside(link: BackendLink): void {
    link.trouble = 'diverged';
    link.troubleDetail = `its accounts differ from those of the majority at seq ${link.tail?.seq}`;
    this.#host.log(`backend ${link.id} has diverged: ${link.troubleDetail}`);
  }
}

/** The highest (entry epoch, seq) keeps the most work that is in doubt. */
function isAhead(one: BackendLink, other: BackendLink): boolean {
  assert(one.tail !== undefined && other.tail !== undefined, 'both have promised');
  if (one.tail.entryEpoch !== other.tail.entryEpoch) {
    return one.tail.entryEpoch > other.tail.entryEpoch;
  }
  return one.tail.seq > other.tail.seq;
}

function describe(digests: ReadonlyMap<BackendId, StateDigest>): string {
  const each = [...digests].map(([id, digest]) => `backend ${id}: ${digest}`).join(', ');
  const what = "the replicas' accounts differ at the same seq and no majority tells which is right";
  return `${what}: ${each}`;
}
