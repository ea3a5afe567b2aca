/** What is wrong with a history, in words. */
export type Rule =
  /** No order of the operations explains all answers. */
  | 'linearizability'
  /** An answer that no bank may give, whatever its state. */
  | 'answers'
  /** Accounts are numbered from 100 upward without gaps, in the order of their creation. */
  | 'account-numbers'
  /** One request, or key, has one effect and one answer; what never happened never will. */
  | 'exactly-once'
  /** What the accounts hold is what was put into them. */
  | 'conservation'
  /** Sequence numbers grow with real time. */
  | 'seq';

export interface Finding {
  readonly rule: Rule;
  readonly sentence: string;
  /** Of the file, counted from 1. */
  readonly lines: readonly number[];
}

/** Of one kind only so many are told, and how many more there are. */
const TOLD_MAX = 10;

export function limitFindings(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length <= TOLD_MAX) return findings;
  const [first] = findings;
  const more = findings.length - TOLD_MAX;
  const rest: Finding = {
    rule: first?.rule ?? 'linearizability', sentence: `and ${more} more of the kind`, lines: [],
  };
  return [...findings.slice(0, TOLD_MAX), rest];
}
