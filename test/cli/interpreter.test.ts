import type { Writable } from 'node:stream';
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
