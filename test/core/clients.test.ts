/** What a frontend orders itself, where the queue is full or what it ordered is refused. */
import t from 'tap';
import { Admission, QUEUED_BYTES_MAX } from '../../src/core/admission.ts';
import { Clients } from '../../src/core/clients.ts';
import type { ConnectionId, CoordinatorHost } from '../../src/core/effect.ts';
import { CLUSTER_NONE, SESSION_NONE } from '../../src/core/ids.ts';
import type { ToClient } from '../../src/core/message.ts';
import { encodeChunk, KIND, readI64, viewOf } from '../../src/core/operation.ts';

const CLIENT = 7 as ConnectionId;
const DUE = { ms: 5, wallUs: 100 };

function begin({ keysMax }: { readonly keysMax?: number } = {}) {
  const told: string[] = [];
  const admission = new Admission(() => 0, {
    waitMsMax: 1_000, freeCost: 0, burstCost: Infinity, bytesMax: QUEUED_BYTES_MAX,
  });
  const host = {
    send: (_to: ConnectionId, message: ToClient) => told.push(message.type),
    log: () => {},
  } as unknown as CoordinatorHost;
  const clients = new Clients(host, admission, keysMax);
  clients.onHello(CLIENT, { type: 'client-hello', cluster: CLUSTER_NONE }, undefined);
  return { clients, admission, told };
}

/** Nothing more can be admitted. */
function fill(admission: Admission): void {
  admission.admit({
    kind: 'write', connection: CLIENT, session: SESSION_NONE, number: 1, operations: 1,
    chunk: new Uint8Array(QUEUED_BYTES_MAX), isAlone: false, inDoubt: false,
  });
}

t.test('clients: a lease for which the queue had no room is ordered again', async (t) => {
  const { clients, admission } = begin();
  fill(admission);
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

t.test('clients: a request, or a query, beyond what may be queued: BUSY, and nothing of it is '
  + 'left', async (t) => {
  const { clients, admission, told } = begin();
  fill(admission);
  const chunk = encodeChunk(64, 2, [{ kind: 'deposit', account: 100, amount: 1 }]);
  const query = encodeChunk(SESSION_NONE, 0, [{ kind: 'query', account: 100 }]);
  clients.onMessage(CLIENT, { type: 'request', chunk }, undefined);
  clients.onMessage(CLIENT, { type: 'query', query: 1, chunk: query }, undefined);
  t.same(told, ['welcome', 'refusal', 'refusal']);
  t.equal(admission.takeRound(1).writes.length, 1, 'what filled it');
  t.ok(admission.isEmpty);
  t.same(admission.takeRound(10_000), { writes: [], writeBytes: 0, reads: [] });
});

/** The numbers of the REMEMBERs that are queued. */
function remembersIn(admission: Admission): readonly number[] {
  return admission.takeRound(1_000).writes.map(({ chunk }) =>
    viewOf(chunk).getUint8(64) === KIND.remember ? readI64(viewOf(chunk), 64 + 24) : NaN);
}

t.test('clients: another number of keys was declared: ordered once an epoch', async (t) => {
  const { clients, admission } = begin({ keysMax: 20 });
  const now = (ms: number) => ({ ms, wallUs: 0 });
  clients.orderRememberIfDue(0, now(0));
  clients.orderRememberIfDue(20, now(1));
  t.ok(admission.isEmpty, 'not known yet, or as declared');
  clients.orderRememberIfDue(10, now(2));
  t.same(remembersIn(admission), [20]);
  for (const ms of [3, 1_500, 9_000]) clients.orderRememberIfDue(10, now(ms));
  t.ok(admission.isEmpty, 'not again');
  clients.onEpochEnded();
  clients.orderRememberIfDue(10, now(9_100));
  t.same(remembersIn(admission), [20], 'in the next epoch');
});

t.test('clients: no number of keys was declared: none is ordered', async (t) => {
  const { clients, admission } = begin();
  clients.orderRememberIfDue(10, DUE);
  t.ok(admission.isEmpty);
});

t.test('clients: a REMEMBER that was refused, or had no room, is ordered again', async (t) => {
  const { clients, admission } = begin({ keysMax: 20 });
  clients.orderRememberIfDue(10, { ms: 0, wallUs: 0 });
  clients.refuse(admission.takeRound(1).writes, 'no room on a disk');
  clients.orderRememberIfDue(10, { ms: 10, wallUs: 0 });
  t.ok(admission.isEmpty, 'not at once');
  fill(admission);
  clients.orderRememberIfDue(10, { ms: 1_000, wallUs: 0 });
  t.equal(admission.queued, 1, 'no room');
  admission.takeRound(1);
  clients.orderRememberIfDue(10, { ms: 2_000, wallUs: 0 });
  t.same(remembersIn(admission), [20]);
});
