/**
 * What each action does to a state of the model: the only code that changes rows.
 *
 * The environment is the kindest that is still allowed to do everything that faults.md lists at
 * this size: each direction of a connection keeps its order, a process loses nothing but what was
 * not fsynced, a directory that is lost was not the last of a view.
 */
import { EPOCH_NONE, SEQ_NONE, type BackendId, type ViewNumber } from '../../core/ids.ts';
import type { ToBackend } from '../../core/message.ts';
import type { ControlRecord } from '../../core/view.ts';
import { ACTION, kindOf, whichOf, whoOf } from './actions.ts';
import {
  CLUSTER, ownerOf, type CoordinatorEffect, type CoordinatorInput,
} from './coordinator-actor.ts';
import {
  BACKEND_WORDS, BACKENDS, DEAD, left, packBudget, ROW_WORDS, spend, WORD, type Budget,
} from './layout.ts';
import {
  readClient, readOf, SESSION_CLIENT, writeClient, writeOf,
} from './model-clients.ts';
import { incarnationOf } from './model-disk.ts';
import type { ModelOptions } from './model-options.ts';
import type { Errand, ParticipantEffect, ParticipantInput } from './participant-actor.ts';
import { Properties } from './properties.ts';
import type { Tables } from './tables.ts';
import { BROKEN } from './automaton.ts';

/** Connections of backend b are 10 b, 10 b + 1, …: with these, ids of connections are made. */
const CONNECTIONS_OF_ONE = 10;
const LATER_LIVES = 10;
/** The life of the frontend that made the bank. */
const MAKER = 9;

export class World {
  /** The state that is being changed. */
  readonly row = new Int32Array(ROW_WORDS);
  /** What the last action broke. */
  readonly found: string[] = [];
  readonly #tables: Tables;
  readonly #properties: Properties;

  constructor(tables: Tables) {
    this.#tables = tables;
    this.#properties = new Properties(tables, this.row, this.found);
  }

  /** Two backends on empty directories, no control record, no frontend. */
  begin(options: ModelOptions): void {
    const { disks, links, control, pasts } = this.#tables;
    this.row.fill(0);
    for (const backend of BACKENDS) {
      this.#set(WORD.disk, backend, disks.empty((backend + 1) as BackendId, 0, 0));
      this.#set(WORD.link, backend, links.none);
      this.#restart(backend);
    }
    this.row[WORD.control] = options.bootstrap ? control.none : this.#madeBank();
    this.row[WORD.past] = pasts.none;
    this.row[WORD.budget] = packBudget(options);
  }

