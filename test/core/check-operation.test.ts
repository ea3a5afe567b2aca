import t from 'tap';
import { checkOperation } from '../../src/core/check-operation.ts';
import type { Operation } from '../../src/core/operation.ts';

const { stringify } = JSON;

t.test('check operation: what a record can hold passes', async (t) => {
  const good: readonly Operation[] = [
    { kind: 'create', amount: 0, scale: 0 },
    { kind: 'update', account: 100, amount: Number.MAX_SAFE_INTEGER, scale: 2 },
    { kind: 'transfer', account: 100, toAccount: 101, amount: 1, scale: 2, key: '!~' },
    { kind: 'deposit', account: 100, amount: 1, key: 'k'.repeat(64) },
    { kind: 'query', account: 100 },
    { kind: 'outcome', key: 'a' },
    { kind: 'outcome', account: 1088, toAccount: 3 },
  ];
  for (const operation of good) t.equal(checkOperation(operation), undefined, stringify(operation));
});

t.test('check operation: what would be written otherwise than meant is refused', async (t) => {
  const bad: readonly Operation[] = [
    { kind: 'create', amount: 0.5 },
    { kind: 'create', amount: -1 },
    { kind: 'create', amount: NaN },
    { kind: 'create', amount: 2 ** 53 },
    { kind: 'create', amount: 1, scale: 1.5 },
    { kind: 'create', amount: 1, scale: 256 },
    { kind: 'deposit', account: 1.5, amount: 1 },
    { kind: 'deposit', account: -1, amount: 1 },
    { kind: 'transfer', account: 1, toAccount: Infinity, amount: 1 },
    { kind: 'deposit', account: 1, amount: 1, key: '' },
    { kind: 'deposit', account: 1, amount: 1, key: 'k'.repeat(65) },
    { kind: 'deposit', account: 1, amount: 1, key: 'two words' },
    { kind: 'deposit', account: 1, amount: 1, key: 'ü' },
    { kind: 'query', account: 1, key: 'k' },
    { kind: 'lease' },
    { kind: 'end' },
  ];
  for (const operation of bad) t.type(checkOperation(operation), 'string', stringify(operation));
});
