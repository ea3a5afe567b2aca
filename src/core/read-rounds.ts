/**
 * Linearizable reads without a journal entry: executed on one member at their place in the stream,
 * answered only when everything before them is committed and every one of the required set has
 * answered a probe sent after they arrived, so that no other coordinator can have decided anything
 * that they miss. No clock is trusted.
 */
import { assert } from './assert.ts';
import { type AdmittedItem, isLookedUp } from './admission.ts';
import type { BackendLink } from './backend-link.ts';
import type { BackendId, Epoch, Seq } from './ids.ts';
import type { ReadResults, ToBackend } from './message.ts';

/** So many rounds are under way, and apart from them, since they take a while, so many lookups. */
const ROUNDS_MAX = 4;
const LOOKUPS_MAX = 3;

interface ReadRound {
  readonly number: number;
  readonly items: readonly AdmittedItem[];
  readonly batch: Uint8Array;
  server: BackendId;
  /** The state that the server showed is the one after this seq, at least. */
  afterSeq: Seq;
  readonly probe: number;
  results: Uint8Array | undefined;
}

export interface ReadRoundsHost {
  readonly epoch: Epoch;
  send(backend: BackendId, message: ToBackend): void;
  /** A number above every probe sent so far. */
  nextProbe(): number;
  required(): readonly BackendLink[];
  /** Those of the required set that have not failed. */
  live(): readonly BackendLink[];
  /** Those of them that have been sent everything up to `lastSeq`. */
  answering(): readonly BackendLink[];
  hasFailed(backend: BackendId): boolean;
  lastSeq(): Seq;
  commitSeq(): Seq;
  onExecuted(items: readonly AdmittedItem[]): void;
  onAnswered(items: readonly AdmittedItem[], results: Uint8Array, seq: Seq): void;
}

export class ReadRounds {
  readonly #host: ReadRoundsHost;
  readonly #open = new Map<number, ReadRound>();
  #lastNumber = 0;

  constructor(host: ReadRoundsHost) {
    this.#host = host;
  }

  /** Rounds that have not been answered. */
  get openCount(): number {
    return this.#open.size;
  }

  /** Otherwise whoever writes or reads waits. */
  get mayStart(): boolean {
    return this.#open.size - this.#lookups < ROUNDS_MAX;
  }

  /** Otherwise whoever wants something looked up waits, and nobody else. */
  get mayLookUp(): boolean {
    return this.#lookups < LOOKUPS_MAX;
  }

  /** They travel alone. */
  get #lookups(): number {
    let count = 0;
    for (const { items } of this.#open.values()) if (items.some(isLookedUp)) count += 1;
    return count;
  }

  start(items: readonly AdmittedItem[], batch: Uint8Array): void {
    const answering = this.#host.answering();
    this.#lastNumber += 1;
    const server = answering[this.#lastNumber % answering.length];
    assert(server !== undefined, 'reads are taken only while someone can answer them');
    const probe = this.#host.nextProbe();
    const round: ReadRound = {
      number: this.#lastNumber, items, batch, server: server.id, probe,
      afterSeq: this.#host.lastSeq(), results: undefined,
    };
    this.#open.set(round.number, round);
    this.#sendRead(round);
    const commitSeq = this.#host.commitSeq();
    const ping = { type: 'ping', epoch: this.#host.epoch, probe, commitSeq } as const;
    for (const link of this.#host.live()) if (link !== server) this.#host.send(link.id, ping);
  }

  /** The answer of the server is its confirmation as well. */
  onReadResults(link: BackendLink, { read, results }: ReadResults): void {
    const round = this.#open.get(read);
    if (round === undefined || round.server !== link.id || round.results !== undefined) return;
    round.results = results;
    if (link.confirmedProbe < round.probe) link.confirmedProbe = round.probe;
    this.#host.onExecuted(round.items);
  }

  /** Answers what can be answered; to be called after votes, pongs, results and view changes. */
  settle(): void {
    for (const round of this.#open.values()) {
      if (round.results === undefined || round.afterSeq > this.#host.commitSeq()) continue;
      if (!this.#host.required().every((link) => this.#hasConfirmed(link, round.probe))) continue;
      this.#open.delete(round.number);
      this.#host.onAnswered(round.items, round.results, round.afterSeq);
    }
  }

  /**
   * The server has diverged: what it showed, and what has not left yet, is dropped. It isn't read
   * again, because writes that were sent after it may have been prepared meanwhile.
   */
  distrust(server: BackendId): AdmittedItem[] {
    const dropped: AdmittedItem[] = [];
    for (const round of this.#open.values()) {
      if (round.server !== server || round.results === undefined) continue;
      this.#open.delete(round.number);
      dropped.push(...round.items);
    }
    return dropped;
  }

  /** What a lost server did not answer, another one reads again: reads change nothing. */
  reassign(): void {
    const answering = this.#host.answering();
    for (const round of this.#open.values()) {
      if (round.results !== undefined) continue;
      if (answering.some((link) => link.id === round.server)) continue;
      const [server] = answering;
      if (server === undefined) return;
      round.server = server.id;
      round.afterSeq = this.#host.lastSeq();
      this.#sendRead(round);
    }
  }

  /** Everything unanswered, taken out: the epoch ends. */
  drain(): AdmittedItem[] {
    const items = [...this.#open.values()].flatMap((round) => round.items);
    this.#open.clear();
    return items;
  }

  /** One that failed may be back as another incarnation: then its word is nobody's. */
  #hasConfirmed(link: BackendLink, probe: number): boolean {
    return link.confirmedProbe >= probe && !this.#host.hasFailed(link.id);
  }

  #sendRead({ server, number, batch }: ReadRound): void {
    this.#host.send(server, { type: 'read', epoch: this.#host.epoch, read: number, batch });
  }
}
