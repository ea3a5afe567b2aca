/**
 * What an operator may do wrong, and what is asked of one after a loss: copied, swapped, foreign
 * and wiped directories, `--recover`, `--accept-data-loss`, `--min-in-sync`.
 */
import { cpSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { pause, startBankd, temporaryDirectory, TestBank, until } from '../support/bank.ts';

/** Each has a bank of its own, and waits more than it works. */
t.jobs = 3;

t.test('a copy of a running directory: the second is refused, the first serves', async (t) => {
  const bank = await TestBank.start(t, { count: 2 });
  await bank.commands('CREATE 100');
  const elsewhere = temporaryDirectory(t);
  await bank.killBackend(1);
  cpSync(bank.directoryOf(1), join(elsewhere, 'backend-1'), { recursive: true });
  await bank.startBackend(1);
  const flags = ['--id', '1', '--count', '2', '--port', String(bank.port), '--data', elsewhere];
  const twin = startBankd(t, ['backend', ...flags]);
  t.equal((await twin.exited).code, 7);
  t.match(twin.stderr, /^error: .*backend 1 is already running as pid \d+/m);
  t.same((await bank.status()).status, [1, 1]);
  t.ok(bank.backend(1).running);
  t.same(await bank.commands('QUERY 100'), ['OK 100.00']);
});

t.test('an old copy put back: never served alone, counted only when it is whole', async (t) => {
  const bank = await TestBank.start(t);
  await bank.commands('CREATE 100');
  const copy = join(temporaryDirectory(t), 'backend-1');
  await bank.killBackend(1);
  cpSync(bank.directoryOf(1), copy, { recursive: true });
  await bank.startBackend(1);
  await bank.commands('DEPOSIT 100 5');
  await bank.statusIs('111');
  await pause(1_100); // the commit floor is raised once a second
  await bank.killAll();
  rmSync(bank.directoryOf(1), { recursive: true });
  renameSync(copy, bank.directoryOf(1));
  await bank.startFrontend();
  bank.launchBackend(1);
  await bank.frontend.line(/backend 1 has lost data|backend 1: told to/);
  t.match((await bank.commands('QUERY 100'))[0], /^ERR UNAVAILABLE: /, 'never served alone');
  await bank.startBackend(2);
  t.same(await bank.commands('QUERY 100'), ['OK 105.00']);
  await bank.statusIs('110');
  await bank.startBackend(3);
  await bank.statusIs('111');
  await Promise.all([bank.killBackend(2), bank.killBackend(3)]);
  t.same(await bank.commands('QUERY 100'), ['OK 105.00']);
});

t.test('the last one in sync is wiped: refused until the operator says so', async (t) => {
  const bank = await TestBank.start(t);
  await bank.commands('CREATE 100');
  for (const id of [1, 2]) await bank.killBackend(id);
  await bank.statusIs('001');
  t.same(await bank.commands('DEPOSIT 100 5'), ['OK 105.00']);
  await bank.killBackend(3);
  rmSync(bank.directoryOf(3), { recursive: true });
  for (const id of bank.ids) bank.launchBackend(id);
  await until('all are connected', async () =>
    (await bank.status()).backends.every(({ pid }) => pid !== null));
  const [refused] = await bank.commands('QUERY 100');
  t.match(refused, /^ERR UNAVAILABLE: .*backend 3/, 'never the stale state, never an empty one');
  t.same((await bank.status()).waitingFor, [3]);

  await bank.killFrontend();
  await bank.startFrontend();
  t.match((await bank.commands('QUERY 100'))[0], /^ERR UNAVAILABLE: /, 'nor by another frontend');

  await bank.killFrontend();
  await bank.startFrontend('--accept-data-loss');
  await bank.statusIs('111');
  t.match(bank.frontend.stderr, /accept/);
  const [balance] = await bank.commands('QUERY 100');
  t.equal(balance, 'OK 100.00', 'what was left: the deposit is lost, as was accepted');
});

t.test('--recover: only when every member of the newest view is there', async (t) => {
  const bank = await TestBank.start(t);
  await bank.commands('CREATE 100');
  await bank.killBackend(1);
  await bank.statusIs('011');
  await bank.commands('DEPOSIT 100 5'); // entries of the view 2, 3
  await bank.killAll();
  rmSync(join(bank.data, 'frontend'), { recursive: true });

  await bank.startFrontend('--recover');
  bank.launchBackend(1);
  bank.launchBackend(2);
  await bank.frontend.line(/--recover waits for backend 3 of view/);
  t.match((await bank.commands('QUERY 100'))[0], /^ERR UNAVAILABLE: /);
  bank.launchBackend(3);
  await bank.statusIs('111');
  t.same(await bank.commands('QUERY 100', 'CREATE 1'), ['OK 105.00', 'OK 101']);
});

t.test('--recover on a new bank: waits, and founds nothing', async (t) => {
  const bank = await TestBank.start(t, { count: 1 });
  await bank.commands('CREATE 1');
  await bank.killAll();
  rmSync(join(bank.data, 'frontend'), { recursive: true });
  renameSync(bank.directoryOf(1), `${bank.directoryOf(1)}-hidden`);
  await bank.startFrontend('--recover');
  bank.launchBackend(1);
  await bank.frontend.line(/--recover waits for backends that carry a bank/);
  t.match((await bank.commands('CREATE 1'))[0], /^ERR UNAVAILABLE: /);
});

t.test('--min-in-sync 2: with one, writes are refused and reads go on', async (t) => {
  const bank = await TestBank.start(t, { frontend: ['--min-in-sync', '2'] });
  await bank.commands('CREATE 100');
  await bank.killBackend(1);
  t.same(await bank.commands('DEPOSIT 100 1'), ['OK 101.00'], 'two are enough');
  await bank.killBackend(2);
  await bank.statusIs('001');
  const answers = await bank.commands('DEPOSIT 100 1', 'QUERY 100');
  t.match(answers, [/^ERR UNAVAILABLE: only 1 of at least 2 backends/, 'OK 101.00']);
  await bank.startBackend(1);
  t.same(await bank.commands('DEPOSIT 100 1'), ['OK 102.00']);
});

t.test('a second frontend on the same directory, the first paused: refused', async (t) => {
  const bank = await TestBank.start(t, { count: 1 });
  await bank.commands('CREATE 100');
  bank.frontend.signal('SIGSTOP');
  const second = startBankd(t, ['frontend', '--port', '0', '--data', bank.data]);
  t.equal((await second.exited).code, 7);
  t.match(second.stderr, /^error: .* is in use by another process$/m);
  bank.frontend.signal('SIGCONT');
  await bank.statusIs('1');
  t.same(await bank.commands('QUERY 100'), ['OK 100.00']);
});

t.test('two frontends on copies of one record: the one that comes later stops', async (t) => {
  const bank = await TestBank.start(t, { count: 1 });
  await bank.commands('CREATE 100');
  const { port } = bank;
  await bank.killFrontend();
  const elsewhere = temporaryDirectory(t);
  cpSync(join(bank.data, 'frontend'), join(elsewhere, 'frontend'), { recursive: true });
  await bank.startFrontend();
  await bank.statusIs('1');
  await bank.killFrontend();
  const second = startBankd(t, ['frontend', '--port', String(port), '--data', elsewhere]);
  t.equal((await second.exited).code, 7, 'the backends have promised more than its record says');
  t.match(second.stderr, /^error: .*promised epoch \d+/m);
  await bank.startFrontend();
  await bank.statusIs('1');
  t.same(await bank.commands('QUERY 100'), ['OK 100.00']);
});
