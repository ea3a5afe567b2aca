/**
 * The coordinator of two-phase commit: takes what backends and clients say to the phase it is in.
 *
 * waiting (for a member of the durable view) → claiming (an epoch, in the control record) → takeover →
 * installing (the view that will serve) → serving; back to waiting when every member has failed.
 * It keeps no account data. See replication.md; `takeover.ts` and `serving.ts` are the two halves.
 */
import { Admission } from './admission.ts';
import { answerBatch } from './answers.ts';
import type { BackendLink, Tail } from './backend-link.ts';
import { Clients } from './clients.ts';
import { ControlKeeper } from './control-keeper.ts';
import type { ConnectionId, ControlOutcome, CoordinatorHost, Now } from './effect.ts';
import { FencedHost } from './fenced-host.ts';
import { Greeter } from './greeter.ts';
import { EPOCH_NONE, nextEpoch, SEQ_NONE, type ClusterId, type Epoch, type OwnerId } from './ids.ts';
import type { ClientHello, FromBackend, FromClient, Hello, ToBackend } from './message.ts';
import { Serving } from './serving.ts';
import { StatusArray } from './status-array.ts';
import {
  missingMembers, reportBackend, statusOf, type FrontendStatus, type StatusReportBody,
} from './status-report.ts';
import { Takeover } from './takeover.ts';
import { hasId, nextView, type ControlRecord, type Member } from './view.ts';

export interface CoordinatorOptions {
  readonly owner: OwnerId;
  /** The cluster's id, should this bank be bootstrapped now. */
  readonly newCluster: ClusterId;
  /** What the control store holds; undefined: nothing. */
  readonly record: ControlRecord | undefined;
  readonly readTimeoutMs: number;
  readonly minInSync: number;
  readonly recover: boolean;
  readonly acceptDataLoss: boolean;
  readonly chaos: boolean;
  readonly frontend: FrontendStatus;
}

type Phase = 'waiting' | 'claiming' | 'takeover' | 'installing' | 'serving';

/** What arrives for each batch and round of reads. */
const ROUTINE: ReadonlySet<FromBackend['type']> = new Set([
  'vote', 'results', 'read-results', 'pong', 'fetched',
]);
/** How long an operator's `--accept-data-loss` still waits for a member. */
const DATA_LOSS_PATIENCE_MS = 2_000;
const COMMIT_FLOOR_MS = 1_000;

