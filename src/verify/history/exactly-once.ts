/**
 * Exactly once: a request, or an idempotency key, has one effect and one answer.
 *
 * All tries of one write, and what OUTCOME told of it, become one operation. It takes effect after
 * the first try was asked and before the first answer to any; the later answers only repeat. That
 * is exact: a repeated answer changes nothing, and is right at any time after the effect.
 */
import type { Finding } from './finding.ts';
import type { Answer, Operation } from './history.ts';
import { askedWords, linesOf, ownedWords } from './operation-words.ts';

export interface Deduplicated {
  /** Each effect once, in the order of invocation. */
  readonly operations: readonly Operation[];
  readonly findings: readonly Finding[];
}

/** Everything that names one key or one request. */
interface Group {
  readonly name: string;
  readonly tries: Operation[];
  readonly questions: Operation[];
}

export function deduplicate(operations: readonly Operation[]): Deduplicated {
  const findings: Finding[] = [];
  const replaced = new Map<Operation, Operation | undefined>();
  const groups = collectGroups(operations, (denial, denied) => {
    if (!isAcknowledged(denied)) {
      replaced.set(denied, undefined);
      return;
    }
    const sentence = `${ownedWords(denial)}, but there is ${ownedWords(denied)}`;
    findings.push({ rule: 'exactly-once', sentence, lines: linesOf([denial, denied]) });
  });
  for (const group of groups.values()) {
    const { tries, questions } = group;
    if (tries.length === 0 || (tries.length === 1 && questions.length === 0)) continue;
    resolve(group, findings, replaced);
  }
  if (replaced.size === 0) return { operations, findings };
  const kept = operations.map((each) => (replaced.has(each) ? replaced.get(each) : each));
  const unique = kept.filter((each) => each !== undefined);
  return { operations: unique.sort((one, other) => one.invoked - other.invoked), findings };
}

/** `onDenied`: of a write under a key, a try is told never to have happened; another may have. */
function collectGroups(
  operations: readonly Operation[],
  onDenied: (denial: Operation, denied: Operation) => void,
): Map<string, Group> {
  const keyed = new Map(operations
    .filter(({ key, request }) => key !== undefined && request !== undefined)
    .map((each) => [requestName(each) ?? '', each]));
  const groups = new Map<string, Group>();
  // Nearly all requests come once, and need no group.
  const single = new Map<string, Operation>();
  const groupOf = (name: string): Group => {
    const known = groups.get(name);
    if (known !== undefined) return known;
    const first = single.get(name);
    const group: Group = { name, tries: first === undefined ? [] : [first], questions: [] };
    groups.set(name, group);
    return group;
  };
  for (const operation of operations) {
    const { kind, key, text } = operation;
    if (kind === 'query') continue;
    if (kind === 'outcome') {
      const name = nameOfQuestion(text ?? '');
      const asked = keyed.get(name);
      if (asked !== undefined && operation.answer.kind === 'never') onDenied(operation, asked);
      else groupOf(asked === undefined ? name : `@${asked.key}`).questions.push(operation);
      continue;
    }
    const name = key === undefined ? requestName(operation) : `@${key}`;
    if (name === undefined) continue;
    if (!single.has(name) && !groups.has(name)) single.set(name, operation);
    else groupOf(name).tries.push(operation);
  }
  return groups;
}

function nameOfQuestion(text: string): string {
  return text.startsWith('@') ? text : `request ${text}`;
}

/** Bare numbers are taken for counters of their own process. */
function requestName({ request, process }: Operation): string | undefined {
  if (request === undefined) return undefined;
  return /^[0-9]+$/.test(request) ? `request ${request} of ${process}` : `request ${request}`;
}

function resolve(
  group: Group, findings: Finding[], replaced: Map<Operation, Operation | undefined>,
): void {
  const { name, questions } = group;
  const tries = group.tries.filter((each) => !replaced.has(each));
  const told = [...tries, ...questions].filter(isAcknowledged);
  const denials = questions.filter(({ answer }) => answer.kind === 'never');
  const [first] = told;
  const report = (what: string, of: readonly Operation[]): void => {
    findings.push({ rule: 'exactly-once', sentence: `${name}: ${what}`, lines: linesOf(of) });
  };
  for (const denial of denials.slice(0, 1)) {
    const happened = told.find((each) => each !== denial);
    if (happened === undefined) continue;
    report(`${ownedWords(denial)}, but there is ${ownedWords(happened)}`, [denial, happened]);
  }
  for (const other of told.slice(1)) {
    if (first !== undefined) compare(first, other, report);
  }
  for (const question of questions.filter(isAcknowledged)) {
    const refused = tries.filter(({ answer }) => answer.kind === 'nothing');
    const isOnly = tries.length === refused.length && refused[0] !== undefined;
    if (isOnly) report(`${ownedWords(question)}, but it was refused`, [question, ...refused]);
  }
  merge({ name, tries, questions }, denials.length > 0, replaced);
}

function compare(
  first: Operation, other: Operation, report: (what: string, of: readonly Operation[]) => void,
): void {
  const isQuestion = first.kind === 'outcome' || other.kind === 'outcome';
  if (!isQuestion && !isSameAsked(first, other)) {
    const both = `${ownedWords(first)} and ${ownedWords(other)}`;
    report(`two different operations were done: ${both}`, [first, other]);
  } else if (!isSameAnswer(first.answer, other.answer)) {
    const both = `${ownedWords(first)}, but ${ownedWords(other)}`;
    report(`one operation, two answers: ${both}`, [first, other]);
  }
}

/** One operation takes the place of all tries that ask the same; the rest can't have happened. */
function merge(
  { tries, questions }: Group, isDenied: boolean, replaced: Map<Operation, Operation | undefined>,
): void {
  const lead = tries.find(isAcknowledged) ?? tries.find(({ answer }) => answer.kind === 'unknown');
  if (lead === undefined) return;
  const alike = tries.filter((each) => isSameAsked(each, lead) && each.answer.kind !== 'nothing');
  const told = [...alike, ...questions].filter(isAcknowledged);
  const isCertain = told.length > 0;
  for (const each of tries) {
    const isGone = isCertain || isDenied || alike.includes(each);
    if (isGone && each.answer.kind !== 'nothing') replaced.set(each, undefined);
  }
  if (isDenied && !isCertain) return;
  const answers = told.map(({ answer }) => answer);
  const full = answers.find(({ balance, account }) => balance >= 0 || account >= 0) ?? answers[0];
  replaced.set(lead, {
    ...lead,
    invoked: Math.min(...alike.map(({ invoked }) => invoked)),
    completed: Math.min(Infinity, ...told.map(({ completed }) => completed)),
    answer: full === undefined ? lead.answer : full,
  });
}

/** It ran: done, or refused by the ledger. */
function isAcknowledged({ answer }: Operation): boolean {
  return answer.kind === 'ok' || answer.kind === 'refused';
}

function isSameAsked(one: Operation, other: Operation): boolean {
  return askedWords(one) === askedWords(other);
}

/** As far as both tell. */
function isSameAnswer(one: Answer, other: Answer): boolean {
  if (one.kind !== other.kind || one.refusal !== other.refusal) return false;
  return (['account', 'balance', 'toBalance'] as const).every((field) =>
    Number.isNaN(one[field]) || Number.isNaN(other[field]) || one[field] === other[field]);
}
