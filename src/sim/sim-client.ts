/**
 * A simulated client: the real `ClientSession` over a made-up connection, with short deadlines,
 * QUIT, crashes, and a network that repeats requests long after they were sent.
 *
 * A request is repeated only where its client itself may have sent it twice, or knows that it may
 * have happened: a connection that is torn and made anew does that; one that is not, does not.
 */
import type { Thing, Ticket } from '../core/client-queue.ts';
import { ClientSession } from '../core/client-session.ts';
import type { FromClient, ToClient } from '../core/message.ts';
import { encodeChunk, isWrite, KIND, type Operation } from '../core/operation.ts';
import type { BulkOutcome, Outcome } from '../core/outcome.ts';
import type { BankClient } from './bank-client.ts';
import { answersOf, type Observed } from './observed.ts';
import { RequestRepeater } from './request-repeater.ts';
import type { SimClock } from './sim-clock.ts';
import type { SimCluster } from './sim-cluster.ts';
import type { HangUp } from './sim-frontend.ts';
import { single, Workload, type Draw, type Habits } from './workload.ts';

const TICK_MS = 25;
/** When the faults are over it goes on for so long at most with what it had in mind. */
const HURRY_MS = 600;
const HURRIED_THINK_MS = 2;
const LAST_THINK_MS = 30;
/** Of so many writes it asks for the details of one. */
const WRITES_PER_DETAILS = 3;
/** What it wants an answer to in the end. */
const LAST_THINGS: readonly Thing[] = ['request', 'query'];

export interface ClientPlan extends Habits {
  /** How many operations it submits in all. */
  readonly operations: number;
  /** Its pause between two submissions, on average. */
  readonly thinkMs: number;
  /** How often a deadline is so short that it may well pass. */
  readonly shortDeadlines: number;
  /** How often the network repeats a request. */
  readonly repeats: number;
  /** How often it submits the next thing without a pause. */
  readonly bursts: number;
  /** It is a `PipeliningClient`. */
  readonly pipelines: boolean;
}

export class SimClient implements BankClient {
  readonly name: string;
  readonly history: Observed[] = [];
  readonly #cluster: SimCluster;
  readonly #id: number;
  readonly #plan: ClientPlan;
  readonly #workload: Workload;
  readonly #clock: SimClock;
  #repeater: RequestRepeater;
  readonly #open = new Map<Ticket, Observed>();
  #session: ClientSession;
  #life = 1;
  #link: { send(message: FromClient): void; readonly hangUp: HangUp } | undefined;
  #left: number;
  #isThinking = false;
  /** The faults are over: it submits what is left without a pause, then wants last answers. */
  #isHurried = false;
  /** Of the last things, those that were answered. */
  readonly #served = new Set<Thing>();
  #lastFirst: Thing = 'request';

  constructor(cluster: SimCluster, id: number, plan: ClientPlan, workload: Workload) {
    this.#cluster = cluster;
    this.#id = id;
    this.#plan = plan;
    this.#left = plan.operations;
    this.#workload = workload;
    this.#clock = cluster.newClock();
    this.#repeater = new RequestRepeater(cluster, plan.repeats);
    this.name = `client ${id}`;
    this.#session = this.#newSession();
  }

  start(): void {
    this.#connectSoon();
    this.#tick();
    this.#thinkSoon();
  }

