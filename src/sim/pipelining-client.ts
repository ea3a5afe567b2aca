/**
 * A client of another make: QUERYs and writes go over one connection, none waiting for the answer
 * to another. `ClientSession` holds writes back behind its QUERYs; that the frontend keeps the
 * order of a connection by itself only this one can see.
 *
 * Nothing is sent twice: what is under way when its connection ends stays open for ever, and the
 * next connection is another life, with another session.
 */
import { CLUSTER_NONE } from '../core/ids.ts';
import type { Answered, FromClient, QueryAnswered, Refusal, ToClient } from '../core/message.ts';
import { decodeResult, encodeChunk, viewOf } from '../core/operation.ts';
import { formatQueryId, formatRequestId } from '../core/request-id.ts';
import type { BankClient } from './bank-client.ts';
import type { Answer, Observed } from './observed.ts';
import type { ClientPlan } from './sim-client.ts';
import type { SimCluster } from './sim-cluster.ts';
import type { HangUp } from './sim-frontend.ts';
import type { Draw, Workload } from './workload.ts';

/** So many submissions are under way at most, and leave together. */
const IN_FLIGHT_MAX = 12;
const BURST_MAX = 4;
const SESSION_PAUSE_MS = 30;

export class PipeliningClient implements BankClient {
  readonly name: string;
  readonly history: Observed[] = [];
  readonly onlyReads = false;
  readonly #cluster: SimCluster;
  readonly #id: number;
  readonly #plan: ClientPlan;
  readonly #workload: Workload;
  /** By request id. */
  readonly #open = new Map<string, Observed>();
  #life = 0;
  #link: { send(message: FromClient): void; readonly hangUp: HangUp } | undefined;
  #session: number | undefined;
  #lastRequest = 0;
  #lastQuery = 0;
  #left: number;
  #isHurried = false;

  constructor(cluster: SimCluster, id: number, plan: ClientPlan, workload: Workload) {
    this.#cluster = cluster;
    this.#id = id;
    this.#plan = plan;
    this.#left = plan.operations;
    this.#workload = workload;
    this.name = `client ${id}`;
  }

  start(): void {
    this.#connectSoon();
    this.#thinkSoon();
  }

  hurry(): void {
    this.#isHurried = true;
  }

  /** The others do that: it never knows what became of what it sent over a lost connection. */
  askAgain(): void {}

  get isServed(): boolean {
    return this.#isHurried && this.#session !== undefined && this.#open.size === 0;
  }

  onConnected(send: (message: FromClient) => void, hangUp: HangUp): void {
    this.#link = { send, hangUp };
    this.#life += 1;
    send({ type: 'client-hello', cluster: CLUSTER_NONE });
    send({ type: 'open-session' });
  }

  onDisconnected(): void {
    if (this.#link === undefined) return;
    this.#link = undefined;
    this.#session = undefined;
    this.#open.clear();
    this.#connectSoon();
  }

  onMessage(message: ToClient): void {
    if (this.#link === undefined) return;
    switch (message.type) {
      case 'session':
        this.#session = message.session;
        this.#lastRequest = 0;
        return;
      case 'answered': return this.#onAnswered(message);
      case 'query-answered':
        return this.#settle(formatQueryId(message.query), 'answered', '', [answerOf(message)]);
      case 'refusal': return this.#onRefusal(message);
      case 'welcome':
      case 'status-report':
      case 'chaos-answer':
      case 'refused': return;
    }
  }

  leave(afterMs: number): void {
    const link = this.#link;
    if (link === undefined) return;
    this.onDisconnected();
    link.hangUp(afterMs, false);
  }

  crash(): void {
    this.#cluster.note(`${this.name} crashes`);
    this.leave(this.#cluster.random.next() * 500);
  }

  /** What was in doubt the frontend runs again: then the first answer counts, and its seq. */
  #onAnswered(message: Answered): void {
    const { session, firstRequest, originals } = message;
    const { result, seq } = answerOf(message);
    const answer = { result, seq: originals[0]?.seq ?? seq };
    this.#settle(formatRequestId(session, firstRequest), 'answered', '', [answer]);
    if (result.code === 'sessionExpired') this.leave(0);
  }

  #onRefusal({ thing, session, number, detail }: Refusal): void {
    if (thing === 'session') return this.#askForSession();
    const request = thing === 'query' ? formatQueryId(number) : formatRequestId(session, number);
    this.#settle(request, 'refused', detail, []);
  }

  #settle(
    request: string, outcome: 'answered' | 'refused', detail: string, answers: Answer[],
  ): void {
    const observed = this.#open.get(request);
    if (observed === undefined) throw new Error(`${this.name}: ${request} is not under way`);
    this.#open.delete(request);
    observed.completedMs = this.#cluster.queue.nowMs;
    observed.outcome = outcome;
    observed.detail = detail;
    observed.answers = answers;
  }

  #askForSession(): void {
    const life = this.#life;
    this.#cluster.queue.after(SESSION_PAUSE_MS, () => {
      if (life === this.#life) this.#link?.send({ type: 'open-session' });
    });
  }

  #thinkSoon(): void {
    const { random, queue } = this.#cluster;
    queue.after(random.next() * 2 * BURST_MAX * this.#plan.thinkMs, () => {
      for (let more = 1 + random.int(BURST_MAX); more > 0; more -= 1) this.#submitNext();
      if (this.#left > 0 && !this.#isHurried) this.#thinkSoon();
    });
  }

  #submitNext(): void {
    if (this.#left === 0 || this.#isHurried || this.#open.size >= IN_FLIGHT_MAX) return;
    if (this.#session === undefined) return;
    this.#submit(this.#session, this.#workload.next());
  }

  #submit(session: number, { thing, operations }: Draw): void {
    this.#left -= operations.length;
    const isQuery = thing === 'query';
    const number = isQuery ? (this.#lastQuery += 1) : (this.#lastRequest += 1);
    const request = isQuery ? formatQueryId(number) : formatRequestId(session, number);
    const observed: Observed = {
      client: this.#id, life: this.#life, place: this.history.length, thing, operations,
      numbers: operations.length, invokedMs: this.#cluster.queue.nowMs, completedMs: 0,
      outcome: 'open', detail: '', request, answers: [],
    };
    this.history.push(observed);
    this.#open.set(request, observed);
    if (isQuery) {
      this.#link?.send({ type: 'query', query: number, chunk: encodeChunk(0, 0, operations) });
    } else {
      this.#link?.send({ type: 'request', chunk: encodeChunk(session, number, operations) });
    }
  }

  #connectSoon(): void {
    this.#cluster.queue.after(5 + this.#cluster.delays.upTo(20), () => {
      if (this.#link === undefined && !this.#cluster.connectClient(this)) this.#connectSoon();
    });
  }
}

function answerOf({ results, seq }: Answered | QueryAnswered): Answer {
  return { result: decodeResult(viewOf(results), 0), seq };
}
