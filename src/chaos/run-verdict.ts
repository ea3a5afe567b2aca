/**
 * The verdict on a run: of the history, of the replicas against each other, and of every account
 * against what was acknowledged.
 *
 * It keeps true that nothing is called passed that was not looked at, and that a doubt is not a
 * pass.
 */
import type { BackendStatus, StatusReport } from '../host/status-report.ts';
import type { FaultSpan } from './timeline.ts';

/** What a checker says of a history. */
export interface Judgement {
  readonly verdict: 'linearizable' | 'violated' | 'undecided';
  /** In words, the most important first. */
  readonly lines: readonly string[];
}

/** Reads the history in the file. */
export type Judge = (path: string) => Promise<Judgement>;

export type VerdictWord =
  | 'passed'
  /** An answer was wrong, a change was lost or done twice, or replicas differ. */
  | 'violated'
  /** The checker could not tell, or there was nothing to tell about. */
  | 'undecided'
  /** There was no checker: everything but the history was checked. */
  | 'unchecked'
  /** The bank did not come back in time. */
  | 'not-back'
  /** The run was ended before its time. */
  | 'interrupted';

export interface Finding {
  readonly about: 'history' | 'replicas' | 'accounts' | 'keys' | 'faults';
  readonly word: VerdictWord;
  /** The most important first; never empty. */
  readonly lines: readonly string[];
}

export interface Verdict {
  readonly word: VerdictWord;
  readonly findings: readonly Finding[];
}

/** The worst first. */
const ORDER: readonly VerdictWord[] = [
  'violated', 'not-back', 'interrupted', 'undecided', 'unchecked', 'passed',
];

export function judgeAll(findings: readonly Finding[], wasInterrupted: boolean): Verdict {
  const words = findings.map(({ word }) => word);
  if (wasInterrupted) words.push('interrupted');
  return { word: ORDER.find((word) => words.includes(word)) ?? 'unchecked', findings };
}

export async function judgeHistory(path: string, judge: Judge | undefined): Promise<Finding> {
  if (judge === undefined) {
    return { about: 'history', word: 'unchecked', lines: ['no checker was run on it'] };
  }
  const { verdict, lines } = await judge(path);
  const word = verdict === 'linearizable' ? 'passed' : verdict;
  return { about: 'history', word, lines: lines.length > 0 ? lines : [verdict] };
}

/** Whether all are in sync at the same seq, and so can be compared. */
export function areInStep({ status, backends }: StatusReport): boolean {
  const seqs = new Set(backends.map(({ lastSeq }) => lastSeq));
  return status.length > 0 && status.every((bit) => bit === 1) && seqs.size === 1;
}

/** Whether replicas at the same seq show the same digest. */
export function areAlike({ backends }: StatusReport): boolean {
  return disagreements(backends).length === 0;
}

export function judgeReplicas(report: StatusReport | undefined): Finding {
  const about = 'replicas';
  if (report === undefined) {
    return { about, word: 'not-back', lines: ['the frontend does not answer'] };
  }
  const wrong = disagreements(report.backends);
  if (wrong.length > 0) return { about, word: 'violated', lines: wrong };
  if (!areInStep(report)) {
    const states = report.backends.map(({ id, state, lastSeq }) =>
      `backend ${id} is ${state} at seq ${lastSeq}`);
    return { about, word: 'not-back', lines: [states.join('; ') || 'no backend is known'] };
  }
  const [first] = report.backends;
  const digest = `digest ${first?.digest?.slice(0, 16)}`;
  const line = `${report.backends.length} in sync and alike at seq ${first?.lastSeq}, ${digest}`;
  return { about, word: 'passed', lines: [line] };
}

function disagreements(backends: readonly BackendStatus[]): readonly string[] {
  const firstAt = new Map<number, BackendStatus>();
  const sentences: string[] = [];
  for (const backend of backends) {
    const { id, state, lastSeq, digest } = backend;
    if (state === 'down' || lastSeq === undefined) continue;
    const first = firstAt.get(lastSeq);
    if (first === undefined) firstAt.set(lastSeq, backend);
    else if (first.digest !== digest) {
      sentences.push(`backends ${first.id} and ${id} differ at seq ${lastSeq}: ` +
        `digests ${first.digest} and ${digest}`);
    }
  }
  return sentences;
}

export function judgeAccounts(
  count: number,
  { wrong, unread }: { readonly wrong: readonly string[]; readonly unread: readonly number[] },
): Finding {
  const about = 'accounts';
  if (wrong.length > 0) return { about, word: 'violated', lines: wrong };
  if (unread.length > 0) {
    return { about, word: 'not-back', lines: [`${unread.join(', ')} could not be read back`] };
  }
  const line = `${count} read back: each acknowledged change is there, once`;
  return { about, word: 'passed', lines: [line] };
}

export function judgeKeys(repeats: number, contradictions: readonly string[]): Finding {
  const about = 'keys';
  if (contradictions.length > 0) return { about, word: 'violated', lines: contradictions };
  const times = `${repeats} operations were sent again under their keys`;
  return { about, word: 'passed', lines: [`${times}: each got its first answer`] };
}

/** A run in which nothing was done to the bank proves nothing. */
export function judgeFaults(faults: readonly FaultSpan[]): Finding {
  const about = 'faults';
  const done = faults.filter(({ trouble }) => trouble === undefined).length;
  const lines = [`${done} of ${faults.length} could be done`];
  const trouble = faults.find((fault) => fault.trouble !== undefined)?.trouble;
  if (trouble !== undefined) lines.push(`the first that could not: ${trouble}`);
  return { about, word: done > 0 ? 'passed' : 'undecided', lines };
}
