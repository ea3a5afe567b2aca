/**
 * What must always hold (replication.md), judged in every state of the model, outside the core.
 *
 * 1 what a client was told stands, fsynced, in the journal of every member of the durable view.
 * 2 at a seq at most one entry is decided; it never changes nor vanishes. 3 a read shows everything
 * that any client had heard of when it was asked, and the state that it says. 5 equal entries give
 * equal digests. 6 a wiped directory is no member, the view is never empty, no member is told to
 * set its files aside, an epoch has one owner. And no assertion of the code fails.
 */
import type { ExecutedEntry } from '../../core/entry.ts';
import type { EntryHash, Seq } from '../../core/ids.ts';
import type { Answered, QueryAnswered, ToClient } from '../../core/message.ts';
import { SESSIONS_PER_LEASE } from '../../core/session-table.ts';
import type { StopReason } from '../../core/effect.ts';
import { ownerOf } from './coordinator-actor.ts';
import type { Draft } from './draft.ts';
import { BACKENDS, WORD } from './layout.ts';
import { QUERIES } from './model-clients.ts';
import { ModelLedger } from './model-disk.ts';
import type { Past } from './pasts.ts';
import type { Tables } from './tables.ts';

interface Stop {
  readonly reason: StopReason;
  readonly detail: string;
}

/** Of an answered read. */
const SHOWN = -1;

export class Properties {
  readonly #draft: Draft;
  readonly #tables: Tables;
  readonly #row: Int32Array;
  /** Results of reads, by the entry that they come after. */
  readonly #queries = new Map<string, string>();
  readonly #digests = new Map<EntryHash, string>();
  /** Epochs and the owners that they were promised to. */
  readonly #judged = new Set<string>();

  constructor(draft: Draft) {
    this.#draft = draft;
    this.#tables = draft.tables;
    this.#row = draft.row;
  }

  /** The state as it is. */
  check(): void {
    const key = `${this.#row[WORD.disk]} ${this.#row[WORD.disk + 4]} ${this.#row[WORD.control]}`
      + ` ${this.#row[WORD.past]}`;
    if (this.#judged.has(key)) return;
    const before = this.#draft.found.length;
    this.#checkView();
    this.#checkPromises();
    if (this.#draft.found.length === before) this.#judged.add(key);
  }

  /** A client asks something; it must be told something, or its frontend dies. */
  onAsked(place: number, connection: number): void {
    this.#change({ waiting: [...this.#past.waiting, [place, connection]] });
  }

  onFrontendEnded(place: number): void {
    this.#change({ waiting: this.#past.waiting.filter(([of]) => of !== place) });
  }

  onToClient(place: number, connection: number, message: ToClient): void {
    if (message.type === 'welcome') return;
    const { waiting } = this.#past;
    const left = waiting.filter(([of, asker]) => of !== place || asker !== connection);
    if (left.length !== waiting.length) this.#change({ waiting: left });
    this.#onTold(message);
  }

  #onTold(message: ToClient): void {
    if (message.type === 'answered') this.#onAnswered(message);
    if (message.type === 'query-answered') this.#onQueryAnswered(message);
    if (message.type !== 'session') return;
    const seq = Math.floor(message.session / SESSIONS_PER_LEASE);
    this.#onHeard(seq, 'a session');
    this.#change({ session: seq * SESSIONS_PER_LEASE });
  }

  /** The number of the read. */
  onReadAsked(): number {
    const { reads, heardSeq } = this.#past;
    this.#change({ reads: [...reads, heardSeq] });
    return reads.length;
  }

  onAppended(backend: number, { seq, hash, digest, previousHash }: ExecutedEntry): void {
    const disk = this.#draft.disk(backend);
    const before = this.#tables.disks.at(disk, seq - 1)?.hash;
    const isNext = disk.entries.length === seq - 1;
    if (!isNext || (seq > 1 && before !== previousHash)) {
      this.#report(`backend ${backend + 1} appends ${seq}, which does not follow what it holds`);
    }
    const known = this.#digests.get(hash);
    if (known === undefined) this.#digests.set(hash, digest);
    else if (known !== digest) this.#report(`there are two digests of entry ${seq}`);
  }

  onTruncate(backend: number, afterSeq: Seq): void {
    const disk = this.#draft.disk(backend);
    this.#past.decided.forEach((hash, at) => {
      if (at < afterSeq || hash === undefined) return;
      if (this.#tables.disks.at(disk, at + 1)?.hash !== hash) return;
      this.#report(`backend ${backend + 1} drops ${at + 1}, which is decided`);
    });
  }

  onCommitted(backend: number, seq: Seq): void {
    const disk = this.#draft.disk(backend);
    for (let at = 1; at <= seq; at += 1) {
      const entry = this.#tables.disks.durableAt(disk, at);
      if (entry === undefined) {
        this.#report(`backend ${backend + 1}: committed ${at} is not fsynced`);
      } else this.#decide(at, entry.hash);
    }
  }