export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #host: CoordinatorHost;
  readonly #control: ControlKeeper;
  readonly #greeter: Greeter;
  readonly #clients: Clients;
  readonly #admission = new Admission();
  readonly #statusArray: StatusArray;
  #phase: Phase = 'waiting';
  #takeover: Takeover | undefined;
  #serving: Serving | undefined;
  /** What the takeover found, while the view is being written. */
  #base: Tail | undefined;
  #now: Now;
  readonly #startedMs: number;
  /** Until then requests wait for service instead of being refused. */
  #holdUntilMs: number;
  #probe = 0;
  #lostEverything = false;
  #floorWrittenMs = 0;
  #shownStatus = '';
  /** Data loss, where the operator accepts it, is accepted once. */
  #hasServed = false;
  #stopping = false;
  #stopped = false;

  constructor(options: CoordinatorOptions, host: CoordinatorHost, now: Now) {
    this.#options = options;
    this.#host = new FencedHost(host);
    this.#now = now;
    this.#startedMs = now.ms;
    this.#holdUntilMs = now.ms + this.#patienceMs;
    this.#statusArray = new StatusArray(options.readTimeoutMs, now.ms);
    this.#control = new ControlKeeper(this.#host, options.owner, options.record);
    this.#greeter = new Greeter(
      { ...options, nowMs: () => this.#now.ms, probeAll: () => this.#probeAll() },
      this.#host,
      this.#control,
    );
    this.#clients = new Clients(this.#host, this.#admission);
  }

  /** A clean stop is complete: nothing is in flight and the commit floor is written. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** A backend has introduced itself over a new connection. */
  onBackendHello(connection: ConnectionId, hello: Hello, peer: string, now: Now): void {
    this.#now = now;
    this.#greet(this.#greeter.onHello(connection, hello, peer));
    this.#finishInput();
  }

  onBackendMessage(connection: ConnectionId, message: FromBackend, now: Now): void {
    this.#now = now;
    const link = this.#greeter.linkOf(connection);
    if (link === undefined) return; // of an old connection, or not accepted yet
    this.#statusArray.heard(link.id, now.ms);
    this.#dispatch(link, message);
    // What the others change by the way can wait for the next tick.
    if (!ROUTINE.has(message.type) || this.#lostEverything) this.#finishInput();
  }

  onClientHello(connection: ConnectionId, hello: ClientHello, now: Now): void {
    this.#now = now;
    const record = this.#control.exists ? this.#control.record : undefined;
    this.#clients.onHello(connection, hello, record);
  }

  onClientMessage(connection: ConnectionId, message: FromClient, now: Now): void {
    this.#now = now;
    if (message.type === 'ask-status') return this.#clients.sendStatus(connection, this.status());
    const mayTake = !this.#stopping && (this.#phase === 'serving' || now.ms < this.#holdUntilMs);
    this.#clients.onMessage(connection, message, mayTake ? undefined : this.#unavailable());
  }

  /** A connection, of either kind, is gone. */
  onGone(connection: ConnectionId, now: Now): void {
    this.#now = now;
    if (this.#clients.onGone(connection)) return;
    const link = this.#greeter.onGone(connection);
    if (link !== undefined) {
      this.#onLinkLost(link, 'the connection is closed');
      this.#greet(this.#greeter.takeContender(link.id));
    }
    this.#finishInput();
  }

  /** Some hundred times a second. */
  onTick(now: Now): void {
    this.#now = now;
    for (const id of this.#statusArray.onTick(now.ms)) this.#onSilent(this.#greeter.link(id));
    if (this.#statusArray.takeHeartbeat(now.ms)) this.#probeAll();
    for (const link of this.#greeter.overdueContests()) {
      this.#onSilent(link);
      this.#greet(this.#greeter.takeContender(link.id));
    }
    this.#takeover?.onTick();
    this.#serving?.onTick();
    this.#raiseCommitFloor();
    if (this.#phase !== 'serving' && now.ms >= this.#holdUntilMs) this.#refuseWaiting();
    this.#finishInput();
    this.#finishStop();
  }

  /** The end of a turn of the event loop: what has been queued becomes batches. */
  flush(now: Now): void {
    this.#now = now;
    this.#orderLease();
    this.#serving?.pump();
  }

  onControlWritten(outcome: ControlOutcome, now: Now): void {
    this.#now = now;
    const viewBefore = this.#control.exists ? this.#control.view.number : undefined;
    const record = this.#control.onWritten(outcome, now.ms);
    if (record !== undefined) this.#onRecordDurable(record, viewBefore);
    else if (this.#phase === 'claiming') this.#phase = 'waiting';
    else if (this.#phase === 'installing') this.#restart('the view could not be written');
    else this.#serving?.membership.onViewNotWritten();
    this.#finishInput();
  }

  /** Takes nothing more, finishes what is in flight, writes the commit floor; see `stopped`. */
  prepareStop(now: Now): void {
    this.#now = now;
    this.#stopping = true;
    this.#refuseWaiting();
    this.#finishStop();
  }

  status(): StatusReportBody {
    const record = this.#control.exists ? this.#control.record : undefined;
    const links = this.#greeter.linksInOrder();
    const newest = this.#serving?.lastSeq ?? SEQ_NONE;
    const status = links.map((link) => this.#statusOf(link));
    const serving = this.#phase === 'serving';
    return {
      cluster: record?.cluster ?? '',
      epoch: record?.epoch ?? EPOCH_NONE,
      view: record?.view.number ?? (0 as ControlRecord['view']['number']),
      commitSeq: this.#serving?.commitSeq ?? record?.commitFloor ?? SEQ_NONE,
      serving,
      status,
      copies: status.filter((bit) => bit === 1).length,
      waitingFor: serving ? [] : missingMembers(record, links, this.#greeter.count),
      chaos: this.#options.chaos,
      frontend: this.#options.frontend,
      backends: links.map((link) => reportBackend(link, record, newest)),
    };
  }

  get #patienceMs(): number {
    return this.#options.readTimeoutMs + 250;
  }

  get #epoch(): Epoch {
    return this.#control.exists ? this.#control.record.epoch : EPOCH_NONE;
  }

  #statusOf(link: BackendLink): 0 | 1 {
    return statusOf(link, this.#control.exists ? this.#control.record : undefined);
  }

  #greet(link: BackendLink | undefined): void {
    if (link === undefined) return;
    this.#statusArray.heard(link.id, this.#now.ms);
    this.#host.log(`backend ${link.id}: connected from ${link.peer} (${link.hello?.condition})`);
  }

  #dispatch(link: BackendLink, message: FromBackend): void {
    if (message.type === 'pong') this.#greeter.onPong(link, message.probe);
    if (message.type === 'corrupted') return this.#onCorrupted(link, message.detail);
    if (message.type === 'promise-refused') return this.#onPromiseRefused(link, message.promisedEpoch);
    if (message.type === 'hello' || message.epoch !== this.#epoch) return;
    if (message.type === 'promised') {
      if (!link.promiseAsked) return;
      link.onPromised(message);
      this.#takeover?.onPromised(link);
      this.#serving?.onPromised();
      return;
    }
    if (!link.promised) return; // said before the promise that was asked for
    const phase = this.#serving ?? this.#takeover;
    switch (message.type) {
      case 'vote':
        link.onVote(message);
        return phase?.onVote(link, message);
      case 'pong':
        link.onPong(message);
        return this.#serving?.onPong(link);
      case 'results': return this.#serving?.onResults(link, message);
      case 'read-results': return this.#serving?.onReadResults(link, message);
      case 'located': return phase?.onLocated(link, message);
      case 'truncated': return phase?.onTruncated(link, message);
      case 'fetched': return phase?.onFetched(link, message);
    }
  }

  #onCorrupted(link: BackendLink, detail: string): void {
    link.trouble = 'corrupt';
    link.troubleDetail = detail;
    this.#host.log(`backend ${link.id} is corrupt: ${detail}`);
    this.#failLink(link);
  }

  #onPromiseRefused(link: BackendLink, promised: Epoch): void {
    if (promised <= this.#epoch && this.#control.record.epoch !== promised) return;
    this.#host.stop(
      'rolled-back',
      `backend ${link.id} has promised epoch ${promised} to another frontend, but this frontend's`
      + ` control record says ${this.#epoch}: the record was lost or rolled back`,
    );
  }

  #onSilent(link: BackendLink | undefined): void {
    if (link?.connection === undefined) return;
    this.#host.close(link.connection);
    this.#greeter.onGone(link.connection);
    this.#onLinkLost(link, `silent for ${this.#options.readTimeoutMs} ms`);
  }

  #onLinkLost(link: BackendLink, why: string): void {
    this.#statusArray.gone(link.id);
    this.#host.log(`backend ${link.id}: down: ${why}`);
    link.forget();
    this.#failLink(link);
  }

  #failLink(link: BackendLink): void {
    this.#serving?.onBackendFailed(link);
    this.#takeover?.onGone(link);
  }

  #finishInput(): void {
    if (this.#lostEverything) this.#restart('every in-sync backend has failed');
    this.#greeter.bootstrapIfReady(this.#phase === 'waiting');
    this.#claimIfReady();
    this.#askPromises();
    this.#resetTroubled();
    this.#showStatus();
  }

  /** The epoch has ended: what was prepared is in doubt, what was not is refused. */
  #restart(why: string): void {
    this.#lostEverything = false;
    this.#host.log(`no service: ${why}`);
    const ended = this.#serving?.end();
    this.#serving = undefined;
    this.#takeover = undefined;
    this.#phase = 'waiting';
    this.#clients.sessions.onEpochEnded();
    this.#admission.forgetOpenReads();
    for (const link of this.#greeter.links.values()) {
      link.forgetPromise();
      link.promiseAsked = false;
    }
    if (ended === undefined) return;
    this.#clients.refuse(ended.reads, this.#unavailable());
    this.#holdUntilMs = this.#now.ms;
    this.#refuseWaiting();
    const open = ended.inDoubt.filter((item) => this.#clients.isOpen(item.connection));
    this.#admission.readmit(open.map((item) => ({ ...item, inDoubt: true })));
  }

  #refuseWaiting(): void {
    this.#clients.refuseWaiting(this.#unavailable());
  }

  #unavailable(): string {
    if (this.#stopping) return 'the bank is stopping';
    if (!this.#control.exists) return this.#greeter.bootstrapNeeds();
    const { view } = this.#control;
    const ids = view.members.map(({ id }) => id).join(', ');
    const which = view.members.length === 1 ? `backend ${ids}, which alone` : `one of backends ${ids}, which`;
    return `no in-sync backend is up; waiting for ${which} ${
      view.members.length === 1 ? 'has' : 'have'} every acknowledged transaction`;
  }

  #claimIfReady(): void {
    if (this.#phase !== 'waiting' || !this.#control.exists || this.#stopping) return;
    if (!this.#control.canWrite(this.#now.ms)) return;
    if (!this.#memberIsHere() && !this.#mayLoseData()) return;
    this.#phase = 'claiming';
    this.#holdUntilMs = Math.max(this.#holdUntilMs, this.#now.ms + this.#patienceMs);
    this.#control.write({ epoch: nextEpoch(this.#control.record.epoch) });
  }

  #memberIsHere(): boolean {
    const { view } = this.#control;
    for (const link of this.#greeter.links.values()) {
      if (link.connection !== undefined && link.trouble === 'none' && link.isMemberOf(view)) return true;
    }
    return false;
  }

  /** The operator has said so, no member has come for a while, but some old replica has. */
  #mayLoseData(): boolean {
    if (!this.#options.acceptDataLoss || this.#hasServed) return false;
    if (this.#now.ms - this.#startedMs < DATA_LOSS_PATIENCE_MS) return false;
    return [...this.#greeter.links.values()].some(
      (link) => link.connection !== undefined && link.hello?.condition === 'intact',
    );
  }

  #onRecordDurable(record: ControlRecord, viewBefore: number | undefined): void {
    switch (this.#phase) {
      case 'waiting': return; // bootstrapped
      case 'claiming': return this.#beginTakeover(record);
      case 'installing': return this.#beginServing(record);
      case 'serving':
        if (record.view.number !== viewBefore) this.#serving?.onViewDurable(record.view);
        else this.#serving?.membership.writeViewIfDue();
        return;
      case 'takeover': return;
    }
  }

  #beginTakeover(record: ControlRecord): void {
    this.#phase = 'takeover';
    const acceptDataLoss = !this.#memberIsHere() && this.#mayLoseData();
    if (acceptDataLoss) this.#host.log('accepting the loss of data, as told by --accept-data-loss');
    this.#host.log(`epoch ${record.epoch}: asking the backends of view ${record.view.number}`);
    this.#takeover = new Takeover({
      epoch: record.epoch,
      links: this.#greeter.links,
      record,
      acceptDataLoss,
      graceMs: this.#options.readTimeoutMs / 4,
      nowMs: () => this.#now.ms,
      send: (id, message) => this.#send(id, message),
      log: (line) => this.#host.log(line),
      onReconciled: (base, members) => this.#install(base, members),
      onBaseLost: () => (this.#lostEverything = true),
      onUndecidable: (detail) => this.#host.stop('diverged', detail),
    });
  }

  #install(base: Tail, members: readonly Member[]): void {
    this.#base = base;
    this.#phase = 'installing';
    const { view } = this.#control;
    this.#control.write({ view: nextView(view, members), commitFloor: base.seq });
  }

  #beginServing(record: ControlRecord): void {
    const base = this.#base;
    if (base === undefined) return;
    this.#takeover = undefined;
    this.#phase = 'serving';
    this.#hasServed = true;
    this.#serving = new Serving({
      epoch: record.epoch,
      control: this.#control,
      links: this.#greeter.links,
      admission: this.#admission,
      minInSync: this.#options.minInSync,
      readTimeoutMs: this.#options.readTimeoutMs,
      trace: this.#host.trace,
      now: () => this.#now,
      send: (id, message) => this.#send(id, message),
      nextProbe: () => (this.#probe += 1),
      probeAll: () => this.#probeAll(),
      log: (line) => this.#host.log(line),
      onAnswered: (batch, results) =>
        answerBatch(batch, results, (item, message) => this.#clients.answer(item, message)),
      onReadsAnswered: (items, results, seq) => this.#clients.answerReads(items, results, seq),
      refuse: (items, detail) => this.#clients.refuse(items, detail),
      onAllLost: () => (this.#lostEverything = true),
      onHopeless: (link, detail) => this.#onHopeless(link, detail),
      onUndecidable: (detail) => this.#host.stop('diverged', detail),
    }, base);
    this.#repromiseLeftovers(record);
    this.#failAbsentMembers(record, base);
    this.#serving.onViewDurable(record.view);
    this.#host.log(`serving: epoch ${record.epoch}, view ${record.view.number}, seq ${base.seq}`);
    this.#orderLease();
    this.#serving.pump();
  }

  /** What was streamed to those left behind is unknown: they promise anew and tell their tail. */
  #repromiseLeftovers(record: ControlRecord): void {
    for (const link of this.#greeter.links.values()) {
      if (!hasId(record.view, link.id)) link.forgetPromise();
    }
  }

  /** While the view was written a member may have gone, and come back: even as a stranger. */
  #failAbsentMembers({ view }: ControlRecord, base: Tail): void {
    for (const { id } of view.members) {
      const link = this.#greeter.link(id);
      if (link === undefined) continue;
      const holds = link.isMemberOf(view) && link.tail !== undefined && link.votedSeq === base.seq;
      if (!holds) this.#serving?.onBackendFailed(link);
    }
  }

  #onHopeless(link: BackendLink, detail: string): void {
    link.trouble = 'diverged';
    link.troubleDetail = detail;
    link.forgetPromise();
    this.#host.log(`backend ${link.id} can't be caught up: ${detail}`);
  }

  /** Asks those who are greeted and whose promise of this epoch is not there. */
  #askPromises(): void {
    if (this.#phase === 'waiting' || this.#phase === 'claiming') return;
    const { cluster, epoch } = this.#control.record;
    for (const link of this.#greeter.links.values()) {
      if (link.connection === undefined || link.promised || link.promiseAsked) continue;
      if (link.trouble !== 'none' || this.#now.ms < link.pausedUntilMs) continue;
      link.promiseAsked = true;
      this.#send(link.id, { type: 'promise', cluster, epoch, owner: this.#options.owner });
    }
  }

  /** Others hold everything: who diverged, lost data or is corrupt comes back as empty. */
  #resetTroubled(): void {
    if (this.#phase !== 'serving') return;
    const { view } = this.#control;
    const pending = this.#control.pendingView;
    for (const link of this.#greeter.links.values()) {
      if (link.trouble === 'none' || link.connection === undefined || link.resetSent) continue;
      if (link.isMemberOf(view) || (pending !== undefined && link.isMemberOf(pending))) continue;
      link.resetSent = true;
      this.#host.log(`backend ${link.id}: told to come back as empty: ${link.troubleDetail}`);
      this.#send(link.id, { type: 'reset', epoch: this.#epoch, detail: link.troubleDetail });
    }
  }

  #orderLease(): void {
    if (this.#phase === 'serving' && !this.#stopping) this.#clients.orderLeaseIfDue();
  }

  #raiseCommitFloor(): void {
    if (this.#serving === undefined || !this.#control.canWrite(this.#now.ms)) return;
    if (this.#now.ms - this.#floorWrittenMs < COMMIT_FLOOR_MS && !this.#stopping) return;
    if (this.#serving.commitSeq <= this.#control.record.commitFloor) return;
    this.#floorWrittenMs = this.#now.ms;
    this.#control.write({ commitFloor: this.#serving.commitSeq });
  }

  #finishStop(): void {
    if (!this.#stopping || this.#stopped) return;
    if (this.#serving !== undefined && !this.#serving.isIdle) return;
    this.#raiseCommitFloor();
    this.#stopped = this.#control.canWrite(this.#now.ms);
  }

  #probeAll(): number {
    this.#probe += 1;
    const commitSeq = this.#serving?.commitSeq ?? SEQ_NONE;
    for (const link of this.#greeter.links.values()) {
      this.#send(link.id, { type: 'ping', epoch: this.#epoch, probe: this.#probe, commitSeq });
    }
    return this.#probe;
  }

  #send(id: BackendLink['id'], message: ToBackend): void {
    const connection = this.#greeter.link(id)?.connection;
    if (connection !== undefined) this.#host.send(connection, message);
  }

  #showStatus(): void {
    const status = this.#greeter.linksInOrder().map((link) => this.#statusOf(link)).join(',');
    if (status === this.#shownStatus) return;
    this.#shownStatus = status;
    this.#host.log(`status ${status}`);
  }
}
