/** The checker of histories is itself checked: it takes what is right and finds what is not. */
import t from 'tap';
import type { AnsweredOutcome } from '../../src/core/outcome.ts';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import type { Operation, Result } from '../../src/core/operation.ts';
import { explain, type Done } from './history-check.ts';

interface Told {
  readonly client?: number;
  readonly at: number;
  readonly seq: number;
  readonly result: Partial<Result>;
}

function done(operation: Operation, { client = 1, at, seq, result }: Told): Done {
  const outcome: AnsweredOutcome = {
    kind: 'answered', seq: seq as Seq, timestamp: 0 as Timestamp, request: 'x',
    result: {
      code: 'ok', kind: operation.kind, scale: 2, detail: 0, account: operation.account ?? 0,
      balance: 0, toBalance: 0, ...result,
    },
  };
  return { client, operation, outcome, startedMs: at, endedMs: at + 0.5 };
}

const create = done({ kind: 'create', amount: 500 },
  { at: 1, seq: 1, result: { account: 100, balance: 500, detail: 1 } });
const deposit = (told: Told): Done => done({ kind: 'deposit', account: 100, amount: 100 }, told);
const withdraw = (told: Told): Done => done({ kind: 'withdraw', account: 100, amount: 550 }, told);
const query = (told: Told): Done => done({ kind: 'query', account: 100 }, told);

t.test('one order explains it, also inside a batch', async (t) => {
  const { wrong, balances } = explain([
    create,
    withdraw({ client: 1, at: 2, seq: 2, result: { balance: 50, detail: 3 } }),
    deposit({ client: 2, at: 2, seq: 2, result: { balance: 600, detail: 2 } }),
    withdraw({ client: 3, at: 2, seq: 2, result: { code: 'insufficientFunds' } }),
    query({ client: 2, at: 2, seq: 1, result: { balance: 500, detail: 1 } }),
    query({ client: 2, at: 3, seq: 2, result: { balance: 50, detail: 3 } }),
  ]);
  t.same(wrong, []);
  t.same(balances, { 100: '0.50' });
});

const wrongs: Readonly<Record<string, readonly Done[]>> = {
  'an effect twice': [create, deposit({ at: 2, seq: 2, result: { balance: 700, detail: 3 } })],
  'an effect lost': [
    create,
    deposit({ at: 2, seq: 2, result: { balance: 600, detail: 2 } }),
    deposit({ at: 3, seq: 3, result: { balance: 600, detail: 2 } }),
  ],
  'overdrawn': [create, withdraw({ at: 2, seq: 2, result: { balance: -50, detail: 2 } })],
  'refused though there was enough': [
    create,
    done({ kind: 'withdraw', account: 100, amount: 1 },
      { at: 2, seq: 2, result: { code: 'insufficientFunds' } }),
  ],
  'a stale read': [
    create,
    deposit({ at: 2, seq: 2, result: { balance: 600, detail: 2 } }),
    query({ client: 2, at: 3, seq: 1, result: { balance: 500, detail: 1 } }),
  ],
  'a wrong read': [create, query({ at: 2, seq: 1, result: { balance: 501, detail: 1 } })],
  'against the order of time': [
    create,
    deposit({ at: 5, seq: 2, result: { balance: 600, detail: 2 } }),
    deposit({ client: 2, at: 3, seq: 3, result: { balance: 700, detail: 3 } }),
  ],
  "against a client's own order": [
    create,
    deposit({ at: 2, seq: 2, result: { balance: 700, detail: 3 } }),
    deposit({ at: 2, seq: 2, result: { balance: 600, detail: 2 } }),
  ],
};

for (const [name, history] of Object.entries(wrongs)) {
  t.test(`${name}: found`, async (t) => t.not(explain(history).wrong.length, 0));
}
