/**
 * Who may be a backend of this bank: identities at the hello, two processes under one identity, and
 * the bootstrap or recovery of the control record (replication.md, "Every connection begins with a
 * promise", "The control record").
 */
import { BackendLink } from './backend-link.ts';
import type { ControlKeeper } from './control-keeper.ts';
import type { ConnectionId, CoordinatorHost } from './effect.ts';
import {
  BACKENDS_MAX, CLUSTER_NONE, EPOCH_NONE, SEQ_NONE, type BackendId, type ClusterId, type Epoch,
  type OwnerId, type ViewNumber,
} from './ids.ts';
import type { Hello } from './message.ts';
import type { ControlRecord, Member, View } from './view.ts';

export interface GreeterOptions {
  readonly owner: OwnerId;
  readonly newCluster: ClusterId;
  readonly recover: boolean;
  readonly readTimeoutMs: number;
  nowMs(): number;
  probeAll(): number;
}

/** A second process under the identity of one that is connected. */
interface Contender {
  readonly connection: ConnectionId;
  readonly hello: Hello;
  readonly peer: string;
  readonly probe: number;
  readonly deadlineMs: number;
}

export class Greeter {
  readonly #options: GreeterOptions;
  readonly #host: CoordinatorHost;
  readonly #control: ControlKeeper;
  readonly #links = new Map<BackendId, BackendLink>();
  /** The same, in the order of their ids. */
  #inOrder: readonly BackendLink[] = [];
  readonly #byConnection = new Map<ConnectionId, BackendLink>();
  readonly #contenders = new Map<BackendId, Contender>();
  #shownWait = '';

  constructor(options: GreeterOptions, host: CoordinatorHost, control: ControlKeeper) {
    this.#options = options;
    this.#host = host;
    this.#control = control;
    if (control.exists) this.#makeLinks(control.record.count);
  }

  get links(): ReadonlyMap<BackendId, BackendLink> {
    return this.#links;
  }

