/** `bankd export` and `TRIAL AT` at a real bank, killed and resumed, in balance throughout. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t, { type Test } from 'tap';
import type { Client, Operation } from '../../src/host/client.ts';
import {
  pause, startBankd, temporaryDirectory, TestBank, until, type BankdProcess,
} from '../support/bank.ts';
import { Load } from '../support/load.ts';
import { SmallDisk } from '../support/small-disk.ts';

const OPERATIONS = 80_000;

type Row = Record<string, unknown>;

function exporting(t: Test, bank: TestBank, ...args: readonly string[]): BankdProcess {
  return startBankd(t, ['export', '--port', String(bank.port), ...args]);
}

function rowsOf({ stdout }: BankdProcess): readonly Row[] {
  return stdout.split('\n').slice(0, -1).map((line) => JSON.parse(line) as Row);
}

function query(path: string, text: string): readonly Row[] {
  using database = new DatabaseSync(path, { readOnly: true });
  return database.prepare(text).all();
}

/** Many operations a client, some of each kind. */
async function fill(client: Client, operations: number): Promise<void> {
  const drawn = Array.from({ length: 2_000 }, (_, at): Operation => {
    const account = 100 + (at % 7);
    if (at % 20 === 0) return { kind: 'update', account, amount: 500 + at };
    return { kind: 'transfer', account, toAccount: 100 + ((at + 1) % 7), amount: 1 };
  });
  for (let done = 0; done < operations; done += drawn.length) await client.bulk(drawn);
}

t.test('export: kills under load: all accounts of one seq, postings that make them', async (t) => {
  const bank = await TestBank.start(t);
  const load = await Load.start(t, { port: bank.port, seed: 6, pauseMs: 1 });
  await load.answered(300);
  const directory = temporaryDirectory(t);
  const [early, late] = [join(directory, 'early.db'), join(directory, 'late.db')];
  await exporting(t, bank, '--sqlite', late).exited;
  const during = exporting(t, bank, '--sqlite', early, '--timeout', '30s');
  await bank.killBackend(1);
  await load.answered(100);
  t.equal((await during.exited).code, 0);
  await bank.killFrontend();
  await bank.startFrontend();
  await load.answered(100);
  await load.stop();
  const { commitSeq } = await bank.status();
  for (const path of [early, late]) {
    const again = exporting(t, bank, '--sqlite', path, '--to', String(commitSeq));
    t.equal((await again.exited).code, 0, again.stderr);
    t.same(query(path, 'SELECT * FROM differences'), []);
    t.same(query(path, 'SELECT * FROM trial_balance WHERE difference <> 0'), []);
  }
  const whole = 'SELECT * FROM postings ORDER BY seq, idx, leg';
  t.same(query(late, whole), query(early, whole), 'resumed or not: the same');
  t.ok(query(late, whole).length > 500);

  const to = ['--to', String(commitSeq)];
  const accounts = exporting(t, bank, 'accounts', ...to);
  await accounts.exited;
  const live = await bank.connect();
  const told: unknown[] = [];
  for await (const account of live.accounts()) told.push(account);
  t.same(rowsOf(accounts), told, 'as the bank tells them');
  const postings = exporting(t, bank, 'postings', ...to);
  await postings.exited;
  const sums = new Map<number, number>();
  for (const { account, amount } of rowsOf(postings) as { account: number; amount: string }[]) {
    sums.set(account, (sums.get(account) ?? 0) + Math.round(100 * Number(amount)));
  }
  t.same([...sums.values()].reduce((sum, each) => sum + each, 0), 0);
  t.same(
    (told as { account: number; balance: string }[]).map(({ account, balance }) =>
      [account, Math.round(100 * Number(balance))]),
    [...sums].filter(([account]) => account > 0).sort(([one], [other]) => one - other));
  const csv = exporting(t, bank, 'postings', '--csv', ...to);
  await csv.exited;
  const lines = csv.stdout.split('\r\n').slice(0, -1);
  t.equal(lines.length, rowsOf(postings).length + 1);
  const half = rowsOf(postings)[500] as Row;
  const after = ['--after', `${String(half['seq'])}.${String(half['index'])}`];
  const rest = exporting(t, bank, 'postings', '--csv', ...after, ...to);
  await rest.exited;
  t.ok(csv.stdout.endsWith(rest.stdout) && rest.stdout.length > 0, 'what is behind, no header');
  const now = JSON.parse((await clientSays(bank, 'TRIAL'))) as Row;
  const then = JSON.parse((await clientSays(bank, `TRIAL AT SEQ ${commitSeq}`))) as Row;
  t.same({ ...then, request: null }, { ...now, request: null, seq: then['seq'] });
});

/** Not so where it was killed while they were made, which the next writer has to roll back. */
function hasTables(path: string): boolean {
  try {
    return query(path, "SELECT * FROM sqlite_schema WHERE name = 'meta'").length > 0;
  } catch (error) {
    if ((error as Error).message !== 'attempt to write a readonly database') throw error;
    return false;
  }
}

