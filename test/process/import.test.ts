/** `bankd import` against a real bank: what is done, what is refused, and what is told of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { startBankd, temporaryDirectory, TestBank, until } from '../support/bank.ts';

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Files in a directory of their own, and imports of them. */
class Desk {
  readonly bank: TestBank;
  readonly #test: Test;
  readonly #directory: string;

  private constructor(test: Test, bank: TestBank) {
    this.#test = test;
    this.bank = bank;
    this.#directory = temporaryDirectory(test);
  }

  static async open(test: Test): Promise<Desk> {
    const bank = await TestBank.start(test, { count: 1 });
    // The frontend orders its first sessions by itself: an entry that no import makes.
    await until('there are sessions', async () => (await bank.status()).commitSeq > 0);
    return new Desk(test, bank);
  }

  path(name: string): string {
    return join(this.#directory, name);
  }

  write(name: string, content: string | Uint8Array): string {
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  async import(args: readonly string[], input?: string): Promise<Run> {
    const all = ['import', '--port', String(this.bank.port), ...args];
    const started = startBankd(this.#test, all, input === undefined ? {} : { input });
    const { code } = await started.exited;
    const plain = (text: string): string => text.replaceAll(`${this.#directory}/`, '');
    return { code, stdout: plain(started.stdout), stderr: plain(started.stderr) };
  }

  async status(): Promise<number> {
    return (await this.bank.status()).commitSeq;
  }
}

const ACCOUNTS = '\ufeffname;currency;balance;floor;ceiling\r\n"alice";eur;100.00;-50;\r\n' +
  '"Bob, ""B""";EUR;20;;500\r\n\r\ncarol;;7;;\r\nyen;JPY;12.5;;\r\n';
const PAYMENTS = 'Debtor,Creditor,Betrag,Nr,Note\n' +
  'alice,"Bob, ""B""",10.00,inv-1,"two\nlines"\n' +
  'alice,"Bob, ""B""",140.01,,\nzoe,alice,1,,\n,carol,0.50,,\n102,,3,,\ncarol,alice,1,,\n';
const MAPPED = [
  ...['from=Debtor', 'to=Creditor', 'amount=Betrag', 'id=Nr'].flatMap((map) => ['--map', map]),
  '--ignore', 'Note',
];

t.test('import: accounts, then what goes between them by name; twice: once', async (t) => {
  const desk = await Desk.open(t);
  const files = [desk.write('a.csv', ACCOUNTS), desk.write('p.csv', PAYMENTS)];
  const before = await desk.status();
  const dry = await desk.import(['--dry-run', ...MAPPED, ...files]);
  t.equal(dry.code, 1);
  t.match(dry.stdout.split('\n'), [
    /^a\.csv: 4 accounts: 3 could be done, 1 would be refused; /,
    /^p\.csv: 6 postings: 3 could be done, 3 would be refused; /,
  ]);
  t.match(dry.stderr, /^not checked, since only doing it tells: /m);
  t.equal(await desk.status(), before, 'a dry run writes nothing');
  t.same(await desk.bank.commands('ACCOUNTS'), ['OK']);

  const refusedFile = desk.path('refused.ndjson');
  const outputs = ['--refused', refusedFile, '--numbers', desk.path('numbers.csv')];
  const first = await desk.import([...MAPPED, ...outputs, ...files]);
  t.equal(first.code, 1);
  t.match(first.stdout.split('\n'), [
    /^a\.csv: 4 accounts: 3 done, 1 refused; /, /^p\.csv: 6 postings: 3 done, 3 refused; /,
  ]);
  t.match(first.stderr.split('\n'), [
    'a.csv:6: BAD REQUEST: 12.5 is not an amount',
    'p.csv:4: INSUFFICIENT FUNDS: account 100 has 90.00',
    'p.csv:5: ACCT NOT FOUND: no account has the name "zoe"',
    /^p\.csv:8: CURRENCY MISMATCH: /,
  ]);
  t.equal(readFileSync(desk.path('numbers.csv'), 'utf8'),
    'line,name,key,account\n2,alice,,100\n3,"Bob, ""B""",,101\n5,carol,,102\n');
  const balances = ['OK 100=90.00 101=30.00 102=4.50'];
  t.same(await desk.bank.commands('ACCOUNTS'), balances);

  const again = await desk.import(['--json', ...MAPPED, ...files]);
  const lines = again.stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as object);
  t.match(lines, [
    { line: 2, name: 'alice', account: 100 }, { line: 3, account: 101 }, { account: 102 },
    { file: /a\.csv$/, kind: 'accounts', rows: 4, done: 3, before: 3, refused: 1, stopped: null },
    { ok: false, kind: 'postings', rows: 6, done: 3, before: 3, refused: 3, unknown: 0 },
  ]);
  t.equal(again.code, 1);
  t.equal(again.stderr, first.stderr, 'the same is refused, in the same words');
  t.same(await desk.bank.commands('ACCOUNTS'), balances, 'nothing happened twice');

  const mended = readFileSync(refusedFile, 'utf8').replace('zoe', 'alice').split('\n');
  const zoe = mended.find((line) => line.includes('ACCT_NOT_FOUND')) ?? '';
  const other = zoe.replace('"Creditor":"alice"', '"Creditor":"name:Bob, \\"B\\""');
  const fixed = desk.write('mended.ndjson', other);
  t.match(await desk.import([...MAPPED, fixed]), { code: 0, stdout: /1 done, 0 refused/ });
  t.same(await desk.bank.commands('ACCOUNTS'), ['OK 100=89.00 101=31.00 102=4.50']);
});

t.test('import: NDJSON from stdin, under a name, in parts', async (t) => {
  const desk = await Desk.open(t);
  await desk.bank.commands('CREATE 10', 'CREATE 10 --name 100');
  const rows = ['{"to":100,"amount":0.10,"reference":"1 May"}',
    '{"to":"name:100","amount":1e0}', '{"to":',
    '{"from":"101","to":"100","amount":"2","key":"own"}'];
  const start = ['--name', 'may', '-'];
  t.match(await desk.import(start, rows.slice(0, 2).join('\n')), {
    code: 1, stdout: /^stdin: 2 postings: 1 done, 1 refused/,
    stderr: 'stdin:2: BAD REQUEST: the amount "1e0" is not a decimal such as 50 or 50.00',
  });
  t.match(await desk.import(start, rows.join('\n')), {
    code: 1, stdout: /^stdin: 4 postings: 2 done \(1 of them before\), 2 refused/,
    stderr: /^stdin:3: BAD REQUEST: it is no JSON$/m,
  });
  t.same(await desk.bank.commands('ACCOUNTS', 'OUTCOME @own', 'OUTCOME @may:1'),
    ['OK 100=12.10 101=8.00', 'OK 8.00 12.10', 'OK 10.10']);
  const statement = await desk.bank.commands('STATEMENT 100 --csv');
  t.match(statement.find((line) => line.includes('may:1')), /,1 May,may:1\r?$/, 'the reference');
  const changed = rows.map((row) => row.replace('0.10', '0.20')).join('\n');
  t.match(await desk.import(start, changed), { code: 1, stderr: /^stdin:1: KEY REUSED: /m });
  const unnamed = await desk.import(['-'], rows[0]);
  const [, name = ''] = /with --name (\S+) it can be repeated/.exec(unnamed.stderr) ?? [];
  t.match(await desk.import(['--name', name, '-'], rows[0]), { stdout: /1 of them before/ });
  t.same(await desk.bank.commands('QUERY 100'), ['OK 12.20']);
});

t.test('import: refusals: twenty are told, all are kept', async (t) => {
  const desk = await Desk.open(t);
  const file = desk.write('p.csv', `to,amount\n${'nobody,1\n'.repeat(1_000)}`);
  const { code, stderr } = await desk.import(['--refused', desk.path('no.ndjson'), file]);
  t.equal(code, 1);
  t.equal(stderr.split('\n').length, 21);
  t.match(stderr, /^and 980 more refused$/m);
  const kept = readFileSync(desk.path('no.ndjson'), 'utf8').trimEnd().split('\n');
  t.same(kept.map((line) => (JSON.parse(line) as { refused: { line: number } }).refused.line),
    Array.from({ length: 1_000 }, (_, at) => at + 2));
  t.match(JSON.parse(kept[0] ?? ''), {
    to: 'nobody', amount: '1', refused: { code: 'ACCT_NOT_FOUND' },
  });
  t.match((await desk.import([file])).stderr, /--refused FILE keeps all of them$/);
});

t.test('import: what is no import is refused as a whole, and nothing is sent', async (t) => {
  const desk = await Desk.open(t);
  const good = desk.write('good.csv', 'to,amount\n100,1\n');
  await desk.bank.commands('CREATE 0');
  const before = await desk.status();
  const rejects = async (content: string | Uint8Array, message: RegExp): Promise<void> => {
    const run = await desk.import([good, desk.write('bad.csv', content)]);
    t.match(run, { code: 2, stdout: '', stderr: message });
    t.ok(run.stderr.length < 1_000);
  };
  await rejects('to,amuont\n', /^error: unknown column "amuont"; did you mean amount\?\ntip: --m/);
  await rejects('to,to,amount\n', /^error: the column "to" stands there twice$/);
  await rejects('to,key\n', /^error: postings need a column amount$/m);
  await rejects('to,amount\n100,"1\n', /^error: bad\.csv: line 2: a quote .* does not end$/);
  await rejects('x'.repeat(100_000_000), /^error: bad\.csv: line 1: it is longer than 65536/);
  await rejects(readFileSync(process.execPath).subarray(0, 1_000_000), /is no text in UTF-8$/);
  t.match(await desk.import([]), { code: 2, stderr: /^error: missing required option FILE/ });
  t.match(await desk.import(['--refused', good, good]), { code: 2, stderr: /would overwrite/ });
  t.match(await desk.import([desk.path('none.csv')]), { code: 7, stderr: /does not exist$/ });
  t.match(await desk.import(['--frmat', 'csv', good]), { code: 2, stderr: /mean --format/ });
  t.match(await desk.import(['--format', 'xml', good]), { code: 2, stderr: /one of csv, ndjson/ });
  t.match(await desk.import(['--separator', ',,', good]), { code: 2, stderr: /one character/ });
  t.equal(await desk.status(), before);
  const row = '{"to":100,"amount":1}';
  const long = desk.write('long.ndjson', `${row}\n{"to":"${'x'.repeat(20_000_000)}\n`);
  const run = await desk.import([long]);
  t.match(run, { code: 1, stdout: /1 done, 1 refused/, stderr: /^long\.ndjson:2: .* longer than/ });
  t.same(await desk.bank.commands('QUERY 100'), ['OK 1.00']);
});
