/** The rules of one register as steps; its values are numbered, nil, with which it begins, is 0. */
import type { Operation } from './history.ts';
import { NIL } from './register-answer.ts';
import { EFFECT, Steps, type Touch } from './steps.ts';

export const NIL_NUMBER = 0;

export interface RegisterSteps {
  readonly steps: Steps;
  /** What the steps' sources count. */
  readonly operations: readonly Operation[];
}

export function registerSteps(operations: readonly Operation[]): RegisterSteps {
  const numbers = new Map<string, number>([[NIL, NIL_NUMBER]]);
  const numberOf = (value = NIL): number => {
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    return number;
  };
  const relevant = operations.filter(hasRule);
  const steps = new Steps(relevant.length, 1);
  relevant.forEach((operation, source) => {
    const { invoked, completed, answer } = operation;
    const isOptional = answer.kind === 'unknown';
    steps.add({ invoked, completed, isOptional, source }, [touchOf(operation, numberOf)]);
  });
  return { steps, operations: relevant };
}

/** Whether it says or does anything. */
function hasRule({ kind, answer }: Operation): boolean {
  if (answer.kind === 'unknown') return kind !== 'read';
  return answer.kind === 'ok' || answer.kind === 'refused';
}

function touchOf(
  { kind, text, expected, answer }: Operation,
  numberOf: (value?: string) => number,
): Touch {
  const place = 0;
  if (kind === 'read') return { place, need: numberOf(answer.value) };
  const set = { place, effect: EFFECT.set, value: numberOf(text) };
  if (kind === 'write') return set;
  const need = numberOf(expected);
  return answer.kind === 'refused' ? { place, need, isOther: true } : { ...set, need };
}
