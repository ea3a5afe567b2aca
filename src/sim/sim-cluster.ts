/**
 * A whole bank in one deterministic event queue: the real core, and the real
 * host of the backends, over made-up time, network and disks.
 *
 * A seed gives one run. What may go wrong is in `faults.ts`; the invariants stand outside the core,
 * in `invariants.ts` (continuous) and `judgement.ts` (what clients saw).
 */
import type { QueueBounds } from '../core/admission.ts';
import type { BackendId } from '../core/ids.ts';
import type { Message } from '../core/message.ts';
import type { Random } from '../core/random.ts';
import type { ControlRecord } from '../core/view.ts';
import type { Sizes } from '../host/sizes.ts';
import { swap } from './disk-faults.ts';
import type { KnownEntries } from './durable-journal.ts';
import { SimBackend } from './sim-backend.ts';
import { Invariants } from './invariants.ts';
import { SimClock } from './sim-clock.ts';
import { SimControlStore } from './sim-control-store.ts';
import { SimFrontend, type FrontendChoices, type SimClientEnd } from './sim-frontend.ts';
import { Delays, EventQueue } from './event-queue.ts';
import type { Pipe } from './pipe.ts';
import { drawSizes, SMALL_SIZES } from './sim-sizes.ts';
import { TraceHash } from './trace-hash.ts';

export interface ClusterChoices {
  readonly count?: number;
  readonly fixedDelays?: boolean;
  readonly minInSync?: number;
  /** A message takes up to so long. */
  readonly latencyMs?: number;
  /** How wrong the rates of the processes' clocks may be: 0.1 is ± 10 %. */
  readonly clockDrift?: number;
  /** One round of the coordinator takes up to so many bytes. */
  readonly roundBytesMax?: number | undefined;
  readonly queueBounds?: QueueBounds | undefined;
  /** How often one who could go to several frontends does not choose the newest. */
  readonly strayChance?: number;
  /** Whether journals are scrubbed in the background: what rots must be found. */
  readonly scrubs?: boolean;
}

export class SimCluster {
  readonly queue = new EventQueue();
  readonly random: Random;
  readonly delays: Delays;
  readonly sizes: Sizes;
  readonly invariants: Invariants;
  readonly store: SimControlStore;
  readonly count: number;
  readonly minInSync: number;
  readonly latencyMs: number;
  readonly roundBytesMax: number | undefined;
  readonly queueBounds: QueueBounds | undefined;
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
  /** What was to strike later does not any more. */
  areFaultsOver = false;
  /** Told every line of the trace, for scenarios and for looking into a failure. */
  onNote: ((line: string) => void) | undefined;
  /** Told what would be too much for a scenario, such as each fsync. */
  onDetail: ((line: string) => void) | undefined;
  onMessage: ((from: string, to: string, message: Message) => void) | undefined;
  traceLine: ((line: string) => void) | undefined;
  readonly #clockDrift: number;
  readonly #strayChance: number;
  #lastConnection = 0;

  constructor(random: Random, choices: ClusterChoices = {}) {
    this.random = random;
    this.count = choices.count ?? 3;
    this.minInSync = choices.minInSync ?? 1;
    this.latencyMs = choices.latencyMs ?? 2;
    this.roundBytesMax = choices.roundBytesMax;
    this.queueBounds = choices.queueBounds;
    this.#strayChance = choices.strayChance ?? 0.2;
    this.#clockDrift = choices.clockDrift ?? 0;
    this.delays = new Delays(random, choices.fixedDelays ?? false);
    this.sizes = choices.fixedDelays === true
      ? SMALL_SIZES
      : drawSizes(random, choices.scrubs ?? true);
    this.invariants = new Invariants(this);
    this.store = new SimControlStore(this);
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

  /** The clock of a process that starts now. */
  newClock(): SimClock {
    const drift = this.#clockDrift;
    const rate = drift === 0 ? 1 : 1 + (2 * this.random.next() - 1) * drift;
    return new SimClock(this.queue, rate);
  }

  newConnection(): number {
    return (this.#lastConnection += 1);
  }

  note(line: string): void {
    this.traceHash.add(this.queue.nowMs, line);
    this.onNote?.(line);
  }

  noteMessage(from: string, to: string, message: Message): void {
    this.traceHash.addMessage(this.queue.nowMs, from, to, message.type);
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
    this.store.onFrontendStarts();
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
    // It says so, and an operator finds the newest record.
    if (reason === 'rolled-back' && this.store.isRolledBack) return this.putRecordBack();
    if (reason !== 'deposed' && !overtaken) this.stops.push(`${reason}: ${detail}`);
    this.frontends = this.frontends.filter((each) => each !== frontend);
    frontend.crash();
    if (this.restartsStopped && (reason === 'deposed' || overtaken))
      this.queue.after(20, () => this.startFrontend());
  }

  /** This one dies; where it was the last another is started in its place. */
  crashOne(frontend: SimFrontend, restartMs: number): void {
    if (!frontend.alive) return;
    this.note('frontend crashes');
    this.frontends = this.frontends.filter((each) => each !== frontend);
    frontend.crash();
    this.queue.after(restartMs, () => this.startFrontend());
  }

  /** Every frontend has gone; the record is an older one. */
  rollRecordBack(record: ControlRecord): void {
    this.crashFrontend();
    this.note(`the control record is that of epoch ${record.epoch} again`);
    this.store.rollBack(record);
  }

  putRecordBack(): void {
    if (!this.store.isRolledBack) return;
    this.crashFrontend();
    this.note('the newest control record is put back');
    this.store.putBack();
    this.startFrontend();
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

  pipesOf(client: SimClientEnd): Pipe[] {
    return this.frontends.flatMap((frontend) => frontend.pipesOf(client));
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

  /** Whether one is damaged that was not told to come back as empty yet: nothing else strikes. */
  get isHit(): boolean {
    return this.backends.some((backend) => backend.isHit);
  }

  /** Whether every acknowledged transaction survives the loss of this backend's directory. */
  mayLose(backend: SimBackend): boolean {
    const { record, pending } = this.store;
    if (record === undefined || this.store.isRolledBack) return false;
    if (!this.#isCalm(backend)) return false;
    if (this.backends.some((each) => each.isSwapped)) return false;
    // What waits for a call, or for a promise, may take another one, and so may a disk that is too
    // slow for a promise: this one is left as the last copy, damaged, and nobody has met it yet.
    const isInDanger = ({ diskFaults, atPromise }: SimBackend): boolean =>
      diskFaults.strike !== undefined || atPromise !== undefined || diskFaults.slowMs > 0;
    if (this.backends.some(isInDanger)) return false;
    const written = this.frontends.flatMap(({ writing }) => writing ?? []);
    return [record, ...pending, ...written].every(({ view }) =>
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
    const { coordinator, failures } = frontend;
    const { serving, status } = coordinator.status();
    // One that came back behind a half-open connection is up in the eyes of nobody but itself.
    const isHere = ({ id, connection }: SimBackend): boolean =>
      status[id - 1] === 1 && coordinator.connectionOf(id) === connection
        && !failures.hasFailed(id);
    return (
      serving &&
      this.backends.some(
        (other) => other !== loser && isHere(other) && other.isWell && other.isSound,
      )
    );
  }

  /** The newest one mostly; one that a newer has deposed may be found as well. */
  #choose(): SimFrontend | undefined {
    const open = this.frontends.filter((frontend) => !frontend.paused);
    if (open.length > 1 && this.random.chance(this.#strayChance)) return this.random.pick(open);
    return open.at(-1);
  }
}
