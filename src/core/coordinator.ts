/**
 * The coordinator of two-phase commit: takes what backends and clients say to the phase it is in.
 *
 * waiting (for a member of the durable view) → claiming (an epoch, in the control record) →
 * takeover → installing (the view that will serve) → serving; back to waiting when every member has
 * failed. It keeps no account data. See replication.md; `takeover.ts` and `serving.ts` are the two
 * halves.
 */
import { Admission, ROUND_BYTES_MAX } from './admission.ts';
import { answerBatch } from './answers.ts';
import type { BackendLink, Tail } from './backend-link.ts';
import { Backends } from './backends.ts';
import { Clients } from './clients.ts';
import { ControlKeeper } from './control-keeper.ts';
import type { CoordinatorOptions } from './coordinator-options.ts';
import type { ConnectionId, ControlOutcome, CoordinatorHost, Now } from './effect.ts';
import { FencedHost } from './fenced-host.ts';
import { Greeter } from './greeter.ts';
import { EPOCH_NONE, nextEpoch, SEQ_NONE, type BackendId, type Epoch } from './ids.ts';
import type { ClientHello, FromBackend, FromClient, Hello, PromiseRefused } from './message.ts';
import { Patience } from './patience.ts';
import { Serving } from './serving.ts';
import { reportStatus, waitingSentence, type StatusReportBody } from './status-report.ts';
import { Takeover } from './takeover.ts';
import { nextView, type ControlRecord, type Member } from './view.ts';

type Phase = 'waiting' | 'claiming' | 'takeover' | 'installing' | 'serving';

/** What arrives for each batch and round of reads. */
const ROUTINE = new Set(['vote', 'results', 'read-results', 'pong', 'fetched']);
/** How long an operator's `--accept-data-loss` still waits for a member. */
const DATA_LOSS_PATIENCE_MS = 2_000;
const COMMIT_FLOOR_MS = 1_000;

