/**
 * The control record's durable place, as an external service would be: compare-and-swap on the
 * version, at times slow, refused, or not answered, so that nobody knows whether it was applied.
 */
import type { ControlOutcome } from '../core/effect.ts';
import type { BackendId } from '../core/ids.ts';
import { hasId, type ControlRecord } from '../core/view.ts';
import { RecordHistory } from './record-history.ts';
import type { SimBackend } from './sim-backend.ts';
import type { SimCluster } from './sim-cluster.ts';
import type { SimFrontend } from './sim-frontend.ts';

/** What becomes of a write that is not answered: it never arrives, or at once, or late. */
export type Fate = 'dropped' | 'applied' | 'late';
export const FATES: readonly Fate[] = ['dropped', 'applied', 'late'];

const ANSWER_TIMEOUT_MS = 150;
const LATE_MS_MAX = 1_500;

type Done = (outcome: ControlOutcome) => void;

export class SimControlStore {
  record: ControlRecord | undefined;
  slowMs = 0;
  failNext = 0;
  /** So many of the next writes that change the view fail. */
  failViews = 0;
  /** Told once of a view that names somebody new, as it is written. */
  atJoin: ((joiner: BackendId) => void) | undefined;
  /** The next writes get no answer. */
  fates: Fate[] = [];
  /** Told of every write that is under way. */
  onWriting: (() => void) | undefined;
  readonly #cluster: SimCluster;
  /** Writes under way. */
  readonly #underWay = new Set<ControlRecord>();
  /** What the frontend does not know the outcome of: it writes it again. */
  readonly #unanswered = new Map<SimFrontend, ControlRecord>();
  readonly #history = new RecordHistory();
  /** What it was rolled back from. */
  #newest: ControlRecord | undefined;
  /** A frontend has started over the older record. */
  #isMet = false;

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
  }

  /** What the members answer for, also while an older record lies in its place. */
  get newest(): ControlRecord | undefined {
    return this.#newest ?? this.record;
  }

  get isRolledBack(): boolean {
    return this.#newest !== undefined;
  }

  /** Records that may still be stored. */
  get pending(): ControlRecord[] {
    const again = [...this.#unanswered].filter(([by]) => by.alive).map(([, record]) => record);
    return [...this.#underWay, ...again];
  }

  /** Earlier records that are told apart from the present one by the promises alone. */
  tellable(backends: readonly SimBackend[]): ControlRecord[] {
    const { record, pending } = this;
    if (record === undefined || this.isRolledBack || pending.length > 0) return [];
    return this.#history.tellable(record, backends);
  }

  rollBack(record: ControlRecord): void {
    this.#isMet = false;
    this.#newest = this.record;
    this.record = record;
  }

  /** The newest one again, which an operator has found. */
  putBack(): void {
    this.record = this.newest;
    this.#newest = undefined;
  }

  /**
   * A frontend starts. Only one finds an older record: claims of several would pass the promises
   * that tell, and none of them could know.
   */
  onFrontendStarts(): void {
    if (this.#isMet) this.putBack();
    this.#isMet = this.isRolledBack;
  }

  write(record: ControlRecord, by: SimFrontend, done: Done): void {
    const { delays } = this.#cluster;
    const view = record.view.members.map(({ id }) => id).join(',');
    this.#cluster.note(
      `frontend writes control: epoch ${record.epoch} view ${record.view.number}` +
        ` (${view}) floor ${record.commitFloor}`,
    );
    // A copy: the same record may be on its way twice.
    const attempt = { ...record };
    this.#underWay.add(attempt);
    const fate = this.fates.shift();
    const delayMs = delays.upTo(4) + delays.upTo(this.slowMs);
    if (fate === undefined) this.#cluster.queue.after(delayMs, () => this.#act(attempt, by, done));
    else this.#lose(attempt, fate, delayMs, by, done);
    this.onWriting?.();
    this.#tellJoin(record);
  }

  /** It may have been written, and whoever wrote it has to find out. */
  #lose(attempt: ControlRecord, fate: Fate, delayMs: number, by: SimFrontend, done: Done): void {
    const { queue, delays } = this.#cluster;
    this.#unanswered.set(by, attempt);
    if (fate === 'dropped') queue.after(delayMs, () => this.#underWay.delete(attempt));
    else {
      const lateMs = fate === 'late' ? ANSWER_TIMEOUT_MS + delays.upTo(LATE_MS_MAX) : 0;
      queue.after(delayMs + lateMs, () => {
        const isApplied = this.#put(attempt);
        if (isApplied) this.#cluster.note(`control written, which nobody is told (${fate})`);
      });
    }
    queue.after(delayMs + ANSWER_TIMEOUT_MS, () => {
      if (by.alive) this.#cluster.note('control gives no answer');
      done('unknown');
    });
  }

  #act(attempt: ControlRecord, by: SimFrontend, done: Done): void {
    const { queue, delays, random } = this.#cluster;
    // The process may have died while the write was on its way: it may have been applied.
    if (!by.alive && random.chance(0.5)) return void this.#underWay.delete(attempt);
    if (this.#fails(attempt)) {
      this.#underWay.delete(attempt);
      return done('failed');
    }
    const isApplied = this.#put(attempt);
    this.#unanswered.delete(by);
    queue.after(delays.upTo(2) + delays.upTo(this.slowMs), () => {
      if (by.alive) this.#cluster.note(`control ${isApplied ? 'written' : 'conflict'}`);
      done(isApplied ? 'written' : 'conflict');
    });
  }

  #fails({ view }: ControlRecord): boolean {
    const isView = this.record !== undefined && this.record.view.number !== view.number;
    if (this.failNext > 0) this.failNext -= 1;
    else if (isView && this.failViews > 0) this.failViews -= 1;
    else return false;
    return true;
  }

  #tellJoin({ view }: ControlRecord): void {
    const { atJoin, record } = this;
    const joiner = view.members.find(({ id }) => record !== undefined && !hasId(record.view, id));
    if (atJoin === undefined || joiner === undefined) return;
    this.atJoin = undefined;
    atJoin(joiner.id);
  }

  /** Whether the record is what is stored now. */
  #put(attempt: ControlRecord): boolean {
    this.#underWay.delete(attempt);
    const before = this.record;
    if (before?.version === attempt.version && before.owner === attempt.owner) return true;
    if (attempt.version !== (before?.version ?? 0) + 1) return false;
    this.record = attempt;
    if (!this.isRolledBack) this.#history.onWritten(attempt);
    this.#cluster.invariants.onRecordDurable(attempt, before);
    return true;
  }
}
