/** What a real bank tells of its past. */
import t from 'tap';
import {
  CHUNK_OPERATIONS_MAX, type Client, type HistoryItem, type Operation, type Position,
} from '../../src/host/client.ts';
import { TestBank } from '../support/bank.ts';

/** Every operation of clients from there on, page after page, but for details. */
async function historyOf(client: Client, from: Position): Promise<readonly HistoryItem[]> {
  const items: HistoryItem[] = [];
  for (let next = from; ; ) {
    const page = await client.history(next);
    items.push(...page.items);
    next = page.next;
    if (next.seq > page.lastSeq) return items.filter(isAsked);
  }
}

function isAsked({ session, operation }: HistoryItem): boolean {
  return session !== 0 && operation?.kind !== 'details';
}

t.test('history: every operation with its answer, the same after any crash', async (t) => {
  const bank = await TestBank.start(t);
  const client = await bank.connect(30_000);
  const answers = [
    await client.create('50', { name: 'alice' }),
    await client.create('20'),
    await client.transfer(100, 101, '5', { id: 'tx', key: 'k' }),
    await client.withdraw(100, '100'),
    await client.transfer(100, 101, '5', { id: 'tx', key: 'k' }),
    await client.reverse('tx', '1'),
  ];
  const told = await historyOf(client, { seq: 1, index: 0 });
  const asked = answers.map((answer) => answer.kind === 'answered' && answer.request);
  t.same(told.map(({ session, request }) => `${session}-${request}`), asked);
  t.match(told, [
    { operation: { kind: 'create', terms: { name: 'alice' } }, result: { balance: 5_000 } },
    { operation: { kind: 'create' }, result: { account: 101 } },
    { operation: { kind: 'transfer', account: 100, id: 'tx', key: 'k' }, result: { code: 'ok' } },
    { operation: { kind: 'withdraw' }, result: { code: 'insufficientFunds' } },
    { operation: { kind: 'transfer' }, result: { code: 'duplicate', account: told[2]?.seq } },
    { operation: { kind: 'reverse' }, result: { account: 100, toAccount: 101, balance: 4_600 } },
  ]);
  t.same(await historyOf(client, told[3] as Position), told.slice(3));

  await bank.killBackend(1);
  await client.deposit(101, '1');
  await bank.startBackend(1);
  await bank.statusIs('111');
  for (const id of [2, 3]) await bank.killBackend(id);
  const after = await historyOf(client, { seq: 1, index: 0 });
  t.same(after.slice(0, told.length), told);
  t.match(after.slice(told.length), [{ operation: { kind: 'deposit', account: 101 } }]);
});

t.test('history: more than a page: whole, in the largest pages that there are', async (t) => {
  const bank = await TestBank.start(t, { count: 1 });
  const client = await bank.connect();
  await client.create('0');
  const deposits = Array.from({ length: CHUNK_OPERATIONS_MAX }, (_, at): Operation =>
    ({ kind: 'deposit', account: 100, amount: at, scale: 2 }));
  for (let chunk = 0; chunk < 3; chunk += 1) {
    t.match(await client.bulk(deposits), { kind: 'answered' });
  }
  const told = await historyOf(client, { seq: 1, index: 0 });
  t.equal(told.length, 1 + 3 * deposits.length);
  t.match(told.at(-1), { operation: { amount: deposits.length - 1 }, result: { code: 'ok' } });
  t.match(await client.query(100), { result: { balance: told.at(-1)?.result.balance } });
});
