/**
 * The bank as separate processes: it starts, answers the commands, and says so in the promised
 * forms.
 */
import t from 'tap';
import {
  isAlive, pidOf, startBankd, temporaryDirectory, TestBank, until,
} from '../support/bank.ts';

t.test('frontend and backends: ready: the lines are exactly as promised', async (t) => {
  const bank = await TestBank.start(t);
  const frontend = bank.frontend.lines.filter((line) => line.startsWith('ready'));
  t.same(frontend, [`ready frontend 127.0.0.1:${bank.port} pid ${bank.frontend.pid}`]);
  for (const id of bank.ids) {
    const backend = bank.backend(id);
    const lines = backend.lines.filter((line) => line.startsWith('ready'));
    t.same(lines, [`ready backend ${id} 127.0.0.1:${bank.port} pid ${backend.pid}`]);
  }
});

t.test('client: the commands of the mission: answered in order', async (t) => {
  const bank = await TestBank.start(t);
  const answers = await bank.commands(
    'CREATE 100', 'CREATE 50', 'UPDATE 100 150', 'QUERY 100', 'TRANSFER 100 101 110.50',
    'QUERY 101', 'QUERY 102', 'WITHDRAW 100 1000', 'QUIT', 'CREATE 1',
  );
  t.same(answers.slice(0, 6), [
    'OK 100', 'OK 101', 'OK 150.00', 'OK 150.00', 'OK 39.50 160.50', 'OK 160.50',
  ]);
  t.match(answers[6], /^ERR ACCT NOT FOUND: /);
  t.match(answers[7], /^ERR INSUFFICIENT FUNDS: /);
  t.same(answers.slice(8), ['OK'], 'what follows QUIT is ignored');
});

t.test('status: three in sync: the same digest at the same seq', async (t) => {
  const bank = await TestBank.start(t);
  await bank.commands('CREATE 10', 'CREATE 20');
  await until('the heartbeats have told', async () => {
    const { commitSeq, backends } = await bank.status();
    return commitSeq > 0 && backends.every(({ lastSeq }) => lastSeq === commitSeq);
  });
  const { status, copies, backends } = await bank.status();
  t.same(status, [1, 1, 1]);
  t.equal(copies, 3);
  t.equal(new Set(backends.map(({ digest }) => digest)).size, 1);
  t.same(backends.map(({ pid }) => pid), bank.ids.map((id) => bank.backend(id).pid));
});

t.test('any order: backends first: they say what they wait for, then serve', async (t) => {
  const data = temporaryDirectory(t);
  const probe = startBankd(t, ['frontend', '--port', '0', '--data', data]);
  const port = /:(\d+) pid/.exec(await probe.line(/^ready frontend/))?.[1] ?? '';
  await probe.terminate();
  const flags = ['--port', port, '--data', data];
  const backends = startBankd(t, ['backend', '--count', '2', ...flags]);
  await backends.line(/backend 1: waiting for the frontend at 127\.0\.0\.1:/);
  startBankd(t, ['frontend', ...flags]);
  const pids = [
    pidOf(await backends.line(/^ready backend 1 /)),
    pidOf(await backends.line(/^ready backend 2 /)),
  ];
  t.equal(new Set([...pids, backends.pid]).size, 3, 'real processes, one each');
  const { code, signal } = await backends.terminate();
  t.same({ code, signal }, { code: 0, signal: null });
  t.notOk(pids.some(isAlive), 'a supervisor leaves nobody behind');
});
