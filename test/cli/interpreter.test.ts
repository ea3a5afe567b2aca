import type { Writable } from 'node:stream';
import { Chalk } from 'chalk';
import t from 'tap';
import type { Answer } from '../../src/cli/answer.ts';
import { GroupReader } from '../../src/cli/group-reader.ts';
import { carryOut } from '../../src/cli/interpreter.ts';
import { ReplayProgress } from '../../src/cli/replay-progress.ts';
import type { Seq } from '../../src/core/ids.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import { NoReport } from '../../src/host/account-reports.ts';
import { BeyondHistory } from '../../src/host/history-pages.ts';
import { balanceIs, lost, ScriptedClient, unavailable } from '../support/scripted-client.ts';

function reported(report: unknown): Outcome {
  return { ...balanceIs(0), report: JSON.stringify(report) } as Outcome;
}

/** What the line gets from a bank that answers so, one after the other. */
async function answerTo(
  line: string, ...outcomes: readonly Outcome[]
): Promise<{ readonly answer: Answer; readonly client: ScriptedClient }> {
  const client = new ScriptedClient((_, index) => outcomes[index] ?? lost);
  const asked = new GroupReader().read(line);
  if (asked.type === 'nothing') throw new Error('a line to be carried out');
  return { answer: await carryOut(client, asked), client };
}

const page = (next: number | null, ...accounts: readonly number[]): Outcome => reported({
  accounts: accounts.map((account) => ({ account, balance: '1.00' })), next,
});

t.test('interpreter: ACCOUNTS: goes on until there are enough', async (t) => {
  const line = 'ACCOUNTS --limit 3 --name a';
  const { answer, client } = await answerTo(line, page(300, 100), page(500), page(601, 500, 600));
  t.equal(answer.text, 'OK 100=1.00 500=1.00 600=1.00 next=601');
  t.match(client.operations, [
    { kind: 'accounts', account: 0, amount: 3, terms: { name: 'a' } },
    { kind: 'accounts', account: 300, amount: 2, terms: { name: 'a' } },
    { kind: 'accounts', account: 500, amount: 2, terms: { name: 'a' } },
  ]);
  t.equal(client.operations.length, 3);
});

t.test('interpreter: ACCOUNTS: refused in its midst: the refusal, and nothing else', async (t) => {
  const { answer } = await answerTo('ACCOUNTS', page(300, 100), unavailable);
  t.match(answer, { text: 'ERR UNAVAILABLE: no backend is in sync', status: 3 });
  t.match((await answerTo('ACCOUNTS', lost)).answer, { status: 4, json: { op: 'accounts' } });
});

t.test('interpreter: each report: the answer that is its own', async (t) => {
  const account = reported({ account: { balance: '1.00', held: '0.00', name: null } });
  t.match((await answerTo('ACCOUNT 100', account)).answer.text, /^OK 1\.00 held=0\.00 /);
  const trial = reported({ currencies: [] });
  t.match((await answerTo('TRIAL', trial)).answer.json, { op: 'trial', currencies: [] });
});

t.test('interpreter: a word for an operation of another name: stays the one typed', async (t) => {
  for (const word of ['freeze', 'unfreeze', 'close']) {
    const { answer, client } = await answerTo(`${word} 100`, balanceIs(7));
    t.match(answer, { text: 'OK 0.07', json: { ok: true, op: word } });
    t.match(client.operations, [{ kind: 'amend', account: 100 }]);
    t.match((await answerTo(`${word} 100`, unavailable)).answer.json, { ok: false, op: word });
  }
});

t.test('interpreter: TRIAL AT: the past, or why it can not be told', async (t) => {
  const client = new ScriptedClient(() => lost);
  const asked = new GroupReader().read('TRIAL AT SEQ 3');
  if (asked.type === 'nothing') throw new Error('a line to be carried out');
  const lines: string[] = [];
  const output = { write: (line: string) => lines.push(line) } as unknown as Writable;
  let nowMs = 0;
  const watch = (label: string): ReplayProgress => {
    const progress = new ReplayProgress(output, label, () => nowMs);
    nowMs = 1_001;
    return progress;
  };
  const total = { currency: 'EUR', accounts: 1, balance: '5.00', system: '-5.00' };
  client.trial = async () =>
    ({ seq: 3 as Seq, currencies: [{ ...total, difference: '0.00' }] });
  t.match(await carryOut(client, asked, { watch }), {
    text: 'OK EUR accounts=1 balance=5.00 system=-5.00', json: { op: 'trial', seq: 3 }, status: 0,
  });
  t.same(lines, ['TRIAL AT: replayed 1 of 2 entries (50 %)\n']);
  client.trial = async () =>
    ({ seq: 3 as Seq, currencies: [{ ...total, difference: '0.01' }] });
  t.match(await carryOut(client, asked), { text: /^ERR OUT OF BALANCE: EUR /, status: 5 });
  client.trial = () => Promise.reject(new BeyondHistory(3, 2));
  t.match(await carryOut(client, asked), {
    text: 'ERR BAD REQUEST: seq 3 is beyond the last of the history, which is 2', status: 1,
  });
  client.trial = () => Promise.reject(new NoReport(unavailable));
  t.match(await carryOut(client, asked), { text: /^ERR UNAVAILABLE: /, status: 3 });
  t.same(client.operations, []);
});

