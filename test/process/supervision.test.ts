/** Processes as an operator meets them: stops, restarts, refusals, and a supervisor that dies. */
import { readFileSync, renameSync } from 'node:fs';
import t from 'tap';
import {
  BankdProcess, isAlive, pidOf, startBankd, temporaryDirectory, TestBank, until,
} from '../support/bank.ts';

t.test('SIGTERM and Ctrl-C: each process: exit 0 within 2 s', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const data = temporaryDirectory(t);
    const frontend = startBankd(t, ['frontend', '--port', '0', '--data', data], { leashed: false });
    const port = /:(\d+) pid/.exec(await frontend.line(/^ready frontend/))?.[1] ?? '';
    const flags = ['backend', '--count', '1', '--id', '1', '--port', port, '--data', data];
    const backend = startBankd(t, flags, { leashed: false });
    await backend.line(/^ready backend 1 /);
    for (const each of [frontend, backend]) {
      const startedMs = performance.now();
      each.signal(signal);
      const { code, signal: killer } = await each.exited;
      t.same({ code, killer }, { code: 0, killer: null }, `${signal}: ${each.stderr}`);
      t.ok(performance.now() - startedMs < 2_000, 'within 2 s');
    }
  }
});

t.test('clean stop under load: the replicas end alike', async (t) => {
  const bank = await TestBank.start(t);
  const client = await bank.connect(1_000);
  await client.create('0');
  let answered = 0;
  let stopping = false;
  let depositing = 0;
  const depositor = async (): Promise<void> => {
    while (!stopping) {
      depositing += 1;
      const outcome = await client.deposit(100, '1.00');
      if (outcome.kind === 'answered') answered += 1;
    }
  };
  const depositors = Array.from({ length: 16 }, depositor);
  await until('the load is on', () => answered > 200);
  const exits = await bank.stop();
  stopping = true;
  t.same(exits.map(({ code }) => code), [0, 0, 0, 0]);
  await Promise.all(depositors);
  await bank.startFrontend();
  await Promise.all(bank.ids.map((id) => bank.startBackend(id)));
  const tails = bank.ids.map((id) =>
    /recovered entry (\d+) from checkpoint (\d+)/.exec(bank.backend(id).stderr));
  t.equal(new Set(tails.map((match) => match?.[1])).size, 1, 'the same last entry');
  const [query] = await bank.commands('QUERY 100');
  const balance = Number(/^OK (\d+)\.00$/.exec(query ?? '')?.[1]);
  t.ok(balance >= answered && balance <= depositing, `${answered} acknowledged, ${balance} there`);
  t.ok(tails.every((match) => match?.[1] === match?.[2]), 'each left a checkpoint of its tail');
});

t.test('up: the whole bank: ready when all are, and nobody is left behind', async (t) => {
  const data = temporaryDirectory(t);
  const bank = startBankd(t, ['up', '--port', '0', '--data', data], { leashed: false });
  const ready = await bank.line(/^ready bank /);
  const port = /^ready frontend 127\.0\.0\.1:(\d+) pid \d+$/m.exec(bank.stderr)?.[1];
  t.equal(ready, `ready bank 127.0.0.1:${port} pid ${bank.pid}`);
  const lines = bank.lines.filter((line) => /^ready (frontend|backend)/.test(line));
  t.equal(lines.length, 4);
  const pids = lines.map(pidOf);
  bank.signal('SIGTERM');
  const { code } = await bank.exited;
  t.equal(code, 0);
  t.notOk(pids.some(isAlive));
});

