/**
 * What each action does to a state of the model.
 *
 * The environment does everything that faults.md lists at this size: each direction of a connection
 * keeps its order, a process loses nothing but what was not fsynced, a directory that is lost was
 * not the last of a view.
 */
import { EPOCH_NONE, SEQ_NONE, type ViewNumber } from '../../core/ids.ts';
import type { ControlRecord } from '../../core/view.ts';
import { ACTION, kindOf, whichOf, whoOf } from './actions.ts';
import { CLUSTER, CONNECTIONS_OF_ONE, ownerOf } from './coordinator-actor.ts';
import { Draft } from './draft.ts';
import { BACKENDS, packBudget, spend, WORD, type Budget } from './layout.ts';
import { ModelBackends } from './model-backends.ts';
import { incarnationOf } from './model-disk.ts';
import { ModelFrontends } from './model-frontends.ts';
import type { ModelOptions } from './model-options.ts';
import { Properties } from './properties.ts';
import type { Tables } from './tables.ts';

/** The life of the frontend that made the bank. */
const MAKER = 9;

export class World {
  readonly frontends: ModelFrontends;
  readonly #draft: Draft;
  readonly #properties: Properties;
  readonly #backends: ModelBackends;
  /** By the kind of an action: what it does, to whom, which. */
  readonly #deeds: ReadonlyMap<number, (who: number, which: number) => void>;

  constructor(tables: Tables) {
    this.#draft = new Draft(tables);
    this.#properties = new Properties(this.#draft);
    this.frontends = new ModelFrontends(this.#draft, this.#properties);
    this.#backends = new ModelBackends(this.#draft, this.#properties);
    this.#deeds = new Map([...this.#steps(), ...this.#losses(), ...this.#counted()]);
  }

  /** The state that is being changed. */
  get row(): Int32Array {
    return this.#draft.row;
  }

  /** What the last action broke. */
  get found(): string[] {
    return this.#draft.found;
  }

  /** Two backends on empty directories, no frontend; a bank may have been made. */
  begin(options: ModelOptions): void {
    const { control, pasts } = this.#draft.tables;
    this.row.fill(0);
    for (const backend of BACKENDS) this.#backends.begin(backend);
    const record = options.bootstrap ? undefined : this.#madeBank();
    this.#draft.control = control.number({ ...control.place(control.none), record });
    this.row[WORD.past] = pasts.none;
    this.row[WORD.budget] = packBudget(options);
  }

  do(action: number): void {
    this.found.length = 0;
    this.#deeds.get(kindOf(action))?.(whoOf(action), whichOf(action));
    this.#properties.check();
  }

  /** What goes on by itself. */
  #steps(): [number, (who: number, which: number) => void][] {
    return [
      [ACTION.hearOld, (backend, place) => this.#hearOld(backend, place)],
      [ACTION.hear, (backend) => this.#hear(backend)],
      [ACTION.deliver, (backend) => this.#backends.deliver(backend)],
      [ACTION.sync, (backend) => this.#backends.sync(backend)],
      [ACTION.errand, (backend) => this.#backends.runErrand(backend)],
      [ACTION.connect, (backend, place) => this.#backends.connect(backend, place)],
      [ACTION.applyWrite, (place) => this.frontends.applyWrite(place)],
      [ACTION.tellWrite, (place) => this.frontends.tellWrite(place)],
      [ACTION.wake, (place) => this.frontends.wake(place)],
      [ACTION.startFrontend, (place) => this.frontends.start(place)],
    ];
  }

  /** What was on its way to or from one that is gone. */
  #losses(): [number, (who: number, which: number) => void][] {
    const { links } = this.#draft.tables;
    return [
      [ACTION.dropOld, (backend, place) =>
        this.#draft.setLink(backend, links.dropOld(this.#draft.link(backend), place))],
      [ACTION.dropDown, (backend) =>
        this.#draft.setLink(backend, links.dropDown(this.#draft.link(backend)))],
      [ACTION.dropWrite, (place) => this.frontends.dropWrite(place)],
    ];
  }

  /** What may happen only so many times. */
  #counted(): [number, (who: number, which: number) => void][] {
    const counted = (
      kind: number, budget: Budget, run: (who: number, which: number) => void,
    ): [number, (who: number, which: number) => void] => [kind, (who, which) => {
      run(who, which);
      this.row[WORD.budget] = spend(this.row[WORD.budget] as number, budget);
    }];
    const { frontends } = this;
    return [
      counted(ACTION.crash, 'crashes', (backend, kept) => this.#backends.crash(backend, kept)),
      counted(ACTION.wipe, 'wipes', (backend) => this.#backends.wipe(backend)),
      counted(ACTION.cut, 'cuts', (backend) => this.#backends.disconnect(backend)),
      counted(ACTION.cutUp, 'cuts', (backend) => this.#cutUp(backend)),
      counted(ACTION.crashFrontend, 'frontendCrashes', (place) => frontends.end(place)),
      counted(ACTION.failWrite, 'failedWrites', (place) => frontends.failWrite(place)),
      counted(ACTION.tick, 'ticks', (place) => frontends.tick(place)),
      counted(ACTION.write, 'writes', (place) => frontends.write(place)),
      counted(ACTION.read, 'reads', (place) => frontends.read(place)),
    ];
  }

  #hearOld(backend: number, at: number): void {
    const { links } = this.#draft.tables;
    const line = this.#draft.linkOf(backend).old[at];
    if (line === undefined) return;
    this.#draft.setLink(backend, links.takeOld(this.#draft.link(backend), at));
    const connection = connectionOf(backend, line.generation);
    const [message] = line.toCoordinator;
    if (message === undefined) this.frontends.meetEnd(line.coordinator, connection);
    else this.frontends.hear(line.coordinator, connection, message);
  }

  #hear(backend: number): void {
    const { links } = this.#draft.tables;
    const { current } = this.#draft.linkOf(backend);
    const message = current?.toCoordinator[0];
    if (current === undefined || message === undefined) return;
    this.#draft.setLink(backend, links.takeUp(this.#draft.link(backend)));
    const connection = connectionOf(backend, current.generation);
    this.frontends.hear(current.coordinator, connection, message);
  }

  /** The connection breaks; the coordinator meets the end now, the backend later. */
  #cutUp(backend: number): void {
    const { current } = this.#draft.linkOf(backend);
    if (current === undefined) return;
    this.#draft.setLink(backend, this.#draft.tables.links.end(this.#draft.link(backend)));
    this.frontends.meetEnd(current.coordinator, connectionOf(backend, current.generation));
  }

  /** A frontend has written it, and ended before it took an epoch. */
  #madeBank(): ControlRecord {
    const members = BACKENDS.map((backend) => {
      const disk = this.#draft.disk(backend);
      return { id: disk.backend, incarnation: incarnationOf(disk) };
    });
    return {
      cluster: CLUSTER,
      version: 1,
      epoch: EPOCH_NONE,
      owner: ownerOf(MAKER),
      view: { number: 1 as ViewNumber, members },
      commitFloor: SEQ_NONE,
      count: BACKENDS.length,
      recovered: false,
    };
  }
}

function connectionOf(backend: number, generation: number): number {
  return CONNECTIONS_OF_ONE * (backend + 1) + generation;
}
