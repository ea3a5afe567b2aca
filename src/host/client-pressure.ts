/**
 * How much of one client's the frontend holds: what it has sent and was not answered yet, counted
 * by what it costs to serve.
 *
 * Answers may come in another order than requests; the sum is exact again whenever all are
 * answered.
 */
import { UNANSWERED_COST_MAX } from '../core/admission.ts';
import type { FromClient, ToClient } from '../core/message.ts';
import { costOf } from '../core/service-rate.ts';

/** So many answered costs are kept before the array is cut. */
const SLACK_MAX = 16_384;

export class ClientPressure {
  /** The costs of unanswered messages, oldest first, from `#head` on. */
  #costs: number[] = [];
  #head = 0;
  #cost = 0;

  /** Reading on is of no use: the client must wait for answers. */
  get isTooHigh(): boolean {
    return this.#cost > UNANSWERED_COST_MAX;
  }

  onReceived(message: FromClient): void {
    const cost = costOfMessage(message);
    this.#costs.push(cost);
    this.#cost += cost;
  }

  onSent(message: ToClient): void {
    if (message.type === 'welcome' || message.type === 'refused') return;
    this.#cost -= this.#costs[this.#head] ?? 0;
    this.#head += 1;
    // A client that pipelines may never be without an unanswered request.
    if (this.#head < this.#costs.length && this.#head < SLACK_MAX) return;
    // One with a single operation at a time keeps its array.
    if (this.#head === 1 && this.#costs.length === 1) this.#costs.pop();
    else this.#costs = this.#costs.slice(this.#head);
    this.#head = 0;
  }
}

function costOfMessage(message: FromClient): number {
  switch (message.type) {
    case 'request':
    case 'query':
      return costOf(message.chunk.length);
    case 'client-hello':
    case 'open-session':
    case 'ask-status':
    case 'chaos':
      return costOf(0);
  }
}
