/** Statements and past balances of a real bank, also after crashes. */
import t from 'tap';
import { TestBank } from '../support/bank.ts';

t.test('statement: of every change of a balance, the same after any crash', async (t) => {
  const bank = await TestBank.start(t);
  const client = await bank.connect(30_000);
  await client.create('50', { name: 'alice' });
  await client.create('20');
  await client.transfer(100, 101, '5', { id: 'tx', reference: 'rent' });
  const hold = await client.hold(100, 101, '10', { id: 'h' });
  await client.withdraw(100, '100');
  await client.capture('h', '4');
  await client.reverse('tx', '2', { key: 'back' });
  await client.update(100, '70');
  await client.group([
    { kind: 'deposit', account: 100, amount: 5 },
    { kind: 'transfer', account: 100, toAccount: 101, amount: 60 },
  ]);
  const expected = {
    account: 100, name: 'alice', currency: null, opening: '0.00', closing: '15.00', isCut: false,
    lines: [
      { op: 'create', amount: '50.00', balance: '50.00' },
      {
        op: 'transfer', amount: '-5.00', balance: '45.00', other: 101, id: 'tx', reference: 'rent',
      },
      { op: 'capture', amount: '-4.00', balance: '41.00', other: 101, id: 'h' },
      { op: 'reverse', amount: '2.00', balance: '43.00', other: 101, id: 'tx', key: 'back' },
      { op: 'update', amount: '27.00', balance: '70.00' },
      { op: 'deposit', amount: '5.00', balance: '75.00' },
      { op: 'transfer', amount: '-60.00', balance: '15.00', other: 101 },
    ],
  };
  const statement = await client.statement(100);
  t.match(statement, expected);
  t.match(await client.statement(101), {
    closing: '87.00', lines: [
      { op: 'create' }, { op: 'transfer', amount: '5.00', other: 100 },
      { op: 'capture', amount: '4.00' }, { op: 'reverse', amount: '-2.00' },
      { op: 'transfer', amount: '60.00', balance: '87.00', other: 100 },
    ],
  });
  const held = hold.kind === 'answered' ? hold.seq : NaN;
  t.match(await client.balanceAt(100, { seq: held }), { balance: '45.00' });
  t.equal(await client.balanceAt(101, { seq: 1 }), undefined);
  t.match(await client.balanceAt(100, { time: new Date() }), { balance: '15.00' });
  await t.rejects(client.balanceAt(100, { seq: 1_000_000 }), { name: 'BeyondHistory' });
  await t.rejects(client.statement(100, { from: { time: 'never' } }), { name: 'NoReport' });

  for (const id of bank.ids) await bank.killBackend(id);
  await bank.killFrontend();
  await bank.startFrontend();
  await Promise.all(bank.ids.map((id) => bank.startBackend(id)));
  await bank.statusIs('111');
  const { seq: _, ...before } = statement ?? { seq: 0 };
  // Each of the three is asked in its turn.
  for (let turn = 0; turn < 3; turn += 1) t.match(await client.statement(100), before);

  const [line = '', csv = '', past = '', none = '', beyond = ''] = await bank.commands(
    'STATEMENT 100 --limit 2', 'STATEMENT 100 --json --limit 1', `QUERY 100 AT SEQ ${held}`,
    'QUERY 100 AT SEQ 0', 'QUERY 100 AT SEQ 1000000',
  );
  t.match(line, /^OK opening=70\.00 \d+\.0=\+5\.00 \d+\.\d=-60\.00 closing=15\.00 cut=yes$/);
  t.match(JSON.parse(csv), { op: 'statement', closing: '15.00', lines: [{ amount: '-60.00' }] });
  t.equal(past, 'OK 45.00');
  t.equal(none, 'ERR ACCT NOT FOUND: account 100 did not exist at seq 0');
  t.match(beyond, /^ERR BAD REQUEST: seq 1000000 is beyond the last of the history/);
});
