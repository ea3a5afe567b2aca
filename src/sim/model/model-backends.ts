/** What happens at the backends of the model: inputs of the real participant, and its effects. */
import type { BackendId, Seq } from '../../core/ids.ts';
import type { ToBackend } from '../../core/message.ts';
import { BROKEN } from './automaton.ts';
import type { Draft } from './draft.ts';
import type { Errand, ParticipantEffect, ParticipantInput } from './participant-actor.ts';
import type { Properties } from './properties.ts';

export class ModelBackends {
  readonly #draft: Draft;
  readonly #properties: Properties;

  constructor(draft: Draft, properties: Properties) {
    this.#draft = draft;
    this.#properties = properties;
  }

  /** A process on an empty directory. */
  begin(backend: number): void {
    const { links, disks } = this.#draft.tables;
    this.#draft.setLink(backend, links.none);
    this.#draft.setDisk(backend, disks.empty((backend + 1) as BackendId, 0, 0));
    this.#start(backend);
  }

  /** It hears the first message, or the end, of its connection. */
  deliver(backend: number): void {
    const { links, messages } = this.#draft.tables;
    const [number] = this.#draft.linkOf(backend).current?.toBackend ?? [];
    if (number === undefined) return this.disconnect(backend);
    this.#draft.setLink(backend, links.takeDown(this.#draft.link(backend)));
    const message = messages.value(number) as ToBackend;
    if (message.type === 'refused') return this.#onRefused(backend, message.retry);
    this.#feed(backend, `m${number}`, () => ({ kind: 'message', message }));
  }

  connect(backend: number, place: number): void {
    const { links } = this.#draft.tables;
    this.#draft.setLink(backend, links.connect(this.#draft.link(backend), place));
    this.#feed(backend, 'connected', () => ({ kind: 'connected' }));
  }

  disconnect(backend: number): void {
    this.#leave(backend);
    this.#feed(backend, 'disconnected', () => ({ kind: 'disconnected' }));
  }

  /** Of what was not fsynced some first part survives; the process is started again. */
  crash(backend: number, kept: number): void {
    const disk = this.#draft.disk(backend);
    const entries = disk.entries.slice(0, disk.synced + kept);
    this.#end(backend);
    this.#draft.setDisk(backend, { ...disk, entries, synced: entries.length });
    this.#start(backend);
  }

  /** An empty directory takes the place of the one that there was; the process is started again. */
  wipe(backend: number): void {
    const { backend: id, wipes, lives } = this.#draft.disk(backend);
    this.#end(backend);
    this.#draft.setDisk(backend, this.#draft.tables.disks.empty(id, wipes + 1, lives));
    this.#start(backend);
  }

  /** What was appended is fsynced. */
  sync(backend: number): void {
    const disk = this.#draft.disk(backend);
    const seq = disk.entries.length as Seq;
    if (disk.synced === seq) return;
    this.#draft.setDisk(backend, { ...disk, synced: seq });
    this.#feed(backend, `s${seq}`, () => ({ kind: 'synced', seq }));
  }

  runErrand(backend: number): void {
    const { errands } = this.#draft.tables;
    const [errand, ...rest] = errands.value(this.#draft.errands(backend));
    if (errand === undefined) return;
    this.#draft.setErrands(backend, errands.numberOf(rest));
    const input = this.#run(backend, errand);
    // Told apart by what was asked and what the disk holds.
    const { entries } = this.#draft.disk(backend);
    this.#feed(backend, `${JSON.stringify(errand)} ${entries.join()}`, () => input);
  }

  #run(backend: number, errand: Errand): ParticipantInput {
    const { disks } = this.#draft.tables;
    switch (errand.kind) {
      case 'save-promise': {
        this.sync(backend);
        const { promise } = errand;
        this.#draft.setDisk(backend, { ...this.#draft.disk(backend), promise });
        return { kind: 'promise-saved', promise };
      }
      case 'truncate': return this.#truncate(backend, errand.afterSeq);
      case 'locate': {
        const { seq, token } = errand;
        const entry = disks.at(this.#draft.disk(backend), seq);
        const found = entry && { seq, entryEpoch: entry.entryEpoch, hash: entry.hash };
        return { kind: 'located', token, found };
      }
      case 'fetch': {
        const { fromSeq, bytes, token } = errand;
        const end = bytes === 1 ? fromSeq : undefined;
        const held = this.#draft.disk(backend).entries.slice(fromSeq - 1, end);
        return { kind: 'fetched', token, entries: held.map((entry) => disks.entries.value(entry)) };
      }
    }
  }

  #truncate(backend: number, afterSeq: Seq): ParticipantInput {
    const { disks } = this.#draft.tables;
    this.sync(backend);
    this.#properties.onTruncate(backend, afterSeq);
    const disk = this.#draft.disk(backend);
    const entries = disk.entries.slice(0, afterSeq);
    this.#draft.setDisk(backend, { ...disk, entries, synced: entries.length });
    return { kind: 'truncated', entries: entries.map((entry) => disks.entries.value(entry)) };
  }

  /** For good, or it comes back when something has changed. */
  #onRefused(backend: number, retry: boolean): void {
    const { links } = this.#draft.tables;
    const link = this.#draft.link(backend);
    if (retry) return this.#draft.setLink(backend, links.setRefused(link, true));
    this.#end(backend);
    this.#draft.setProcess(backend, 0);
  }

  /** At once: whether a process is down nobody knows before it connects. */
  #start(backend: number): void {
    const { disks, participants } = this.#draft.tables;
    const disk = this.#draft.disk(backend);
    const born = { ...disk, lives: disk.lives + 1, synced: disk.entries.length };
    const birth = participants.births.number(String(disks.number(born)), () => born);
    this.#draft.setDisk(backend, born);
    this.#draft.setProcess(backend, participants.birth(birth));
  }

  #end(backend: number): void {
    this.#draft.setErrands(backend, 0);
    this.#leave(backend);
  }

  #leave(backend: number): void {
    this.#draft.setLink(backend, this.#draft.tables.links.leave(this.#draft.link(backend)));
  }

  #feed(backend: number, key: string, make: () => ParticipantInput): void {
    const { participants } = this.#draft.tables;
    const state = this.#draft.process(backend);
    const step = participants.step(state, participants.inputs.number(key, make));
    this.#draft.setProcess(backend, step.state === BROKEN ? 0 : step.state);
    for (const effect of step.effects) this.#do(backend, effect);
  }

  #do(backend: number, effect: ParticipantEffect): void {
    const { tables } = this.#draft;
    switch (effect.kind) {
      case 'append': {
        this.#properties.onAppended(backend, effect.entry);
        const disk = this.#draft.disk(backend);
        const entries = [...disk.entries, tables.disks.entryNumber(effect.entry)];
        return this.#draft.setDisk(backend, { ...disk, entries });
      }
      case 'errand': {
        const asked = [...tables.errands.value(this.#draft.errands(backend)), effect.errand];
        return this.#draft.setErrands(backend, tables.errands.numberOf(asked));
      }
      case 'committed': return this.#properties.onCommitted(backend, effect.seq);
      case 'send': {
        const number = tables.messageNumber(effect.message);
        const link = tables.links.sendUp(this.#draft.link(backend), number);
        return this.#draft.setLink(backend, link);
      }
      case 'reset':
        this.#properties.onReset(backend);
        return this.wipe(backend);
      case 'bug': return void this.#draft.found.push(`backend ${backend + 1}: ${effect.detail}`);
    }
  }
}
