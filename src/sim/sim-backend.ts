/**
 * A simulated backend: the real participant on a made-up disk, in a process that dies and pauses.
 */
import type { ParticipantHost } from '../core/effect.ts';
import {
  SEQ_NONE,
  VIEW_NONE,
  type BackendId,
  type Incarnation,
  type Timestamp,
} from '../core/ids.ts';
import type { FromBackend, ToBackend } from '../core/message.ts';
import { Participant } from '../core/participant.ts';
import type { SimCluster } from './sim-cluster.ts';
import { Disk, FragileLedger, replay, resolveDuplicates } from './sim-disk.ts';
import type { SimFrontend } from './sim-frontend.ts';
import type { Pipe } from './pipe.ts';

const FETCH_ENTRIES_MAX = 20;

export class SimBackend {
  readonly id: BackendId;
  disk: Disk;
  participant: Participant | undefined;
  paused = false;
  slowDiskMs = 0;
  /** It was refused for good: a process would have ended. */
  refused = '';
  pipe: Pipe | undefined;
  frontend: SimFrontend | undefined;
  connection = 0;
  inSyncCount = 0;
  readonly #cluster: SimCluster;
  #life = 0;
  #syncing = false;
  #allocating = false;
  #held: (() => void)[] = [];

  constructor(cluster: SimCluster, id: BackendId) {
    this.#cluster = cluster;
    this.id = id;
    this.disk = this.#emptyDisk();
  }

  get up(): boolean {
    return this.participant !== undefined;
  }

  start(): void {
    if (this.up) return;
    const { disk } = this;
    // A start replays: a result that was once computed wrongly is found.
    if (disk.poisoned) disk.corrupt = true;
    const entries = disk.corrupt ? [] : disk.entries;
    const last = entries.at(-1);
    this.#life += 1;
    this.#syncing = false;
    this.#allocating = false;
    this.#cluster.note(`backend ${this.id} starts`);
    this.participant = new Participant(
      {
        backend: this.id,
        incarnation: disk.incarnation,
        promise: disk.promise,
        nonce: `${this.id}.${this.#life}`,
        directory: '',
        pid: this.#life,
        count: this.#cluster.count,
        condition: disk.corrupt ? 'corrupt' : 'intact',
        detail: disk.corrupt ? 'a broken entry' : '',
        tail: disk.corrupt ? new Disk(disk.incarnation).tail : disk.tail,
        tailTimestamp: last?.timestamp ?? (0 as Timestamp),
        checkpointSeq: SEQ_NONE,
        view: last?.view ?? { number: VIEW_NONE, members: [] },
        ledger: replay(entries),
        reserve: disk.reserve,
      },
      this.#host(this.#life),
    );
    this.#allocate(this.#life);
    this.#connectSoon(this.#life);
  }

