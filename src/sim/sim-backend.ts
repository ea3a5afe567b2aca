/**
 * A simulated backend: the process that production runs, from the opening of its directory on, over
 * a made-up disk, clock and network; and whoever starts it again.
 */
import type { BackendId } from '../core/ids.ts';
import type { Ledger } from '../core/ledger.ts';
import type { ToBackend } from '../core/message.ts';
import type { Participant } from '../core/participant.ts';
import { BackendLife } from '../host/backend-life.ts';
import { liveOn } from '../host/backend-lives.ts';
import { DataDirectory } from '../host/data-directory.ts';
import { EnvironmentError } from '../host/environment-error.ts';
import { DATA_PATH, DurableJournal } from './durable-journal.ts';
import type { Pipe } from './pipe.ts';
import { PromiseWatch } from './promise-watch.ts';
import { hitMemory } from './memory-hit.ts';
import type { SimCluster } from './sim-cluster.ts';
import { SimFileSystem, type DiskFaults } from './sim-file-system.ts';
import type { SimFrontend } from './sim-frontend.ts';
import { SimLink } from './sim-link.ts';
import { SimProcess } from './sim-process.ts';
import { SimStorage } from './sim-storage.ts';

export class SimBackend {
  readonly id: BackendId;
  readonly name: string;
  storage: SimStorage;
  /** What is durable, seen from outside. */
  readonly journal: DurableJournal;
  readonly diskFaults: DiskFaults = {
    slowMs: 0, failNext: undefined, shortNext: false, strike: undefined,
  };
  /** Data that it voted for is gone, until so many entries are there again or it begins anew. */
  lostBelow = 0;
  /** The same of the incarnations that its directory had before. */
  readonly #lostBelowOf = new Map<string, number>();
  /** A wrong balance was computed at this entry, or later. */
  poisonedSeq: number | undefined;
  /** It has another backend's directory. */
  isSwapped = false;
  /** Something else than its processes has changed its directory, which it may find corrupt. */
  isTouched = false;
  /** It was refused for good: the process has ended. */
  refused = '';
  /** What it has promised, as far as was heard. */
  readonly promises = new PromiseWatch();
  /** What happens once, as soon as it has promised. */
  atPromise: (() => void) | undefined;
  /** What happens once, as soon as it is to be read. */
  atRead: (() => void) | undefined;
  pipe: Pipe | undefined;
  frontend: SimFrontend | undefined;
  connection = 0;
  inSyncCount = 0;
  readonly #cluster: SimCluster;
  #process: SimProcess | undefined;
  #link: SimLink | undefined;
  #life: BackendLife | undefined;
  #lastPid = 0;
  /** Its memory was hit, and nothing was executed since. */
  #hitLedger: Ledger | undefined;

  constructor(cluster: SimCluster, id: BackendId) {
    this.#cluster = cluster;
    this.id = id;
    this.name = `backend ${id}`;
    this.storage = new SimStorage();
    this.journal = new DurableJournal(
      this.storage, cluster.knownEntries, cluster.invariants.watch(this),
    );
  }

  get up(): boolean {
    return this.#process !== undefined;
  }

  get paused(): boolean {
    return this.#process?.paused === true;
  }

  /** Undefined also while a life has not begun yet. */
  get participant(): Participant | undefined {
    return this.#life?.participant;
  }

  /** Whether all that it ever voted for is in its directory. */
  get isSound(): boolean {
    const { journal } = this;
    return this.poisonedSeq === undefined && !this.isSwapped && !journal.isRotten
      && journal.entries.length >= this.lostBelow;
  }

  /**
   * Its memory or its directory has been hit, and it was not told to come back as empty yet. If
   * the others failed now, it would be the last copy, and damaged.
   */
  get isHit(): boolean {
    const isWaiting = this.#hitLedger !== undefined
      && this.#hitLedger === this.participant?.ledger;
    return this.poisonedSeq !== undefined || isWaiting || this.journal.isRotten;
  }

  /** Whether it hears and is heard. */
  get isWell(): boolean {
    const { pipe } = this;
    if (!this.up || this.paused || this.diskFaults.slowMs > 0 || pipe?.open !== true) return false;
    if (pipe.isSlow) return false;
    return !pipe.isStalled(0) && !pipe.isStalled(1);
  }

  // ---- the process -----------------------------------------------------------------------------

