/** What can happen in a state of the model, each thing a small number. */
import {
  BACKEND_WORDS, BACKENDS, COORDINATORS, DEAD, may, WORD, type Budget,
} from './layout.ts';
import type { ModelOptions } from './model-options.ts';
import type { Tables } from './tables.ts';

/**
 * What goes on by itself comes first: of two actions of a kind, the first may only be followed by
 * ones that bring the service on.
 */
export const ACTION = {
  /** A message, or the end, of a connection that its backend has left arrives. */
  hearOld: 0,
  /** The coordinator hears the first message of a backend. */
  hear: 1,
  /** The backend hears the first message, or the end, of its connection. */
  deliver: 2,
  /** What was appended is fsynced. */
  sync: 3,
  /** The disk has done the first errand. */
  errand: 4,
  /** A write of the control record is applied, or found to conflict. */
  applyWrite: 5,
  /** Its coordinator is told. */
  tellWrite: 6,
  wake: 7,
  connect: 8,
  startFrontend: 9,
  /** What is on its way to nobody, or from nobody, gets lost. */
  dropOld: 16,
  dropDown: 17,
  dropWrite: 18,
  crash: 19,
  wipe: 20,
  /** The backend leaves its connection; the coordinator meets the end later. */
  cut: 21,
  /** The coordinator meets the end of the connection, the backend later. */
  cutUp: 22,
  crashFrontend: 23,
  failWrite: 24,
  tick: 25,
  write: 26,
  read: 27,
} as const;

/** The kinds that go on without faults, time and clients. */
const INTERNAL_MAX = ACTION.startFrontend;

export function actionOf(kind: number, who: number, which = 0): number {
  return (kind << 6) | (who << 4) | which;
}

export function kindOf(action: number): number {
  return action >> 6;
}

export function whoOf(action: number): number {
  return (action >> 4) & 3;
}

export function whichOf(action: number): number {
  return action & 15;
}

export function isInternal(action: number): boolean {
  return kindOf(action) <= INTERNAL_MAX;
}

export class Actions {
  readonly #tables: Tables;
  readonly #options: ModelOptions;
  /** Those of the last state asked for. */
  readonly found: number[] = [];

  constructor(tables: Tables, options: ModelOptions) {
    this.#tables = tables;
    this.#options = options;
  }

  enumerate(row: Int32Array): readonly number[] {
    this.found.length = 0;
    for (const backend of BACKENDS) this.#ofBackend(row, backend);
    for (const coordinator of COORDINATORS) this.#ofCoordinator(row, coordinator);
    this.#ofFrontends(row);
    return this.found;
  }

  #add(kind: number, who: number, which = 0): void {
    this.found.push(actionOf(kind, who, which));
  }

  #ofBackend(row: Int32Array, backend: number): void {
    const at = BACKEND_WORDS * backend;
    this.#ofLink(row, backend);
    if (row[WORD.process + at] === 0) return;
    this.#ofProcess(row, backend);
    if (this.#may(row, 'wipes') && this.#tables.mayLose(row, backend)) {
      this.#add(ACTION.wipe, backend);
    }
  }

  #ofProcess(row: Int32Array, backend: number): void {
    const { disks } = this.#tables;
    const at = BACKEND_WORDS * backend;
    const disk = disks.disk(row[WORD.disk + at] as number);
    const unsynced = disk.entries.length - disk.synced;
    if (unsynced > 0) this.#add(ACTION.sync, backend);
    if (row[WORD.errands + at] !== 0) this.#add(ACTION.errand, backend);
    if (!this.#may(row, 'crashes')) return;
    for (let kept = 0; kept <= unsynced; kept += 1) this.#add(ACTION.crash, backend, kept);
  }

  #ofLink(row: Int32Array, backend: number): void {
    const at = BACKEND_WORDS * backend;
    const { current, old, refused } = this.#tables.links.link(row[WORD.link + at] as number);
    old.forEach(({ toCoordinator }, place) => {
      this.#add(ACTION.hearOld, backend, place);
      if (toCoordinator.length > 0) this.#add(ACTION.dropOld, backend, place);
    });
    if (current === undefined) {
      if (refused || row[WORD.process + at] === 0) return;
      for (const each of COORDINATORS) {
        if (isAlive(row, each)) this.#add(ACTION.connect, backend, each);
      }
      return;
    }
    const { toCoordinator, toBackend, ended } = current;
    if (toCoordinator.length > 0) this.#add(ACTION.hear, backend);
    if (toBackend.length > 0 || ended) this.#add(ACTION.deliver, backend);
    if (ended && toBackend.length > 0) this.#add(ACTION.dropDown, backend);
    if (ended || !this.#may(row, 'cuts')) return;
    this.#add(ACTION.cut, backend);
    this.#add(ACTION.cutUp, backend);
  }

  #ofCoordinator(row: Int32Array, coordinator: number): void {
    const { writes, wakeMs } = this.#tables.control.place(row[WORD.control] as number);
    const write = writes[coordinator];
    if (write?.phase === 'sent') {
      if (write.record.epoch <= this.#options.epochs) this.#add(ACTION.applyWrite, coordinator);
      if (!isAlive(row, coordinator)) this.#add(ACTION.dropWrite, coordinator);
      else if (this.#may(row, 'failedWrites')) this.#add(ACTION.failWrite, coordinator);
    } else if (write !== undefined) this.#add(ACTION.tellWrite, coordinator);
    if (!isAlive(row, coordinator)) return;
    if (wakeMs[coordinator] !== 0) this.#add(ACTION.wake, coordinator);
    if (this.#may(row, 'ticks')) this.#add(ACTION.tick, coordinator);
    const { heardSeq, session } = this.#tables.pasts.past(row[WORD.past] as number);
    if (this.#may(row, 'writes') && session > 0) this.#add(ACTION.write, coordinator);
    if (this.#may(row, 'reads') && heardSeq > 0) this.#add(ACTION.read, coordinator);
  }

  #ofFrontends(row: Int32Array): void {
    const [first, second] = COORDINATORS;
    if (row[WORD.coordinator + first] === 0) return this.#add(ACTION.startFrontend, first);
    const isNext = row[WORD.coordinator + second] === 0;
    if (isNext && (this.#options.rivals || !isAlive(row, first))) {
      this.#add(ACTION.startFrontend, second);
    }
    const crashes = isAlive(row, first) && this.#may(row, 'frontendCrashes');
    if (crashes) this.#add(ACTION.crashFrontend, first);
  }

  #may(row: Int32Array, name: Budget): boolean {
    return may(row[WORD.budget] as number, name);
  }
}

export function isAlive(row: Int32Array, coordinator: number): boolean {
  const state = row[WORD.coordinator + coordinator];
  return state !== 0 && state !== DEAD;
}
