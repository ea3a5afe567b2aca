/**
 * Sequence numbers against real time: a write that was asked after another operation was answered
 * has a higher seq than it; a read, which names the state that it saw, at least the same. The
 * search for an order does not look at them, so that a wrong seq is found here and hides nothing.
 */
import type { Finding } from './finding.ts';
import type { Operation } from './history.ts';
import { linesOf, ownedWords } from './operation-words.ts';

/** Operations in the order of their invocations. */
export function checkSeqs(operations: readonly Operation[]): readonly Finding[] {
  const numbered = operations.filter(({ kind, answer }) =>
    kind !== 'outcome' && !Number.isNaN(answer.seq));
  const ended = numbered.toSorted((one, other) => one.completed - other.completed);
  const findings: Finding[] = [];
  let highest: Operation | undefined;
  let at = 0;
  for (const operation of numbered) {
    for (let next = ended[at]; next !== undefined; next = ended[at]) {
      if (next.completed > operation.invoked) break;
      if (highest === undefined || next.answer.seq > highest.answer.seq) highest = next;
      at += 1;
    }
    if (highest === undefined) continue;
    const least = highest.answer.seq + (operation.kind === 'query' ? 0 : 1);
    if (operation.answer.seq < least) findings.push(outOfOrder(highest, operation));
  }
  return findings;
}

function outOfOrder(earlier: Operation, later: Operation): Finding {
  const sentence = `${ownedWords(later)} has seq ${later.answer.seq}, but was asked after ` +
    `${ownedWords(earlier)}, of seq ${earlier.answer.seq}, had been answered`;
  return { rule: 'seq', sentence, lines: linesOf([earlier, later]) };
}