  /** The faults are over. */
  hurry(): void {
    if (this.#isHurried) return;
    this.#isHurried = true;
    this.#cluster.queue.after(HURRY_MS, () => (this.#left = 0));
    this.#thinkSoon();
  }

  /** It wants last answers once more, this one first. */
  askAgain(first: Thing): void {
    this.#served.clear();
    this.#lastFirst = first;
    this.#thinkSoon();
  }

  get onlyReads(): boolean {
    return this.#plan.onlyReads;
  }

  /** Whether it has submitted everything, waits for nothing, and its last things were answered. */
  get isServed(): boolean {
    return this.#served.size === LAST_THINGS.length && this.#open.size === 0;
  }

  onConnected(send: (message: FromClient) => void, hangUp: HangUp): void {
    this.#link = { send, hangUp };
    this.#session.onConnected();
    this.#session.flush();
  }

  onDisconnected(): void {
    if (this.#link === undefined) return;
    this.#link = undefined;
    this.#session.onDisconnected();
    this.#connectSoon();
  }

  onMessage(message: ToClient): void {
    if (message.type === 'answered') this.#repeater.onAnswered(message);
    if (message.type === 'refusal') this.#repeater.onRefusal(message);
    this.#session.onMessage(message);
    this.#session.flush();
  }

  /** It gives up its connection, and the frontend does not know for a while. */
  leave(afterMs: number): void {
    const link = this.#link;
    if (link === undefined) return;
    this.onDisconnected();
    link.hangUp(afterMs, false);
  }

  /** What it waited for it will never know. Another begins in its place, and asks. */
  crash(): void {
    this.#cluster.note(`${this.name} crashes`);
    this.#life += 1;
    for (const { operations: [first] } of this.#open.values()) {
      if (first?.key !== undefined) this.#workload.onAbandoned(undefined, first.key);
    }
    for (const id of this.#repeater.onClientGone()) this.#workload.onAbandoned(id, undefined);
    this.#open.clear();
    this.#repeater = new RequestRepeater(this.#cluster, this.#plan.repeats);
    this.#session = this.#newSession();
    const link = this.#link;
    this.#link = undefined;
    const { random } = this.#cluster;
    link?.hangUp(random.chance(0.5) ? 0 : random.next() * 500, random.chance(0.5));
    this.#connectSoon();
    this.#thinkSoon();
  }

  #newSession(): ClientSession {
    const life = this.#life;
    const living = (run: () => void): void => {
      if (life === this.#life) run();
    };
    return new ClientSession({
      send: (message) => living(() => this.#send(message)),
      settle: (ticket, outcome) => living(() => this.#settle(ticket, outcome)),
      settleBulk: (ticket, outcome) => living(() => this.#settle(ticket, outcome)),
      welcomed: () => undefined,
      drop: () => this.#cluster.queue.after(0, () => living(() => this.leave(0))),
      failed: (detail) => this.#cluster.note(`${this.name} gives up: ${detail}`),
    });
  }

  #send(message: FromClient): void {
    const link = this.#link;
    if (link === undefined) return;
    link.send(message);
    if (message.type !== 'request') return;
    this.#repeater.onSent(message, [link, () => this.#link]);
  }

  #settle(ticket: Ticket, outcome: Outcome | BulkOutcome): void {
    const observed = this.#open.get(ticket);
    if (observed === undefined) throw new Error(`${this.name}: settled twice`);
    this.#open.delete(ticket);
    observed.outcome = outcome.kind;
    observed.completedMs = this.#cluster.queue.nowMs;
    observed.request = outcome.request;
    if (outcome.kind !== 'answered') observed.detail = outcome.detail;
    else if ('result' in outcome) observed.answers = [outcome];
    else observed.answers = answersOf(outcome, observed.operations.length);
    this.#remember(observed);
    const isLast = this.#isHurried && this.#left === 0 && outcome.kind === 'answered';
    if (isLast && hasRun(observed)) this.#served.add(observed.thing);
    this.#thinkSoon();
  }

  #remember({ operations, numbers, outcome, request, thing }: Observed): void {
    const [operation] = operations;
    if (operation === undefined || request === undefined || thing === 'query') return;
    if (outcome === 'unknown') {
      this.#repeater.onUnknown(request, numbers);
      this.#workload.onUnknown(operation, request);
    } else this.#workload.onSettled(operation, request);
  }

  #thinkSoon(): void {
    if (this.#isThinking) return;
    this.#isThinking = true;
    const { random, queue } = this.#cluster;
    queue.after(random.next() * 2 * this.#thinkMs, () => {
      this.#isThinking = false;
      this.#submitNext();
    });
  }

  /** On average. Nobody who is refused at once asks again at once. */
  get #thinkMs(): number {
    if (!this.#isHurried) return this.#plan.thinkMs;
    return this.#left > 0 ? HURRIED_THINK_MS : LAST_THINK_MS;
  }

  #submitNext(): void {
    if (this.#open.size >= this.#plan.window) return;
    if (this.#left > 0) this.#submit(this.#draw());
    else if (this.#wantsLast) this.#submit(this.#last());
    if (this.#left === 0) return;
    if (!this.#isHurried && this.#cluster.random.chance(this.#plan.bursts)) this.#submitNext();
    else this.#thinkSoon();
  }

  get #wantsLast(): boolean {
    return this.#isHurried && !this.isServed && this.#open.size === 0;
  }

  #draw(): Draw {
    const { random } = this.#cluster;
    const mayEnd = this.#plan.quits && this.#open.size === 0 && this.#session.hasSession;
    if (mayEnd && random.chance(0.05)) return single({ kind: 'end' });
    return this.#workload.next();
  }

  #last(): Draw {
    const isFirst = !this.#served.has(this.#lastFirst);
    const wantsWrite = isFirst === (this.#lastFirst === 'request');
    return single(wantsWrite ? this.#workload.create() : this.#workload.query());
  }

  #submit({ thing, operations, isBulk, isAtomic }: Draw): void {
    this.#left = Math.max(0, this.#left - operations.length);
    const deadlineMs = this.#clock.nowMs + this.#patienceMs();
    const [operation] = operations;
    if (operation === undefined) return;
    const place = this.history.length;
    const isPair = !isBulk && asksDetails(operation, place);
    const ticket = isBulk
      ? this.#session.submitBulk(thing, encodeChunk(0, 0, operations, isAtomic), deadlineMs)
      : this.#session.submit(operation, deadlineMs, isPair);
    const observed: Observed = {
      client: this.#id, life: this.#life, place, thing, operations,
      numbers: isPair ? 2 : operations.length, invokedMs: this.#cluster.queue.nowMs, completedMs: 0,
      outcome: 'open', detail: '', request: undefined, answers: [],
    };
    this.history.push(observed);
    this.#open.set(ticket, observed);
    this.#session.flush();
  }

  #patienceMs(): number {
    const { random } = this.#cluster;
    if (!this.#isHurried && random.chance(this.#plan.shortDeadlines)) return random.next() * 40;
    return 300 + random.next() * 2_000;
  }

  #tick(): void {
    this.#cluster.queue.after(this.#clock.real(TICK_MS), () => {
      this.#session.onTick(this.#clock.nowMs);
      this.#session.flush();
      this.#tick();
    });
  }

  #connectSoon(): void {
    const life = this.#life;
    this.#cluster.queue.after(5 + this.#cluster.delays.upTo(20), () => {
      if (this.#link !== undefined || life !== this.#life) return;
      if (!this.#cluster.connectClient(this)) this.#connectSoon();
    });
  }
}

/** Without a draw: those of all other things stay as they are. */
function asksDetails({ kind }: Operation, place: number): boolean {
  return isWrite(KIND[kind]) && place % WRITES_PER_DETAILS === 0;
}

/** A request that is answered may have been passed over: who asks for service wants it done. */
function hasRun({ thing, answers }: Observed): boolean {
  return thing === 'query' || answers.some(({ result }) => result.code === 'ok');
}
