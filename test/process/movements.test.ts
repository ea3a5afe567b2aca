/** Holds, captures, reversals and groups against a real bank, also while it is killed. */
import t, { type Test } from 'tap';
import { Client, holdId, type Account, type Operation } from '../../src/host/client.ts';
import { pause, TestBank, until } from '../support/bank.ts';

/** An expired hold must be seen to be over so soon, though nobody writes. */
const SEEN_WITHIN_MS = 2_000;

/** Each line and what its answer must be, or match. */
type Script = readonly (readonly [line: string, answer: string | RegExp])[];

const BEFORE: Script = [
  ['CREATE 100', 'OK 100'],
  ['CREATE 20', 'OK 101'],
  ['HOLD 100 101 30', /^OK \d+\.2$/],
  ['HOLD 100 101 10 --for 1h --id h --ref "Order 7, 10 %"', 'OK h'],
  ['HOLD 100 101 1 --id h', 'ERR ID TAKEN: a hold or transfer has the id "h" already'],
  ['WITHDRAW 100 60.01', /^ERR INSUFFICIENT FUNDS: account 100 has 100\.00, and not so much is/],
  ['CAPTURE h 10.01', 'ERR EXCEEDS ORIGINAL: of "h", 10.00 is left to be captured'],
  ['@c CAPTURE h 8', 'OK 92.00 28.00'],
  ['REVERSE h 3', 'OK 95.00 25.00'],
  ['TRANSFER 100 101 5 --id tx --ref "Rechnung Nº 17"', 'OK 90.00 30.00'],
  ['HOLD 100 101 1 --id gone', 'OK gone'],
  ['VOID gone', 'OK 90.00'],
  ['HOLD 100 101 7 --id open', 'OK open'],
  ['BEGIN', 'OK'],
  ['TRANSFER 100 101 1 --ref rent', 'OK QUEUED'],
  ['TRANSFER 101 100 31', 'OK QUEUED'],
  ['COMMIT', 'OK 2'],
  ['BEGIN', 'OK'],
  ['UPDATE 101 50', 'OK QUEUED'],
  ['WITHDRAW 101 50.01', 'OK QUEUED'],
  ['COMMIT', 'ERR INSUFFICIENT FUNDS: line 2 of the group: account 101 has 50.00; ' +
    'nothing of the group happened'],
  ['QUERY 101', 'OK 0.00'],
];

const AFTER: Script = [
  ['ACCOUNT 100', /^OK 120\.00 held=37\.00 available=83\.00 /],
  ['@c CAPTURE h 8', 'OK 92.00 28.00'],
  ['@c CAPTURE h 8 --ref other', /^ERR KEY REUSED/],
  ['CAPTURE h', /^ERR SETTLED: "h" is posted already/],
  ['CAPTURE gone', 'ERR SETTLED: "gone" was voided'],
  ['DEPOSIT 101 50', 'OK 50.00'],
  ['REVERSE h 5.01', 'ERR EXCEEDS ORIGINAL: of "h", 5.00 is left to be reversed'],
  ['REVERSE h', 'OK 125.00 45.00'],
  ['REVERSE h', 'ERR EXCEEDS ORIGINAL: of "h", nothing is left to be reversed'],
  ['REVERSE tx', 'OK 130.00 40.00'],
  ['REVERSE open', 'ERR SETTLED: "open" is a hold that is still open'],
  ['CAPTURE open', 'OK 123.00 47.00'],
  ['TRANSFER 100 101 1 --id h', /^ERR ID TAKEN/],
  ['VOID nothing', 'ERR NOT FOUND: no hold or transfer has the id "nothing"'],
  ['TRIAL', /^OK - accounts=2 balance=170\.00 system=-170\.00$/],
];

async function check(t: Test, bank: TestBank, script: Script): Promise<readonly string[]> {
  const answers = await bank.commands(...script.map(([line]) => line));
  t.equal(answers.length, script.length);
  for (const [at, [line, expected]] of script.entries()) t.match(answers[at], expected, line);
  return answers;
}

