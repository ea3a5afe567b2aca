/**
 * The backends of a coordinator as a whole: who is here, who is asked to promise, who is told to
 * come back as empty; heartbeats out, silence noticed.
 */
import type { BackendLink, Tail } from './backend-link.ts';
import type { ControlKeeper } from './control-keeper.ts';
import type { CoordinatorHost } from './effect.ts';
import type { Greeter } from './greeter.ts';
import { EPOCH_NONE, type BackendId, type Epoch, type OwnerId, type Seq } from './ids.ts';
import type { ToBackend } from './message.ts';
import { StatusArray } from './status-array.ts';
import { keysMaxOf, statusOf } from './status-report.ts';
import { hasId, type View } from './view.ts';

export interface BackendsHost {
  readonly host: CoordinatorHost;
  readonly control: ControlKeeper;
  readonly greeter: Greeter;
  readonly owner: OwnerId;
  readonly readTimeoutMs: number;
  nowMs(): number;
  commitSeq(): Seq;
  /** The link is forgotten: whatever counted on it must do without. */
  onLost(link: BackendLink): void;
  /** This process stood still: what is lost now may be lost for that. */
  onOwnPause(): void;
}

export class Backends {
  readonly #parts: BackendsHost;
  readonly #statusArray: StatusArray;
  #probe = 0;
  #shownStatus = '';

  constructor(parts: BackendsHost) {
    this.#parts = parts;
    this.#statusArray = new StatusArray(parts.readTimeoutMs, parts.nowMs());
  }

  heard(link: BackendLink): void {
    this.#statusArray.heard(link.id, this.#parts.nowMs());
  }

  /** It has been accepted, over a new connection. */
  greet(link: BackendLink | undefined): void {
    if (link === undefined) return;
    this.heard(link);
    this.#log(`backend ${link.id}: connected from ${link.peer} (${link.hello?.condition})`);
  }

