/**
 * A whole bank in one deterministic event queue: the real core, and the real
 * host of the backends, over made-up time, network and disks.
 *
 * A seed gives one run. What may go wrong is in `faults.ts`; the invariants stand outside the core,
 * in `invariants.ts` (continuous) and `judgement.ts` (what clients saw).
 */
import type { ControlOutcome } from '../core/effect.ts';
import type { BackendId } from '../core/ids.ts';
import type { Message } from '../core/message.ts';
import type { ControlRecord } from '../core/view.ts';
import type { Random } from '../core/random.ts';
import type { Sizes } from '../host/sizes.ts';
import { swap } from './disk-faults.ts';
import type { KnownEntries } from './durable-journal.ts';
import { SimBackend } from './sim-backend.ts';
import { Invariants } from './invariants.ts';
import { SimFrontend, type FrontendChoices, type SimClientEnd } from './sim-frontend.ts';
import { Delays, EventQueue } from './event-queue.ts';
import { drawSizes, SMALL_SIZES } from './sim-sizes.ts';
import { TraceHash } from './trace-hash.ts';

/**
 * The control record's durable place: compare-and-swap on the version, at times slow or refused.
 */
export class ControlStore {
  record: ControlRecord | undefined;
  slowMs = 0;
  failNext = 0;
  /** Writes that may still be applied. */
  readonly pending = new Set<ControlRecord>();
  /** Told of every write that is under way. */
  onWriting: (() => void) | undefined;
  readonly #cluster: SimCluster;

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
  }

  write(record: ControlRecord, by: SimFrontend, done: (outcome: ControlOutcome) => void): void {
    const { queue, delays, random } = this.#cluster;
    const view = record.view.members.map(({ id }) => id).join(',');
    this.#cluster.note(
      `frontend writes control: epoch ${record.epoch} view ${record.view.number}` +
        ` (${view}) floor ${record.commitFloor}`,
    );
    this.pending.add(record);
    queue.after(delays.upTo(4) + delays.upTo(this.slowMs), () => {
      this.pending.delete(record);
      // The process may have died while the write was on its way: it may have been applied.
      if (!by.alive && random.chance(0.5)) return;
      if (this.failNext > 0) {
        this.failNext -= 1;
        return done('failed');
      }
      const fits = record.version === (this.record?.version ?? 0) + 1;
      if (fits) {
        const before = this.record;
        this.record = record;
        this.#cluster.invariants.onViewDurable(record, before);
      }
      queue.after(delays.upTo(2) + delays.upTo(this.slowMs), () => {
        if (by.alive) this.#cluster.note(`control ${fits ? 'written' : 'conflict'}`);
        done(fits ? 'written' : 'conflict');
      });
    });
    this.onWriting?.();
  }
}

export interface ClusterChoices {
  readonly count?: number;
  readonly fixedDelays?: boolean;
  readonly minInSync?: number;
  /** Whether journals are scrubbed in the background: what rots must be found. */
  readonly scrubs?: boolean;
}

export class SimCluster {
  readonly queue = new EventQueue();
  readonly random: Random;
  readonly delays: Delays;
  readonly sizes: Sizes;
  readonly invariants: Invariants;
  readonly store: ControlStore;
  readonly count: number;
  readonly minInSync: number;
  readonly readTimeoutMs = 200;
  readonly backends: SimBackend[];
  readonly traceHash = new TraceHash();
  readonly knownEntries: KnownEntries = new Map();
  /** The newest last; the others are paused, or do not know yet that they are deposed. */
  frontends: SimFrontend[] = [];
  stops: string[] = [];
  /** A frontend that stops is started again, as a supervisor would. */
  restartsStopped = true;
  resets = 0;
  /** Told every line of the trace, for scenarios and for looking into a failure. */
  onNote: ((line: string) => void) | undefined;
  onMessage: ((from: string, to: string, message: Message) => void) | undefined;
  traceLine: ((line: string) => void) | undefined;
  #lastConnection = 0;

  constructor(random: Random, choices: ClusterChoices = {}) {
    this.random = random;
    this.count = choices.count ?? 3;
    this.minInSync = choices.minInSync ?? 1;
    this.delays = new Delays(random, choices.fixedDelays ?? false);
    this.sizes = choices.fixedDelays === true
      ? SMALL_SIZES
      : drawSizes(random, choices.scrubs ?? true);
    this.invariants = new Invariants(this);
    this.store = new ControlStore(this);
    this.backends = Array.from(
      { length: this.count },
      (_, at) => new SimBackend(this, (at + 1) as BackendId),
    );
  }