const LINE = {
  seq: 7, index: 1, timestamp: '2026-11-01T00:00:00.000000Z', op: 'transfer', amount: '-2.00',
  balance: '3.00', other: 101, reference: 'rent, "May"',
} as const;

t.test('interpreter: QUERY AT: the balance then, or that there was no account', async (t) => {
  const client = new ScriptedClient(() => lost);
  const carry = (line: string) => carryOut(client, new GroupReader().read(line) as never);
  const found = { seq: 9 as Seq, account: 100, balance: '3.00', posting: LINE };
  client.balances = [
    async () => found, async () => undefined,
    () => Promise.reject(new BeyondHistory(30, 9)), () => Promise.reject(new NoReport(unavailable)),
  ];
  t.match(await carry('QUERY 100 AT SEQ 8'), {
    text: 'OK 3.00', status: 0,
    json: { ok: true, op: 'query', seq: 9, account: 100, balance: '3.00', posting: { seq: 7 } },
  });
  t.match(await carry('QUERY 100 AT 2026-11-01'), {
    text: 'ERR ACCT NOT FOUND: account 100 did not exist at 2026-11-01T00:00:00.000000Z', status: 1,
  });
  t.match(await carry('QUERY 100 AT SEQ 30'), { text: /^ERR BAD REQUEST: seq 30 is beyond/ });
  t.match(await carry('QUERY 100 AT SEQ 3'), { text: /^ERR UNAVAILABLE: /, status: 3 });
  t.same(client.calls, [
    'balance 100 {"seq":8}', 'balance 100 {"time":1793491200000000}', 'balance 100 {"seq":30}',
    'balance 100 {"seq":3}',
  ]);
});

t.test('interpreter: STATEMENT: as a line, as JSON, as CSV, as a table', async (t) => {
  const client = new ScriptedClient(() => lost);
  const carry = (line: string) => carryOut(client, new GroupReader().read(line) as never);
  const { other: _, reference: __, ...plain } = LINE;
  const deposit = { ...plain, index: 2, op: 'deposit', amount: '1.00', balance: '4.00' } as const;
  const statement = {
    account: 100, name: 'alice', currency: null, seq: 9 as Seq, opening: '5.00', closing: '4.00',
    lines: [LINE, deposit], isCut: false,
  };
  client.statements = Array.from({ length: 4 }, () => async () => statement);
  const answer = await carry('STATEMENT 100');
  t.equal(answer.text, 'OK opening=5.00 7.1=-2.00 7.2=+1.00 closing=4.00');
  t.match(answer.json, { ok: true, op: 'statement', ...statement });
  const table = answer.screen?.(new Chalk({ level: 0 }));
  t.match(table, /^account 100, name alice, currency -\nline +timestamp +op +other +amount +bal/);
  t.match(table, /\n7\.1 .* transfer +101 +-2\.00 +3\.00 +rent, "May"\n/);
  t.match(table, / closing +4\.00$/);
  const csv = await carry('STATEMENT 100 --csv');
  t.same(csv.text.split('\r\n'), [
    'seq,index,timestamp,op,amount,balance,other,id,reference,key',
    ',,,opening,,5.00,,,,',
    '7,1,2026-11-01T00:00:00.000000Z,transfer,-2.00,3.00,101,,"rent, ""May""",',
    '7,2,2026-11-01T00:00:00.000000Z,deposit,1.00,4.00,,,,',
    ',,,closing,,4.00,,,,',
  ]);
  const json = await carry('STATEMENT 100 --json --from 3');
  t.same(JSON.parse(json.text), answer.json);
  await carry('STATEMENT 100 --after 7.1 --limit 3');
  t.same(client.calls, [
    'statement 100 {"limit":20}', 'statement 100 {}', 'statement 100 {"from":{"seq":3}}',
    'statement 100 {"after":{"seq":7,"index":1},"limit":3}',
  ]);

  t.match(await carry('STATEMENT 100'), {
    text: 'ERR ACCT NOT FOUND: account 100 does not exist', status: 1,
  });
  const unknown = { ...statement, opening: null, lines: [{ ...LINE, amount: null }], isCut: true };
  client.statements = [async () => unknown];
  t.equal((await carry('STATEMENT 100')).text,
    'OK opening=unknown 7.1=unknown closing=4.00 cut=yes');
});
