/**
 * The verdict on a history: is it one that a single bank, doing one operation after another, could
 * have given to clients that see each other's answers (linearizability, Herlihy and Wing 1990; over
 * several accounts it is strict serializability)?
 *
 * The bank is taken apart where that loses nothing (P-compositionality, Horn and Kroening 2015):
 * which account exists when is settled first (account-numbers.ts), and then accounts that no
 * transfer joins, directly or by way of others, are searched one after another. What the search can
 * not decide within its bounds is `undecided`, which is no pass.
 */
import { numberings, type Numbered } from './account-numbers.ts';
import { bankSteps } from './bank-steps.ts';
import { checkConservation } from './conservation.ts';
import { DisjointSets } from './disjoint-sets.ts';
import { Effort, EFFORT_DEFAULT } from './effort.ts';
import { deduplicate } from './exactly-once.ts';
import { limitFindings, type Finding } from './finding.ts';
import type { History, Model, Operation } from './history.ts';
import {
  isNarrowEnough, linearizeFully, linearizeNarrowly, type Linearization,
} from './linearize.ts';
import { linesOf, ownedWords } from './operation-words.ts';
import { NIL_NUMBER, registerSteps } from './register-steps.ts';
import { checkSeqs } from './seq-order.ts';
import { NOT_THERE, WILD, type Steps } from './steps.ts';
import { findWitness, wholeWitness, type Witness } from './witness.ts';


export interface CheckOptions {
  /** How many configurations are looked at before the search gives up. */
  readonly effort?: number;
  /** The bank was not empty when the recording began, or others used it, too. */
  readonly isExisting?: boolean;
  /** Told how many of so many operations are explained. */
  readonly onProgress?: (explained: number, operations: number) => void;
}

export interface HistoryVerdict {
  readonly verdict: 'linearizable' | 'violated' | 'undecided';
  readonly model: Model;
  readonly operations: number;
  readonly clients: number;
  readonly findings: readonly Finding[];
  /** A smallest part that contradicts itself, where no order explains the answers. */
  readonly witness: Witness | undefined;
  /** Configurations looked at. */
  readonly effort: number;
}

/** A part of the history that can be searched by itself. */
interface Part {
  readonly steps: Steps;
  readonly operationOf: (step: number) => Operation;
  readonly accounts: readonly number[];
  readonly initial: (place: number) => number;
}

interface Searched {
  readonly verdict: HistoryVerdict['verdict'];
  readonly witness?: Witness | undefined;
}

export function checkHistory(history: History, options: CheckOptions = {}): HistoryVerdict {
  return new Check(history, options).run();
}

class Check {
  readonly #history: History;
  readonly #options: CheckOptions;
  readonly #effort: Effort;
  #explained = 0;

  constructor(history: History, options: CheckOptions) {
    this.#history = history;
    this.#options = options;
    this.#effort = new Effort(options.effort ?? EFFORT_DEFAULT);
  }

  run(): HistoryVerdict {
    const { model, operations } = this.#history;
    return model === 'register' ? this.#checkRegister(operations) : this.#checkBank(operations);
  }

