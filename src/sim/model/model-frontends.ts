/** What happens at the frontends of the model: inputs of the real coordinator, and its effects. */
import {
  CONNECTIONS_OF_ONE, ownerOf, type CoordinatorEffect, type CoordinatorInput,
} from './coordinator-actor.ts';
import { BROKEN } from './automaton.ts';
import type { Draft } from './draft.ts';
import { BACKENDS, DEAD, left, WORD } from './layout.ts';
import {
  readClient, readOf, SESSION_CLIENT, writeClient, writeOf,
} from './model-clients.ts';
import type { Properties } from './properties.ts';

/** Lives that take the place of one that died have numbers from here on. */
const LATER_LIVES = 10;

type FromClient = Extract<CoordinatorInput, { kind: 'client' }>['message'];

export class ModelFrontends {
  readonly #draft: Draft;
  readonly #properties: Properties;

  constructor(draft: Draft, properties: Properties) {
    this.#draft = draft;
    this.#properties = properties;
  }

  start(place: number): void {
    const { tables, control } = this.#draft;
    const { record } = tables.control.place(control);
    const isFirst = this.#draft.coordinator(place) === 0;
    // A later one in that place is known by what it found: a name of its own, and no other.
    const life = isFirst ? place : LATER_LIVES + (record?.version ?? 0);
    const key = `${life} ${tables.control.recordNumber(record)}`;
    const birth = tables.coordinators.births.number(key, () => ({ owner: ownerOf(life), record }));
    this.#draft.setCoordinator(place, tables.coordinators.birth(birth));
    this.#hearClient(place, SESSION_CLIENT, 's', () => ({ type: 'open-session' }));
  }

  /** The process ends, its connections with it. */
  end(place: number): void {
    const { tables } = this.#draft;
    this.#draft.setCoordinator(place, DEAD);
    this.#properties.onFrontendEnded(place);
    this.#draft.control = tables.control.onDead(this.#draft.control, place);
    for (const backend of BACKENDS) {
      this.#draft.setLink(backend, tables.links.closeAll(this.#draft.link(backend), place));
    }
  }

  tick(place: number): void {
    const { links } = this.#draft.tables;
    for (const backend of BACKENDS) {
      this.#draft.setLink(backend, links.setRefused(this.#draft.link(backend), false));
    }
    this.#feed(place, 't', () => ({ kind: 'tick' }));
  }

  wake(place: number): void {
    const { control } = this.#draft.tables;
    const delayMs = control.place(this.#draft.control).wakeMs[place] ?? 0;
    this.#draft.control = control.setWake(this.#draft.control, place, 0);
    this.#feed(place, `+${delayMs}`, () => ({ kind: 'wake', delayMs }));
  }

  /** A client asks for the accounts that there may be. */
  read(place: number): void {
    const number = this.#properties.onReadAsked();
    this.#hearClient(place, readClient(number), `r${number}`, () => readOf(number));
  }

  /** A client makes an account, in a session that it was given. */
  write(place: number): void {
    const { tables, row } = this.#draft;
    const { session } = tables.pasts.past(row[WORD.past] as number);
    // How many writes are left tells which one it is.
    const number = left(row[WORD.budget] as number, 'writes');
    this.#hearClient(place, writeClient(number), `w${number} ${session}`, () =>
      writeOf(session, number));
  }

  hear(place: number, connection: number, number: number): void {
    this.#feed(place, `${connection}<${number}`, () => {
      const message = this.#draft.tables.messages.value(number) as never;
      return { kind: 'message', connection, message };
    });
  }

  meetEnd(place: number, connection: number): void {
    this.#feed(place, `${connection}!`, () => ({ kind: 'gone', connection }));
  }

  // ---- its writes of the control record --------------------------------------------------------

  applyWrite(place: number): void {
    const { control } = this.#draft.tables;
    this.#draft.control = control.apply(this.#draft.control, place);
    if (this.#draft.coordinator(place) === DEAD) this.#forgetWrite(place); // nobody is to be told
  }

  tellWrite(place: number): void {
    const { control } = this.#draft.tables;
    const phase = control.place(this.#draft.control).writes[place]?.phase;
    const outcome = phase === 'written' ? 'written' : 'conflict';
    this.#forgetWrite(place);
    this.#feed(place, outcome, () => ({ kind: 'control', outcome }));
  }

  failWrite(place: number): void {
    this.#forgetWrite(place);
    this.#feed(place, 'failed', () => ({ kind: 'control', outcome: 'failed' }));
  }

  dropWrite(place: number): void {
    this.#forgetWrite(place);
  }

  #forgetWrite(place: number): void {
    const { control } = this.#draft.tables;
    this.#draft.control = control.setWrite(this.#draft.control, place, undefined);
  }

  // ---- the machine -----------------------------------------------------------------------------

  #hearClient(place: number, connection: number, key: string, make: () => FromClient): void {
    this.#properties.onAsked(place, connection);
    this.#feed(place, key, () => ({ kind: 'client', connection, message: make() }));
  }

  #feed(place: number, key: string, make: () => CoordinatorInput): void {
    const { coordinators } = this.#draft.tables;
    const state = this.#draft.coordinator(place);
    const step = coordinators.step(state, coordinators.inputs.number(key, make));
    this.#draft.setCoordinator(place, step.state === BROKEN ? DEAD : step.state);
    for (const effect of step.effects) this.#do(place, effect);
  }

  #do(place: number, effect: CoordinatorEffect): void {
    const { control } = this.#draft.tables;
    switch (effect.kind) {
      case 'to-backend': return this.#send(place, effect);
      case 'close': return this.#close(place, effect.connection);
      case 'write':
        this.#draft.control = control.send(this.#draft.control, place, effect.record);
        return;
      case 'wake':
        this.#draft.control = control.setWake(this.#draft.control, place, effect.delayMs);
        return;
      case 'to-client':
        return this.#properties.onToClient(place, effect.connection, effect.message);
      case 'stop':
        this.#properties.onStop(place, effect);
        return this.end(place);
      case 'bug': return void this.#draft.found.push(`the frontend: ${effect.detail}`);
    }
  }

  #send(
    place: number, { connection, message }: Extract<CoordinatorEffect, { kind: 'to-backend' }>,
  ): void {
    const { tables } = this.#draft;
    const [backend, generation] = whose(connection);
    const link = this.#draft.link(backend);
    const number = tables.messageNumber(message);
    this.#draft.setLink(backend, tables.links.sendDown(link, place, generation, number));
  }

  #close(place: number, connection: number): void {
    const [backend, generation] = whose(connection);
    const { links } = this.#draft.tables;
    this.#draft.setLink(backend, links.close(this.#draft.link(backend), place, generation));
  }
}

function whose(connection: number): [backend: number, generation: number] {
  const generation = connection % CONNECTIONS_OF_ONE;
  return [(connection - generation) / CONNECTIONS_OF_ONE - 1, generation];
}