async function clientSays(bank: TestBank, line: string): Promise<string> {
  const client = bank.client(['--json', ...line.split(' ')]);
  await client.exited;
  return client.stdout;
}

t.test('export: killed again and again: what is there is whole, and goes on', async (t) => {
  const bank = await TestBank.start(t, { count: 1 });
  await bank.commands(...Array.from({ length: 7 }, () => 'CREATE 1000000'));
  const client = await bank.connect(60_000);
  await fill(client, OPERATIONS);
  const path = join(temporaryDirectory(t), 'bank.db');
  const seqNow = (): number =>
    Number(query(path, "SELECT value FROM meta WHERE key = 'seq'")[0]?.['value']);
  let kills = 0;
  for (let waitMs = 300; ; waitMs *= 1.5) {
    const process = exporting(t, bank, '--sqlite', path);
    await Promise.race([pause(waitMs), process.exited]);
    if (!process.running) break;
    await process.kill();
    kills += 1;
    if (statSync(path, { throwIfNoEntry: false }) === undefined) continue;
    if (!hasTables(path)) continue;
    t.same(query(path, 'SELECT * FROM trial_balance WHERE difference <> 0'), []);
  }
  t.ok(kills > 0, `${kills} kills`);
  t.same(query(path, 'SELECT * FROM differences'), []);
  const [{ n } = {}] = query(path, 'SELECT count(*) AS n FROM postings');
  t.ok((await client.history()).lastSeq >= seqNow());
  t.equal(n, 2 * (OPERATIONS + 7));
  const interrupted = exporting(t, bank, 'postings');
  await until('it has begun', () => interrupted.stdout.length > 0);
  interrupted.signal('SIGINT');
  t.equal((await interrupted.exited).code, 130, 'who interrupts it has a part');
});

t.test('export: a full disk: told, and it goes on when there is room', async (t) => {
  const disk = SmallDisk.mount(t, join(temporaryDirectory(t), 'small'), 2);
  if (disk === undefined) return;
  const bank = await TestBank.start(t, { count: 1 });
  await bank.commands(...Array.from({ length: 7 }, () => 'CREATE 1000000'));
  await fill(await bank.connect(60_000), 30_000);
  const path = join(disk.path, 'bank.db');
  const full = exporting(t, bank, '--sqlite', path);
  t.equal((await full.exited).code, 7);
  t.match(full.stderr, /^error: cannot write .*bank\.db: the disk is full$/);
  disk.resize(200);
  const again = exporting(t, bank, '--sqlite', path);
  t.equal((await again.exited).code, 0, again.stderr);
  t.same(query(path, 'SELECT * FROM differences'), []);
});

t.test('export: what is not possible: a sentence and an exit status', async (t) => {
  const bank = await TestBank.start(t, { count: 1 });
  await bank.commands('CREATE 5', 'CREATE 7 --name "=HYPERLINK(1)"');
  const directory = temporaryDirectory(t);
  const path = join(directory, 'bank.db');
  await exporting(t, bank, '--sqlite', path).exited;
  for (const [asked, code, sentence] of [
    [['accounts', '--to', '99'], 2, /seq 99 is beyond the last of the history, which is \d+/],
    [['postings', '--from', '99'], 2, /seq 99 is beyond the last of the history/],
    [['postings', '--from', '5', '--to', '3'], 2, /^error: --to is before the beginning$/],
    [['posting'], 2, /neither postings nor accounts\ntip: .*export postings\?$/],
    [['accounts', '--from', '1'], 2, /accounts are those of one seq/],
    [['--sqlite', path, '--to', '1'], 2, /--to 1 is behind: .*bank.db is at seq \d+ already/],
    [['--sqlite', path, 'accounts'], 2, /--sqlite takes all there is behind its end/],
    [['--sqlite', join(directory, 'none', 'x')], 7, /: its directory does not exist$/],
    [['--sqlite', directory], 7, /cannot write .*: it is a directory$/],
    [['--sqlite', import.meta.filename], 7, /cannot write .*: it is no database/],
    [['balances'], 2, /"balances" is neither postings nor accounts/],
    [[], 2, /missing required option postings, accounts or --sqlite FILE/],
  ] as const) {
    const process = exporting(t, bank, ...asked);
    t.equal((await process.exited).code, code, asked.join(' '));
    t.match(process.stderr, sentence);
  }
  const other = await TestBank.start(t, { count: 1 });
  await other.commands('CREATE 5');
  const foreign = exporting(t, other, '--sqlite', path);
  t.equal((await foreign.exited).code, 7);
  t.match(foreign.stderr, /does not fit: it is the export of another bank/);
  t.match(readFileSync(import.meta.filename, 'utf8'), /^\/\*\*/, 'what is no database stays');
  const sheet = exporting(t, bank, 'accounts', '--spreadsheet');
  await sheet.exited;
  t.match(sheet.stdout, /^account,name,.*\r\n100,,.*\r\n101,'=HYPERLINK\(1\),/);
});
