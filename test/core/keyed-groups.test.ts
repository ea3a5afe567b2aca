/** Groups under a key: the same group again, over any session, gets its first answers. */
import t from 'tap';
import { Ledger } from '../../src/core/ledger.ts';
import {
  encodeChunk, GROUP_OPERATIONS_MAX, OF_THE_WRITE, RECORD_BYTES, type Operation,
} from '../../src/core/operation.ts';
import { Teller } from '../support/ledger-batches.ts';

const PAY = { kind: 'transfer', account: 100, toAccount: 101, amount: 30 } as const;
const BACK = { kind: 'transfer', account: 101, toAccount: 100, amount: 5 } as const;

/** Each group comes over a session of its own, as from another connection. */
function openBank(limits: { readonly keysMax?: number } = {}) {
  const teller = new Teller(limits);
  let session = teller.lease();
  teller.ask(session, 1, { kind: 'create', amount: 50 }, { kind: 'create', amount: 20 });
  const run = (isAtomic: boolean, ...operations: readonly Operation[]) =>
    teller.execute(encodeChunk((session += 1), 1, operations, isAtomic));
  return {
    teller, run,
    group: (key: string, ...[first, ...rest]: readonly [Operation, ...Operation[]]) =>
      run(true, { ...first, key }, ...rest),
    one: (operation: Operation) => run(false, operation)[0],
  };
}

t.test('keyed group: the same again: the first answers, and nothing twice', async (t) => {
  const { teller, group } = openBank();
  t.match(group('k', PAY, BACK), [{ code: 'ok' }, { code: 'ok', toBalance: 2_500 }]);
  const first = teller.seq;
  const again = [
    { code: 'duplicate', kind: 'transfer', account: first, balance: 0, toBalance: 0 },
    { code: 'duplicate', kind: 'transfer', account: first, balance: 0, toBalance: 1 },
  ];
  t.match(group('k', PAY, BACK), again);
  t.match(group('k', { ...PAY, amount: 3_000, scale: 2 }, BACK), again, 'in other words');
  t.same(teller.balances(), [2_500, 4_500]);
});

t.test('keyed group: its answers stand behind those of others in its entry', async (t) => {
  const { teller, group } = openBank();
  const before = encodeChunk(80, 1, [{ ...BACK, amount: 1 }]);
  const keyed = encodeChunk(81, 1, [{ ...PAY, key: 'k' }, BACK], true);
  teller.execute(before, keyed, encodeChunk(82, 1, [{ ...PAY, key: 'k' }, BACK], true));
  const answers = [
    { code: 'duplicate', account: teller.seq, balance: 1, toBalance: 0 },
    { code: 'duplicate', account: teller.seq, balance: 1, toBalance: 1 },
  ];
  t.match(group('k', PAY, BACK), answers);
});

t.test('keyed group: another one under the key, or one operation: key reused', async (t) => {
  const { teller, group, one, run } = openBank();
  group('k', PAY, BACK);
  one({ ...PAY, amount: 1, key: 'single' });
  one({ kind: 'outcome', key: 'sealed' });
  const reused = { code: 'keyReused', kind: 'transfer', detail: 0, account: 0, balance: 0 };
  t.match(group('k', PAY, { ...BACK, amount: 6 }), [reused, reused], 'another amount');
  t.match(group('k', BACK, PAY), [reused, reused], 'another order');
  t.match(group('k', PAY), [reused], 'a part');
  t.match(group('k', PAY, BACK, BACK), [reused, reused, reused], 'more');
  t.match(group('k', PAY, { ...BACK, terms: { ifVersion: 1 } }), [reused, reused], 'a condition');
  t.match(group('k', { ...PAY, kind: 'deposit' }, BACK), [{ ...reused, kind: 'deposit' }, reused]);
  t.match(group('single', { ...PAY, amount: 1 }), [reused], 'the key of the command alone');
  t.match(group('sealed', PAY, BACK), [reused, reused], 'a sealed key');
  t.match(one({ ...PAY, key: 'k' }), reused, 'the first of the group alone');
  t.match(run(true, PAY, BACK)[0], { code: 'insufficientFunds' }, 'without the key it is new');
  t.same(teller.balances(), [2_400, 4_600]);
});

t.test('keyed group: refused: so it remains, though it could be done now', async (t) => {
  const { teller, group, one } = openBank();
  const asked = [BACK, { ...PAY, amount: 56 }, BACK] as const;
  t.match(group('k', ...asked), [
    { code: 'groupRefused', detail: 1 }, { code: 'insufficientFunds', balance: 5_500 },
    { code: 'groupRefused', detail: 1 },
  ]);
  const first = teller.seq;
  one({ kind: 'deposit', account: 100, amount: 100 });
  t.match(group('k', ...asked), [0, 1, 2].map((toBalance) =>
    ({ code: 'duplicate', account: first, balance: 0, toBalance })));
  t.match(one({ kind: 'outcome', key: 'k' }), { code: 'duplicate', account: first, balance: 0 });
  t.same(teller.balances(), [15_000, 2_000]);
});