  onClosed(link: BackendLink): void {
    this.#lose(link, 'the connection is closed');
    this.greet(this.#parts.greeter.takeContender(link.id));
  }

  /** Ends what has been silent for too long, and sends the heartbeats that are due. */
  onTick(): void {
    const { greeter, nowMs } = this.#parts;
    for (const id of this.#statusArray.onTick(nowMs())) this.#onSilent(greeter.link(id));
    if (this.#statusArray.wasPaused) this.#parts.onOwnPause();
    if (this.#statusArray.takeHeartbeat(nowMs())) this.probeAll();
    for (const link of greeter.overdueContests()) {
      this.#onSilent(link);
      this.greet(greeter.takeContender(link.id));
    }
  }

  /** A number above every probe sent so far. */
  nextProbe(): number {
    return (this.#probe += 1);
  }

  probeAll(): number {
    const probe = this.nextProbe();
    const commitSeq = this.#parts.commitSeq();
    for (const link of this.#parts.greeter.links.values()) {
      this.send(link.id, { type: 'ping', epoch: this.#epoch, probe, commitSeq });
    }
    return probe;
  }

  send(id: BackendId, message: ToBackend): void {
    const connection = this.#parts.greeter.link(id)?.connection;
    if (connection !== undefined) this.#parts.host.send(connection, message);
  }

  /** A member of the durable view that may serve. */
  memberIsHere(): boolean {
    const { view } = this.#parts.control;
    return this.#some((link) => link.trouble === 'none' && link.isMemberOf(view));
  }

  /** Some replica that holds a bank, be it an old one. */
  anyIntact(): boolean {
    return this.#some((link) => link.hello?.condition === 'intact');
  }

  /** When the next open hold expires, as members say; 0: none does. */
  nextExpiry(): number {
    const { view } = this.#parts.control;
    const times = [...this.#parts.greeter.links.values()]
      .filter((link) => link.promised && link.isMemberOf(view) && link.nextExpiry > 0)
      .map((link) => link.nextExpiry);
    return times.length === 0 ? 0 : Math.min(...times);
  }

  /** How many keys are remembered, as that member says which has come furthest; 0: not known. */
  keysMax(): number {
    const { view } = this.#parts.control;
    return keysMaxOf([...this.#parts.greeter.links.values()], view);
  }

  /** The epoch ends: promises of it are worth nothing. */
  forgetPromises(): void {
    for (const link of this.#parts.greeter.links.values()) {
      link.forgetPromise();
      link.promiseAsked = false;
    }
  }

  /** Asks those who are greeted and whose promise of this epoch is not there. */
  askPromises(): void {
    const { control, greeter, owner, nowMs } = this.#parts;
    const { cluster, epoch } = control.record;
    for (const link of greeter.links.values()) {
      if (link.connection === undefined || link.promised || link.promiseAsked) continue;
      if (link.trouble !== 'none' || nowMs() < link.pausedUntilMs) continue;
      link.promiseAsked = true;
      this.send(link.id, { type: 'promise', cluster, epoch, owner });
    }
  }

  /** What was streamed to those left behind is unknown: they promise anew and tell their tail. */
  repromiseLeftovers(view: View): void {
    for (const link of this.#parts.greeter.links.values()) {
      if (!hasId(view, link.id)) link.forgetPromise();
    }
  }

  /** While the view was written a member may have gone, and come back: even as a stranger. */
  absentFrom(view: View, base: Tail): BackendLink[] {
    return this.#parts.greeter.linksInOrder().filter((link) => {
      const holds = link.isMemberOf(view) && link.promised && link.votedSeq === base.seq;
      return hasId(view, link.id) && !holds;
    });
  }

  /** It can't be brought to what the others hold. */
  giveUp(link: BackendLink, detail: string): void {
    link.trouble = 'diverged';
    link.troubleDetail = detail;
    link.forgetPromise();
    this.#log(`backend ${link.id} can't be caught up: ${detail}`);
  }

  /** Others hold everything: who diverged, lost data or is corrupt comes back as empty. */
  resetTroubled(): void {
    const { control, greeter } = this.#parts;
    const { view, pendingView: pending } = control;
    for (const link of greeter.links.values()) {
      if (link.trouble === 'none' || link.connection === undefined || link.resetSent) continue;
      // By its id: one whose identity is damaged can't tell that it is the member.
      if (hasId(view, link.id) || (pending !== undefined && hasId(pending, link.id))) continue;
      link.resetSent = true;
      this.#log(`backend ${link.id}: told to come back as empty: ${link.troubleDetail}`);
      this.send(link.id, { type: 'reset', epoch: this.#epoch, detail: link.troubleDetail });
    }
  }

  showStatus(): void {
    const { control, greeter } = this.#parts;
    const record = control.exists ? control.record : undefined;
    const status = greeter.linksInOrder().map((link) => statusOf(link, record)).join(',');
    if (status === this.#shownStatus) return;
    this.#shownStatus = status;
    this.#log(`status ${status}`);
  }

  get #epoch(): Epoch {
    const { control } = this.#parts;
    return control.exists ? control.record.epoch : EPOCH_NONE;
  }

  #some(fits: (link: BackendLink) => boolean): boolean {
    for (const link of this.#parts.greeter.links.values()) {
      if (link.connection !== undefined && fits(link)) return true;
    }
    return false;
  }

  #onSilent(link: BackendLink | undefined): void {
    if (link?.connection === undefined) return;
    this.#parts.host.close(link.connection);
    this.#parts.greeter.onGone(link.connection);
    this.#lose(link, `silent for ${this.#parts.readTimeoutMs} ms`);
  }

  #lose(link: BackendLink, why: string): void {
    this.#statusArray.gone(link.id);
    this.#log(`backend ${link.id}: down: ${why}`);
    link.forget();
    this.#parts.onLost(link);
  }

  #log(line: string): void {
    this.#parts.host.log(line);
  }
}