export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #host: CoordinatorHost;
  readonly #control: ControlKeeper;
  readonly #greeter: Greeter;
  readonly #clients: Clients;
  readonly #admission: Admission;
  readonly #backends: Backends;
  #phase: Phase = 'waiting';
  #takeover: Takeover | undefined;
  #serving: Serving | undefined;
  /** What the takeover found, while the view is being written. */
  #base: Tail | undefined;
  #now: Now;
  readonly #startedMs: number;
  readonly #patience: Patience;
  #lostEverything = false;
  #floorWrittenMs = 0;
  /** Data loss, where the operator accepts it, is accepted once. */
  #hasServed = false;
  #stopping = false;
  #stopped = false;

  constructor(options: CoordinatorOptions, host: CoordinatorHost, now: Now) {
    this.#options = options;
    this.#host = new FencedHost(host);
    this.#now = now;
    this.#startedMs = now.ms;
    this.#patience = new Patience(options.readTimeoutMs, now.ms);
    this.#control = new ControlKeeper(this.#host, options.owner, options.record);
    this.#greeter = new Greeter(
      { ...options, nowMs: () => this.#now.ms, probeAll: () => this.#backends.probeAll() },
      this.#host,
      this.#control,
    );
    this.#admission = new Admission(() => this.#now.ms, options.queueBounds);
    this.#clients = new Clients(this.#host, this.#admission, options.keysMax);
    this.#backends = new Backends({
      host: this.#host,
      control: this.#control,
      greeter: this.#greeter,
      owner: options.owner,
      readTimeoutMs: options.readTimeoutMs,
      nowMs: () => this.#now.ms,
      commitSeq: () => this.#serving?.head.seq ?? SEQ_NONE,
      onLost: (link) => this.#failLink(link),
      onOwnPause: () => this.#patience.onOwnPause(this.#now.ms),
    });
  }

  /** A clean stop is complete: nothing is in flight and the commit floor is written. */
  get stopped(): boolean {
    return this.#stopped;
  }

  connectionOf(backend: BackendId): ConnectionId | undefined {
    return this.#greeter.link(backend)?.connection;
  }

  /** A backend has introduced itself over a new connection. */
  onBackendHello(connection: ConnectionId, hello: Hello, peer: string, now: Now): void {
    this.#now = now;
    this.#backends.greet(this.#greeter.onHello(connection, hello, peer));
    this.#finishInput();
  }

  onBackendMessage(connection: ConnectionId, message: FromBackend, now: Now): void {
    this.#now = now;
    const link = this.#greeter.linkOf(connection);
    if (link === undefined) return; // of an old connection, or not accepted yet
    this.#backends.heard(link);
    this.#dispatch(link, message);
    // What the others change by the way can wait for the next tick.
    if (!ROUTINE.has(message.type) || this.#lostEverything) this.#finishInput();
  }

  onClientHello(connection: ConnectionId, hello: ClientHello, now: Now): void {
    this.#now = now;
    this.#clients.onHello(connection, hello, this.#control.recordIfAny);
  }

  onClientMessage(connection: ConnectionId, message: FromClient, now: Now): void {
    this.#now = now;
    if (message.type === 'ask-status') return this.#clients.sendStatus(connection, this.status());
    const isReady = this.#phase === 'serving' || !this.#patience.isOver(now.ms);
    const why = isReady && !this.#stopping ? undefined : this.#unavailable();
    this.#clients.onMessage(connection, message, why);
  }

  /** A connection, of either kind, is gone. */
  onGone(connection: ConnectionId, now: Now): void {
    this.#now = now;
    if (this.#clients.onGone(connection)) return;
    const link = this.#greeter.onGone(connection);
    if (link !== undefined) this.#backends.onClosed(link);
    this.#finishInput();
  }

  /** Some hundred times a second. */
  onTick(now: Now): void {
    this.#now = now;
    this.#control.onTick(now.ms);
    this.#backends.onTick();
    this.#takeover?.onTick();
    this.#serving?.onTick();
    this.#raiseCommitFloor();
    if (this.#mayOrder) this.#clients.orderExpiryIfDue(this.#backends.nextExpiry(), now);
    if (this.#mayOrder) this.#clients.orderRememberIfDue(this.#backends.keysMax(), now);
    if (this.#phase !== 'serving' && this.#patience.isOver(now.ms)) this.#goWithoutService();
    this.#finishInput();
    this.#finishStop();
  }

  /** The end of a turn of the event loop: what has been queued becomes batches. */
  flush(now: Now): void {
    this.#now = now;
    if (this.#mayOrder) this.#clients.orderLeaseIfDue();
    this.#serving?.pump();
  }

  onControlWritten(outcome: ControlOutcome, now: Now): void {
    this.#now = now;
    const viewBefore = this.#control.recordIfAny?.view.number;
    const record = this.#control.onWritten(outcome, now.ms);
    if (record !== undefined) this.#onRecordDurable(record, viewBefore);
    else if (this.#control.pendingView !== undefined) return; // not known yet
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
    const record = this.#control.recordIfAny;
    return reportStatus({
      record,
      links: this.#greeter.linksInOrder(),
      count: this.#greeter.count,
      newest: this.#serving?.lastSeq ?? SEQ_NONE,
      head: this.#serving?.head,
      serving: this.#phase === 'serving',
      chaos: this.#options.chaos,
      frontend: this.#options.frontend,
    });
  }

  get #epoch(): Epoch {
    return this.#control.recordIfAny?.epoch ?? EPOCH_NONE;
  }

  #dispatch(link: BackendLink, message: FromBackend): void {
    if (message.type === 'pong') this.#greeter.onPong(link, message.probe);
    if (message.type === 'corrupted') return this.#onCorrupted(link, message.detail);
    if (message.type === 'promise-refused') return this.#onPromiseRefused(link, message);
    if (!('epoch' in message) || message.epoch !== this.#epoch) return;
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

  #onPromiseRefused(link: BackendLink, { promisedEpoch: promised }: PromiseRefused): void {
    if (promised <= this.#epoch && this.#control.record.epoch !== promised) return;
    this.#host.stop(
      'rolled-back',
      `backend ${link.id} has promised epoch ${promised} to another frontend, but this frontend's`
      + ` control record says ${this.#epoch}: the record was lost or rolled back`,
    );
  }

  #failLink(link: BackendLink): void {
    this.#serving?.onBackendFailed(link);
    this.#takeover?.onGone(link);
  }

  #finishInput(): void {
    if (this.#lostEverything) this.#restart('every in-sync backend has failed');
    this.#greeter.bootstrapIfReady(this.#phase === 'waiting');
    this.#claimIfReady();
    if (this.#phase !== 'waiting' && this.#phase !== 'claiming') this.#backends.askPromises();
    if (this.#phase === 'serving') this.#backends.resetTroubled();
    this.#backends.showStatus();
  }

  /** The epoch has ended: what was prepared is in doubt, what was not is refused. */
  #restart(why: string): void {
    this.#lostEverything = false;
    this.#host.log(`no service: ${why}`);
    const ended = this.#serving?.end();
    this.#serving = undefined;
    this.#takeover = undefined;
    this.#phase = 'waiting';
    this.#clients.onEpochEnded();
    this.#admission.forgetOpenReads();
    this.#backends.forgetPromises();
    if (ended === undefined) return;
    this.#clients.refuse(ended.reads, this.#unavailable());
    this.#patience.onAllLost(this.#now.ms);
    if (this.#patience.isOver(this.#now.ms)) this.#refuseWaiting();
    const open = ended.inDoubt.filter((item) => this.#clients.isOpen(item.connection));
    this.#admission.readmit(open.map((item) => ({ ...item, inDoubt: true })));
  }

  #goWithoutService(): void {
    this.#refuseWaiting();
    if (this.#phase === 'waiting') this.#greeter.showWait(this.#unavailable());
  }

  #refuseWaiting(): void {
    this.#clients.refuseWaiting(this.#unavailable());
  }

  #unavailable(): string {
    if (this.#stopping) return 'the bank is stopping';
    if (!this.#control.exists) return this.#greeter.bootstrapNeeds();
    return waitingSentence(this.#control.view, this.#greeter.linksInOrder());
  }

  #claimIfReady(): void {
    if (this.#phase !== 'waiting' || !this.#control.exists || this.#stopping) return;
    if (!this.#control.canWrite(this.#now.ms)) return;
    if (!this.#backends.memberIsHere() && !this.#mayLoseData()) return;
    this.#phase = 'claiming';
    this.#patience.onTakeover(this.#now.ms);
    this.#control.write({ epoch: nextEpoch(this.#control.record.epoch) });
  }

  /** The operator has said so, no member has come for a while, but some old replica has. */
  #mayLoseData(): boolean {
    if (!this.#options.acceptDataLoss || this.#hasServed) return false;
    if (this.#now.ms - this.#startedMs < DATA_LOSS_PATIENCE_MS) return false;
    return this.#backends.anyIntact();
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
    const acceptDataLoss = !this.#backends.memberIsHere() && this.#mayLoseData();
    if (acceptDataLoss) this.#host.log('accepting the loss of data, as told by --accept-data-loss');
    this.#host.log(`epoch ${record.epoch}: asking the backends of view ${record.view.number}`);
    this.#takeover = new Takeover({
      epoch: record.epoch,
      links: this.#greeter.links,
      record,
      acceptDataLoss,
      graceMs: this.#options.readTimeoutMs / 4,
      nowMs: () => this.#now.ms,
      send: (id, message) => this.#backends.send(id, message),
      log: (line) => this.#host.log(line),
      onReconciled: (base, members) => this.#install(base, members),
      onBaseLost: () => (this.#lostEverything = true),
      onUndecidable: (detail) => this.#host.stop('diverged', detail),
    });
  }

  #install(base: Tail, members: readonly Member[]): void {
    this.#base = base;
    this.#phase = 'installing';
    const view = nextView(this.#control.view, members);
    this.#control.write({ view, commitFloor: base.seq, recovered: false });
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
      roundBytesMax: this.#options.roundBytesMax ?? ROUND_BYTES_MAX,
      readTimeoutMs: this.#options.readTimeoutMs,
      trace: this.#host.trace,
      now: () => this.#now,
      send: (id, message) => this.#backends.send(id, message),
      nextProbe: () => this.#backends.nextProbe(),
      probeAll: () => this.#backends.probeAll(),
      log: (line) => this.#host.log(line),
      wake: (delayMs) => this.#host.wake(delayMs),
      onAnswered: (batch, results) =>
        answerBatch(batch, results, (item, message) => this.#clients.answer(item, message)),
      onReadsAnswered: (items, results, seq) => this.#clients.answerReads(items, results, seq),
      refuse: (items, detail) => this.#clients.refuse(items, detail),
      onAllLost: () => (this.#lostEverything = true),
      onHopeless: (link, detail) => this.#backends.giveUp(link, detail),
      onUndecidable: (detail) => this.#host.stop('diverged', detail),
    }, base);
    this.#backends.repromiseLeftovers(record.view);
    const absent = this.#backends.absentFrom(record.view, base);
    for (const link of absent) this.#serving.onBackendFailed(link);
    this.#serving.onViewDurable(record.view);
    this.#host.log(`serving: epoch ${record.epoch}, view ${record.view.number}, seq ${base.seq}`);
    if (this.#mayOrder) this.#clients.orderLeaseIfDue();
    this.#serving.pump();
  }

  /** Whether it orders something itself. */
  get #mayOrder(): boolean {
    return this.#phase === 'serving' && !this.#stopping;
  }

  #raiseCommitFloor(): void {
    if (this.#serving === undefined || !this.#control.canWrite(this.#now.ms)) return;
    if (this.#now.ms - this.#floorWrittenMs < COMMIT_FLOOR_MS && !this.#stopping) return;
    if (this.#serving.head.seq <= this.#control.record.commitFloor) return;
    this.#floorWrittenMs = this.#now.ms;
    this.#control.write({ commitFloor: this.#serving.head.seq });
  }

  #finishStop(): void {
    if (!this.#stopping || this.#stopped) return;
    if (this.#serving !== undefined && !this.#serving.isIdle) return;
    this.#raiseCommitFloor();
    this.#stopped = this.#control.canWrite(this.#now.ms);
  }
}
