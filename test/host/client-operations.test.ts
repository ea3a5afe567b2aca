/** What callers of the library say, and the operations that it makes. */
import t from 'tap';
import { checkOperation } from '../../src/core/check-operation.ts';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import type { Operation, Result } from '../../src/core/operation.ts';
import { refused, type Outcome } from '../../src/core/outcome.ts';
import { PAGE_ACCOUNTS_MAX } from '../../src/core/reports.ts';
import {
  accountsOperation, createOperation, holdId, holdOperation, writeOperation,
  type Amount, type CreateOptions,
} from '../../src/host/client-operations.ts';

const MAX = Number.MAX_SAFE_INTEGER;

t.test('library: create: the operation, exactly', async (t) => {
  const cases: readonly [Amount, CreateOptions, Operation][] = [
    ['50.0', {}, { kind: 'create', amount: 500, scale: 1 }],
    [5_000, { key: 'k' }, { kind: 'create', amount: 5_000, scale: 2 }],
    [5, { currency: 'EUR', floor: -1_000, name: 'Ann' }, {
      kind: 'create', amount: 5, scale: 2,
      terms: { currency: 'EUR', floor: -1_000, name: 'Ann', scale: 2 },
    }],
    ['5', { reference: 'cash' }, { kind: 'create', amount: 5, scale: 0, reference: 'cash' }],
    ['5', { currency: 'JPY', floor: '-7', ceiling: String(MAX) }, {
      kind: 'create', amount: 5, scale: 0, terms: { currency: 'JPY', floor: -7, ceiling: MAX },
    }],
    ['5.001', { currency: 'BHD', floor: '-7', ceiling: '7.5' }, {
      kind: 'create', amount: 5_001, scale: 3,
      terms: { currency: 'BHD', floor: -70, ceiling: 75, scale: 1 },
    }],
  ];
  for (const [amount, options, operation] of cases) {
    const made = createOperation(amount, options);
    t.strictSame(made, operation);
    t.equal(checkOperation(operation), undefined);
  }
});

t.test('library: create: what is no amount of the currency: refused here', async (t) => {
  const cases: readonly [Amount, CreateOptions, sentence: string | RegExp][] = [
    ['1.234', {}, '1.234 is not an amount'],
    ['-1', {}, '-1 is not an amount'],
    [-1, {}, '-1 is not an amount'],
    [0.5, {}, '0.5 is not an amount'],
    [NaN, {}, 'NaN is not an amount'],
    ['90071992547410', {}, 'is not an amount'],
    ['1', { floor: '1.234' }, '1.234 is not an amount'],
    ['1', { floor: 'x' }, 'x is not an amount'],
    ['1', { ceiling: Infinity }, 'Infinity is not an amount'],
    ['1.5', { currency: 'JPY' }, '1.5 is not an amount'],
    [150, { currency: 'JPY' }, /in JPY is a decimal in quotes: a number counts hundredths/],
    ['1', { currency: 'BHD', floor: -1 }, /in BHD is a decimal in quotes/],
  ];
  for (const [amount, options, sentence] of cases) {
    t.match(createOperation(amount, options), sentence, String(amount));
  }
});

t.test('library: writes: conditions and terms, with one scale for their amounts', async (t) => {
  const deposit: Operation = { kind: 'deposit', account: 100 };
  t.strictSame(writeOperation(deposit, '1.2345', {}), { ...deposit, amount: 12_345, scale: 4 });
  t.strictSame(writeOperation(deposit, 1, { ifVersion: 7, key: 'k' }), {
    ...deposit, amount: 1, scale: 2, terms: { ifVersion: 7 },
  });
  t.strictSame(writeOperation(deposit, 1, { ifBalance: '-5' }), {
    ...deposit, amount: 1, scale: 2, terms: { ifBalance: -5 },
  });
  const amend: Operation = { kind: 'amend', account: 100 };
  t.strictSame(writeOperation(amend, undefined, { floor: '-1.5', ifBalance: 3, frozen: false }), {
    ...amend, terms: { floor: -150, ifBalance: 3, frozen: false, scale: 2 },
  });
  t.strictSame(writeOperation(amend, undefined, { closed: true }), {
    ...amend, terms: { closed: true },
  });
  t.match(writeOperation(amend, undefined, { closed: true, frozen: true }), 'frozen or closed');
  t.match(writeOperation(amend, undefined, { floor: MAX, ceiling: '1.2345' }), 'too far apart');
  t.match(writeOperation(deposit, '1', { ifBalance: '1e3' }), '1e3 is not an amount');
  t.match(writeOperation(deposit, '-1', {}), '-1 is not an amount');
});

t.test('library: accounts: from where, and which', async (t) => {
  const page = { kind: 'accounts', amount: PAGE_ACCOUNTS_MAX };
  t.strictSame(accountsOperation({}), { ...page, account: 1 });
  t.strictSame(accountsOperation({ after: 100, name: 'a', currency: 'EUR', min: 0, max: '7.5' }), {
    ...page, account: 101,
    terms: { name: 'a', currency: 'EUR', floor: 0, ceiling: 750, scale: 2 },
  });
  t.equal(accountsOperation({ min: 'x' }), 'x is not an amount');
});

t.test('library: hold: for whole seconds, or until it is settled', async (t) => {
  const hold = { kind: 'hold', account: 100, toAccount: 101, amount: 150, scale: 2 } as const;
  t.strictSame(holdOperation(100, 101, '1.50', {}), hold);
  const referred = { ...hold, reference: 'order 7' };
  t.strictSame(holdOperation(100, 101, '1.50', { reference: 'order 7' }), referred);
  t.strictSame(holdOperation(100, 101, 150, { forMs: 2_000, id: 'h', key: 'k' }), {
    ...hold, id: 'h', forSeconds: 2,
  });
  for (const forMs of [0, 999, 1_500, -1_000, NaN, Infinity]) {
    t.equal(holdOperation(100, 101, 150, { forMs }), 'a hold is for whole seconds, at least one');
  }
  t.equal(holdOperation(100, 101, '1e3', {}), '1e3 is not an amount');
});

t.test('library: the id of a hold: where it stands in the order', async (t) => {
  const result: Result = {
    code: 'ok', kind: 'hold', scale: 2, detail: 3, account: 100, balance: 5_000, toBalance: 4,
  };
  const outcomeOf = (more: Partial<Result>): Outcome => ({
    kind: 'answered', result: { ...result, ...more }, seq: 17 as Seq, timestamp: 5 as Timestamp,
    request: '64-2',
  });
  t.equal(holdId(outcomeOf({})), '17.4');
  t.equal(holdId(outcomeOf({ code: 'insufficientFunds' })), undefined);
  t.equal(holdId(outcomeOf({ kind: 'transfer' })), undefined);
  t.equal(holdId(refused('BUSY', 'later', undefined)), undefined);
});