async function restart(bank: TestBank): Promise<void> {
  await bank.killAll();
  await bank.startFrontend();
  await Promise.all(bank.ids.map((id) => bank.startBackend(id)));
}

/** Each has a bank of its own, and waits more than it works. */
t.jobs = 2;

t.test('movements: every command, in a pipe; all killed: it goes on where it was', async (t) => {
  const bank = await TestBank.start(t);
  const [, , held = ''] = await check(t, bank, BEFORE);
  await restart(bank);
  await check(t, bank, AFTER);
  const id = held.slice('OK '.length);
  await check(t, bank, [
    [`CAPTURE ${id} 20`, 'OK 103.00 67.00'],
    ['ACCOUNT 100', /^OK 103\.00 held=0\.00 available=103\.00 /],
  ]);
});

t.test('movements: a hold expires while nobody writes, and while all are down', async (t) => {
  const bank = await TestBank.start(t);
  const client = await bank.connect();
  await client.create('50');
  await client.create('20');
  const available = async (): Promise<string | undefined> =>
    (await client.account(100))?.available;
  await client.hold(100, 101, '30', { forMs: 2_000 });
  const untilMs = performance.now() + 2_000;
  t.equal(await available(), '20.00');
  await until('the hold expires', async () => (await available()) === '50.00', 6_000);
  const lateMs = performance.now() - untilMs;
  t.ok(lateMs > -500 && lateMs < SEEN_WITHIN_MS, `seen ${lateMs.toFixed(0)} ms after its time`);

  await client.hold(100, 101, '30', { forMs: 1_000, id: 'down' });
  await client.hold(100, 101, '10', { id: 'stays' });
  await bank.killAll();
  await pause(1_000);
  await bank.startFrontend();
  await Promise.all(bank.ids.map((id) => bank.startBackend(id)));
  const readyMs = performance.now();
  await until('the other expires', async () => (await available()) === '40.00', 6_000);
  const laterMs = performance.now() - readyMs;
  t.ok(laterMs < SEEN_WITHIN_MS, `seen ${laterMs.toFixed(0)} ms after the restart`);
  t.match(await client.capture('down'), { result: { code: 'movementSettled', detail: 4 } });
  t.match(await client.release('stays'), { result: { code: 'ok', balance: 5_000 } });
});

t.test('movements: through the library', async (t) => {
  const bank = await TestBank.start(t, { count: 1 });
  const client = await bank.connect();
  await client.create('50');
  await client.create('20');
  const held = await client.hold(100, 101, '10', { key: 'order' });
  const id = holdId(held) ?? '';
  t.match(id, /^\d+\.0$/);
  t.equal(holdId(await client.hold(100, 101, '10', { key: 'order' })), id, 'the same again');
  t.match(await client.account(100), { held: '10.00', available: '40.00' });
  const captured = await client.capture(id, 400);
  t.match(captured, { result: { code: 'ok', balance: 4_600, toBalance: 2_400 } });
  t.match(await client.release(id), { result: { code: 'movementSettled', detail: 2 } });
  t.match(await client.reverse(id, '1'), { result: { code: 'ok', balance: 4_700 } });
  t.match(await client.transfer(100, 101, '7', { id: 'tx' }), { result: { code: 'ok' } });
  t.match(await client.transfer(100, 101, '7', { id: 'tx' }), { result: { code: 'idTaken' } });
  t.match(await client.reverse('tx'), { result: { code: 'ok', balance: 4_700 } });

  const pay: Operation = { kind: 'transfer', account: 100, toAccount: 101, amount: 7 };
  t.match(await client.group([pay, { kind: 'deposit', account: 100, amount: 7 }]), {
    kind: 'answered',
    results: [{ balance: 4_000, toBalance: 3_000 }, { kind: 'deposit', balance: 4_700 }],
    request: /^\d+-\d+$/,
  });
  t.match(await client.group([pay, { ...pay, amount: 41 }, pay]), {
    kind: 'group-refused', definite: true, index: 1,
    result: { code: 'insufficientFunds', account: 100, balance: 4_000 },
  });
  t.match(await client.query(100), { result: { balance: 4_700 } });
  for (const operations of [
    [], [{ ...pay, key: 'k' }], [{ ...pay, id: 'i' }], [{ kind: 'create', amount: 1 } as const],
    [pay, { ...pay, amount: 0.5 }], Array.from({ length: 1_001 }, () => pay),
  ]) {
    t.match(await client.group(operations), { kind: 'refused', code: 'BAD_REQUEST' });
  }
});

