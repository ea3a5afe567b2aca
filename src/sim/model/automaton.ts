/**
 * An actor as a machine of numbered states, found out step by step from the real code.
 *
 * An actor is deterministic, so its state is a function of its inputs since its start: a state is
 * kept as one way to get there, and a step that is asked for the first time is run by doing all of
 * that again, in a new actor, and then the step. Every later time it is looked up. Two ways that
 * end in the same private state are one state.
 */
import { hash } from 'node:crypto';
import { Interned } from './interned.ts';
import type { StateText } from './state-text.ts';

/** A live actor, and what it asks of its host. */
export interface Live<Input, Effect> {
  readonly actor: object;
  readonly nowMs: number;
  /** What the input made it ask for, as plain data; a `Bug` where it threw. */
  feed(input: Input): readonly Effect[];
}

/** Its code has thrown: nothing it does after that means anything. */
export interface Bug {
  readonly kind: 'bug';
  readonly detail: string;
}

export interface Step<Effect> {
  readonly state: number;
  readonly effects: readonly Effect[];
}

interface Way {
  /** The state before the last input; -1: this is how it was born. */
  readonly from: number;
  /** A birth, or an input. */
  readonly by: number;
}

/** Live actors kept for the first step from where they are. */
const KEPT_MAX = 10_000;
const INPUTS_MAX = 1 << 20;
/** The state of an actor whose code has thrown. */
export const BROKEN = -2;

export class Automaton<Birth, Input, Effect extends { readonly kind: string }> {
  readonly births = new Interned<Birth>();
  readonly inputs = new Interned<Input>();
  readonly #bear: (birth: Birth) => Live<Input, Effect>;
  readonly #reader: StateText;
  readonly #states = new Map<string, number>();
  readonly #ways: Way[] = [];
  readonly #born = new Map<number, number>();
  readonly #steps = new Map<number, Step<Effect>>();
  readonly #kept = new Map<number, Live<Input, Effect>>();
  /** Told of each new state while its actor lives. */
  readonly #onState: (state: number, live: Live<Input, Effect>) => void;
  /** Other ways to the same state, for `checkMerges`. */
  readonly #otherWays: { readonly state: number; readonly way: Way }[] = [];

  constructor(
    bear: (birth: Birth) => Live<Input, Effect>,
    reader: StateText,
    onState: (state: number, live: Live<Input, Effect>) => void = () => {},
  ) {
    this.#bear = bear;
    this.#reader = reader;
    this.#onState = onState;
    this.#ways.push({ from: -1, by: -1 }); // 0 is nobody
  }

  get stateCount(): number {
    return this.#ways.length - 1;
  }

  get stepCount(): number {
    return this.#steps.size;
  }

  birth(birth: number): number {
    const known = this.#born.get(birth);
    if (known !== undefined) return known;
    const live = this.#bear(this.births.value(birth));
    const state = this.#arrive(live, { from: -1, by: birth });
    this.#born.set(birth, state);
    return state;
  }

  step(state: number, input: number): Step<Effect> {
    const key = state * INPUTS_MAX + input;
    let step = this.#steps.get(key);
    if (step === undefined) {
      step = this.#run(this.#takeLive(state), state, input);
      this.#steps.set(key, step);
    }
    return step;
  }

  /**
   * Proves that the states are what they are taken for: from every other way to a state, each input
   * that was ever tried there asks for the same and leads to the same. Returns what does not.
   */
  checkMerges(): string[] {
    const inputs = new Map<number, number[]>();
    for (const key of this.#steps.keys()) {
      const state = Math.floor(key / INPUTS_MAX);
      inputs.set(state, [...(inputs.get(state) ?? []), key % INPUTS_MAX]);
    }
    const found: string[] = [];
    for (const { state, way } of this.#otherWays.splice(0)) {
      for (const input of inputs.get(state) ?? []) {
        if (this.#isSame(way, state, input)) continue;
        const after = JSON.stringify(this.inputs.value(input));
        found.push(`state ${state} is two: they differ after ${after}`);
      }
    }
    return found;
  }

  #isSame(way: Way, state: number, input: number): boolean {
    const known = this.step(state, input);
    const live = this.#relive(way);
    const effects = live.feed(this.inputs.value(input));
    if (JSON.stringify(effects) !== JSON.stringify(known.effects)) return false;
    return known.state === BROKEN || this.#states.get(this.#name(live)) === known.state;
  }

  #run(live: Live<Input, Effect>, from: number, input: number): Step<Effect> {
    const effects = live.feed(this.inputs.value(input));
    const broken = effects.some(({ kind }) => kind === 'bug');
    return { state: broken ? BROKEN : this.#arrive(live, { from, by: input }), effects };
  }

  #arrive(live: Live<Input, Effect>, way: Way): number {
    const name = this.#name(live);
    const known = this.#states.get(name);
    if (known !== undefined) {
      this.#otherWays.push({ state: known, way });
      return known;
    }
    const state = this.#ways.length;
    this.#ways.push(way);
    this.#states.set(name, state);
    this.#onState(state, live);
    this.#keep(state, live);
    return state;
  }

  #name({ actor, nowMs }: Live<Input, Effect>): string {
    return hash('sha256', this.#reader.of(actor, nowMs), 'base64');
  }

  #keep(state: number, live: Live<Input, Effect>): void {
    this.#kept.set(state, live);
    if (this.#kept.size <= KEPT_MAX) return;
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      return;
    }
  }

  /** An actor in that state, to be changed. */
  #takeLive(state: number): Live<Input, Effect> {
    const kept = this.#kept.get(state);
    this.#kept.delete(state);
    return kept ?? this.#relive(this.#ways[state] as Way);
  }

  #relive(last: Way): Live<Input, Effect> {
    const inputs: number[] = [];
    let way = last;
    while (way.from !== -1) {
      inputs.push(way.by);
      way = this.#ways[way.from] as Way;
    }
    const live = this.#bear(this.births.value(way.by));
    for (const input of inputs.reverse()) live.feed(this.inputs.value(input));
    return live;
  }
}
