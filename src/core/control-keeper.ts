/**
 * The control record as its coordinator sees it: what is durable, and the one write that may be
 * under way. While a view write is pending the required set is the union of both views.
 *
 * Keeps true: a write whose outcome is unknown stays pending. The very same record is written again
 * until that is answered: it is then durable, whichever sending was applied, and no late one can
 * be; or another's is, and this coordinator is deposed. (replication.md, "The control record")
 */
import { assert, present } from './assert.ts';
import type { ControlOutcome, CoordinatorHost } from './effect.ts';
import type { OwnerId } from './ids.ts';
import type { ControlRecord, View } from './view.ts';

const RETRY_MS = 500;

/** What a write may change besides the version and the owner. */
export type ControlChanges =
  Partial<Pick<ControlRecord, 'epoch' | 'view' | 'commitFloor' | 'recovered'>>;

export class ControlKeeper {
  readonly #host: CoordinatorHost;
  readonly #owner: OwnerId;
  #durable: ControlRecord | undefined;
  #pending: ControlRecord | undefined;
  /** A sending of the pending record may have been applied, or may still be. */
  #isUnknown = false;
  /** The host is to answer. */
  #isUnderWay = false;
  #retryAtMs = 0;

  constructor(host: CoordinatorHost, owner: OwnerId, record: ControlRecord | undefined) {
    this.#host = host;
    this.#owner = owner;
    this.#durable = record;
  }

  get exists(): boolean {
    return this.#durable !== undefined;
  }

  get record(): ControlRecord {
    return present(this.#durable, 'the record exists once the bank was bootstrapped');
  }

  get recordIfAny(): ControlRecord | undefined {
    return this.#durable;
  }

  get view(): View {
    return this.record.view;
  }

  get pendingView(): View | undefined {
    return this.#pending?.view;
  }

  /** Whether a write may be sent: one at a time, and a failed one not again at once. */
  canWrite(nowMs: number): boolean {
    return this.#pending === undefined && nowMs >= this.#retryAtMs;
  }

  write(changes: ControlChanges): void {
    const version = this.record.version + 1;
    this.#send({ ...this.record, ...changes, version, owner: this.#owner });
  }

  /** Bootstrap, or recovery of a lost record. */
  writeFirst(record: ControlRecord): void {
    assert(this.#durable === undefined, 'a record is never written over');
    this.#send(record);
  }

  /** Takes the outcome; the record that is durable now, or undefined where it did not change. */
  onWritten(outcome: ControlOutcome, nowMs: number): ControlRecord | undefined {
    const pending = present(this.#pending, 'a write was under way');
    this.#isUnderWay = false;
    // That this sending failed says nothing of one before it.
    if (outcome === 'unknown' || (outcome === 'failed' && this.#isUnknown)) {
      if (!this.#isUnknown) this.#host.log('a write of the control record is not answered');
      this.#isUnknown = true;
      this.#retryAtMs = nowMs + RETRY_MS;
      return undefined;
    }
    this.#pending = undefined;
    this.#isUnknown = false;
    if (outcome === 'written') return (this.#durable = pending);
    if (outcome === 'failed') this.#retryAtMs = nowMs + RETRY_MS;
    else this.#host.stop('deposed', 'another frontend has taken over this bank');
    return undefined;
  }

  /** Writes again what may have been written. */
  onTick(nowMs: number): void {
    if (this.#isUnderWay || nowMs < this.#retryAtMs) return;
    if (this.#pending !== undefined) this.#hand(this.#pending);
  }

  #send(record: ControlRecord): void {
    assert(this.#pending === undefined, 'one write of the control record at a time');
    this.#pending = record;
    this.#hand(record);
  }

  #hand(record: ControlRecord): void {
    this.#isUnderWay = true;
    this.#host.writeControl(record);
  }
}
