import t from 'tap';
import type { Chaos, Cut } from '../../src/core/chaos-message.ts';
import type { ConnectionId } from '../../src/core/effect.ts';
import type { BackendId, Timestamp } from '../../src/core/ids.ts';
import type { Message } from '../../src/core/message.ts';
import { ChaosRelay, type ChaosReceiver } from '../../src/host/chaos-relay.ts';

const NOW = { ms: 1, timestamp: 1 as Timestamp } as never;
const [CLIENT, OTHER, BACKEND, STRANGER] = [1, 2, 12, 13] as const;

function chaos(backend = 2, forMs = 100): Chaos {
  return { type: 'chaos', number: 7, backend: backend as BackendId, mode: 'to', forMs };
}

/** A relay before a coordinator whose backend 2 is on the connection 12. */
function relayOf({ isAllowed = true } = {}) {
  const sent: (readonly [ConnectionId, Message])[] = [];
  const passed: string[] = [];
  const receiver: ChaosReceiver = {
    connectionOf: (backend) => (backend === 2 ? BACKEND : undefined),
    onBackendHello: () => passed.push('backend hello'),
    onBackendMessage: (_connection, { type }) => passed.push(type),
    onClientHello: () => passed.push('client hello'),
    onClientMessage: (_connection, { type }) => passed.push(type),
    onGone: (connection) => passed.push(`gone ${connection}`),
  };
  const relay = new ChaosRelay(receiver, isAllowed, (to, message) => sent.push([to, message]));
  return { relay, sent, passed };
}

t.test('chaos relay: an order: to its backend, and its word to the client, once', async (t) => {
  const { relay, sent, passed } = relayOf();
  relay.onClientMessage(CLIENT, chaos(), NOW);
  t.match(sent, [[BACKEND, { type: 'cut', mode: 'to', forMs: 100 }]]);
  const { order } = sent[0]?.[1] as Cut;
  relay.onBackendMessage(STRANGER, { type: 'cutting', order }, NOW);
  t.equal(sent.length, 1, 'only its own backend can say so');
  relay.onBackendMessage(BACKEND, { type: 'cutting', order }, NOW);
  relay.onBackendMessage(BACKEND, { type: 'cutting', order }, NOW);
  t.same(sent.slice(1), [
    [CLIENT, { type: 'chaos-answer', number: 7, outcome: 'begins', detail: '' }],
  ]);
  t.same(passed, [], 'the coordinator hears nothing of it');
});

t.test('chaos relay: --no-chaos: nothing is passed on', async (t) => {
  const { relay, sent } = relayOf({ isAllowed: false });
  relay.onClientMessage(CLIENT, chaos(), NOW);
  t.match(sent, [[CLIENT, { type: 'chaos-answer', outcome: 'not-allowed', detail: /no-chaos/ }]]);
});

t.test('chaos relay: what can not be done: refused with the reason', async (t) => {
  const { relay, sent } = relayOf();
  relay.onClientMessage(CLIENT, chaos(3), NOW);
  relay.onClientMessage(CLIENT, chaos(2, 3_600_001), NOW);
  t.match(sent, [
    [CLIENT, { outcome: 'refused', detail: 'backend 3 is not connected' }],
    [CLIENT, { outcome: 'refused', detail: 'it may last an hour at most' }],
  ]);
});

t.test('chaos relay: a backend that is lost: its client learns; a lost client is not told', (t) => {
  const { relay, sent, passed } = relayOf();
  relay.onClientMessage(CLIENT, chaos(), NOW);
  relay.onClientMessage(OTHER, chaos(), NOW);
  sent.length = 0;
  relay.onGone(OTHER, NOW);
  t.same(sent, []);
  relay.onGone(BACKEND, NOW);
  t.match(sent, [[CLIENT, { type: 'chaos-answer', outcome: 'refused' }]]);
  t.equal(sent.length, 1);
  t.same(passed, [`gone ${OTHER}`, `gone ${BACKEND}`]);
  t.end();
});

t.test('chaos relay: everything else: goes to the coordinator', async (t) => {
  const { relay, sent, passed } = relayOf();
  relay.onBackendHello(BACKEND, {} as never, 'peer', NOW);
  relay.onBackendMessage(BACKEND, { type: 'corrupted', detail: '' }, NOW);
  relay.onClientHello(CLIENT, {} as never, NOW);
  relay.onClientMessage(CLIENT, { type: 'ask-status' }, NOW);
  t.same(passed, ['backend hello', 'corrupted', 'client hello', 'ask-status']);
  t.same(sent, []);
});