  /** The newest frontend that runs. */
  get frontend(): SimFrontend | undefined {
    return this.frontends.at(-1);
  }

  id128(): string {
    let id = '';
    for (let at = 0; at < 32; at += 1) id += this.random.int(16).toString(16);
    return id;
  }

  newConnection(): number {
    return (this.#lastConnection += 1);
  }

  note(line: string): void {
    this.traceHash.add(this.queue.nowMs, line);
    this.onNote?.(line);
  }

  noteMessage(from: string, to: string, message: Message): void {
    this.traceHash.add(this.queue.nowMs, `${from} ${to} ${message.type}`);
    if (from === 'frontend' && 'commitSeq' in message) this.invariants.onCommitTold(message);
    this.onMessage?.(from, to, message);
  }

  /** Starts one where none runs. */
  startFrontend(choices: FrontendChoices = {}): void {
    if (this.frontends.length > 0) return;
    this.addFrontend(choices);
  }

  /** Another one over the same control record. */
  addFrontend(choices: FrontendChoices = {}): void {
    this.note('frontend starts');
    this.frontends.push(new SimFrontend(this, choices));
  }

  crashFrontend(): void {
    this.note('frontend crashes');
    for (const frontend of this.frontends.splice(0)) frontend.crash();
  }

  onFrontendStopped(frontend: SimFrontend): void {
    if (!frontend.alive) return;
    const { reason = 'deposed', detail = '' } = frontend.stopped ?? {};
    // One that was overtaken may meet a newer promise before it meets the newer record.
    const overtaken = reason === 'rolled-back' && frontend.owner !== this.store.record?.owner;
    if (reason !== 'deposed' && !overtaken) this.stops.push(`${reason}: ${detail}`);
    this.frontends = this.frontends.filter((each) => each !== frontend);
    frontend.crash();
    if (this.restartsStopped && (reason === 'deposed' || overtaken))
      this.queue.after(20, () => this.startFrontend());
  }

  /** One that was overtaken, with nobody to tell it so, is ended by whoever started another. */
  endIdleFrontends(): void {
    for (const frontend of this.frontends.slice(0, -1)) frontend.crash();
    this.frontends = this.frontends.slice(-1);
  }

  /** A backend connects; false where nobody listens. */
  accept(backend: SimBackend): boolean {
    const frontend = this.#choose();
    frontend?.acceptBackend(backend);
    return frontend !== undefined;
  }

  connectClient(client: SimClientEnd): boolean {
    const frontend = this.#choose();
    frontend?.acceptClient(client);
    return frontend !== undefined;
  }

  cutClient(client: SimClientEnd): void {
    for (const frontend of this.frontends) frontend.cutClient(client);
  }

  /** Their own directories again; neither may have said a word over the other's. */
  swapBack(pair: readonly [SimBackend, SimBackend]): void {
    for (const backend of pair) {
      if (backend.participant !== undefined) this.invariants.onTakenIn(backend);
      backend.kill();
      backend.refused = '';
    }
    swap(...pair);
    for (const backend of pair) backend.start();
  }

  /** Whether every acknowledged transaction survives the loss of this backend's directory. */
  mayLose(backend: SimBackend): boolean {
    const { record, pending } = this.store;
    if (record === undefined || !this.#isCalm(backend)) return false;
    if (this.backends.some((each) => each.isSwapped)) return false;
    return [record, ...pending].every(({ view }) =>
      view.members.some(({ id, incarnation }) => {
        const other = this.backends[id - 1];
        return (
          other !== undefined &&
          other !== backend &&
          other.isSound &&
          other.journal.incarnation === incarnation
        );
      }),
    );
  }

  /** No view change races with the loss: else it may be the loss of two. */
  #isCalm(loser: SimBackend): boolean {
    if (this.frontends.length === 0) return true;
    const [frontend] = this.frontends;
    if (frontend === undefined || this.frontends.length > 1 || frontend.paused) return false;
    const { serving, status } = frontend.coordinator.status();
    return (
      serving &&
      this.backends.some(
        (other, at) => other !== loser && status[at] === 1 && other.isWell && other.isSound,
      )
    );
  }

  /** The newest one mostly; one that a newer has deposed may be found as well. */
  #choose(): SimFrontend | undefined {
    const open = this.frontends.filter((frontend) => !frontend.paused);
    if (open.length > 1 && this.random.chance(0.2)) return this.random.pick(open);
    return open.at(-1);
  }
}