  onReset(backend: number): void {
    const { record } = this.#tables.control.place(this.#draft.control);
    if (record === undefined) return;
    const members = this.#tables.disksOf(this.#row, record.view);
    if (members.some((disk) => disk.backend === backend + 1)) {
      this.#report(`backend ${backend + 1} is reset, but is a member of the durable view`);
    }
  }

  /** One that was overtaken may meet a newer promise before it meets the newer record. */
  onStop(coordinator: number, stop: Stop): void {
    const { record } = this.#tables.control.place(this.#draft.control);
    const overtaken = record?.owner !== ownerOf(coordinator);
    if (stop.reason === 'deposed' && overtaken) return;
    if (stop.reason === 'rolled-back' && overtaken) return;
    this.#report(`the frontend stops: ${stop.reason}: ${stop.detail}`);
  }

  get #past(): Past {
    return this.#tables.pasts.past(this.#row[WORD.past] as number);
  }

  #change(changes: Partial<Past>): void {
    this.#row[WORD.past] = this.#tables.pasts.number({ ...this.#past, ...changes });
  }

  #checkView(): void {
    const { record } = this.#tables.control.place(this.#draft.control);
    if (record === undefined) return;
    if (record.view.members.length === 0) this.#report('the view is empty');
    for (const disk of this.#tables.disksOf(this.#row, record.view)) {
      this.#past.decided.forEach((hash, at) => {
        const held = this.#tables.disks.durableAt(disk, at + 1)?.hash;
        if (hash === undefined || held === hash) return;
        const how = held === undefined ? 'has not fsynced' : 'holds another entry in place of';
        this.#report(`member ${disk.backend} of view ${record.view.number} ${how} ${at + 1},`
          + ' which is decided');
      });
    }
  }

  #checkPromises(): void {
    const [one, other] = BACKENDS.map((backend) => this.#draft.disk(backend).promise);
    if (one === undefined || other === undefined || one.epoch !== other.epoch) return;
    if (one.owner !== other.owner) this.#report(`epoch ${one.epoch} is promised to two owners`);
  }

  #onAnswered({ seq, results }: Answered): void {
    for (const entry of this.#onHeard(seq, 'a request')) {
      const shown = Buffer.from(results).toString('latin1');
      if (Buffer.from(entry.results).toString('latin1').includes(shown)) continue;
      this.#report(`a request was answered otherwise than entry ${seq} says`);
    }
  }

  #onQueryAnswered({ query, seq, results }: QueryAnswered): void {
    const asked = this.#past.reads[query];
    if (asked === SHOWN) this.#report('a read was answered twice');
    if (asked !== undefined && seq < asked) {
      this.#report(`a read shows the state after ${seq}, but ${asked} was known before it`);
    }
    this.#change({ reads: this.#past.reads.map((read, at) => (at === query ? SHOWN : read)) });
    const shown = Buffer.from(results).toString('latin1');
    for (const entry of this.#onHeard(seq, 'a read')) {
      if (this.#expected(entry) === shown) continue;
      this.#report(`a read shows another state than that after ${seq}`);
    }
  }

  /** A client hears of the entry: every member must hold it. Returns it as they hold it. */
  #onHeard(seq: number, what: string): ExecutedEntry[] {
    const { record } = this.#tables.control.place(this.#draft.control);
    const held: ExecutedEntry[] = [];
    for (const disk of record === undefined ? [] : this.#tables.disksOf(this.#row, record.view)) {
      const entry = this.#tables.disks.durableAt(disk, seq);
      if (entry !== undefined) held.push(entry);
      else if (seq > 0) {
        const who = `member ${disk.backend}`;
        this.#report(`${what} was answered at ${seq}, which ${who} has not fsynced`);
      }
    }
    for (const { hash } of held) this.#decide(seq, hash);
    if (seq > this.#past.heardSeq) this.#change({ heardSeq: seq });
    return held;
  }

  #decide(seq: number, hash: EntryHash): void {
    const { decided } = this.#past;
    const known = decided[seq - 1];
    if (known === hash) return;
    if (known !== undefined) return this.#report(`two entries are decided at ${seq}`);
    const after = Array.from({ length: Math.max(decided.length, seq) }, (_, at) => decided[at]);
    after[seq - 1] = hash;
    this.#change({ decided: after });
  }

  /** What the queries show after the entry: a function of its hash. */
  #expected({ seq, hash }: ExecutedEntry): string {
    let results = this.#queries.get(hash);
    if (results !== undefined) return results;
    const disk = BACKENDS.map((backend) => this.#draft.disk(backend)).find(
      (each) => this.#tables.disks.at(each, seq)?.hash === hash,
    );
    const entries = (disk?.entries ?? []).slice(0, seq);
    const known = this.#tables.disks.entries;
    const ledger = ModelLedger.replay(entries.map((entry) => known.value(entry)));
    results = Buffer.from(ledger.query(QUERIES)).toString('latin1');
    this.#queries.set(hash, results);
    return results;
  }

  #report(line: string): void {
    this.#draft.found.push(line);
  }
}
