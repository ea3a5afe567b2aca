/** What the commands of a group are answered, and the group as a whole. */
import { requestInGroup, type GroupOutcome } from '../host/group-outcome.ts';
import { answerOutcome, refuse, type Answer } from './answer.ts';
import type { OperationCommand } from './command-language.ts';
import { EXIT } from './exit-status.ts';
import type { Queued } from './group-reader.ts';
import { NOTHING_OF_GROUP, refusalOfOutcome, refusalOfResult } from './refusal.ts';

/** BEGIN and ROLLBACK: nothing was asked of the bank. */
export function answerGroupWord(op: 'begin' | 'rollback'): Answer {
  return { text: 'OK', json: { ok: true, op }, status: EXIT.done };
}

export function answerQueued({ word, count }: Queued): Answer {
  return { text: 'OK QUEUED', json: { ok: true, op: word, queued: count }, status: EXIT.done };
}

/** COMMIT of a group in which nothing is. */
export function answerEmptyGroup(): Answer {
  return { text: 'OK 0', json: { ok: true, op: 'commit', results: [] }, status: EXIT.done };
}

/** COMMIT. Each result is told as it would be of the command alone. */
export function answerGroup(
  commands: readonly OperationCommand[], outcome: GroupOutcome,
): Answer {
  const request = outcome.request ?? null;
  switch (outcome.kind) {
    case 'refused':
    case 'unknown':
      return refuse('commit', request, refusalOfOutcome(outcome));
    case 'group-refused':
      return answerRefused(commands, outcome);
    case 'answered': {
      const { seq, timestamp, results } = outcome;
      const answers = results.map((result, at) => {
        const details = outcome.details?.[at];
        return answerOutcome(commands[at] as OperationCommand, {
          kind: 'answered', result, seq, timestamp, request: requestInGroup(outcome, at),
          ...(details === undefined ? {} : { details }),
        });
      });
      return {
        text: `OK ${results.length}`,
        json: { ok: true, op: 'commit', request, seq, results: answers.map(({ json }) => json) },
        status: EXIT.done,
      };
    }
  }
}

function answerRefused(
  commands: readonly OperationCommand[], outcome: GroupOutcome & { kind: 'group-refused' },
): Answer {
  const { index, result, request } = outcome;
  const refusal = refusalOfResult(result, request, commands[index]?.operation);
  const { word, sentence } = refusal ?? { word: 'GROUP_REFUSED', sentence: 'it was refused' };
  if (word === 'KEY_REUSED') {
    return refuse('commit', request, { word, sentence: `${sentence}; ${NOTHING_OF_GROUP}` });
  }
  const line = index + 1;
  const whole = `line ${line} of the group: ${sentence}; ${NOTHING_OF_GROUP}`;
  const answer = refuse('commit', request, { word, sentence: whole });
  return { ...answer, json: { ...answer.json, line } };
}