t.test('up: a killed frontend and a killed backend: started again, on the same port', async (t) => {
  const data = temporaryDirectory(t);
  const bank = startBankd(t, ['up', '--port', '0', '--data', data], { leashed: false });
  const port = /:(\d+) pid/.exec(await bank.line(/^ready bank /))?.[1] ?? '';
  for (const name of ['frontend', 'backend 2']) {
    const from = bank.lines.length;
    process.kill(pidOf(await bank.line(new RegExp(`^ready ${name} `))), 'SIGKILL');
    const ended = `^bank: ${name} ended \\(SIGKILL\\), starts again in 0\\.02 s$`;
    await bank.line(new RegExp(ended), from);
    const again = await bank.line(new RegExp(`^ready ${name} `), from);
    t.match(again, `ready ${name} 127.0.0.1:${port} pid `);
  }
  const client = startBankd(t, ['client', '--port', port, 'CREATE', '5']);
  t.equal((await client.exited).code, 0, client.stderr);
  t.equal(client.stdout, 'OK 100\n');
  await bank.terminate();
});

t.test('a supervisor: kill -9: its children end within 1 s', async (t) => {
  for (const args of [['up', '--port', '0'], ['backend', '--count', '2', '--port', '9']]) {
    const data = temporaryDirectory(t);
    const supervisor = new BankdProcess([...args, '--data', data], { leashed: false });
    const isUp = args[0] === 'up';
    if (isUp) await supervisor.line(/^ready bank /);
    else await supervisor.line(/^backend 2: waiting for the frontend/);
    const pids = isUp
      ? supervisor.lines.filter((line) => /^ready (frontend|backend)/.test(line)).map(pidOf)
      : childrenOf(supervisor.pid);
    t.ok(pids.length >= 2 && pids.every(isAlive));
    supervisor.signal('SIGKILL');
    await until('the children end', () => !pids.some(isAlive), 1_000);
    t.pass('within 1 s');
  }
});

t.test('--no-restart: a killed backend: the supervisor ends when all have', async (t) => {
  const bank = await TestBank.start(t, { count: 1 });
  await bank.killBackend(1);
  const port = String(bank.port);
  const flags = ['--count', '1', '--port', port, '--data', bank.data, '--no-restart'];
  const supervisor = startBankd(t, ['backend', ...flags]);
  process.kill(pidOf(await supervisor.line(/^ready backend 1 /)), 'SIGKILL');
  await supervisor.line(/backend 1 ended \(SIGKILL\), is not started again/);
  t.equal((await supervisor.exited).code, 137);
});

t.test('a locked directory: a second process: exit 7, once', async (t) => {
  const bank = await TestBank.start(t, { count: 1 });
  const flags = ['--port', String(bank.port), '--data', bank.data];
  const frontend = startBankd(t, ['frontend', '--port', '0', '--data', bank.data]);
  t.equal((await frontend.exited).code, 7);
  t.match(frontend.stderr, /^error: .* is in use by another process$/m);
  const backends = startBankd(t, ['backend', '--count', '1', ...flags]);
  t.equal((await backends.exited).code, 7, 'a supervisor does not try again');
  t.match(backends.stderr, /^error: .* is in use by another process$/m);
  t.match(await bank.commands('CREATE 1'), ['OK 100'], 'the first ones are unharmed');
});

t.test('a taken port: frontend and up: exit 7 with a sentence', async (t) => {
  const bank = await TestBank.start(t, { count: 1 });
  for (const command of ['frontend', 'up']) {
    const other = temporaryDirectory(t);
    const second = startBankd(t, [command, '--port', String(bank.port), '--data', other]);
    t.equal((await second.exited).code, 7);
    t.match(second.stderr, /^error: .*port is taken/m);
    t.notMatch(second.stderr, /backend/, 'no backend of it has spoken to the stranger');
  }
});

t.test("another backend's directory: refused: exit 7", async (t) => {
  const bank = await TestBank.start(t, { count: 2 });
  await bank.stop();
  renameSync(bank.directoryOf(1), `${bank.directoryOf(1)}-moved`);
  renameSync(bank.directoryOf(2), bank.directoryOf(1));
  await bank.startFrontend();
  const swapped = bank.launchBackend(1);
  t.equal((await swapped.exited).code, 7);
  t.match(swapped.stderr, /^error: .*belongs to backend 2, not to backend 1/m);
});

/** The processes whose parent it is, read from the kernel. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}
