/** `up` and `client` in pipes, as scripts use them: exit statuses, ends of input, signals. */
import t from 'tap';
import { isAlive, pidOf, startBankd, temporaryDirectory, TestBank } from '../support/bank.ts';

const UP = ['up', '--port', '0', '--data'];

t.test('up: a piped script: its answers on stdout, the worst of them as exit status', async (t) => {
  const scripts: readonly (readonly [string, string, number])[] = [
    ['CREATE 1\nQUERY 100\n', 'OK 100\nOK 1.00\n', 0],
    ['QUERY 100', 'OK 1.00\n', 0],
    ['# nothing\n\n\r\nquery 100\r\nQUERY 999\nDEPOSIT 100 1\n',
      'OK 1.00\nERR ACCT NOT FOUND: account 999 does not exist\nOK 2.00\n', 1],
    ['QUIT\nCREATE 1\n', 'OK\n', 0],
    ['', '', 0],
  ];
  const data = temporaryDirectory(t);
  for (const [input, stdout, code] of scripts) {
    const bank = startBankd(t, [...UP, data], { input });
    t.equal((await bank.exited).code, code, JSON.stringify(input));
    t.equal(bank.stdout, stdout);
    const pids = bank.lines.filter((line) => /^ready (frontend|backend)/.test(line)).map(pidOf);
    t.notOk(pids.some(isAlive), 'nobody is left behind');
  }
});

t.test('up: SIGTERM in mid-script: it stops, and what was answered is there', async (t) => {
  const data = temporaryDirectory(t);
  const deposits = Array.from({ length: 200_000 }, () => 'DEPOSIT 100 0.01');
  const bank = startBankd(t, [...UP, data], { input: ['CREATE 0', ...deposits].join('\n') });
  await bank.line(/^ready bank /);
  while (bank.stdout.length < 10_000) await new Promise((resolve) => setTimeout(resolve, 10));
  const startedMs = performance.now();
  const { code, signal } = await bank.terminate();
  t.ok(performance.now() - startedMs < 4_000);
  t.same({ code, signal }, { code: 0, signal: null });
  const answered = bank.stdout.split('\n').filter((line) => line.startsWith('OK')).length - 1;
  const again = startBankd(t, [...UP, data], { input: 'QUERY 100' });
  await again.exited;
  const balance = Math.round(100 * Number(/^OK (\d+\.\d\d)$/m.exec(again.stdout)?.[1]));
  t.ok(balance >= answered && balance < deposits.length, `${answered} answered, ${balance} there`);
});

t.test('client: pipes and arguments against one bank', async (t) => {
  const bank = await TestBank.start(t, { count: 1 });
  await bank.commands('CREATE 10');
  const run = async (args: readonly string[], input?: string): Promise<[number | null, string]> => {
    const client = bank.client(args, input);
    return [(await client.exited).code, client.stdout];
  };
  t.same(await run(['QUERY', '100']), [0, 'OK 10.00\n']);
  t.same(await run(['WITHDRAW', '100', '11']),
    [1, 'ERR INSUFFICIENT FUNDS: account 100 has 10.00\n']);
  t.same(await run([], 'DEPOSIT 100 1'), [0, 'OK 11.00\n'], 'no final newline');
  const bail = await run(['--bail'], 'QUERY 9\nDEPOSIT 100 1\n');
  t.match(bail, [1, /^ERR ACCT NOT FOUND: [^\n]*\n$/], '--bail: nothing after a refusal');
  t.same(await run([], 'QUERY 100\nQUIT\nDEPOSIT 100 1\n'), [0, 'OK 11.00\nOK\n']);

  const [code, stdout] = await run([], `QUERY 100\n${'x'.repeat(1_000_000)}\nQUERY 100\n`);
  const lines = stdout.split('\n');
  t.equal(code, 1, 'a line of 1 MB');
  t.match(lines, ['OK 11.00', /^ERR BAD REQUEST: /, 'OK 11.00', '']);
  t.ok(lines.every((line) => line.length < 1_000), 'is not repeated');
  t.match(await run([], 'QUERY\u0000100\nDEPOSIT 100 1e3\nDEPOSIT 100 -1\nFLY 100\n'), [
    1, /^(ERR BAD REQUEST: [^\n\u0000]*\n){4}$/,
  ]);
  const many = await run([], 'QUERY 100\n'.repeat(20_000));
  t.equal(many[0], 0);
  t.equal(many[1], 'OK 11.00\n'.repeat(20_000));

  await bank.killBackend(1);
  await bank.statusIs('0');
  const down = await run([], 'QUERY 100\nDEPOSIT 100 1\n');
  t.match(down, [3, /^(ERR UNAVAILABLE: [^\n]*\n){2}$/]);
  await bank.killFrontend();
  const startedMs = performance.now();
  t.same(await run(['QUERY', '100']), [3, '']);
  t.ok(performance.now() - startedMs < 4_000, 'nobody is there: at once');
});
