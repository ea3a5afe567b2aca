/**
 * The language of plans, one step a line; `#` begins a comment:
 *
 *     at 5s kill 1                        # two words and a number: when, what, how many backends
 *     at 8s cut 2 half-open for 3s        # how a connection is cut, and for how long
 *     at 9s kill backend 3                # this one, not one at random
 *     every 4s pause 1 for 500ms          # at 4 s, 8 s, 12 s, …
 *     every 2s from 10s until 20s frontend
 *
 * Times are counted from the beginning of the faults. A line that makes no sense is a value that
 * names the line, the word, and what could have stood there.
 */
import { BACKENDS_MAX } from '../core/ids.ts';
import { lasts, type CutMode, type FaultKind, type FaultOrder } from './fault.ts';
import { CUT_MODES, FAULT_KINDS, takesBackends, type Plan, type PlanStep } from './plan.ts';

export interface PlanError {
  /** From 1. */
  readonly line: number;
  /** Without a full stop. */
  readonly sentence: string;
  /** The word that was not understood, and those that would have been. */
  readonly word: string;
  readonly candidates: readonly string[];
}

export type ParsedPlan =
  | { readonly ok: true; readonly plan: Plan }
  | { readonly ok: false; readonly error: PlanError };

const UNITS = { ms: 1, s: 1_000, m: 60_000 } as const;
const TIME_MS_MAX = 24 * 3_600_000;
/** A fault more often than that is none any more. */
const EVERY_MS_MIN = 50;
/** How long a fault lasts where a plan does not say. */
const FOR_MS_DEFAULT = 2_000;
const STEPS_MAX = 10_000;

export function parsePlan(text: string, name: string): ParsedPlan {
  const steps: PlanStep[] = [];
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    const words = line.replace(/#.*/, '').trim().split(/\s+/).filter((word) => word !== '');
    if (words.length === 0) continue;
    try {
      if (steps.length === STEPS_MAX) throw new Misread(`more than ${STEPS_MAX} steps`);
      steps.push(new StepReader(words).read());
    } catch (error) {
      if (!(error instanceof Misread)) throw error;
      const { message: sentence, word, candidates } = error;
      return { ok: false, error: { line: at + 1, sentence, word, candidates } };
    }
  }
  if (steps.length > 0) return { ok: true, plan: { name, steps } };
  const sentence = 'there is no step in it';
  return { ok: false, error: { line: 1, sentence, word: '', candidates: [] } };
}

/** Thrown within this file only. */
class Misread extends Error {
  readonly word: string;
  readonly candidates: readonly string[];

  constructor(sentence: string, word = '', candidates: readonly string[] = []) {
    super(sentence);
    this.word = word;
    this.candidates = candidates;
  }
}

/** Reads one line, word by word. */
class StepReader {
  readonly #words: readonly string[];
  #at = 0;

  constructor(words: readonly string[]) {
    this.#words = words.map((word) => word.toLowerCase());
  }

  read(): PlanStep {
    const when = this.#when();
    const kind = this.#oneOf(FAULT_KINDS, 'a fault');
    return { ...when, order: this.#order(kind) };
  }

  #when(): Omit<PlanStep, 'order'> {
    if (this.#oneOf(['at', 'every'], 'at or every') === 'at') {
      return { atMs: this.#time('at'), everyMs: undefined, untilMs: undefined };
    }
    const everyMs = this.#time('every');
    if (everyMs < EVERY_MS_MIN) throw new Misread(`every ${EVERY_MS_MIN}ms is the most often`);
    const atMs = this.#takes('from') ? this.#time('from') : everyMs;
    const untilMs = this.#takes('until') ? this.#time('until') : undefined;
    return { everyMs, atMs, untilMs };
  }

  #order(kind: FaultKind): FaultOrder {
    let count: number | undefined;
    let backend: number | undefined;
    let mode: CutMode | undefined;
    let forMs: number | undefined;
    while (this.#at < this.#words.length) {
      if (/^[0-9]/.test(this.#peek()) && takesBackends(kind) && count === undefined) {
        count = this.#number('how many backends', BACKENDS_MAX);
        continue;
      }
      const word = this.#oneOf(optionsOf(kind), 'an option');
      if (word === 'for') forMs = this.#time('for');
      else if (word === 'backend') backend = this.#number('a backend', BACKENDS_MAX);
      else mode = word;
    }
    if (backend !== undefined && count !== undefined && count !== 1) {
      throw new Misread(`backend ${backend} is one backend, not ${count}`);
    }
    return {
      kind, count: count ?? 1, backend,
      forMs: lasts(kind) ? (forMs ?? FOR_MS_DEFAULT) : 0,
      mode: kind === 'cut' ? (mode ?? 'both') : undefined,
    };
  }

  #peek(): string {
    return this.#words[this.#at] ?? '';
  }

  #takes(word: string): boolean {
    const isThere = this.#peek() === word;
    if (isThere) this.#at += 1;
    return isThere;
  }

  #oneOf<Word extends string>(words: readonly Word[], what: string): Word {
    const word = this.#peek();
    const found = words.find((each) => each === word);
    if (found !== undefined) {
      this.#at += 1;
      return found;
    }
    const instead = word === '' ? 'the line ends' : `there stands "${word.slice(0, 40)}"`;
    const expected = words.length === 0 ? 'nothing' : `${what} (${words.join(', ')})`;
    throw new Misread(`${instead} where ${expected} is expected`, word, words);
  }

  #time(after: string): number {
    const word = this.#peek();
    const match = /^([0-9]{1,9})(ms|s|m)$/.exec(word);
    const value = Number(match?.[1]) * UNITS[(match?.[2] ?? 's') as keyof typeof UNITS];
    if (!(value <= TIME_MS_MAX)) {
      throw new Misread(`${after} needs a time such as 500ms, 5s or 1m`, word);
    }
    this.#at += 1;
    return value;
  }

  #number(what: string, max: number): number {
    const word = this.#peek();
    const value = /^[0-9]{1,3}$/.test(word) ? Number(word) : NaN;
    if (!(value >= 1 && value <= max)) {
      throw new Misread(`${what} is a number from 1 to ${max}`, word);
    }
    this.#at += 1;
    return value;
  }
}

/** What may follow a fault, besides how many backends. */
function optionsOf(kind: FaultKind): readonly ('for' | 'backend' | CutMode)[] {
  return [
    ...(takesBackends(kind) ? ['backend' as const] : []),
    ...(kind === 'cut' ? CUT_MODES : []),
    ...(lasts(kind) ? ['for' as const] : []),
  ];
}
