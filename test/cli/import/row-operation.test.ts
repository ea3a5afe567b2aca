import t from 'tap';
import type { Fields, RowKind } from '../../../src/cli/import/columns.ts';
import { planRows } from '../../../src/cli/import/plan.ts';
import { namesIn, operationOf, readReference } from '../../../src/cli/import/row-operation.ts';

const NAMES = new Map([['alice', 100], ['100', 101], ['name:x', 102]]);
const make = (kind: RowKind, fields: Fields): unknown =>
  operationOf(kind, fields, 'b:7', (name) => NAMES.get(name) ?? null);

t.test('import row: an account is told by digits, or by name', async (t) => {
  t.equal(readReference('100'), 100);
  t.equal(readReference('00100'), 100);
  t.equal(readReference('9007199254740992'), 9007199254740992);
  t.equal(readReference('99999999999999999'), Infinity);
  t.equal(readReference('alice'), 'alice');
  t.equal(readReference('name:100'), '100', 'a name that looks like a number');
  t.equal(readReference('name:name:x'), 'name:x');
  t.equal(readReference('1 0'), '1 0');
  t.same(namesIn({ from: '100', to: 'name:100', amount: '1' }), ['100']);
});

t.test('import row: postings: transfer, deposit, withdrawal, each under its key', async (t) => {
  const amount = { amount: 1010, scale: 2 };
  t.same(make('postings', { from: 'alice', to: 'name:100', amount: '10.10' }), {
    kind: 'transfer', account: 100, toAccount: 101, ...amount, key: 'b:7',
  });
  t.same(make('postings', { to: '7', amount: '10.10', key: 'own' }), {
    kind: 'deposit', account: 7, ...amount, key: 'own',
  });
  t.same(make('postings', { from: 'name:name:x', amount: '10.10' }), {
    kind: 'withdraw', account: 102, ...amount, key: 'b:7',
  });
  t.match(make('postings', { from: '1', to: '2', amount: '5', id: 'inv-1' }), { id: 'inv-1' });
  for (const sides of [{ from: '1', to: '2' }, { from: '1' }, { to: '2' }]) {
    const paid = make('postings', { ...sides, amount: '5', reference: 'Invoice 7' });
    t.match(paid, { reference: 'Invoice 7' }, 'kept with each of them');
  }
});

t.test('import row: accounts, with amounts as their currency has them', async (t) => {
  t.same(make('accounts', { name: 'a', currency: 'jpy', balance: '5', floor: '-3' }), {
    kind: 'create', amount: 5, scale: 0, key: 'b:7',
    terms: { name: 'a', currency: 'JPY', floor: -3 },
  });
  t.same(make('accounts', {}), { kind: 'create', amount: 0, scale: 0, key: 'b:7' });
});

t.test('import row: everything else is refused, with a sentence', async (t) => {
  const mistakes: readonly [RowKind, Fields, string][] = [
    ['postings', { from: '1', to: '2' }, 'it has no amount'],
    ['postings', { amount: '5' }, 'it has neither from nor to'],
    ['postings', { to: '1', amount: '1e3' }, 'the amount "1e3" is not a decimal such as 50'],
    ['postings', { to: '1', amount: '-0' }, 'the amount "-0" is not a decimal'],
    ['postings', { to: '1', amount: '1.234,50' }, 'is not a decimal'],
    ['postings', { to: '1', amount: '0.00001' }, 'is not a decimal'],
    ['postings', { to: 'zoe', amount: '1' }, 'no account has the name "zoe"'],
    ['postings', { to: '9'.repeat(30), amount: '1' }, 'there is no account number above 2^53 - 1'],
    ['postings', { to: '1', amount: '1', id: 'x' }, 'only what has both from and to takes an id'],
    ['postings', { from: '1', to: '2', amount: '1', id: '1.2' }, 'only the bank gives ids such as'],
    ['postings', { to: '1', amount: '1', key: 'a b' }, 'a key is 1 to 64 visible ASCII characters'],
    ['postings', { to: '1', amount: '1', reference: 'x'.repeat(65) }, 'a reference is 1 to 64'],
    ['postings', { to: '1', amount: '1', reference: '\ufffd' }, 'is no text in UTF-8'],
    ['accounts', { name: ' a' }, 'a name is 1 to 32 bytes of UTF-8'],
    ['accounts', { name: '\ufffd' }, 'is no text in UTF-8'],
    ['accounts', { currency: 'EURO' }, 'ISO 4217 has no currency "EURO"'],
    ['accounts', { balance: '1.5', currency: 'JPY' }, '1.5 is not an amount'],
    ['accounts', { balance: '-1' }, '-1 is not an amount'],
    ['accounts', { floor: 'x' }, 'the floor "x" is not a decimal'],
  ];
  for (const [kind, fields, sentence] of mistakes) {
    const word = sentence.startsWith('no account') ? 'ACCT_NOT_FOUND' : 'BAD_REQUEST';
    t.match(make(kind, fields), { word, sentence }, JSON.stringify(fields));
  }
});

t.test('import plan: keys of rows without one: the batch, and the line', async (t) => {
  const row = (line: number, fields: Fields, trouble?: string) =>
    ({ line, fields, trouble, raw: '' });
  const plan = planRows('postings', [
    row(2, { to: '100', amount: '1' }), row(3, {}, 'it is no JSON'),
    row(5, { to: '100', amount: '1', key: 'own' }),
  ], 'may', () => null);
  t.same(plan.operations.map(({ key }) => key), ['may:2', 'own']);
  t.match(plan.refused, [undefined, { sentence: 'it is no JSON' }, undefined]);
});
