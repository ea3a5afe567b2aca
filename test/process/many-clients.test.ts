/** Many clients at once on shared accounts: one order explains all that they were told. */
import t from 'tap';
import { TestBank } from '../support/bank.ts';
import { explain } from '../support/history-check.ts';
import { Load } from '../support/load.ts';
import { verified } from '../support/verified.ts';

const CLIENTS = 64;

t.test('64 clients, nothing fails: a sequential twin agrees', async (t) => {
  const bank = await TestBank.start(t);
  const load = await Load.start(t, { port: bank.port, clients: CLIENTS, seed: 11 });
  await load.answered(6_000);
  const history = await load.stop();
  const { wrong, balances } = explain(history);
  t.same(wrong, [], `${history.length} answers`);
  t.same(load.troubles, []);
  await bank.stop();
  const directories = await verified(bank.ids.map((id) => bank.directoryOf(id)));
  for (const { directory, accounts } of directories) {
    t.same(accounts, balances, `the accounts in ${directory.slice(-9)}`);
  }
});

t.test('64 clients, each process is killed once: the same, and no client sees it', async (t) => {
  const bank = await TestBank.start(t);
  const load = await Load.start(t, { port: bank.port, clients: CLIENTS, seed: 12, pauseMs: 2 });
  for (const id of bank.ids) {
    await load.answered(500);
    await bank.killBackend(id);
    await load.answered(500);
    await bank.startBackend(id);
  }
  await bank.killFrontend();
  await bank.startFrontend();
  await load.answered(1_000);
  const history = await load.stop();
  t.same(load.troubles, [], 'no client sees an error');
  const { wrong, balances } = explain(history);
  t.same(wrong, [], `${history.length} answers`);
  await bank.statusIs('111');
  await bank.stop();
  const directories = await verified(bank.ids.map((id) => bank.directoryOf(id)));
  for (const { directory, accounts } of directories) {
    t.same(accounts, balances, `the accounts in ${directory.slice(-9)}`);
  }
});

t.test('64 clients withdraw from one account: exactly what was there', async (t) => {
  const bank = await TestBank.start(t);
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => bank.connect()));
  await clients[0]?.create('100.00');
  const outcomes = await Promise.all(clients.flatMap((client) =>
    Array.from({ length: 10 }, () => client.withdraw(100, '1.00'))));
  const codes = outcomes.map((each) => (each.kind === 'answered' ? each.result.code : each.kind));
  t.equal(codes.filter((code) => code === 'ok').length, 100);
  t.equal(codes.filter((code) => code === 'insufficientFunds').length, 540);
  t.same(await bank.commands('QUERY 100', 'WITHDRAW 100 0.01', 'DEPOSIT 100 1'), [
    'OK 0.00', 'ERR INSUFFICIENT FUNDS: account 100 has 0.00', 'OK 1.00',
  ]);
});
