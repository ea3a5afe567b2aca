/**
 * The connections of one backend in the model: values that never change.
 *
 * Each direction is a queue. A backend has one connection, and those that it has left behind: what
 * it had sent on them still arrives, in part or whole, before the coordinator meets their end.
 */
import { Interned } from './interned.ts';

/** Of messages, their numbers. */
type Queue = readonly number[];

export interface OldLine {
  readonly coordinator: number;
  /** Tells the connections of one backend to one coordinator apart. */
  readonly generation: number;
  readonly toCoordinator: Queue;
}

export interface Line extends OldLine {
  readonly toBackend: Queue;
  /** The coordinator closed it, or died: the end of the stream comes after what was sent. */
  readonly ended: boolean;
}

export interface Link {
  readonly current: Line | undefined;
  /** The oldest first. */
  readonly old: readonly OldLine[];
  /** How many connections there were to each coordinator. */
  readonly generations: readonly number[];
  /** It was told to try again later: not before something has changed. */
  readonly refused: boolean;
}

const LINK_NONE: Link = { current: undefined, old: [], generations: [0, 0], refused: false };

export class Links {
  readonly #links = new Interned<Link>();

  get none(): number {
    return this.number(LINK_NONE);
  }

  number(link: Link): number {
    const { current, old, generations, refused } = link;
    let key = `${generations.join()}${refused ? '?' : ''}`;
    for (const line of old) key += `;${keyOf(line)}`;
    if (current !== undefined) {
      key += `|${keyOf(current)}|${current.toBackend.join()}${current.ended ? '!' : ''}`;
    }
    return this.#links.number(key, () => link);
  }

  link(number: number): Link {
    return this.#links.value(number);
  }

  connect(number: number, coordinator: number): number {
    const link = this.link(number);
    const { generations } = link;
    const generation = generations[coordinator] ?? 0;
    const after = generations.map((count, at) => (at === coordinator ? count + 1 : count));
    const current = { coordinator, generation, toCoordinator: [], toBackend: [], ended: false };
    return this.number({ ...link, current, generations: after });
  }

  /** The backend's process leaves its connection. */
  leave(number: number): number {
    const link = this.link(number);
    const { current, old } = link;
    if (current === undefined) return number;
    const { coordinator, generation, toCoordinator } = current;
    const left = current.ended ? old : [...old, { coordinator, generation, toCoordinator }];
    return this.number({ ...link, current: undefined, old: left });
  }

  /** The coordinator closes the connection. */
  close(number: number, coordinator: number, generation: number): number {
    const link = this.link(number);
    const { current } = link;
    if (current !== undefined && isThat(current, coordinator, generation)) {
      return this.#change(link, { toCoordinator: [], ended: true });
    }
    const old = link.old.filter((line) => !isThat(line, coordinator, generation));
    return this.number({ ...link, old });
  }

  /** The coordinator dies. */
  closeAll(number: number, coordinator: number): number {
    const link = this.link(number);
    const old = link.old.filter((line) => line.coordinator !== coordinator);
    // Nothing of it can be mistaken for something of a later one.
    const generations = link.generations.map((count, at) => (at === coordinator ? 0 : count));
    const left = { ...link, old, generations, refused: false };
    if (link.current?.coordinator !== coordinator) return this.number(left);
    return this.#change(left, { toCoordinator: [], ended: true, generation: 0 });
  }

  /** Without effect where the coordinator has closed it. */
  sendUp(number: number, message: number): number {
    const link = this.link(number);
    const { current } = link;
    if (current === undefined || current.ended) return number;
    return this.#change(link, { toCoordinator: [...current.toCoordinator, message] });
  }

  /** Without effect where the connection has gone. */
  sendDown(number: number, coordinator: number, generation: number, message: number): number {
    const link = this.link(number);
    const { current } = link;
    if (current === undefined || current.ended) return number;
    if (!isThat(current, coordinator, generation)) return number;
    return this.#change(link, { toBackend: [...current.toBackend, message] });
  }

  takeDown(number: number): number {
    const link = this.link(number);
    return this.#change(link, { toBackend: link.current?.toBackend.slice(1) ?? [] });
  }

  takeUp(number: number): number {
    const link = this.link(number);
    return this.#change(link, { toCoordinator: link.current?.toCoordinator.slice(1) ?? [] });
  }

  /** The first message, or the end, of a connection that was left. */
  takeOld(number: number, at: number): number {
    const link = this.link(number);
    const old = link.old.flatMap((line, place) => {
      if (place !== at) return [line];
      const [, ...rest] = line.toCoordinator;
      return line.toCoordinator.length === 0 ? [] : [{ ...line, toCoordinator: rest }];
    });
    return this.number({ ...link, old, refused: false });
  }

  /** What is on the way up a connection that was left never arrives. */
  dropOld(number: number, at: number): number {
    const link = this.link(number);
    const old = link.old.map((line, place) =>
      place === at ? { ...line, toCoordinator: [] } : line);
    return this.number({ ...link, old });
  }

  /** What is on the way down a connection that has ended never arrives. */
  dropDown(number: number): number {
    return this.#change(this.link(number), { toBackend: [] });
  }

  /** The end, where the coordinator meets it first. */
  end(number: number): number {
    return this.#change(this.link(number), { toCoordinator: [], ended: true });
  }

  setRefused(number: number, refused: boolean): number {
    const link = this.link(number);
    return link.refused === refused ? number : this.number({ ...link, refused });
  }

  #change(link: Link, changes: Partial<Line>): number {
    if (link.current === undefined) throw new Error('there is a connection');
    return this.number({ ...link, current: { ...link.current, ...changes } });
  }
}

function keyOf({ coordinator, generation, toCoordinator }: OldLine): string {
  return `${coordinator}.${generation}:${toCoordinator.join()}`;
}

function isThat(line: OldLine, coordinator: number, generation: number): boolean {
  return line.coordinator === coordinator && line.generation === generation;
}
