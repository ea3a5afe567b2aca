/** Accounts with terms against a real bank: the command line, JSON and the library. */
import t, { type Test } from 'tap';
import { Client } from '../../src/host/client.ts';
import { TestBank } from '../support/bank.ts';

const TIME = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z';

/** Each line and what its answer must be, or match. */
type Script = readonly (readonly [line: string, answer: string | RegExp])[];

const SCRIPT: Script = [
  ['CREATE 50.00', 'OK 100'],
  ['CREATE 20 --name "Alice B" --currency eur --floor -100', 'OK 101'],
  ['CREATE 0 --currency JPY --ceiling 1000 --name yen', 'OK 102'],
  ['CREATE 1.234 --currency BHD', 'OK 103'],
  ['UPDATE 100 60 IF VERSION 1', 'OK 60.00'],
  ['UPDATE 100 60 IF VERSION 1',
    'ERR CONDITION FAILED: account 100 is at version 2 and has 60.00'],
  ['DEPOSIT 100 1 IF BALANCE 60.0', 'OK 61.00'],
  ['DEPOSIT 100 1 IF BALANCE 60',
    'ERR CONDITION FAILED: account 100 is at version 3 and has 61.00'],
  ['DEPOSIT 102 1.5', /^ERR BAD REQUEST: an account keeps/],
  ['DEPOSIT 100 1.234', /^ERR BAD REQUEST: an account keeps 2 digits/],
  ['DEPOSIT 103 0.001', 'OK 1.235'],
  ['DEPOSIT 102 1001', 'ERR LIMIT EXCEEDED: account 102 has 0, and must not go above its ceiling'],
  ['DEPOSIT 102 1000', 'OK 1000'],
  ['WITHDRAW 101 120', 'OK -100.00'],
  ['WITHDRAW 101 0.01',
    'ERR INSUFFICIENT FUNDS: account 101 has -100.00, and not so much is available'],
  ['WITHDRAW 100 61.01', 'ERR INSUFFICIENT FUNDS: account 100 has 61.00'],
  ['TRANSFER 100 101 1', 'ERR CURRENCY MISMATCH: account 101 has another currency'],
  ['AMEND 100 --name bob --floor 10', 'OK 61.00'],
  ['UPDATE 100 5', /^ERR INSUFFICIENT FUNDS: account 100 has 61\.00, and must keep/],
  ['AMEND 103 --name bob', 'ERR NAME TAKEN: account 100 has that name'],
  ['AMEND 103 --floor 2 --ceiling 1', /^ERR BAD REQUEST: the floor would be above/],
  ['FREEZE 100', 'OK 61.00'],
  ['DEPOSIT 100 1', 'ERR ACCT FROZEN: account 100 is frozen'],
  ['UNFREEZE 100', 'OK 61.00'],
  ['CLOSE 103', 'ERR NOT EMPTY: account 103 has 1.235'],
  ['UPDATE 103 0', 'OK 0.000'],
  ['CLOSE 103', 'OK 0.000'],
  ['DEPOSIT 103 1', 'ERR ACCT CLOSED: account 103 is closed'],
  ['CLOSE 999', 'ERR ACCT NOT FOUND: account 999 does not exist'],
  ['CREATE 5 --floor 10', /^ERR INSUFFICIENT FUNDS: a new account/],
  ['CREATE 5 --ceiling 1', /^ERR LIMIT EXCEEDED: a new account/],
  ['@k CREATE 5 --name zoe', 'OK 104'],
  ['@k create 5 --name=zoe', 'OK 104'],
  ['@k CREATE 5 --name zoea', /^ERR KEY REUSED/],
  ['OUTCOME @k', 'OK 104'],
  ['CREATE 5 --nmae x', /did you mean --name\?$/],
];

const READS: Script = [
  ['ACCOUNT 101', new RegExp('^OK -100\\.00 held=0\\.00 available=-100\\.00 ' +
    'name="Alice B" currency=EUR floor=-100\\.00 ' +
    `ceiling=none frozen=no closed=no version=2 created=${TIME} changed=${TIME}$`)],
  ['ACCOUNT 102', /^OK 1000 held=0 available=1000 name=yen currency=JPY floor=0 ceiling=1000 /],
  ['ACCOUNT 103',
    /^OK 0\.000 held=0\.000 available=0\.000 name=none currency=BHD .* closed=yes version=4 /],
  ['ACCOUNT 999', 'ERR ACCT NOT FOUND: account 999 does not exist'],
  ['ACCOUNT --name "Alice B"', /^OK -100\.00 .* name="Alice B" /],
  ['ACCOUNT --name Alice', 'ERR ACCT NOT FOUND: no account has the name "Alice"'],
  ['ACCOUNTS', 'OK 100=61.00 101=-100.00 102=1000 103=0.000 104=5.00'],
  ['ACCOUNTS --limit 2', 'OK 100=61.00 101=-100.00 next=102'],
  ['ACCOUNTS --from 102 --limit 1', 'OK 102=1000 next=103'],
  ['ACCOUNTS --after 102 --name z', 'OK 104=5.00'],
  ['ACCOUNTS --min -200 --max 5', 'OK 101=-100.00 103=0.000 104=5.00'],
  ['ACCOUNTS --currency JPY', 'OK 102=1000'],
  ['ACCOUNTS --name nobody', 'OK'],
  ['TRIAL', /^OK (?=.*\bEUR accounts=1 balance=-100\.00 system=100\.00)(?=.*- accounts=2 balanc)/],
];

