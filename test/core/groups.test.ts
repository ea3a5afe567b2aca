/** Atomic groups: all of the postings, or none. */
import t from 'tap';
import {
  encodeChunk, GROUP_OPERATIONS_MAX, REASON, type Operation,
} from '../../src/core/operation.ts';
import { copyState, Teller } from '../support/ledger-batches.ts';

function openBank() {
  const teller = new Teller();
  const session = teller.lease();
  let request = 1;
  const run = (isAtomic: boolean, ...operations: readonly Operation[]) => {
    const results = teller.execute(encodeChunk(session, request, operations, isAtomic));
    request += operations.length;
    return results;
  };
  run(false, { kind: 'create', amount: 50 }, { kind: 'create', amount: 20 });
  return {
    teller, session,
    group: (...operations: readonly Operation[]) => run(true, ...operations),
    one: (operation: Operation) => run(false, operation),
    nextRequest: () => request,
  };
}

const PAY = { kind: 'transfer', account: 100, toAccount: 101, amount: 30 } as const;

t.test('group: each sees those before it', async (t) => {
  const { group, teller } = openBank();
  t.match(group(PAY, { ...PAY, account: 101, toAccount: 100, amount: 50 }), [
    { code: 'ok', balance: 2000, toBalance: 5000 },
    { code: 'ok', account: 101, balance: 0, toBalance: 7000 },
  ]);
  t.same(teller.balances(), [7000, 0]);
});

t.test('group: one is refused: nothing happened, and the others learn which', async (t) => {
  const { group, teller } = openBank();
  const before = copyState(teller.ledger) as { tables: { name: string; values: number[] }[] };
  const digest = teller.ledger.stateDigest;
  t.match(
    group(
      { kind: 'deposit', account: 101, amount: 7 }, PAY,
      { kind: 'withdraw', account: 100, amount: 21 }, { kind: 'update', account: 100, amount: 1 },
    ),
    [
      { code: 'groupRefused', kind: 'deposit', detail: 2, balance: 0 },
      { code: 'groupRefused', kind: 'transfer', detail: 2 },
      { code: 'insufficientFunds', account: 100, balance: 2000 },
      { code: 'groupRefused', kind: 'update', detail: 2 },
    ],
  );
  t.equal(teller.ledger.stateDigest, digest);
  t.equal(teller.ledger.recomputeStateDigest(), digest);
  const after = copyState(teller.ledger) as typeof before;
  for (const name of ['accounts', 'currencies']) {
    const of = ({ tables }: typeof before) => tables.find((table) => table.name === name);
    t.same(of(after), of(before), `${name}: to the last field`);
  }
});

t.test('group: of postings only, and of so many', async (t) => {
  const { group, teller } = openBank();
  const others: Operation[] = [
    { kind: 'create', amount: 1 }, { kind: 'hold', account: 100, toAccount: 101, amount: 1 },
    { ...PAY, key: 'k' }, { ...PAY, id: 'i' }, { kind: 'outcome', key: 'k' }, { kind: 'end' },
    { kind: 'amend', account: 100, terms: { frozen: true } }, { kind: 'query', account: 100 },
  ];
  for (const other of others) {
    t.match(group(PAY, other), [{ code: 'groupRefused', detail: 1 }, { code: 'badRequest' }],
      other.kind);
  }
  const penny = { ...PAY, amount: 1, scale: 2 };
  const many = Array.from({ length: GROUP_OPERATIONS_MAX }, () => penny);
  t.match(group(...many, penny)[0], { code: 'badRequest', kind: 'transfer' }, 'one too many');
  t.same(teller.balances(), [5000, 2000]);
  t.equal(group(...many).every(({ code }) => code === 'ok'), true);
  t.same(teller.balances(), [4000, 3000]);
});

t.test('group: conditions bind it, too', async (t) => {
  const { group, teller } = openBank();
  t.match(group(PAY, { ...PAY, amount: 1, terms: { ifVersion: 1 } }), [
    { code: 'groupRefused' }, { code: 'conditionFailed', detail: 2, balance: 2000 },
  ]);
  t.match(group(PAY, { ...PAY, amount: 1, terms: { ifVersion: 2 } }), [
    { code: 'ok' }, { code: 'ok' },
  ]);
  t.same(teller.balances(), [1900, 5100]);
});

t.test('group: sent again: the first answers, and nothing twice', async (t) => {
  const { group, teller, session, nextRequest } = openBank();
  group(PAY, { ...PAY, amount: 30 });
  group(PAY, { ...PAY, amount: 1 });
  const chunk = encodeChunk(session, nextRequest() - 2, [PAY, { ...PAY, amount: 1 }], true);
  t.match(teller.execute(chunk), [
    { code: 'duplicate', account: teller.seq - 1, balance: 0 },
    { code: 'duplicate', account: teller.seq - 1, balance: 1 },
  ]);
  t.same(teller.balances(), [1900, 5100]);
});

t.test('group: OUTCOME sealed one of it before it came: nothing of it runs', async (t) => {
  for (const sealed of [3, 4, 5]) {
    const { teller, session } = openBank();
    const outcome = { kind: 'outcome', account: session, toAccount: sealed } as const;
    t.match(teller.execute(encodeChunk(session + 1, 1, [outcome])), [{ code: 'neverHappened' }]);
    const group = encodeChunk(session, 3, [PAY, { ...PAY, amount: 1 }, PAY], true);
    const passedOver = { code: 'badRequest', detail: REASON.passedOver };
    for (const time of ['first', 'again']) {
      t.match(teller.execute(group), [passedOver, passedOver, passedOver], `${sealed}, ${time}`);
    }
    t.same(teller.balances(), [5000, 2000]);
  }
});
