/**
 * Which of the actions of a state need not be tried in every order (ample sets, Peled 1993).
 *
 * What a backend hears next is the only thing to try, where nothing else can come before it that
 * would make a difference. Nothing else of the backend is under way then, so no other action reads
 * or changes its process; the message leaves one end of a queue and the answers enter another one
 * at its end, which commutes with everything at the other ends. What remains are the actions that
 * empty these queues or end the process:
 *
 * - A message that leaves the process as it was, and to which it only says something (a ping, a
 *   read), leaves no trace where the connection breaks afterwards: what was said may get lost.
 * - Any other message: while no fault is left, no connection breaks any more.
 *
 * Every action uses up a message or an errand, or is counted, so that no cycle puts one off for
 * ever.
 */
import { ACTION, actionOf } from './actions.ts';
import { BACKEND_WORDS, BACKENDS, left, WORD } from './layout.ts';
import type { Tables } from './tables.ts';

export class Reduction {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** The one action that is enough; undefined where all are needed. */
  enough(row: Int32Array, rivals: boolean): number | undefined {
    for (const backend of BACKENDS) {
      if (this.#isReady(row, backend) && (isCalm(row, rivals) || this.#isFleeting(row, backend))) {
        return actionOf(ACTION.deliver, backend);
      }
    }
    return undefined;
  }

  /** A message is there, and nothing else is to do. */
  #isReady(row: Int32Array, backend: number): boolean {
    const at = BACKEND_WORDS * backend;
    const { current } = this.#tables.links.link(row[WORD.link + at] as number);
    const [message] = current?.toBackend ?? [];
    if (message === undefined || current?.ended === true) return false;
    if (row[WORD.errands + at] !== 0) return false;
    const { entries, synced } = this.#tables.diskOf(row, backend);
    // Those two change more than the process.
    const { type } = this.#tables.messages.value(message);
    return entries.length === synced && type !== 'reset' && type !== 'refused';
  }

  #isFleeting(row: Int32Array, backend: number): boolean {
    const { links, participants, pasts } = this.#tables;
    const at = BACKEND_WORDS * backend;
    const message = links.link(row[WORD.link + at] as number).current?.toBackend[0];
    const state = row[WORD.process + at] as number;
    const input = participants.inputs.number(`m${message}`, () => ({
      kind: 'message', message: this.#tables.messages.value(message ?? 0) as never,
    }));
    const step = participants.step(state, input);
    const { decided } = pasts.past(row[WORD.past] as number);
    return step.state === state && step.effects.every((effect) =>
      effect.kind === 'send' || (effect.kind === 'committed' && decided.length >= effect.seq));
  }
}

/** Nothing breaks any more, and no silence ends a connection. */
function isCalm(row: Int32Array, rivals: boolean): boolean {
  const budget = row[WORD.budget] as number;
  return !rivals && left(budget, 'faults') === 0 && left(budget, 'ticks') === 0;
}
