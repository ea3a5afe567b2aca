/**
 * A simulated client: several operations in flight over one connection, retried in order under
 * their numbers when the connection is lost, with reads between the writes and OUTCOME of earlier
 * requests.
 */
import { CLUSTER_NONE } from '../core/ids.ts';
import type {
  Answered,
  FromClient,
  QueryAnswered,
  Refusal,
  ToClient,
} from '../core/message.ts';
import {
  decodeResult,
  encodeChunk,
  REASON,
  viewOf,
  type Operation,
  type Result,
} from '../core/operation.ts';
import type { SimCluster } from './sim-cluster.ts';
import type { SimClientEnd } from './sim-frontend.ts';

export interface Observed {
  readonly client: number;
  readonly operation: Operation;
  readonly session: number;
  /** Of a write its request number, of a read the query's number. */
  readonly number: number;
  readonly invokedMs: number;
  /** `passed-over`: certainly never ran. */
  outcome: 'open' | 'answered' | 'refused' | 'passed-over';
  detail: string;
  seq: number;
  result: Result | undefined;
  completedMs: number;
  /** How often it was sent, over which connections: with one sending a refusal is definite. */
  sendings: number;
  firstConnection: number;
  lastConnection: number;
  /** Its place among all sendings of this client. */
  place: number;
  /** The answer is that of an earlier sending. */
  duplicate: boolean;
}

export interface ClientHabits {
  readonly window: number;
  readonly keys: boolean;
}

const ACCOUNTS = 6;

export class SimClient implements SimClientEnd {
  readonly name: string;
  readonly history: Observed[] = [];
  stopping = false;
  readonly #cluster: SimCluster;
  readonly #habits: ClientHabits;
  readonly #id: number;
  readonly #open: Observed[] = [];
  #send: ((message: FromClient) => void) | undefined;
  #welcomed = false;
  #asking = false;
  #session = 0;
  #number = 0;
  #query = 0;
  #connection = 0;
  #place = 0;
  #resending = false;

  constructor(cluster: SimCluster, id: number, habits: ClientHabits) {
    this.#cluster = cluster;
    this.#id = id;
    this.#habits = habits;
    this.name = `client ${id}`;
  }

  start(): void {
    this.#connectSoon();
  }

  get idle(): boolean {
    return this.#open.length === 0;
  }

  onConnected(send: (message: FromClient) => void): void {
    this.#send = send;
    this.#connection += 1;
    this.#asking = false;
    this.#resending = false;
    send({ type: 'client-hello', cluster: CLUSTER_NONE });
  }

  onDisconnected(): void {
    this.#send = undefined;
    this.#welcomed = false;
    this.#connectSoon();
  }

  onMessage(message: ToClient): void {
    switch (message.type) {
      case 'welcome':
        this.#welcomed = true;
        this.#resend();
        return this.#next();
      case 'session':
        this.#session = message.session;
        this.#asking = false;
        return this.#next();
      case 'answered':
        return this.#onAnswered(message);
      case 'query-answered':
        return this.#onQueryAnswered(message);
      case 'refusal':
        return this.#onRefusal(message);
      default:
    }
  }

