/** What the numbers in the rows of a model stand for. */
import type { Coordinator } from '../../core/coordinator.ts';
import type { BackendId } from '../../core/ids.ts';
import type { Message } from '../../core/message.ts';
import type { View } from '../../core/view.ts';
import { ControlPlaces } from './control-places.ts';
import { coordinatorAutomaton, type CoordinatorAutomaton } from './coordinator-actor.ts';
import { Interned } from './interned.ts';
import { BACKEND_WORDS, BACKENDS, WORD } from './layout.ts';
import { Links } from './links.ts';
import { incarnationOf, ModelDisks, ModelLedger, type ModelDisk } from './model-disk.ts';
import {
  participantAutomaton, type Errand, type ParticipantAutomaton,
} from './participant-actor.ts';
import { Pasts } from './pasts.ts';
import { StateText } from './state-text.ts';

/** What a coordinator shows of itself in a state. */
export interface Shown {
  readonly copies: number;
  readonly serving: boolean;
}

export class Tables {
  readonly disks = new ModelDisks();
  readonly links = new Links();
  readonly control = new ControlPlaces();
  readonly pasts = new Pasts();
  readonly messages = new Interned<Message>();
  readonly errands = new Interned<readonly Errand[]>();
  readonly participants: ParticipantAutomaton;
  readonly coordinators: CoordinatorAutomaton;
  readonly #shown = new Map<number, Shown>();
  readonly #messageNumbers = new WeakMap<Message, number>();
  readonly #reader = new StateText((object) =>
    object instanceof ModelLedger ? object.past : undefined);

  constructor() {
    this.participants = participantAutomaton(this.disks, this.#reader);
    this.coordinators = coordinatorAutomaton(this.#reader, (state, coordinator) =>
      this.#show(state, coordinator));
    this.errands.numberOf([]); // 0: nothing to do
  }

  shown(state: number): Shown {
    return this.#shown.get(state) ?? { copies: 0, serving: false };
  }

  messageNumber(message: Message): number {
    let number = this.#messageNumbers.get(message);
    if (number === undefined) {
      number = this.messages.numberOf(message);
      this.#messageNumbers.set(message, number);
    }
    return number;
  }

  diskOf(row: Int32Array, backend: number): ModelDisk {
    return this.disks.disk(row[WORD.disk + BACKEND_WORDS * backend] as number);
  }

  /** The disks that hold what the members of the view held: the wiped ones don't. */
  disksOf(row: Int32Array, view: View): ModelDisk[] {
    return BACKENDS.map((backend) => this.diskOf(row, backend)).filter((disk) =>
      view.members.some(({ id, incarnation }) =>
        id === disk.backend && incarnation === incarnationOf(disk)));
  }

  /** Whether every acknowledged transaction survives the loss of this backend's directory. */
  mayLose(row: Int32Array, backend: number): boolean {
    const { record, writes } = this.control.place(row[WORD.control] as number);
    if (record === undefined) return false;
    const lost = (backend + 1) as BackendId;
    const views = [record.view];
    for (const write of writes) if (write?.phase === 'sent') views.push(write.record.view);
    return views.every((view) => this.disksOf(row, view).some((disk) => disk.backend !== lost));
  }

  #show(state: number, coordinator: Coordinator): void {
    const { copies, serving } = coordinator.status();
    this.#shown.set(state, { copies, serving });
  }
}
