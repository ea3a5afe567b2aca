/**
 * Whether all ends well: from a state in which nothing goes on by itself, with no more faults, the
 * service must answer and both backends must be in sync (property 7 of replication.md).
 *
 * Time passes, a frontend that died is started again, and one that was overtaken is ended; whatever
 * can go on does, the first thing first. One such run is enough: it shows that there is a way.
 */
import { ACTION, actionOf, Actions, isAlive, isInternal, kindOf } from './actions.ts';
import { BACKEND_WORDS, BACKENDS, COORDINATORS, ROW_WORDS, WORD } from './layout.ts';
import type { ModelOptions } from './model-options.ts';
import type { Past } from './pasts.ts';
import { StateSet } from './state-set.ts';
import type { Tables } from './tables.ts';
import { World } from './world.ts';

export interface Ending {
  /** `lost`: no member of the durable view has its directory; nothing can be asked for then. */
  readonly kind: 'well' | 'lost' | 'bad';
  readonly what: string;
  /** What was done, for the trace. */
  readonly way: readonly number[];
}

const ACTIONS_MAX = 1_000;
const TICKS_MAX = 16;
const SHOWN = -1;

export class Completion {
  readonly #tables: Tables;
  readonly #world: World;
  readonly #actions: Actions;
  /** It goes well from these. */
  readonly #well = new StateSet(ROW_WORDS);
  #way: number[] = [];
  #rows: Int32Array[] = [];
  #ticks = 0;
  #asked = false;

  constructor(tables: Tables, options: ModelOptions) {
    this.#tables = tables;
    this.#world = new World(tables);
    this.#actions = new Actions(tables, { ...options, epochs: Infinity, rivals: false });
  }

  run(row: Int32Array): Ending {
    const world = this.#world.row;
    world.set(row);
    this.#way = [];
    this.#rows = [];
    this.#ticks = 0;
    this.#asked = false;
    if (this.#isLost()) return { kind: 'lost', what: '', way: [] };
    while (this.#way.length < ACTIONS_MAX && this.#ticks <= TICKS_MAX) {
      if (this.#well.has(world) || this.#isWell()) return this.#endWell();
      this.#rows.push(world.slice());
      this.#goOn();
      const [broken] = this.#world.found;
      if (broken !== undefined) return { kind: 'bad', what: broken, way: this.#way };
    }
    return { kind: 'bad', what: this.#trouble(), way: this.#way };
  }

  #endWell(): Ending {
    for (const row of this.#rows) this.#well.add(row);
    return { kind: 'well', what: '', way: this.#way };
  }

  /** In sync, and a read that was asked for then is answered, as is everything before it. */
  #isWell(): boolean {
    const { reads, waiting } = this.#past;
    const isAnswered = reads.at(-1) === SHOWN && waiting.length === 0;
    return this.#asked && isAnswered && this.#inSync() !== undefined;
  }

  get #past(): Past {
    return this.#tables.pasts.past(this.#world.row[WORD.past] as number);
  }

  #goOn(): void {
    const { row } = this.#world;
    const alive = COORDINATORS.filter((each) => isAlive(row, each));
    const [first] = alive;
    this.#world.found.length = 0;
    if (first === undefined) return this.#startFrontend();
    if (alive.length > 1) {
      this.#way.push(actionOf(ACTION.crashFrontend, first));
      return this.#world.frontends.end(first);
    }
    const next = this.#actions.enumerate(row).find((action) =>
      isInternal(action) && kindOf(action) !== ACTION.startFrontend);
    if (next !== undefined) {
      this.#way.push(next);
      return this.#world.do(next);
    }
    if (this.#asked || this.#inSync() === undefined) return this.#tick(first);
    this.#asked = true;
    this.#way.push(actionOf(ACTION.read, first));
    this.#world.frontends.read(first);
  }

  #startFrontend(): void {
    const unborn = COORDINATORS.find((each) => this.#world.row[WORD.coordinator + each] === 0);
    const place = unborn ?? 0;
    this.#way.push(actionOf(ACTION.startFrontend, place));
    this.#world.frontends.start(place);
  }

  #tick(coordinator: number): void {
    this.#ticks += 1;
    this.#way.push(actionOf(ACTION.tick, coordinator));
    this.#world.frontends.tick(coordinator);
  }

  /** The coordinator that serves with all backends. */
  #inSync(): number | undefined {
    const { row } = this.#world;
    return COORDINATORS.find((each) => {
      if (!isAlive(row, each)) return false;
      const { copies, serving } = this.#tables.shown(row[WORD.coordinator + each] as number);
      return serving && copies === BACKENDS.length;
    });
  }

  #isLost(): boolean {
    const { row } = this.#world;
    const { record } = this.#tables.control.place(row[WORD.control] as number);
    return record !== undefined && this.#tables.disksOf(row, record.view).length === 0;
  }

  #trouble(): string {
    const { row } = this.#world;
    const ended = BACKENDS.find((each) => row[WORD.process + BACKEND_WORDS * each] === 0);
    if (ended !== undefined) return `backend ${ended + 1} was refused for good`;
    if (this.#inSync() === undefined) return 'not all backends come into sync';
    return 'a client is never answered';
  }
}
