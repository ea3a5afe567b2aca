import t from 'tap';
import type { Answer } from '../../src/cli/answer.ts';
import { GroupReader } from '../../src/cli/group-reader.ts';
import { carryOut } from '../../src/cli/interpreter.ts';
import type { Outcome } from '../../src/core/outcome.ts';
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