  #checkRegister(operations: readonly Operation[]): HistoryVerdict {
    const { steps, operations: sources } = registerSteps(operations);
    return this.#verdict([], this.#searchParts([{
      steps, operationOf: operationOf(steps, sources), accounts: [], initial: () => NIL_NUMBER,
    }]));
  }

  #checkBank(recorded: readonly Operation[]): HistoryVerdict {
    const isExisting = this.#options.isExisting === true;
    const { operations, findings: twice } = deduplicate(recorded);
    const findings = [
      ...limitFindings(checkAnswers(operations)),
      ...limitFindings(twice),
      ...limitFindings(checkSeqs(operations)),
    ];
    let searched: Searched = { verdict: 'undecided' };
    for (const numbered of numberings(operations, { isExisting })) {
      if (numbered.findings.length > 0) findings.push(...limitFindings(numbered.findings));
      searched = numbered.isGivenUp ? { verdict: 'undecided' } : this.#searchNumbered(numbered);
      if (searched.verdict !== 'violated' || numbered.guessed.size === 0) {
        findings.push(...limitFindings(checkConservation(numbered.operations)));
        break;
      }
    }
    return this.#verdict(findings, searched);
  }

  /** What it takes of accounts that nobody has seen, some CREATEs must have put there. */
  #searchNumbered(numbered: Numbered): Searched {
    let searched = this.#searchBank(numbered);
    if (searched.verdict !== 'linearizable') return searched;
    for (const exact of numbered.unseen()) {
      searched = exact.isGivenUp ? { verdict: 'undecided' } : this.#searchBank(exact);
      if (searched.verdict !== 'violated') return searched;
    }
    return searched;
  }

  #searchBank({ operations, findings, last, lastPossible }: Numbered): Searched {
    const { steps, accounts, operations: sources } = bankSteps(operations);
    const created = new Set(operations.filter(({ kind }) => kind === 'create')
      .map(({ account }) => account));
    // Where numbers contradict each other, only what contradicts itself besides is of interest.
    const isOpen = this.#options.isExisting === true || findings.length > 0;
    const initialOf = (account: number): number => {
      if (created.has(account)) return NOT_THERE;
      return isOpen || (account > last && account <= lastPossible) ? WILD : NOT_THERE;
    };
    return this.#searchParts(partition(steps, accounts, sources, initialOf));
  }

  #searchParts(parts: Iterable<Part>): Searched {
    let undecided: Searched | undefined;
    this.#explained = 0;
    for (const part of parts) {
      const searched = this.#searchPart(part);
      if (searched.verdict === 'violated') return searched;
      if (searched.verdict === 'undecided') undecided ??= searched;
      if (this.#effort.isOver) break;
    }
    return undecided ?? { verdict: 'linearizable' };
  }

  /**
   * First narrowly, which is quick; then around the place where that fails: a small part that
   * contradicts itself proves it. Only where neither tells, everything is searched.
   */
  #searchPart(part: Part): Searched {
    const { steps, initial } = part;
    const options = { initial, effort: this.#effort };
    const narrow = linearizeNarrowly(steps, {
      ...options, onProgress: (count) => this.#progress(count),
    });
    if (narrow.kind !== 'violated') return { verdict: narrow.kind };
    const witness = findWitness(part, narrow.step);
    if (witness !== undefined) return { verdict: 'violated', witness };
    const full: Linearization = isNarrowEnough(steps) ? narrow : linearizeFully(steps, options);
    if (full.kind !== 'violated') return { verdict: full.kind };
    return {
      verdict: 'violated',
      witness: findWitness(part, full.step) ?? wholeWitness(part.operationOf(full.step)),
    };
  }

  #progress(count: number): void {
    this.#explained += count;
    this.#options.onProgress?.(this.#explained, this.#history.operations.length);
  }

  #verdict(named: readonly Finding[], { verdict, witness }: Searched): HistoryVerdict {
    const findings = witness === undefined ? named : [witnessFinding(witness), ...named];
    const { model, operations, processes } = this.#history;
    return {
      verdict: findings.length > 0 ? 'violated' : verdict,
      model, operations: operations.length, clients: processes, findings, witness,
      effort: this.#effort.spent,
    };
  }
}

function witnessFinding({ sentences, lines }: Witness): Finding {
  return { rule: 'linearizability', sentence: sentences.join('; '), lines };
}

/** What no bank says to anyone, whatever it holds. */
function checkAnswers(operations: readonly Operation[]): readonly Finding[] {
  const findings: Finding[] = [];
  for (const operation of operations) {
    const { malformed, answer, kind } = operation;
    if (malformed !== undefined && (answer.kind === 'ok' || answer.kind === 'refused')) {
      const sentence = `${ownedWords(operation)} can't be: ${malformed}`;
      findings.push({ rule: 'answers', sentence, lines: linesOf([operation]) });
    } else if (answer.kind === 'never' && kind !== 'outcome') {
      const sentence = `${ownedWords(operation)}: only OUTCOME is answered so`;
      findings.push({ rule: 'answers', sentence, lines: linesOf([operation]) });
    } else if (kind === 'create' && answer.kind === 'refused') {
      const sentence = `${ownedWords(operation)}: a CREATE is not refused so`;
      findings.push({ rule: 'answers', sentence, lines: linesOf([operation]) });
    }
  }
  return findings;
}

/** The steps of accounts that transfers join, as a part each. */
function* partition(
  steps: Steps,
  accounts: readonly number[],
  sources: readonly Operation[],
  initialOf: (account: number) => number,
): Generator<Part> {
  const sets = new DisjointSets<number>();
  for (let step = 0; step < steps.count; step += 1) {
    const [first = 0, second] = steps.placesOf(step);
    if (second !== undefined) sets.join(first, second);
  }
  const members = new Map<number, number[]>();
  for (let step = 0; step < steps.count; step += 1) {
    const root = sets.find(steps.placeOf(step, 0));
    const own = members.get(root);
    if (own === undefined) members.set(root, [step]);
    else own.push(step);
  }
  const sourceOf = operationOf(steps, sources);
  for (const own of members.values()) {
    const selected = steps.select(own);
    const named = selected.places.map((place) => accounts[place] ?? NaN);
    yield {
      steps: selected.steps,
      operationOf: (step) => sourceOf(selected.steps.source[step] as number),
      accounts: named,
      initial: (place) => initialOf(named[place] ?? NaN),
    };
  }
}

function operationOf(steps: Steps, sources: readonly Operation[]): (step: number) => Operation {
  return (step) => sources[steps.source[step] as number] as Operation;
}