/** Each does all of it or nothing: 100 to 101 to 102, and one more in 103. */
const ROUND: readonly Operation[] = [
  { kind: 'transfer', account: 100, toAccount: 101, amount: 1, scale: 2 },
  { kind: 'transfer', account: 101, toAccount: 102, amount: 1, scale: 2 },
  { kind: 'deposit', account: 103, amount: 1, scale: 2 },
];

t.test('groups: the frontend is killed in their midst: each is done once, or not at all',
  async (t) => {
    const bank = await TestBank.start(t);
    const client = await bank.connect(30_000);
    for (const amount of ['100', '0', '0', '0']) await client.create(amount);
    let count = 0;
    let isOver = false;
    const worker = async (): Promise<void> => {
      while (!isOver) {
        const outcome = await client.group(ROUND);
        t.equal(outcome.kind, 'answered');
        count += 1;
      }
    };
    const workers = Array.from({ length: 8 }, worker);
    await pause(300);
    await bank.killFrontend();
    await bank.startFrontend();
    await bank.statusIs('111');
    await pause(300);
    isOver = true;
    await Promise.all(workers);
    t.ok(count > 10, `${count} groups`);
    const balances = await Promise.all([100, 101, 102, 103].map(async (account) =>
      (await client.account(account))?.balance));
    const cents = (units: number): string => (units / 100).toFixed(2);
    t.strictSame(balances, [cents(10_000 - count), '0.00', cents(count), cents(count)]);
  });

t.test('groups: the frontend is killed while a COMMIT waits: the client gets its answer',
  async (t) => {
    // It takes nobody for dead while the client starts, however slowly.
    const bank = await TestBank.start(t, { frontend: ['--read-timeout', '10s'] });
    await bank.commands('CREATE 100', 'CREATE 20');
    for (const id of bank.ids) bank.pauseBackend(id);
    const lines = ['BEGIN', 'TRANSFER 100 101 1', 'DEPOSIT 100 5', 'COMMIT', 'QUERY 100'];
    const client = bank.client(['--timeout', '30s'], lines.join('\n'));
    await until('the group is gathered', () => client.stdout.endsWith('OK QUEUED\nOK QUEUED\n'));
    await pause(100);
    await bank.killFrontend();
    for (const id of bank.ids) bank.resumeBackend(id);
    await bank.startFrontend();
    t.equal((await client.exited).code, 0);
    t.equal(client.stdout, 'OK\nOK QUEUED\nOK QUEUED\nOK 2\nOK 104.00\n');
  });

t.test('groups: nobody answers in time: OUTCOME of the first tells of all', async (t) => {
  const bank = await TestBank.start(t);
  const other = await bank.connect(20_000);
  await other.create('100');
  await other.create('20');
  const client = await Client.connect({ port: bank.port, timeoutMs: 500 });
  t.teardown(() => client.close());
  await client.deposit(100, 1);
  for (const id of bank.ids) bank.pauseBackend(id);
  const group = await client.group(ROUND.slice(0, 1).concat({
    kind: 'deposit', account: 100, amount: 50,
  }));
  t.match(group, { kind: 'unknown', definite: false, request: /^\d+-3$/ });
  for (const id of bank.ids) bank.resumeBackend(id);
  const told = await other.outcome(group.request ?? '');
  const account = (await other.account(100)) as Account;
  const code = told.kind === 'answered' ? told.result.code : told.detail;
  t.match(code, /^(?:ok|neverHappened)$/);
  t.equal(account.balance, code === 'ok' ? '150.00' : '100.01');
});
