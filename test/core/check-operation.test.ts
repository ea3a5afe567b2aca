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
    { kind: 'amend', account: 100, terms: { frozen: false, ifVersion: 1 } },
    { kind: 'update', account: 100, amount: 1, terms: { ifBalance: -1 } },
    { kind: 'outcome', account: 1088, toAccount: 3 },
    { kind: 'create', amount: 1, reference: 'é'.repeat(32) },
    { kind: 'capture', id: 'h', reference: 'Invoice 2026-0017' },
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
    { kind: 'details' },
    { kind: 'amend', account: 1, terms: {} },
    { kind: 'amend', account: 1, terms: { scale: 2 } },
    { kind: 'amend', account: 1, terms: { ifVersion: 1 } },
    { kind: 'amend', account: 1, terms: { frozen: true, closed: false } },
    { kind: 'amend', account: 1 },
    { kind: 'deposit', account: 1, amount: 1, reference: '' },
    { kind: 'deposit', account: 1, amount: 1, reference: 'é'.repeat(33) },
    { kind: 'deposit', account: 1, amount: 1, reference: 'a\nb' },
    { kind: 'deposit', account: 1, amount: 1, reference: 'a ' },
    { kind: 'void', id: 'h', reference: 'a' },
    { kind: 'amend', account: 1, terms: { frozen: true }, reference: 'a' },
    { kind: 'outcome', key: 'k', reference: 'a' },
    { kind: 'query', account: 1, reference: 'a' },
  ];
  for (const operation of bad) t.type(checkOperation(operation), 'string', stringify(operation));
});

t.test('check operation: movements: an id of its own, or of one that is there', async (t) => {
  const pay = { account: 100, toAccount: 101, amount: 1 };
  const good: readonly Operation[] = [
    { kind: 'hold', ...pay }, { kind: 'hold', ...pay, id: '~'.repeat(16), key: 'k' },
    { kind: 'hold', ...pay, forSeconds: 2 ** 32 - 1 }, { kind: 'transfer', ...pay, id: '1.2.3' },
    { kind: 'capture', id: '17.0' }, { kind: 'capture', id: 'h', amount: 0, scale: 2 },
    { kind: 'void', id: '17.0' }, { kind: 'reverse', id: 'h', amount: 1, key: 'k' },
  ];
  for (const operation of good) t.equal(checkOperation(operation), undefined, stringify(operation));
  const bad: readonly [Operation, sentence: string][] = [
    [{ kind: 'capture' }, 'CAPTURE needs an id'],
    [{ kind: 'void' }, 'VOID needs an id'],
    [{ kind: 'reverse', amount: 1 }, 'REVERSE needs an id'],
    [{ kind: 'void', id: 'h', amount: 1 }, 'VOID takes no amount'],
    [{ kind: 'capture', id: '' }, 'an id is 1 to 16 visible ASCII characters'],
    [{ kind: 'hold', ...pay, id: 'x'.repeat(17) }, 'an id is 1 to 16 visible ASCII characters'],
    [{ kind: 'hold', ...pay, id: 'a b' }, 'an id is 1 to 16 visible ASCII characters'],
    [{ kind: 'hold', ...pay, id: 'ü' }, 'an id is 1 to 16 visible ASCII characters'],
    [{ kind: 'hold', ...pay, id: '17.0' }, 'only the bank gives ids such as 17.0'],
    [{ kind: 'transfer', ...pay, id: '17.0' }, 'only the bank gives ids such as 17.0'],
    [{ kind: 'hold', ...pay, forSeconds: 2 ** 32 }, 'a hold is for a count of seconds, below 2^32'],
    [{ kind: 'hold', ...pay, forSeconds: 0.5 }, 'a hold is for a count of seconds, below 2^32'],
    [{ kind: 'transfer', ...pay, forSeconds: 1 }, 'TRANSFER is not for a time'],
    [{ kind: 'deposit', account: 1, amount: 1, id: 'x' }, 'DEPOSIT takes no id'],
    [{ kind: 'hold', ...pay, terms: { ifVersion: 1 } }, 'HOLD takes no terms'],
    [{ kind: 'reverse', id: 'x', terms: { ifVersion: 1 } }, 'REVERSE takes no terms'],
    [{ kind: 'transfer', ...pay, id: 'x', terms: { ifVersion: 1 } },
      'a TRANSFER with an id takes no condition'],
    [{ kind: 'expire' }, 'expire is not for clients to ask'],
    [{ kind: 'remember', amount: 5 }, 'remember is not for clients to ask'],
  ];
  for (const [operation, sentence] of bad) {
    t.equal(checkOperation(operation), sentence, stringify(operation));
  }
});