  /** How many backends there are to be; 0 while nobody has said. */
  get count(): number {
    if (this.#control.exists) return this.#control.record.count;
    const counts = [...this.#links.values()].map((link) => link.hello?.count ?? 0);
    return Math.max(0, ...counts);
  }

  linksInOrder(): readonly BackendLink[] {
    return this.#inOrder;
  }

  link(id: BackendId): BackendLink | undefined {
    return this.#links.get(id);
  }

  linkOf(connection: ConnectionId): BackendLink | undefined {
    return this.#byConnection.get(connection);
  }

  /** The link that took the connection; undefined where it was refused or has to wait. */
  onHello(connection: ConnectionId, hello: Hello, peer: string): BackendLink | undefined {
    const refusal = this.#refusal(hello);
    if (refusal !== undefined) {
      this.#refuse(connection, hello, refusal);
      return undefined;
    }
    const link = this.#links.get(hello.backend) ?? this.#makeLink(hello.backend);
    if (link.connection !== undefined) {
      this.#contest(link, { connection, hello, peer });
      return undefined;
    }
    return this.#accept(link, connection, hello, peer);
  }

  /** The link whose connection it was. */
  onGone(connection: ConnectionId): BackendLink | undefined {
    for (const [id, contender] of this.#contenders) {
      if (contender.connection === connection) this.#contenders.delete(id);
    }
    const link = this.#byConnection.get(connection);
    this.#byConnection.delete(connection);
    return link;
  }

  /** The one that is connected is alive: a contender is a second process, and is refused. */
  onPong(link: BackendLink, probe: number): void {
    const contender = this.#contenders.get(link.id);
    if (contender === undefined || probe < contender.probe) return;
    this.#contenders.delete(link.id);
    const { connection, hello } = contender;
    const pid = link.hello?.pid;
    this.#refuse(connection, hello, `backend ${link.id} is already running as pid ${pid}`);
  }

  /** Connected ones that did not answer while another of their identity waits. */
  overdueContests(): BackendLink[] {
    const overdue: BackendLink[] = [];
    for (const [id, { deadlineMs }] of this.#contenders) {
      const link = this.#links.get(id);
      if (link !== undefined && this.#options.nowMs() >= deadlineMs) overdue.push(link);
    }
    return overdue;
  }

  /** The place is free: the one who waited for it takes it. */
  takeContender(id: BackendId): BackendLink | undefined {
    const contender = this.#contenders.get(id);
    const link = this.#links.get(id);
    if (contender === undefined || link === undefined) return undefined;
    this.#contenders.delete(id);
    return this.#accept(link, contender.connection, contender.hello, contender.peer);
  }

  /** Writes the first control record once that is safe. */
  bootstrapIfReady(waiting: boolean): void {
    if (!waiting || this.#control.exists) return;
    if (!this.#control.canWrite(this.#options.nowMs())) return;
    const hellos = this.#hellos();
    const carrying = hellos.filter((hello) => hello.cluster !== CLUSTER_NONE);
    if (carrying.length > 0) this.#recover(carrying);
    else if (this.#options.recover) {
      this.showWait('--recover waits for backends that carry a bank');
    } else this.#bootstrap(hellos);
  }

  /** What is missing before the record can be written. */
  bootstrapNeeds(): string {
    const count = this.count;
    if (count === 0) return 'the bank is new and waits for its backends';
    const missing: number[] = [];
    for (let id = 1; id <= count; id += 1) {
      if (this.#links.get(id as BackendId)?.connection === undefined) missing.push(id);
    }
    if (missing.length === 0) return 'the bank is new, and its control record is not written yet';
    return `the bank is new and waits for backend ${missing.join(', ')} of ${count}`;
  }

  #accept(
    link: BackendLink, connection: ConnectionId, hello: Hello, peer: string,
  ): BackendLink {
    link.greet(connection, hello, peer);
    this.#byConnection.set(connection, link);
    return link;
  }

  #contest(link: BackendLink, newcomer: Omit<Contender, 'probe' | 'deadlineMs'>): void {
    const { connection, hello } = newcomer;
    const other = this.#contenders.get(link.id);
    // It waits already, and has lost that connection: it goes on waiting over this one.
    const isAgain = other?.hello.nonce === hello.nonce;
    if (isAgain) this.#host.close(other.connection);
    if (link.hello?.nonce === hello.nonce) {
      // The same process over a new connection: the old one is dead, its end has not arrived yet.
      if (other !== undefined && !isAgain) this.#putOff(other.connection, other.hello);
      this.#contenders.set(link.id, { ...newcomer, probe: Infinity, deadlineMs: 0 });
    } else if (isAgain) {
      this.#contenders.set(link.id, { ...other, ...newcomer });
    } else if (other !== undefined) {
      this.#putOff(connection, hello);
    } else {
      const deadlineMs = this.#options.nowMs() + this.#options.readTimeoutMs;
      this.#contenders.set(link.id, { ...newcomer, probe: this.#options.probeAll(), deadlineMs });
    }
  }

  #refusal({ cluster, backend, count }: Hello): string | undefined {
    if (backend < 1 || backend > count || count > BACKENDS_MAX) {
      return `there is no backend ${backend} among ${count} (at most ${BACKENDS_MAX})`;
    }
    if (!this.#control.exists) return undefined;
    const { record } = this.#control;
    if (cluster !== CLUSTER_NONE && cluster !== record.cluster) {
      const which = `cluster ${cluster}, this is ${record.cluster}`;
      return `its directory belongs to another bank (${which})`;
    }
    if (count !== record.count) {
      return `this bank has ${record.count} backends, not --count ${count}`;
    }
    return undefined;
  }

  #refuse(connection: ConnectionId, { backend }: Hello, detail: string): void {
    this.#host.log(`refused backend ${backend}: ${detail}`);
    this.#host.send(connection, { type: 'refused', retry: false, detail });
    this.#host.close(connection);
  }

  /** Which of several it is will show: of one that has died the end may not be here yet. */
  #putOff(connection: ConnectionId, { backend }: Hello): void {
    const detail = `two processes may run as backend ${backend}`;
    this.#host.log(`put off backend ${backend}: ${detail}`);
    this.#host.send(connection, { type: 'refused', retry: true, detail });
    this.#host.close(connection);
  }

  #hellos(): Hello[] {
    return [...this.#links.values()]
      .filter((link) => link.connection !== undefined)
      .flatMap((link) => link.hello ?? []);
  }

  #bootstrap(hellos: readonly Hello[]): void {
    const [first] = hellos;
    if (first === undefined) return;
    const { count } = first;
    if (hellos.some((hello) => hello.count !== count)) {
      return this.showWait('the backends disagree about --count');
    }
    if (hellos.some((hello) => hello.condition !== 'empty')) {
      return this.showWait('a new bank needs empty backends');
    }
    if (hellos.length < count) return this.showWait(this.bootstrapNeeds());
    const members: Member[] = hellos.map(({ backend, incarnation }) =>
      ({ id: backend, incarnation }));
    members.sort((one, other) => one.id - other.id);
    this.#host.log(`a new bank of ${count} backends: cluster ${this.#options.newCluster}`);
    const view: View = { number: 1 as ViewNumber, members };
    this.#writeFirst(this.#options.newCluster, EPOCH_NONE, view, { count, recovered: false });
  }

  /** The record is lost: every member of the newest view that anyone remembers must be here. */
  #recover(carrying: readonly Hello[]): void {
    const [first] = carrying;
    if (first === undefined) return;
    const { cluster, count } = first;
    if (carrying.some((hello) => hello.cluster !== cluster)) {
      return this.#host.stop('foreign', 'the backends carry different banks');
    }
    if (!this.#options.recover) {
      return this.#host.stop(
        'foreign',
        `this frontend's directory has no control record, but backend ${first.backend} carries the`
        + ` bank ${cluster}: bring back the frontend's directory, or start it with --recover`,
      );
    }
    const newest = carrying.reduce((best, hello) =>
      hello.view.number > best.view.number ? hello : best, first);
    const missing = newest.view.members.filter(({ id, incarnation }) =>
      !carrying.some((hello) => hello.backend === id && hello.incarnation === incarnation));
    if (newest.view.members.length === 0) return this.#recoverUnused(carrying, count);
    if (missing.length > 0) {
      const ids = missing.map(({ id }) => id).join(', ');
      return this.showWait(`--recover waits for backend ${ids} of view ${newest.view.number}`);
    }
    this.#writeRecovered(carrying, newest.view, count);
  }

  /** Nothing was ever prepared: all backends have to be here. */
  #recoverUnused(carrying: readonly Hello[], count: number): void {
    if (carrying.length < count) return this.showWait(`--recover waits for all ${count} backends`);
    const members = carrying.map(({ backend, incarnation }) => ({ id: backend, incarnation }));
    members.sort((one, other) => one.id - other.id);
    this.#writeRecovered(carrying, { number: 1 as ViewNumber, members }, count);
  }

  #writeRecovered(carrying: readonly Hello[], view: View, count: number): void {
    const [first] = carrying;
    if (first === undefined) return;
    const epoch = Math.max(...carrying.map((hello) => hello.promisedEpoch)) as Epoch;
    this.#host.log(`recovered the control record: view ${view.number}, epoch ${epoch}`);
    this.#writeFirst(first.cluster, epoch, view, { count, recovered: true });
  }

  #writeFirst(
    cluster: ClusterId, epoch: Epoch, view: View, rest: Pick<ControlRecord, 'count' | 'recovered'>,
  ): void {
    this.#makeLinks(rest.count);
    const { owner } = this.#options;
    this.#control.writeFirst({
      cluster, version: 1, epoch, owner, view, commitFloor: SEQ_NONE, ...rest,
    });
  }

  #makeLinks(count: number): void {
    for (let id = 1; id <= count; id += 1) {
      const backend = id as BackendId;
      if (!this.#links.has(backend)) this.#makeLink(backend);
    }
  }

  /** Logs what is waited for, once. */
  showWait(line: string): void {
    if (line === this.#shownWait) return;
    this.#shownWait = line;
    this.#host.log(line);
  }

  #makeLink(id: BackendId): BackendLink {
    const link = new BackendLink(id);
    this.#links.set(id, link);
    this.#inOrder = [...this.#links.values()].sort((one, other) => one.id - other.id);
    return link;
  }
}
