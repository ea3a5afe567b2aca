/**
 * How much of one client's the frontend holds: what it has sent and was not answered yet.
 *
 * Answers may come in another order than requests; the sum is exact again whenever all are
 * answered.
 */
import type { FromClient, ToClient } from '../core/message.ts';

/** What a small request costs besides its bytes. */
const MESSAGE_BYTES = 256;
const UNANSWERED_BYTES_MAX = 16 * 1024 * 1024;
/** So many answered costs are kept before the array is cut. */
const SLACK_MAX = 16_384;

export class ClientPressure {
  /** The costs of unanswered messages, oldest first, from `#head` on. */
  #costs: number[] = [];
  #head = 0;
  #bytes = 0;

  /** Reading on is of no use: the client must wait for answers. */
  get isTooHigh(): boolean {
    return this.#bytes > UNANSWERED_BYTES_MAX;
  }

  onReceived(message: FromClient): void {
    const cost = costOf(message);
    this.#costs.push(cost);
    this.#bytes += cost;
  }

  onSent(message: ToClient): void {
    if (message.type === 'welcome' || message.type === 'refused') return;
    this.#bytes -= this.#costs[this.#head] ?? 0;
    this.#head += 1;
    // A client that pipelines may never be without an unanswered request.
    if (this.#head < this.#costs.length && this.#head < SLACK_MAX) return;
    // One with a single operation at a time keeps its array.
    if (this.#head === 1 && this.#costs.length === 1) this.#costs.pop();
    else this.#costs = this.#costs.slice(this.#head);
    this.#head = 0;
  }
}

function costOf(message: FromClient): number {
  switch (message.type) {
    case 'request':
    case 'query':
      return MESSAGE_BYTES + message.chunk.length;
    case 'client-hello':
    case 'open-session':
    case 'ask-status':
    case 'chaos':
      return MESSAGE_BYTES;
  }
}