  start(): void {
    if (this.up) return;
    const { queue, random, delays } = this.#cluster;
    const { storage, diskFaults: faults } = this;
    this.#cluster.note(`backend ${this.id} starts`);
    this.#lastPid += 1;
    // What was computed wrongly went with the memory, unless it is in the journal.
    if (this.journal.entries.length < (this.poisonedSeq ?? 0)) this.poisonedSeq = undefined;
    const process = new SimProcess(queue, random, (owner) =>
      new SimFileSystem({ queue, delays, process: owner, storage, faults }));
    this.#process = process;
    queue.stir();
    this.#run(process).then(
      () => this.#onEnded(process, undefined),
      (error: unknown) => this.#onEnded(process, error),
    );
  }

  /** Killed: what was written stays, synced or not. */
  kill(): void {
    if (!this.up) return;
    this.#cluster.note(`backend ${this.id} is killed`);
    this.#end();
  }

  /** The machine loses its power; of what was not synced this much is kept. */
  losePower(keeps: () => boolean): void {
    this.#cluster.note(`backend ${this.id} crashes`);
    this.#end();
    this.storage.losePower(keeps);
  }

  /** One or the other. */
  crash(): void {
    const { random } = this.#cluster;
    if (random.chance(0.5)) return this.kill();
    const kept = random.pick([0, 0.5, 0.9, 1]);
    this.losePower(() => random.chance(kept));
  }

  /** It is asked to end, as by SIGTERM; a second later it is killed. */
  stop(): void {
    const process = this.#process;
    this.#cluster.note(`backend ${this.id} is stopped`);
    process?.stopping.abort();
    this.#cluster.queue.stir();
    this.#cluster.queue.after(1_000, () => {
      if (this.#process === process) this.kill();
    });
  }

  pause(): void {
    this.#process?.pause();
  }

  resume(): void {
    this.#process?.resume();
  }

  /** Its memory is hit: a wrong balance from the next batch on. */
  flip(): void {
    const { participant } = this;
    if (participant === undefined) return;
    const { ledger } = participant;
    this.#hitLedger = ledger;
    hitMemory(ledger, () => {
      this.#hitLedger = undefined;
      this.poisonedSeq = participant.tail.seq + 1;
    });
  }

  /** Whatever is wrong with its machine is over. */
  heal(): void {
    this.diskFaults.slowMs = 0;
    this.diskFaults.failNext = undefined;
    this.diskFaults.strike = undefined;
    this.atPromise = undefined;
    this.atRead = undefined;
    this.storage.free = Infinity;
    this.resume();
    // Damage outside the journal is met by a start only.
    if (this.journal.isRottenBeside) this.kill();
    this.start();
  }

  // ---- the directory ---------------------------------------------------------------------------

  /** Another directory, of an older time or of nobody; what was voted for since then is lost. */
  putBack(storage: SimStorage): void {
    const voted = this.participant?.tail.seq ?? 0;
    this.#end();
    this.onTouched();
    const { journal } = this;
    // Behind damage nobody sees what it voted for: no more than there is anywhere.
    const lengths = this.#cluster.backends.map((each) => each.journal.entries.length);
    const held = journal.isRotten ? Math.max(voted, ...lengths) : journal.entries.length;
    this.lostBelow = Math.max(this.lostBelow, held);
    this.#lostBelowOf.set(journal.incarnation, this.lostBelow);
    this.storage = storage;
    journal.lookAt(storage);
    // A copy may come from before the directory was wiped: what its incarnation held is lost, too.
    this.lostBelow = Math.max(this.lostBelow, this.#lostBelowOf.get(journal.incarnation) ?? 0);
  }

  wipe(): void {
    this.#cluster.note(`backend ${this.id} is wiped`);
    this.putBack(new SimStorage());
    this.beginAnew();
  }

  /** Whatever it has promised may not be there any more. */
  onTouched(): void {
    this.isTouched = true;
    this.promises.forget();
  }

  /** It is told apart from now on from what it was. */
  beginAnew(): void {
    this.promises.forget();
    this.isTouched = false;
    this.lostBelow = 0;
    this.poisonedSeq = undefined;
  }

  // ---- the connection --------------------------------------------------------------------------

  /** The connection breaks; both ends learn it. */
  cut(): void {
    const { pipe, connection, frontend } = this;
    if (pipe?.open !== true) return;
    pipe.open = false;
    frontend?.losesBackend(this.id, connection);
    this.onClosed();
  }

  /** Only this end gives up; the other learns it with the new connection, or by the silence. */
  leave(detail = 'it is left', noticedMs = this.#cluster.random.next() * 300): void {
    if (this.pipe?.open !== true) return;
    const { pipe, connection, frontend } = this;
    pipe.open = false;
    this.#cluster.queue.after(noticedMs, () => frontend?.losesBackend(this.id, connection));
    this.#link?.onClosed(pipe, detail);
  }

  /** This end closes: what it had sent still arrives, and then the end of the stream. */
  hangUp(): void {
    const { pipe, connection, frontend } = this;
    this.pipe = undefined;
    pipe?.send(0, () => {
      pipe.open = false;
      frontend?.losesBackend(this.id, connection);
    });
  }

  /** The frontend closed it, or died. */
  onClosed(): void {
    if (this.pipe !== undefined) this.#link?.onClosed(this.pipe, 'it was closed');
  }

  deliver(message: ToBackend): void {
    if (this.pipe !== undefined) this.#link?.deliver(this.pipe, message);
  }

  // ---- inside ----------------------------------------------------------------------------------

  async #run(process: SimProcess): Promise<void> {
    const directory = await DataDirectory.open(DATA_PATH, process);
    const log = (line: string): void => {
      if (process.alive) this.#cluster.note(`backend ${this.id}: ${line}`);
    };
    const begin = async (damage: string | undefined): Promise<BackendLife> => {
      const life = await BackendLife.begin({
        machine: process, sizes: this.#cluster.sizes, directory, id: this.id, host: 'sim', port: 1,
        count: this.#cluster.count, pid: this.#lastPid, damage, log, trace: undefined,
        onInSync: () => (this.inSyncCount += 1),
        connect: (events) => (this.#link = new SimLink(this.#cluster, this, process, events)),
      });
      if (process.alive) this.#life = life;
      return life;
    };
    await liveOn(begin, directory, log, process.stopping.signal);
  }

  #end(): void {
    this.#process?.end();
    this.#process = undefined;
    this.#life = undefined;
    this.#link = undefined;
    this.diskFaults.strike = undefined;
    this.hangUp();
  }

  /** The process has ended of itself. */
  #onEnded(process: SimProcess, error: unknown): void {
    if (process !== this.#process) return;
    this.#end();
    if (error === undefined) return;
    const { queue, random, invariants } = this.#cluster;
    if (!(error instanceof EnvironmentError)) return invariants.onBug(`backend ${this.id}`, error);
    this.#cluster.note(`backend ${this.id} ends: ${error.message}`);
    if (error.kind === 'foreign') this.refused = error.message;
    else queue.after(20 + random.next() * 200, () => this.start());
  }
}