async function check(t: Test, bank: TestBank, script: Script): Promise<void> {
  const answers = await bank.commands(...script.map(([line]) => line));
  t.equal(answers.length, script.length);
  for (const [at, [line, expected]] of script.entries()) t.match(answers[at], expected, line);
}

t.test('accounts: every command, in a pipe; all killed: the same accounts', async (t) => {
  const bank = await TestBank.start(t);
  await check(t, bank, SCRIPT);
  await check(t, bank, READS);
  await bank.killAll();
  await bank.startFrontend();
  await Promise.all(bank.ids.map((id) => bank.startBackend(id)));
  await check(t, bank, READS);
});

t.test('accounts: as arguments, as JSON, and through the library', async (t) => {
  const bank = await TestBank.start(t, { count: 1 });
  const run = async (...args: readonly string[]): Promise<[number | null, string, string]> => {
    const client = bank.client(args);
    return [(await client.exited).code, client.stdout.trimEnd(), client.stderr];
  };
  t.strictSame(await run('CREATE', '5', '--name', 'Bob C', '--floor', '-1'), [0, 'OK 100', '']);
  t.match(await run('CREATE', '5', '--json'), [1, /^ERR BAD REQUEST: unknown option/, /^tip: /]);
  const shown = /^OK 5\.00 held=0\.00 available=5\.00 name="Bob C" currency=none floor=-1\.00/;
  t.match(await run('ACCOUNT 100'), [0, shown]);
  const json = async (...args: readonly string[]): Promise<unknown> =>
    JSON.parse((await run('--json', ...args))[1]);
  t.match(await json('FREEZE', '100'), {
    ok: true, op: 'freeze', account: 100, balance: '5.00', version: 2, timestamp: new RegExp(TIME),
  });
  t.match(await json('QUERY', '100'), { op: 'query', balance: '5.00', version: 2 });
  t.match(await json('DEPOSIT', '100', '1'), { ok: false, code: 'ACCT_FROZEN', definite: true });
  t.match(await json('ACCOUNT', '100'), { op: 'account', account: 100, frozen: true, version: 2 });
  t.match(await json('ACCOUNTS'), { op: 'accounts', accounts: [{ account: 100 }], next: null });
  t.match(await json('TRIAL'), { ok: true, currencies: [{ currency: null, balance: '5.00' }] });

  const client = await Client.connect({ port: bank.port });
  const created = await client.create('20', { name: 'Ann', currency: 'EUR', floor: '-100' });
  t.match(created, { result: { code: 'ok', account: 101, balance: 2_000, detail: 1 } });
  t.match(await client.deposit(101, 100, { ifVersion: 1 }), { result: { code: 'ok' } });
  const late = await client.deposit(101, 100, { ifVersion: 1 });
  t.match(late, { result: { code: 'conditionFailed', detail: 2, balance: 2_100 } });
  const paid = await client.withdraw(101, '0.01', { ifBalance: '21', key: 'k' });
  t.match(paid, { result: { code: 'ok', balance: 2_099 } });
  const mixed = await client.transfer(101, 100, 1);
  t.match(mixed, { result: { code: 'accountFrozen', account: 100 } });
  t.match(await client.amend(100, { frozen: false }), { result: { code: 'ok' } });
  t.match(await client.amend(101, { closed: true }), { result: { code: 'notEmpty' } });
  t.match(await client.account(101), { name: 'Ann', balance: '20.99', version: 3 });
  t.equal(await client.account(999), undefined);
  t.match(await client.accountNamed('Ann'), { account: 101, name: 'Ann' });
  t.equal(await client.accountNamed('An'), undefined);
  await t.rejects(client.accountNamed(' Ann'), { name: 'NoReport', message: /a name is/ });
  const many = await Promise.all(Array.from({ length: 700 }, () => client.create(1)));
  t.ok(many.every((outcome) => outcome.kind === 'answered'));
  const all = await Array.fromAsync(client.accounts());
  t.strictSame(all.map(({ account }) => account), Array.from({ length: 702 }, (_, at) => 100 + at));
  const some = await Array.fromAsync(client.accounts({ name: 'A', min: '1', after: 100 }));
  t.match(some, [{ account: 101 }]);
  const wrong = client.accounts({ name: ' A' });
  await t.rejects(wrong.next(), { name: 'NoReport', message: /a name is/ });
  const { currencies } = await client.trialBalance();
  t.ok(currencies.every(({ difference }) => difference === '0.00'));
  await client.quit();
});