  #onAnswered({ session, firstRequest, seq, results, originals }: Answered): void {
    const open = this.#open.find(
      ({ operation, number, session: own }) =>
        operation.kind !== 'query' && number === firstRequest && own === session,
    );
    if (open === undefined) return;
    const result = decodeResult(viewOf(results), 0);
    open.duplicate = originals.length > 0;
    const passedOver = result.code === 'badRequest' && result.detail === REASON.passedOver;
    this.#close(open, passedOver ? 'passed-over' : 'answered');
    open.seq = originals[0]?.seq ?? seq;
    open.result = result;
    // A session that was forgotten, which is an error, is given up.
    if (result.code === 'sessionExpired') this.#session = 0;
    this.#nextSoon();
  }

  #onQueryAnswered({ query, seq, results }: QueryAnswered): void {
    const open = this.#open.find(
      ({ operation, number }) => operation.kind === 'query' && number === query,
    );
    if (open === undefined) return;
    this.#close(open, 'answered');
    open.seq = seq;
    open.result = decodeResult(viewOf(results), 0);
    this.#nextSoon();
  }

  #onRefusal({ thing, number, detail }: Refusal): void {
    if (thing === 'session') {
      return this.#later(() => {
        this.#asking = false;
        this.#next();
      });
    }
    const open = this.#open.find(
      ({ operation, number: own }) =>
        (operation.kind === 'query') === (thing === 'query') && own === number,
    );
    if (open === undefined) return;
    if (thing === 'request' && open.sendings > 1) return this.#resendLater();
    open.detail = detail;
    this.#close(open, 'refused');
    this.#later(() => this.#next());
  }

  #close(open: Observed, outcome: Observed['outcome']): void {
    open.outcome = outcome;
    open.completedMs = this.#cluster.queue.nowMs;
    this.#open.splice(this.#open.indexOf(open), 1);
  }

  #nextSoon(): void {
    if (this.#cluster.random.chance(0.3)) this.#later(() => this.#next());
    else this.#next();
  }

  #next(): void {
    while (this.#open.length < this.#habits.window && this.#welcomed && !this.stopping) {
      if (this.#session === 0) return this.#askSession();
      this.#begin(this.#draw());
      if (this.#cluster.random.chance(0.3)) return;
    }
  }

  #askSession(): void {
    if (this.#asking) return;
    this.#asking = true;
    this.#send?.({ type: 'open-session' });
  }

  #begin(operation: Operation): void {
    const query = operation.kind === 'query';
    if (query) this.#query += 1;
    else this.#number += 1;
    const observed: Observed = {
      client: this.#id,
      operation,
      session: query ? 0 : this.#session,
      number: query ? this.#query : this.#number,
      invokedMs: this.#cluster.queue.nowMs,
      outcome: 'open',
      detail: '',
      seq: 0,
      result: undefined,
      completedMs: 0,
      sendings: 0,
      firstConnection: this.#connection,
      lastConnection: 0,
      place: 0,
      duplicate: false,
    };
    this.history.push(observed);
    this.#open.push(observed);
    this.#put(observed);
  }

  #resendLater(): void {
    if (this.#resending) return;
    this.#resending = true;
    this.#later(() => {
      this.#resending = false;
      this.#resend();
    });
  }

  /** Everything open, in order, under the numbers that it has. */
  #resend(): void {
    for (const observed of [...this.#open]) this.#put(observed);
  }

  #put(observed: Observed): void {
    const { operation, session, number } = observed;
    this.#place += 1;
    observed.place = this.#place;
    observed.sendings += 1;
    observed.lastConnection = this.#connection;
    const chunk = encodeChunk(session, operation.kind === 'query' ? 0 : number, [operation]);
    if (operation.kind === 'query') return this.#send?.({ type: 'query', query: number, chunk });
    this.#send?.({ type: 'request', chunk });
    // A duplicate of the request, at times.
    if (!this.#cluster.random.chance(0.03)) return;
    observed.sendings += 1;
    this.#send?.({ type: 'request', chunk });
  }

  #draw(): Operation {
    const { random } = this.#cluster;
    const account = 100 + random.int(ACCOUNTS);
    const amount = random.int(100);
    const key = this.#habits.keys && random.chance(0.2) ? { key: `k${random.int(40)}` } : {};
    switch (random.int(12)) {
      case 0:
        return { kind: 'create', amount, ...key };
      case 1:
        return { kind: 'update', account, amount, ...key };
      case 2:
        return { kind: 'deposit', account, amount, ...key };
      case 3:
        return { kind: 'withdraw', account, amount, ...key };
      case 4:
      case 5:
      case 6:
        return {
          kind: 'transfer',
          account,
          toAccount: 100 + random.int(ACCOUNTS + 1),
          amount,
          ...key,
        };
      case 7:
        return this.#askOutcome();
      default:
        return { kind: 'query', account };
    }
  }

  /** Of an earlier request, mostly one that was refused or is still open. */
  #askOutcome(): Operation {
    const { random } = this.#cluster;
    const writes = this.history
      .slice(-20)
      .filter(({ operation, session }) => operation.kind !== 'query' && session !== 0);
    if (writes.length === 0) return { kind: 'query', account: 100 };
    const { session, number } = random.pick(writes);
    return { kind: 'outcome', account: session, toAccount: number };
  }

  #connectSoon(): void {
    this.#cluster.queue.after(5 + this.#cluster.delays.upTo(20), () => {
      if (this.#send !== undefined) return;
      if (!this.#cluster.connectClient(this)) this.#connectSoon();
    });
  }

  #later(run: () => void): void {
    const connection = this.#connection;
    this.#cluster.queue.after(5 + this.#cluster.delays.upTo(30), () => {
      if (connection === this.#connection && this.#send !== undefined) run();
    });
  }
}
