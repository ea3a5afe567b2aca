/**
 * Every state of the protocol at a small size, with the real core: breadth first, so that what is
 * found is found on a shortest way.
 *
 * Explicit-state model checking (Holzmann 2004; TLC: Yu, Manolios, Lamport 1999) of the code itself
 * instead of a description of it. A state is a row of numbers: those of each coordinator's and
 * participant's state (`automaton.ts`), of what the disks hold, what is on its way, the control
 * record, what clients were told, and what may still go wrong. Rows are compared whole.
 */
import { Actions, isInternal } from './actions.ts';
import { Completion } from './completion.ts';
import { ROW_WORDS } from './layout.ts';
import type { ModelOptions } from './model-options.ts';
import { describeWay } from './model-trace.ts';
import { Reduction } from './reduction.ts';
import { StateSet } from './state-set.ts';
import { Tables } from './tables.ts';
import { World } from './world.ts';

export interface Violation {
  readonly what: string;
  /** The number of actions that lead to it. */
  readonly depth: number;
  /** One line an action. */
  readonly way: readonly string[];
}

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** The longest of the shortest ways. */
  readonly depth: number;
  /** States in which nothing goes on without a fault, a client, or time. */
  readonly quiescent: number;
  /** Of these, those where every member of the durable view was lost. */
  readonly lost: number;
  /** States that were not left, since `statesMax` was reached. */
  readonly unexplored: number;
  /** States of the two machines that all these are made of. */
  readonly coordinatorStates: number;
  readonly participantStates: number;
  /** What the fingerprints of these were found wrong about; looked for only where asked. */
  readonly wrongMerges: readonly string[];
  readonly violations: readonly Violation[];
}

export interface Progress {
  readonly states: number;
  readonly explored: number;
  readonly depth: number;
}

const VIOLATIONS_MAX = 1;
const PROGRESS_EVERY = 10_000;

export function exploreAll(
  options: ModelOptions, onProgress: (progress: Progress) => void = () => {},
): Exploration {
  return new Explorer(new Tables(), options, onProgress).run();
}

class Explorer {
  readonly #tables: Tables;
  readonly #options: ModelOptions;
  readonly #onProgress: (progress: Progress) => void;
  readonly #world: World;
  readonly #actions: Actions;
  readonly #reduction: Reduction;
  readonly #completion: Completion;
  readonly #states = new StateSet(ROW_WORDS);
  /** How each state was first come to. */
  readonly #parents: number[] = [-1];
  readonly #by: number[] = [-1];
  readonly #depths: number[] = [0];
  readonly #row = new Int32Array(ROW_WORDS);
  readonly #violations: Violation[] = [];
  #transitions = 0;
  #quiescent = 0;
  #lost = 0;

  constructor(
    tables: Tables, options: ModelOptions, onProgress: (progress: Progress) => void,
  ) {
    this.#tables = tables;
    this.#options = options;
    this.#onProgress = onProgress;
    this.#world = new World(tables);
    this.#actions = new Actions(tables, options);
    this.#reduction = new Reduction(tables);
    this.#completion = new Completion(tables, options);
  }

  run(): Exploration {
    this.#world.begin(this.#options);
    this.#states.add(this.#world.row);
    let explored = 0;
    for (; explored < this.#states.size; explored += 1) {
      if (this.#violations.length >= VIOLATIONS_MAX) break;
      if (this.#states.size >= this.#options.statesMax) break;
      this.#leave(explored);
      if (explored % PROGRESS_EVERY === 0) this.#tell(explored);
    }
    return {
      states: this.#states.size,
      transitions: this.#transitions,
      depth: this.#depths.at(-1) ?? 0,
      quiescent: this.#quiescent,
      lost: this.#lost,
      unexplored: this.#states.size - explored,
      coordinatorStates: this.#tables.coordinators.stateCount,
      participantStates: this.#tables.participants.stateCount,
      wrongMerges: this.#options.verifyMerges ? this.#checkMerges() : [],
      violations: this.#violations,
    };
  }

  #leave(state: number): void {
    const row = this.#row;
    this.#states.read(state, row);
    const actions = this.#actionsOf(row);
    if (!actions.some(isInternal)) this.#complete(state);
    for (const action of actions) {
      this.#world.row.set(row);
      this.#world.do(action);
      this.#transitions += 1;
      const { found } = this.#world;
      if (found.length > 0) this.#report(found.join('; '), [...this.#wayTo(state), action]);
      else this.#arrive(state, action);
    }
  }

  #actionsOf(row: Int32Array): readonly number[] {
    const { reduced, rivals } = this.#options;
    const enough = reduced ? this.#reduction.enough(row, rivals) : undefined;
    return enough === undefined ? [...this.#actions.enumerate(row)] : [enough];
  }

  #arrive(from: number, by: number): void {
    const number = this.#states.add(this.#world.row);
    if (number < 0) return;
    this.#parents.push(from);
    this.#by.push(by);
    this.#depths.push((this.#depths[from] ?? 0) + 1);
  }

  /** Nothing goes on by itself here: does it, with time and without faults, end well? */
  #complete(state: number): void {
    this.#quiescent += 1;
    const { kind, what, way } = this.#completion.run(this.#row);
    if (kind === 'lost') this.#lost += 1;
    if (kind === 'bad') this.#report(what, [...this.#wayTo(state), ...way]);
  }

  #report(what: string, way: readonly number[]): void {
    if (this.#violations.length >= VIOLATIONS_MAX) return;
    this.#violations.push({
      what, depth: way.length, way: describeWay(this.#tables, this.#options, way, what),
    });
  }

  #checkMerges(): string[] {
    const { coordinators, participants } = this.#tables;
    return [...coordinators.checkMerges(), ...participants.checkMerges()];
  }

  #wayTo(state: number): number[] {
    const way: number[] = [];
    for (let at = state; at > 0; at = this.#parents[at] ?? 0) way.push(this.#by[at] ?? 0);
    return way.reverse();
  }

  #tell(explored: number): void {
    this.#onProgress({
      states: this.#states.size, explored, depth: this.#depths[explored] ?? 0,
    });
  }
}
