/**
 * What a frontend was asked over one connection of a client and has not answered yet: heard from
 * outside, since a client that waits in vain gives up by itself, and nobody would know.
 */
import type { FromClient, ToClient } from '../core/message.ts';
import { readChunkHeader, viewOf } from '../core/operation.ts';
import { formatQueryId, formatRequestId } from '../core/request-id.ts';

const SESSION = 'a session';

export class ClientWatch {
  readonly #waiting = new Set<string>();

  /** In words; undefined where everything was answered. */
  get waitsFor(): string | undefined {
    const [first] = this.#waiting;
    return first;
  }

  onAsked(message: FromClient): void {
    const id = askedFor(message);
    if (id !== undefined) this.#waiting.add(id);
  }

  onTold(message: ToClient): void {
    const id = toldOf(message);
    if (id !== undefined) this.#waiting.delete(id);
  }
}

function askedFor(message: FromClient): string | undefined {
  switch (message.type) {
    case 'open-session': return SESSION;
    case 'query': return formatQueryId(message.query);
    case 'request': {
      const header = readChunkHeader(viewOf(message.chunk), 0);
      return header && formatRequestId(header.session, header.firstRequest);
    }
    case 'client-hello':
    case 'ask-status':
    case 'chaos': return undefined;
  }
}

function toldOf(message: ToClient): string | undefined {
  switch (message.type) {
    case 'session': return SESSION;
    case 'query-answered': return formatQueryId(message.query);
    case 'answered': return formatRequestId(message.session, message.firstRequest);
    case 'refusal':
      if (message.thing === 'session') return SESSION;
      if (message.thing === 'query') return formatQueryId(message.number);
      return formatRequestId(message.session, message.number);
    case 'welcome':
    case 'refused':
    case 'status-report':
    case 'chaos-answer': return undefined;
  }
}