  crash(): void {
    if (!this.up) return;
    this.#cluster.note(`backend ${this.id} crashes`);
    this.participant = undefined;
    this.paused = false;
    this.#held = [];
    this.disk.crash(this.#cluster.random.int(this.disk.unsynced.length + 1));
    this.#hangUp();
  }

  wipe(): void {
    this.crash();
    this.#cluster.note(`backend ${this.id} is wiped`);
    this.disk = this.#emptyDisk();
  }

  /** An old copy of the directory is put back: entries, not the promise, of some time ago. */
  rollBack(entries: number): void {
    this.crash();
    this.disk.lostBelow = Math.max(this.disk.lostBelow, this.disk.entries.length);
    this.disk.entries.length = Math.min(this.disk.entries.length, entries);
  }

  /** Its memory is hit: a wrong balance from the next batch on. */
  flip(): void {
    const ledger = this.participant?.ledger;
    if (!(ledger instanceof FragileLedger)) return;
    const { disk } = this;
    ledger.onFlip = () => (disk.poisoned = true);
  }

  /** Its memory has been hit, and it was not told to come back as empty yet. */
  get isHit(): boolean {
    const ledger = this.participant?.ledger;
    return this.disk.poisoned || (ledger instanceof FragileLedger && ledger.onFlip !== undefined);
  }

  /** Whether it hears and is heard. */
  get isWell(): boolean {
    const { pipe } = this;
    if (pipe?.isSlow === true) return false;
    if (!this.up || this.paused || this.slowDiskMs > 0 || pipe?.open !== true) return false;
    return !pipe.isStalled(0) && !pipe.isStalled(1);
  }

  /** A scrub meets damage while running. */
  meetCorruption(): void {
    this.disk.corrupt = true;
    this.live(this.#life, () => this.participant?.onCorruption('a broken entry'));
  }

  setFull(full: boolean): void {
    this.disk.full = full;
    if (!full) this.disk.allocate();
    this.#tellReserve(this.#life);
  }

  pause(): void {
    if (this.up) this.paused = true;
  }

  resume(): void {
    this.paused = false;
    for (const run of this.#held.splice(0)) run();
  }

  /** Runs now, or when the process goes on; never in another life. */
  live(life: number, run: () => void): void {
    if (life !== this.#life || !this.up) return;
    if (this.paused) this.#held.push(() => this.live(life, run));
    else run();
  }

  /** The connection breaks; both ends learn it. */
  cut(): void {
    const { pipe, connection, frontend } = this;
    if (pipe?.open !== true) return;
    pipe.open = false;
    frontend?.sees((coordinator, now) => coordinator.onGone(connection, now));
    this.onClosed();
  }

  /** The process is gone: what it had sent still arrives, and then the end of the stream. */
  #hangUp(): void {
    const { pipe, connection, frontend } = this;
    this.pipe = undefined;
    pipe?.send(0, () => {
      pipe.open = false;
      frontend?.sees((coordinator, now) => coordinator.onGone(connection, now));
    });
  }

  /** Only this end gives up; the other learns it with the new connection, or by the silence. */
  leave(): void {
    if (this.pipe?.open !== true) return;
    const { pipe, connection, frontend } = this;
    pipe.open = false;
    this.#cluster.queue.after(this.#cluster.random.next() * 300, () =>
      frontend?.sees((coordinator, now) => coordinator.onGone(connection, now)),
    );
    this.onClosed();
  }

  /** The frontend closed it, or died. */
  onClosed(): void {
    const life = this.#life;
    this.live(life, () => {
      this.participant?.onDisconnected();
      this.#connectSoon(life);
    });
  }

  deliver(message: ToBackend): void {
    const { pipe } = this;
    this.live(this.#life, () => {
      if (pipe !== this.pipe || pipe?.open !== true) return; // of an old connection
      if (message.type === 'refused' && !message.retry) this.refused = message.detail;
      this.participant?.onMessage(message);
    });
  }

  #connectSoon(life: number): void {
    this.#cluster.queue.after(5 + this.#cluster.delays.upTo(40), () => {
      this.live(life, () => {
        if (this.pipe?.open === true) return;
        if (this.#cluster.accept(this)) this.participant?.onConnected();
        else this.#connectSoon(life);
      });
    });
  }

  #emptyDisk(): Disk {
    return new Disk(this.#cluster.id128() as Incarnation);
  }

  #host(life: number): ParticipantHost {
    const { queue, delays, invariants } = this.#cluster;
    const { disk, id } = this;
    const soon = (run: (participant: Participant) => void, extraMs = 0): void =>
      queue.after(delays.upTo(2) + extraMs, () =>
        this.live(life, () => {
          if (this.participant !== undefined) run(this.participant);
        }),
      );
    return {
      append: (entry) => {
        const fits = disk.append(entry);
        invariants.onAppended(this, entry, fits);
        this.#sync(life);
      },
      savePromise: (promise) =>
        soon((participant) => {
          disk.sync();
          disk.promise = promise;
          participant.onPromiseSaved(promise);
        }, this.slowDiskMs),
      truncate: (afterSeq) =>
        soon((participant) => {
          invariants.onTruncate(this, afterSeq);
          disk.truncate(afterSeq);
          this.#cluster.note(`backend ${id} truncated to ${afterSeq}`);
          participant.onTruncated(replay(disk.entries), disk.tail);
        }, this.slowDiskMs),
      locate: (seq, token) => soon((participant) => participant.onLocated(token, disk.at(seq))),
      fetch: (fromSeq, bytes, token) =>
        soon((participant) => {
          const limit = Math.max(1, Math.min(FETCH_ENTRIES_MAX, bytes));
          participant.onFetched(token, disk.all().slice(fromSeq - 1, fromSeq - 1 + limit));
        }),
      resolve: (_seq, results, token) =>
        soon((participant) => {
          participant.onResolved(token, resolveDuplicates(disk, results));
        }),
      committed: (seq) => invariants.onCommitted(this, seq),
      reset: (detail) => {
        invariants.onReset(this);
        this.#cluster.note(`backend ${id} is reset: ${detail}`);
        queue.after(0, () => {
          if (life !== this.#life) return;
          this.#cluster.resets += 1;
          this.wipe();
          this.start();
        });
      },
      send: (message) => this.#send(message),
      inSync: () => (this.inSyncCount += 1),
      log: (line) => this.#cluster.note(`backend ${id}: ${line}`),
      trace: undefined,
    };
  }

  #send(message: FromBackend): void {
    const { connection, frontend } = this;
    this.#cluster.noteMessage(`backend ${this.id}`, 'frontend', message);
    this.pipe?.send(0, () => frontend?.fromBackend(connection, message));
  }

  #sync(life: number): void {
    if (this.#syncing) return;
    this.#syncing = true;
    const { queue, delays } = this.#cluster;
    queue.after(0.5 + delays.upTo(3) + this.slowDiskMs, () =>
      this.live(life, () => {
        this.#syncing = false;
        this.disk.sync();
        const { seq } = this.disk.tail;
        this.#cluster.onDetail?.(`backend ${this.id} synced to ${seq}`);
        this.#tellReserve(life);
        if (seq > 0) this.participant?.onSynced(seq);
        this.#allocate(life);
      }),
    );
  }

  #allocate(life: number): void {
    if (this.#allocating || !this.disk.wantsSegment) return;
    this.#allocating = true;
    this.#cluster.queue.after(this.#cluster.delays.upTo(20), () =>
      this.live(life, () => {
        this.#allocating = false;
        this.disk.allocate();
        this.#tellReserve(life);
      }),
    );
  }

  #tellReserve(life: number): void {
    this.live(life, () => this.participant?.onReserve(this.disk.reserve, 0));
  }
}