  /** A frontend has made the bank, and ended before it took an epoch. */
  #madeBank(): number {
    const { control } = this.#tables;
    const members = BACKENDS.map((backend) => {
      const disk = this.#tables.diskOf(this.row, backend);
      return { id: disk.backend, incarnation: incarnationOf(disk) };
    });
    const record: ControlRecord = {
      cluster: CLUSTER,
      version: 1,
      epoch: EPOCH_NONE,
      owner: ownerOf(MAKER),
      view: { number: 1 as ViewNumber, members },
      commitFloor: SEQ_NONE,
      count: BACKENDS.length,
      recovered: false,
    };
    return control.number({ ...control.place(control.none), record });
  }

  do(action: number): void {
    this.found.length = 0;
    const kind = kindOf(action);
    const who = whoOf(action);
    if (kind <= ACTION.applyWrite - 1 || kind === ACTION.connect) {
      this.#doOnBackend(kind, who, whichOf(action));
    } else this.#doElsewhere(kind, who, whichOf(action));
    this.#properties.check();
  }

  #doOnBackend(kind: number, backend: number, which: number): void {
    switch (kind) {
      case ACTION.hearOld: return this.#hearOld(backend, which);
      case ACTION.hear: return this.#hear(backend);
      case ACTION.deliver: return this.#deliver(backend);
      case ACTION.sync: return this.#sync(backend);
      case ACTION.errand: return this.#runErrand(backend);
      case ACTION.connect: return this.#connect(backend, which);
    }
  }

  #doElsewhere(kind: number, who: number, which: number): void {
    const { links, control } = this.#tables;
    switch (kind) {
      case ACTION.applyWrite: return this.#applyWrite(who);
      case ACTION.tellWrite: return this.#tellWrite(who);
      case ACTION.wake: return this.#wake(who);
      case ACTION.startFrontend: return this.startFrontend(who);
      case ACTION.dropOld: return this.#set(WORD.link, who, links.dropOld(this.#link(who), which));
      case ACTION.dropDown: return this.#set(WORD.link, who, links.dropDown(this.#link(who)));
      case ACTION.dropWrite:
        this.row[WORD.control] = control.setWrite(this.#control, who, undefined);
        return;
      case ACTION.crash: return this.#spend('crashes', () => this.#crash(who, which));
      case ACTION.wipe: return this.#spend('wipes', () => this.#wipe(who));
      case ACTION.cut: return this.#spend('cuts', () => this.#cut(who));
      case ACTION.cutUp: return this.#spend('cuts', () => this.#cutUp(who));
      case ACTION.crashFrontend: return this.#spend('frontendCrashes', () => this.endFrontend(who));
      case ACTION.failWrite: return this.#spend('failedWrites', () => this.#failWrite(who));
      case ACTION.tick: return this.#spend('ticks', () => this.tick(who));
      case ACTION.write: return this.#spend('writes', () => this.#write(who));
      case ACTION.read: return this.#spend('reads', () => this.read(who));
    }
  }

  // ---- coordinators ----------------------------------------------------------------------------

  startFrontend(coordinator: number): void {
    const { coordinators, control } = this.#tables;
    const { record } = control.place(this.#control);
    const isFirst = this.row[WORD.coordinator + coordinator] === 0;
    // A later one in that place is known by what it found: a name of its own, and no other.
    const life = isFirst ? coordinator : LATER_LIVES + (record?.version ?? 0);
    const key = `${life} ${control.recordNumber(record)}`;
    const birth = coordinators.births.number(key, () => ({ life, record }));
    this.row[WORD.coordinator + coordinator] = coordinators.birth(birth);
    this.#client(coordinator, SESSION_CLIENT, 's', () => ({ type: 'open-session' }));
  }

  /** The process ends, its connections with it. */
  endFrontend(coordinator: number): void {
    const { links, control } = this.#tables;
    this.row[WORD.coordinator + coordinator] = DEAD;
    this.row[WORD.control] = control.onDead(this.#control, coordinator);
    for (const backend of BACKENDS) {
      this.#set(WORD.link, backend, links.closeAll(this.#link(backend), coordinator));
    }
  }

  tick(coordinator: number): void {
    for (const backend of BACKENDS) {
      this.#set(WORD.link, backend, this.#tables.links.setRefused(this.#link(backend), false));
    }
    this.#feed(coordinator, 't', () => ({ kind: 'tick' }));
  }

  /** A client asks for the accounts that there may be. */
  read(coordinator: number): void {
    const number = this.#properties.onReadAsked();
    this.#client(coordinator, readClient(number), `r${number}`, () => readOf(number));
  }

  /** A client makes an account, in the session of its own that it was given. */
  #write(coordinator: number): void {
    const budget = this.row[WORD.budget] as number;
    const { session } = this.#tables.pasts.past(this.row[WORD.past] as number);
    // How many writes are left tells which one it is.
    const number = left(budget, 'writes');
    this.#client(coordinator, writeClient(number), `w${number} ${session}`, () =>
      writeOf(session, number));
  }

  #client(
    coordinator: number, connection: number, key: string,
    make: () => Extract<CoordinatorInput, { kind: 'client' }>['message'],
  ): void {
    this.#feed(coordinator, key, () => ({ kind: 'client', connection, message: make() }));
  }

  #wake(coordinator: number): void {
    const { control } = this.#tables;
    const delayMs = control.place(this.#control).wakeMs[coordinator] ?? 0;
    this.row[WORD.control] = control.setWake(this.#control, coordinator, 0);
    this.#feed(coordinator, `+${delayMs}`, () => ({ kind: 'wake', delayMs }));
  }

  #applyWrite(coordinator: number): void {
    const { control } = this.#tables;
    const isAlive = this.row[WORD.coordinator + coordinator] !== DEAD;
    this.row[WORD.control] = control.apply(this.#control, coordinator);
    // Nobody is left to be told.
    if (!isAlive) this.row[WORD.control] = control.setWrite(this.#control, coordinator, undefined);
  }

  #tellWrite(coordinator: number): void {
    const { control } = this.#tables;
    const phase = control.place(this.#control).writes[coordinator]?.phase;
    const outcome = phase === 'written' ? 'written' : 'conflict';
    this.row[WORD.control] = control.setWrite(this.#control, coordinator, undefined);
    this.#feed(coordinator, outcome, () => ({ kind: 'control', outcome }));
  }

  #failWrite(coordinator: number): void {
    const { control } = this.#tables;
    this.row[WORD.control] = control.setWrite(this.#control, coordinator, undefined);
    this.#feed(coordinator, 'failed', () => ({ kind: 'control', outcome: 'failed' }));
  }

  #feed(coordinator: number, key: string, make: () => CoordinatorInput): void {
    const { coordinators } = this.#tables;
    const state = this.row[WORD.coordinator + coordinator] as number;
    const step = coordinators.step(state, coordinators.inputs.number(key, make));
    this.row[WORD.coordinator + coordinator] = step.state === BROKEN ? DEAD : step.state;
    for (const effect of step.effects) this.#onCoordinator(coordinator, effect);
  }

  #onCoordinator(coordinator: number, effect: CoordinatorEffect): void {
    const { links, control } = this.#tables;
    switch (effect.kind) {
      case 'to-backend': {
        const message = this.#tables.messageNumber(effect.message);
        const [backend, generation] = whose(effect.connection);
        const link = links.sendDown(this.#link(backend), coordinator, generation, message);
        return this.#set(WORD.link, backend, link);
      }
      case 'close': {
        const [backend, generation] = whose(effect.connection);
        return this.#set(
          WORD.link, backend, links.close(this.#link(backend), coordinator, generation),
        );
      }
      case 'write':
        this.row[WORD.control] = control.send(this.#control, coordinator, effect.record);
        return;
      case 'wake':
        this.row[WORD.control] = control.setWake(this.#control, coordinator, effect.delayMs);
        return;
      case 'to-client': return this.#properties.onToClient(effect.message);
      case 'stop':
        this.#properties.onStop(coordinator, effect);
        return this.endFrontend(coordinator);
      case 'bug': return void this.found.push(`the frontend: ${effect.detail}`);
    }
  }

  // ---- connections -----------------------------------------------------------------------------

  #hearOld(backend: number, place: number): void {
    const { links } = this.#tables;
    const line = links.link(this.#link(backend)).old[place];
    if (line === undefined) return;
    this.#set(WORD.link, backend, links.takeOld(this.#link(backend), place));
    const connection = connectionOf(backend, line.generation);
    const [message] = line.toCoordinator;
    if (message === undefined) this.#meetEnd(line.coordinator, connection);
    else this.#pass(line.coordinator, connection, message);
  }

  #hear(backend: number): void {
    const { links } = this.#tables;
    const { current } = links.link(this.#link(backend));
    const message = current?.toCoordinator[0];
    if (current === undefined || message === undefined) return;
    this.#set(WORD.link, backend, links.takeUp(this.#link(backend)));
    this.#pass(current.coordinator, connectionOf(backend, current.generation), message);
  }

  #pass(coordinator: number, connection: number, number: number): void {
    this.#feed(coordinator, `${connection}<${number}`, () => {
      const message = this.#tables.messages.value(number) as never;
      return { kind: 'message', connection, message };
    });
  }

  #meetEnd(coordinator: number, connection: number): void {
    this.#feed(coordinator, `${connection}!`, () => ({ kind: 'gone', connection }));
  }

  #deliver(backend: number): void {
    const { links } = this.#tables;
    const { current } = links.link(this.#link(backend));
    const [number] = current?.toBackend ?? [];
    if (number === undefined) return this.#disconnect(backend);
    this.#set(WORD.link, backend, links.takeDown(this.#link(backend)));
    const message = this.#tables.messages.value(number) as ToBackend;
    if (message.type === 'refused') return this.#onRefused(backend, message.retry);
    this.#step(backend, `m${number}`, () => ({ kind: 'message', message }));
  }

  /** For good, or it comes back when something has changed. */
  #onRefused(backend: number, retry: boolean): void {
    if (retry) {
      this.#set(WORD.link, backend, this.#tables.links.setRefused(this.#link(backend), true));
      return;
    }
    this.#end(backend);
    this.#set(WORD.process, backend, 0);
  }

  #connect(backend: number, coordinator: number): void {
    const { links } = this.#tables;
    this.#set(WORD.link, backend, links.connect(this.#link(backend), coordinator));
    this.#step(backend, 'connected', () => ({ kind: 'connected' }));
  }

  #disconnect(backend: number): void {
    this.#set(WORD.link, backend, this.#tables.links.leave(this.#link(backend)));
    this.#step(backend, 'disconnected', () => ({ kind: 'disconnected' }));
  }

  #cut(backend: number): void {
    this.#disconnect(backend);
  }

  #cutUp(backend: number): void {
    const { links } = this.#tables;
    const { current } = links.link(this.#link(backend));
    if (current === undefined) return;
    this.#set(WORD.link, backend, links.end(this.#link(backend)));
    this.#meetEnd(current.coordinator, connectionOf(backend, current.generation));
  }

  // ---- backends --------------------------------------------------------------------------------

  /** At once: whether a process is down nobody knows before it connects. */
  #restart(backend: number): void {
    const { disks, participants } = this.#tables;
    const disk = this.#tables.diskOf(this.row, backend);
    const { lives, entries } = disk;
    const number = disks.number({ ...disk, lives: lives + 1, synced: entries.length });
    const birth = participants.births.number(String(number), () => disks.disk(number));
    this.#set(WORD.disk, backend, number);
    this.#set(WORD.process, backend, participants.birth(birth));
  }

  #crash(backend: number, kept: number): void {
    const { disks } = this.#tables;
    const { entries, synced } = this.#tables.diskOf(this.row, backend);
    const survived = entries.slice(0, synced + kept);
    const changes = { entries: survived, synced: survived.length };
    this.#set(WORD.disk, backend, disks.change(this.#get(WORD.disk, backend), changes));
    this.#end(backend);
    this.#restart(backend);
  }

  /** An empty directory takes the place of the one that there was. */
  #wipe(backend: number): void {
    this.#end(backend);
    const { backend: id, wipes, lives } = this.#tables.diskOf(this.row, backend);
    this.#set(WORD.disk, backend, this.#tables.disks.empty(id, wipes + 1, lives));
    this.#restart(backend);
  }

  #end(backend: number): void {
    this.#set(WORD.errands, backend, 0);
    this.#set(WORD.link, backend, this.#tables.links.leave(this.#link(backend)));
  }

  #sync(backend: number): void {
    const { entries } = this.#tables.diskOf(this.row, backend);
    this.#flush(backend);
    const seq = entries.length as never;
    this.#step(backend, `s${entries.length}`, () => ({ kind: 'synced', seq }));
  }

  #flush(backend: number): void {
    const { entries } = this.#tables.diskOf(this.row, backend);
    const disk = this.#tables.disks.change(this.#get(WORD.disk, backend), {
      synced: entries.length,
    });
    this.#set(WORD.disk, backend, disk);
  }

  #runErrand(backend: number): void {
    const { errands, disks } = this.#tables;
    const [errand, ...rest] = errands.value(this.#get(WORD.errands, backend));
    if (errand === undefined) return;
    this.#set(WORD.errands, backend, errands.numberOf(rest));
    const number = this.#get(WORD.disk, backend);
    switch (errand.kind) {
      case 'save-promise': {
        this.#flush(backend);
        const { promise } = errand;
        const saved = disks.change(this.#get(WORD.disk, backend), { promise });
        this.#set(WORD.disk, backend, saved);
        return this.#answer(backend, errand, { kind: 'promise-saved', promise });
      }
      case 'truncate': return this.#truncate(backend, errand);
      case 'locate': {
        const { seq, token } = errand;
        const found = disks.at(disks.disk(number), seq);
        const id = found && { seq, entryEpoch: found.entryEpoch, hash: found.hash };
        return this.#answer(backend, errand, { kind: 'located', token, found: id });
      }
      case 'fetch': {
        const { fromSeq, bytes, token } = errand;
        const held = disks.disk(number).entries.slice(fromSeq - 1, bytes === 1 ? fromSeq : undefined);
        const entries = held.map((entry) => disks.entries.value(entry));
        return this.#answer(backend, errand, { kind: 'fetched', token, entries });
      }
    }
  }

  #truncate(backend: number, errand: Extract<Errand, { kind: 'truncate' }>): void {
    const { disks } = this.#tables;
    this.#properties.onTruncate(backend, errand.afterSeq);
    const kept = this.#tables.diskOf(this.row, backend).entries.slice(0, errand.afterSeq);
    const changes = { entries: kept, synced: kept.length };
    this.#set(WORD.disk, backend, disks.change(this.#get(WORD.disk, backend), changes));
    const entries = kept.map((entry) => disks.entries.value(entry));
    this.#answer(backend, errand, { kind: 'truncated', entries });
  }

  /** An errand is told apart by what was asked and what the disk holds. */
  #answer(backend: number, errand: Errand, input: ParticipantInput): void {
    const { entries } = this.#tables.diskOf(this.row, backend);
    this.#step(backend, `${JSON.stringify(errand)} ${entries.join()}`, () => input);
  }

  #step(backend: number, key: string, make: () => ParticipantInput): void {
    const { participants } = this.#tables;
    const state = this.#get(WORD.process, backend);
    const step = participants.step(state, participants.inputs.number(key, make));
    this.#set(WORD.process, backend, step.state === BROKEN ? 0 : step.state);
    for (const effect of step.effects) this.#onParticipant(backend, effect);
  }

  #onParticipant(backend: number, effect: ParticipantEffect): void {
    const { disks, links, errands } = this.#tables;
    switch (effect.kind) {
      case 'append': {
        const { entries } = this.#tables.diskOf(this.row, backend);
        this.#properties.onAppended(backend, effect.entry);
        const changes = { entries: [...entries, disks.entryNumber(effect.entry)] };
        return this.#set(WORD.disk, backend, disks.change(this.#get(WORD.disk, backend), changes));
      }
      case 'errand': {
        const asked = [...errands.value(this.#get(WORD.errands, backend)), effect.errand];
        return this.#set(WORD.errands, backend, errands.numberOf(asked));
      }
      case 'committed': return this.#properties.onCommitted(backend, effect.seq);
      case 'send': {
        const message = this.#tables.messageNumber(effect.message);
        return this.#set(WORD.link, backend, links.sendUp(this.#link(backend), message));
      }
      case 'reset':
        this.#properties.onReset(backend);
        return this.#wipe(backend);
      case 'bug': return void this.found.push(`backend ${backend + 1}: ${effect.detail}`);
    }
  }

  // ---- words -----------------------------------------------------------------------------------

  get #control(): number {
    return this.row[WORD.control] as number;
  }

  #link(backend: number): number {
    return this.#get(WORD.link, backend);
  }

  #get(word: number, backend: number): number {
    return this.row[word + BACKEND_WORDS * backend] as number;
  }

  #set(word: number, backend: number, value: number): void {
    this.row[word + BACKEND_WORDS * backend] = value;
  }

  #spend(name: Budget, run: () => void): void {
    run();
    this.row[WORD.budget] = spend(this.row[WORD.budget] as number, name);
  }
}

function connectionOf(backend: number, generation: number): number {
  return CONNECTIONS_OF_ONE * (backend + 1) + generation;
}

function whose(connection: number): [backend: number, generation: number] {
  const generation = connection % CONNECTIONS_OF_ONE;
  return [(connection - generation) / CONNECTIONS_OF_ONE - 1, generation];
}
