/**
 * What `bankd verify` says of directories: each by itself, and of each pair at the same seq, which
 * must be alike.
 */
import { formatAmount } from '../core/amount.ts';
import type { DirectoryVerdict } from '../host/verify-directory.ts';
import { oneLine } from './quote.ts';

/** One JSON object, as in interface.md. */
export function verdictJson(verdict: DirectoryVerdict, withAccounts: boolean): object {
  const { directory, ok, lastSeq, commitSeq, digest, fault, torn } = verdict;
  return {
    directory,
    ok,
    lastSeq,
    commitSeq,
    digest,
    ...(fault === undefined ? {} : { fault }),
    ...(torn === undefined ? {} : { torn }),
    ...(withAccounts ? { accounts: Object.fromEntries(accountRows(verdict)) } : {}),
  };
}

/** Lines for people. */
export function verdictLines(verdict: DirectoryVerdict, withAccounts: boolean): readonly string[] {
  const { directory, ok, lastSeq, commitSeq, digest, fault, torn, accounts } = verdict;
  const state = ok ? 'intact' : `DAMAGED: ${oneLine(fault ?? 'for no known reason')}`;
  const seqs = `seq ${lastSeq} (${commitSeq} known committed)`;
  const head = `${directory}: ${state}`;
  const facts = `  ${seqs}, ${accounts.size} accounts, digest ${digest}`;
  const rows = withAccounts ? accountRows(verdict).map((row) => `  ${row.join('  ')}`) : [];
  const tail = torn === undefined ? [] : [`  torn tail, no fault: ${oneLine(torn)}`];
  return [head, facts, ...tail, ...rows];
}

/** A sentence for each pair of intact directories at the same seq that are not alike. */
export function differences(verdicts: readonly DirectoryVerdict[]): readonly string[] {
  const sentences: string[] = [];
  const firstAt = new Map<number, DirectoryVerdict>();
  for (const verdict of verdicts) {
    if (!verdict.ok) continue;
    const { directory, lastSeq, digest, hash } = verdict;
    const first = firstAt.get(lastSeq);
    if (first === undefined) firstAt.set(lastSeq, verdict);
    else if (first.digest !== digest || first.hash !== hash) {
      sentences.push(`${first.directory} and ${directory} differ at seq ${lastSeq}`);
    }
  }
  return sentences;
}

function accountRows({ accounts }: DirectoryVerdict): [string, string][] {
  const ordered = [...accounts].sort(([one], [other]) => one - other);
  return ordered.map(([number, { balance, scale }]) => [
    String(number),
    formatAmount(balance, scale),
  ]);
}
