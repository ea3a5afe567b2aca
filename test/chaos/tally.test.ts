import t from 'tap';
import { Tally } from '../../src/chaos/tally.ts';
import type { Operation, Result } from '../../src/core/operation.ts';

function result(account: number, version: number, balance: number): Result {
  return {
    code: 'ok', kind: 'query', scale: 2, detail: version, account, balance, toBalance: 0,
  };
}

const DEPOSIT: Operation = { kind: 'deposit', account: 100, amount: 5, scale: 2 };
const TRANSFER: Operation = { kind: 'transfer', account: 100, toAccount: 101, amount: 1, scale: 2 };

function tallied(): Tally {
  const tally = new Tally();
  tally.onOk({ kind: 'create', amount: 50, scale: 2 }, result(100, 1, 50));
  tally.onOk({ kind: 'create', amount: 60, scale: 2 }, result(101, 1, 60));
  tally.onOk(DEPOSIT, result(100, 2, 55));
  tally.onOk(TRANSFER, result(100, 3, 54));
  tally.onOk({ kind: 'query', account: 100 }, result(100, 3, 54));
  return tally;
}

t.test('tally: as acknowledged: nothing is wrong', async (t) => {
  t.equal(tallied().judge(result(100, 3, 54)), undefined);
  t.equal(tallied().judge(result(101, 2, 61)), undefined);
});

t.test('tally: a change is lost, or happened twice: told, with the numbers', async (t) => {
  t.match(tallied().judge(result(100, 2, 55)),
    /account 100 was changed 2 times, but 3 changes were acknowledged/);
  t.match(tallied().judge(result(101, 3, 62)),
    /101 was changed 3 times, but 2 changes were acknowledged: one happened twice/);
});

t.test('tally: another balance after the same change: told', async (t) => {
  t.equal(tallied().judge(result(100, 3, 5400)),
    'account 100 holds 54.00, but held 0.54 after the same change 3');
});

t.test('tally: unknown outcomes: may have happened or not, once each', async (t) => {
  const tally = tallied();
  tally.onUnknown(DEPOSIT);
  tally.onUnknown(TRANSFER);
  tally.onUnknown({ kind: 'query', account: 100 });
  tally.onUnknown({ kind: 'create', amount: 1, scale: 2 });
  for (const version of [3, 4, 5]) t.equal(tally.judge(result(100, version, 54)), undefined);
  t.match(tally.judge(result(100, 6, 54)), /3 changes were acknowledged and 2 are unknown/);
  t.equal(tally.judge(result(101, 3, 62)), undefined);
  t.match(tally.judge(result(101, 4, 62)), /and 1 are unknown/);
});

t.test('tally: what was seen once may not be gone later', async (t) => {
  const tally = tallied();
  tally.onUnknown(DEPOSIT);
  tally.onOk({ kind: 'query', account: 100 }, result(100, 4, 59));
  t.match(tally.judge(result(100, 3, 54)), /changed 3 times, but was at its change 4 before/);
});