t.test('keyed group: a bad request is not remembered, and nothing of it is tried', async (t) => {
  const { teller, group, run } = openBank();
  const wrong: readonly (readonly [Operation, ...Operation[]])[] = [
    [PAY, { kind: 'create', amount: 1 }],
    // It would be refused before the bad one came.
    [{ ...PAY, amount: 99 }, { kind: 'end' }],
    [PAY, { ...BACK, key: 'other' }], [PAY, { ...BACK, id: 'i' }], [PAY, { ...BACK, amount: -1 }],
    [PAY, { ...BACK, terms: { name: 'x' } }],
    [PAY, { ...BACK, toAccount: 101 }], [PAY, { ...BACK, scale: 3, amount: 1 }],
  ];
  for (const operations of wrong) {
    t.match(group('k', ...operations), [
      { code: 'groupRefused', detail: 1 }, { code: 'badRequest' },
    ]);
  }
  const malformed = [{ code: 'badRequest' }, { code: 'groupRefused', detail: 0 }];
  t.match(group('no key', PAY, BACK), malformed);
  t.match(group('k', { kind: 'hold', account: 100, toAccount: 101, amount: 1 }, BACK), malformed);
  const many = Array.from({ length: GROUP_OPERATIONS_MAX + 1 }, () => PAY);
  t.match(run(true, { ...PAY, key: 'k' }, ...many.slice(1))[0], { code: 'badRequest' });
  t.same(teller.balances(), [5_000, 2_000]);
  t.match(group('k', PAY, BACK), [{ code: 'ok' }, { code: 'ok' }], 'the key is still free');
});

t.test('keyed group: no room for the key in the chunk: malformed', async (t) => {
  const { teller } = openBank();
  const chunk = encodeChunk(90, 1, [PAY], true);
  chunk[RECORD_BYTES + 1] = 1;
  t.match(teller.execute(chunk), [{ code: 'badRequest', kind: 'transfer' }]);
});

t.test('keyed group: OUTCOME by its key; by its request', async (t) => {
  const { teller, group, one } = openBank();
  t.match(one({ kind: 'outcome', key: 'never' }), { code: 'neverHappened' });
  group('k', PAY, BACK);
  const found = { code: 'duplicate', kind: 'outcome', account: teller.seq, balance: 0 };
  t.match(one({ kind: 'outcome', key: 'k' }), found);
});

t.test('keyed group: one of a thousand; a restored ledger knows it', async (t) => {
  const { teller, group, run } = openBank();
  const penny = { ...PAY, amount: 1, scale: 2 };
  const many = Array.from({ length: GROUP_OPERATIONS_MAX - 1 }, () => penny);
  t.equal(group('k', penny, ...many).every(({ code }) => code === 'ok'), true);
  teller.ledger = Ledger.restore(teller.ledger.snapshot());
  const again = run(true, { ...penny, key: 'k' }, ...many);
  t.equal(again.every(({ code, toBalance }, at) => code === 'duplicate' && toBalance === at), true);
  t.same(teller.balances(), [4_000, 3_000]);
});

t.test('keyed group: with details or without, it is the same group', async (t) => {
  const details: Operation = { kind: 'details' };
  const { teller, group } = openBank();
  t.match(group('k', PAY, details, BACK), [{ code: 'ok' }, { code: 'ok' }, { code: 'ok' }]);
  const first = { code: 'duplicate', account: teller.seq, balance: 0 };
  const told = { ...first, kind: 'details', detail: OF_THE_WRITE };
  t.match(group('k', PAY, BACK), [{ ...first, toBalance: 0 }, { ...first, toBalance: 1 }]);
  t.match(group('k', PAY, details, BACK, details), [
    { ...first, toBalance: 0, detail: 0 }, { ...told, toBalance: 0 },
    { ...first, toBalance: 1, detail: 0 }, { ...told, toBalance: 1 },
  ]);
  const reused = { code: 'keyReused', kind: 'details' };
  t.match(group('k', PAY, details, PAY), [{ code: 'keyReused' }, reused, { code: 'keyReused' }]);
  t.match(group('n', PAY, details, details), [
    { code: 'groupRefused', detail: 0 }, { code: 'groupRefused', detail: 0 },
    { code: 'badRequest', kind: 'details' },
  ]);
  t.same(teller.balances(), [2_500, 4_500]);
});

t.test('keyed group: it takes the place of one key', async (t) => {
  const { group, one } = openBank({ keysMax: 2 });
  group('a', PAY, BACK, BACK);
  one({ ...BACK, amount: 1, key: 'b' });
  t.match(group('a', PAY, BACK, BACK)[2], { code: 'duplicate' });
  one({ ...BACK, amount: 1, key: 'c' });
  t.match(group('a', { ...PAY, amount: 1 }, BACK), [{ code: 'ok' }, { code: 'ok' }], 'forgotten');
});
