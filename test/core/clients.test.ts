/** What a frontend orders itself, where the queue is full or what it ordered is refused. */
import t from 'tap';
import { Admission, QUEUED_BYTES_MAX } from '../../src/core/admission.ts';
import { Clients } from '../../src/core/clients.ts';
import type { ConnectionId, CoordinatorHost } from '../../src/core/effect.ts';
import { CLUSTER_NONE, SESSION_NONE } from '../../src/core/ids.ts';
import type { ToClient } from '../../src/core/message.ts';

const CLIENT = 7 as ConnectionId;
const DUE = { ms: 5, wallUs: 100 };

function begin() {
  const told: string[] = [];
  const admission = new Admission();
  const host = {
    send: (_to: ConnectionId, message: ToClient) => told.push(message.type),
  } as unknown as CoordinatorHost;
  const clients = new Clients(host, admission);
  clients.onHello(CLIENT, { type: 'client-hello', cluster: CLUSTER_NONE }, undefined);
  return { clients, admission, told };
}

t.test('clients: a lease for which the queue had no room is ordered again', async (t) => {
  const { clients, admission } = begin();
  admission.admit({
    kind: 'write', connection: CLIENT, session: SESSION_NONE, number: 1, operations: 1,
    chunk: new Uint8Array(QUEUED_BYTES_MAX), isAlone: false, inDoubt: false,
  });
  clients.orderLeaseIfDue();
  t.equal(admission.queued, 1, 'no room');
  admission.takeRound(1);
  clients.orderLeaseIfDue();
  t.equal(admission.queued, 1);
});

t.test('clients: where an EXPIRE is refused, the lease under way is waited for', async (t) => {
  const { clients, admission, told } = begin();
  clients.orderLeaseIfDue();
  const lease = admission.takeRound(1).writes;
  clients.onMessage(CLIENT, { type: 'open-session' }, undefined);
  clients.orderExpiryIfDue(DUE.wallUs, DUE);
  clients.refuse(admission.takeRound(1).writes, 'no room');
  t.same(told, ['welcome']);
  clients.orderLeaseIfDue();
  t.ok(admission.isEmpty, 'no second one');
  clients.refuse(lease, 'no room');
  t.same(told, ['welcome', 'refusal']);
});
