/** What a message says, in words, for traces. */
import { BACKEND_NONE } from '../core/ids.ts';
import type { Message } from '../core/message.ts';
import { decodeResult, viewOf } from '../core/operation.ts';

/** As in a trace: its essential fields, in words. */
export function describeMessage(message: Message): string {
  const { type } = message;
  switch (type) {
    case 'hello':
      return `hello, ${message.condition}, promised epoch ${message.promisedEpoch}`;
    case 'promise':
      return `promise epoch ${message.epoch}?`;
    case 'promised':
      return (
        `promised epoch ${message.epoch}, tail ${message.tailSeq}` +
        ` of epoch ${message.tailEpoch}`
      );
    case 'prepare': {
      const { seq, epoch, entryEpoch, commitSeq, answerer } = message;
      const older = entryEpoch === epoch ? '' : `, of epoch ${entryEpoch}`;
      const asked = answerer === BACKEND_NONE ? '' : `, ${answerer} answers`;
      return `prepare ${seq}${older}, decided ${commitSeq}${asked}`;
    }
    case 'vote':
      return `vote ${message.seq}: OK,commit`;
    case 'results':
      return `results ${message.seq}`;
    case 'commit':
      return `commit ${message.commitSeq}`;
    case 'read':
      return `read ${message.read}`;
    case 'read-results':
      return `read results ${message.read}`;
    case 'answer':
      return `answer ${message.seq}`;
    case 'locate':
      return `locate ${message.seq}?`;
    case 'located':
      return `located ${message.seq}: epoch ${message.entryEpoch}`;
    case 'truncate':
      return `truncate ${message.tailSeq} to ${message.afterSeq}`;
    case 'truncated':
      return `truncated to ${message.tailSeq}`;
    case 'fetch':
      return `fetch from ${message.fromSeq}`;
    case 'fetched':
      return `fetched ${message.seq}`;
    case 'reset':
    case 'refused':
    case 'corrupted':
      return `${type}: ${message.detail}`;
    case 'answered':
      return `answered ${message.seq}: ${outcome(message.results)}`;
    case 'query-answered':
      return `query answered after ${message.seq}: ${outcome(message.results)}`;
    case 'refusal':
      return `refused ${message.thing}: ${message.code}: ${message.detail}`;
    case 'promise-refused':
      return `promise refused: epoch ${message.promisedEpoch} is promised`;
    case 'session':
      return `session ${message.session}`;
    case 'request':
    case 'query':
      return type;
    case 'ping':
    case 'pong':
    case 'view-changed':
    case 'client-hello':
    case 'open-session':
    case 'ask-status':
    case 'chaos':
    case 'chaos-answer':
    case 'cut':
    case 'cutting':
    case 'welcome':
    case 'status-report':
      return type;
  }
}

function outcome(results: Uint8Array): string {
  const { code, kind, account, balance, toBalance } = decodeResult(viewOf(results), 0);
  const told = code === 'ok' ? ` account ${account} balance ${balance} ${toBalance}` : '';
  return `${kind} ${code}${told}`;
}
