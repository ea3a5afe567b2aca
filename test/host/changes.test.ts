/** Changes and past trial balances, from made-up histories. */
import t from 'tap';
import { refused } from '../../src/core/outcome.ts';
import type { Position } from '../../src/core/history-page.ts';
import type { Timestamp } from '../../src/core/ids.ts';
import type { Operation } from '../../src/core/operation.ts';
import { utcText } from '../../src/core/utc-text.ts';
import { NoReport } from '../../src/host/account-reports.ts';
import { readMoment } from '../../src/host/asked-moment.ts';
import { eachChange, type ChangesOptions } from '../../src/host/changes.ts';
import type { Change } from '../../src/host/client.ts';
import type { AskPage } from '../../src/host/history-pages.ts';
import { trialAt } from '../../src/host/past-trial.ts';
import { sleep } from '../../src/host/sleep.ts';
import { MadeHistory } from '../support/history-of.ts';

/** Pages of so many entries. */
function pagesOf(made: MadeHistory, entries = Infinity): AskPage {
  return async (from) => made.page(from, entries);
}

async function changesOf(ask: AskPage, options: ChangesOptions = {}): Promise<Change[]> {
  const changes: Change[] = [];
  const asked = { follow: false, timeoutMs: 500, ...options };
  for await (const change of eachChange(ask, asked)) changes.push(change);
  return changes;
}

function smallHistory(): MadeHistory {
  const made = new MadeHistory();
  made.do(
    { kind: 'create', amount: 50, terms: { name: 'alice', currency: 'JPY', floor: -500 } },
    { kind: 'create', amount: 2_000, scale: 2, key: 'k' },
    { kind: 'create', amount: 0 },
  );
  made.do({ kind: 'withdraw', account: 101, amount: 999 });
  const named = { id: 'tx', reference: 'May' };
  made.do({ kind: 'transfer', account: 101, toAccount: 102, amount: 5, ...named });
  made.do({ kind: 'hold', account: 101, toAccount: 102, amount: 4, forSeconds: 60 });
  made.do({ kind: 'hold', account: 101, toAccount: 102, amount: 3, id: 'later' });
  made.do({ kind: 'update', account: 100, amount: 20 }, { kind: 'void', id: '5.0' });
  made.do({ kind: 'capture', id: 'later' }, { kind: 'reverse', id: 'tx', amount: 1 });
  const withdraw: Operation = { kind: 'withdraw', account: 102, amount: 1 };
  made.group({ kind: 'deposit', account: 100, amount: 7 }, withdraw);
  made.do({ kind: 'amend', account: 102, terms: { ceiling: 90, scale: 1, frozen: true } });
  return made;
}

t.test('changes: what changed something, in the words of the answers', async (t) => {
  const changes = await changesOf(pagesOf(smallHistory()));
  const at = (second: number): string => utcText(second * 1_000_000);
  const base = { seq: 2, timestamp: at(2), op: 'create', version: 1 };
  t.same(changes, [
    { ...base, index: 0, request: '64-1', account: 100, balance: '50', amount: '50',
      name: 'alice', currency: 'JPY', floor: '-500' },
    { ...base, index: 1, request: '64-2', key: 'k', account: 101, balance: '20.00',
      amount: '20.00' },
    { ...base, index: 2, request: '64-3', account: 102, balance: '0.00', amount: '0.00' },
    { seq: 4, index: 0, timestamp: at(4), op: 'transfer', request: '64-5', id: 'tx',
      reference: 'May',
      account: 101, balance: '15.00', toAccount: 102, toBalance: '5.00', amount: '5.00',
      version: 2 },
    { seq: 5, index: 0, timestamp: at(5), op: 'hold', request: '64-6', id: '5.0', account: 101,
      balance: '15.00', toAccount: 102, amount: '4.00', version: 3,
      expiresAt: '1970-01-01T00:01:05.000000Z' },
    { seq: 6, index: 0, timestamp: at(6), op: 'hold', request: '64-7', id: 'later', account: 101,
      balance: '15.00', toAccount: 102, amount: '3.00', version: 4, expiresAt: null },
    { seq: 7, index: 0, timestamp: at(7), op: 'update', request: '64-8', account: 100,
      balance: '20', amount: '-30', version: 2 },
    { seq: 7, index: 1, timestamp: at(7), op: 'void', request: '64-9', id: '5.0', account: 101,
      balance: '15.00', version: 5 },
    { seq: 8, index: 0, timestamp: at(8), op: 'capture', request: '64-10', id: 'later',
      account: 101, balance: '12.00', toAccount: 102, toBalance: '8.00', amount: '3.00',
      version: 6 },
    { seq: 8, index: 1, timestamp: at(8), op: 'reverse', request: '64-11', id: 'tx',
      account: 101, balance: '13.00', toAccount: 102, toBalance: '7.00', amount: '1.00',
      version: 7 },
    { seq: 9, index: 0, timestamp: at(9), op: 'deposit', request: '64-12', group: '64-12',
      account: 100, balance: '27', amount: '7', version: 3 },
    { seq: 9, index: 1, timestamp: at(9), op: 'withdraw', request: '64-13', group: '64-12',
      account: 102, balance: '6.00', amount: '1.00', version: 5 },
    { seq: 10, index: 0, timestamp: at(10), op: 'amend', request: '64-14', account: 102,
      balance: '6.00', version: 6, ceiling: '9.00', frozen: true },
  ]);
});

t.test('changes: from each position, and behind each: the rest, once', async (t) => {
  const made = MadeHistory.random(4, 120);
  const all = await changesOf(pagesOf(made));
  t.ok(all.length >= 40, String(all.length));
  const places = (changes: readonly Change[]): string =>
    changes.map(({ seq, index, balance }) => `${seq}.${index}=${balance}`).join(' ');
  for (const [at, { seq, index }] of all.entries()) {
    const from: Position = { seq, index };
    const ask = pagesOf(made, 1 + (at % 7));
    if (places(await changesOf(ask, { from })) !== places(all.slice(at))) t.fail(`from ${at}`);
    const behind = await changesOf(ask, { after: from });
    if (places(behind) !== places(all.slice(at + 1))) t.fail(`after ${at}`);
    const to = await changesOf(ask, { to: seq });
    if (places(to) !== places(all.filter((each) => each.seq <= seq))) t.fail(`to ${at}`);
  }
  t.pass('all of them');
});

t.test('changes: an amount that only the balance before tells: where it was told', async (t) => {
  const made = smallHistory();
  const [update] = await changesOf(pagesOf(made), { from: { seq: 7, index: 0 } });
  t.equal(update?.amount, undefined);
  const [, again] = await changesOf(pagesOf(made), { from: { seq: 6, index: 0 } });
  t.equal(again?.amount, undefined, 'another account tells nothing');
  const capture = (await changesOf(pagesOf(made), { from: { seq: 6, index: 0 } }))[3];
  t.match(capture, { op: 'capture', amount: '3.00' });
});

t.test('changes: seqs that the bank has not: an error at once', async (t) => {
  const ask = pagesOf(smallHistory());
  const beyond = { name: 'BeyondHistory', message: /^seq 12 is beyond the last .* which is 10$/ };
  await t.rejects(changesOf(ask, { from: { seq: 12, index: 0 } }), beyond);
  await t.rejects(changesOf(ask, { from: { seq: 12, index: 0 }, follow: true }), beyond);
  await t.rejects(changesOf(ask, { to: 12 }), beyond);
  t.same(await changesOf(ask, { from: { seq: 11, index: 0 } }), []);
  t.same(await changesOf(ask, { after: { seq: 10, index: 0 } }), []);
});

t.test('changes: followed: what comes is told, until the seq or the end', async (t) => {
  const made = smallHistory();
  const seen: number[] = [];
  const from = { seq: 10, index: 0 };
  const changes = eachChange(pagesOf(made), { from, to: 14, timeoutMs: 500 });
  for await (const { seq } of changes) {
    seen.push(seq);
    made.do({ kind: 'deposit', account: 101, amount: 1 });
  }
  t.same(seen, [10, 11, 12, 13, 14]);
  const ending = new AbortController();
  const { signal } = ending;
  setTimeout(() => ending.abort(), 50);
  const after = { seq: 13, index: 0 };
  const rest = await changesOf(pagesOf(made), { after, follow: true, signal });
  t.equal(rest.length, 2);
});

t.test('changes: followed, while nothing is new: asked ten times a second', async (t) => {
  const made = smallHistory();
  let asked = 0;
  const ask: AskPage = async (from) => {
    asked += 1;
    return made.page(from);
  };
  const signal = AbortSignal.timeout(1_000);
  await changesOf(ask, { after: { seq: 10, index: 0 }, follow: true, signal });
  t.ok(asked >= 8 && asked <= 16, String(asked));
});

t.test('changes: a bank that is away for a while: nothing twice, nothing missing', async (t) => {
  const made = smallHistory();
  let asked = 0;
  const ask: AskPage = async (from) => {
    asked += 1;
    const outcome = refused('UNAVAILABLE', 'no backend is in sync', undefined);
    if (asked % 3 !== 0) throw new NoReport(outcome);
    return made.page(from, 2);
  };
  t.same(await changesOf(ask), await changesOf(pagesOf(made)));
  const away: AskPage = async () => {
    throw new NoReport(refused('UNAVAILABLE', 'no backend is in sync', undefined));
  };
  await t.rejects(changesOf(away, { timeoutMs: 120 }), { name: 'NoReport' });
  const startMs = performance.now();
  const wrong: AskPage = async () => {
    throw new NoReport(refused('BAD_REQUEST', 'no position', undefined));
  };
  await t.rejects(changesOf(wrong, { timeoutMs: 5_000 }), { name: 'NoReport' });
  t.ok(performance.now() - startMs < 2_000, 'what is wrong is not asked again');
});

t.test('changes: who stops asking is asked for no more than one page ahead', async (t) => {
  let asked = 0;
  const ask: AskPage = async (from) => {
    asked += 1;
    return smallHistory().page(from, 2);
  };
  for await (const _ of eachChange(ask, { follow: true, timeoutMs: 500 })) break;
  t.equal(asked, 2);
  asked = 0;
  const away: AskPage = async (from) => {
    asked += 1;
    if (asked === 1) return smallHistory().page(from, 2);
    throw new NoReport(refused('UNAVAILABLE', 'the client is closed', undefined));
  };
  for await (const _ of eachChange(away, { follow: true, timeoutMs: 500 })) break;
  await sleep(300);
  t.equal(asked, 2, 'and then for none');
});

t.test('trial of the past: at every seq and time as it was then', async (t) => {
  const told: unknown[] = [];
  const made = MadeHistory.random(6, 40, (sofar) => {
    told.push(sofar.trial());
  });
  for (const { seq, timestamp } of made.entries) {
    const bySeq = await trialAt(pagesOf(made, 9), { seq }, { timeoutMs: 500 });
    const byTime = await trialAt(pagesOf(made), { time: timestamp }, { timeoutMs: 500 });
    t.same(bySeq, { seq, currencies: told[seq - 1] });
    t.same(byTime, bySeq);
    const before = { time: timestamp - 1 as Timestamp };
    t.equal((await trialAt(pagesOf(made), before, { timeoutMs: 500 })).seq, seq - 1);
  }
  const none = { seq: 0, currencies: [] };
  t.same(await trialAt(pagesOf(made), { seq: 0 }, { timeoutMs: 500 }), none);
  const beyond = trialAt(pagesOf(made), { seq: 41 }, { timeoutMs: 500 });
  await t.rejects(beyond, { name: 'BeyondHistory' });
});

t.test('moments: as programs name them', async (t) => {
  t.same(readMoment({ seq: 3 }), { seq: 3 });
  t.same(readMoment({ time: '1970-01-02' }), { time: 86_400_000_000 });
  t.same(readMoment({ time: new Date(5) }), { time: 5_000 });
  for (const wrong of [{ seq: -1 }, { seq: 0.5 }, { time: 'now' }, { time: new Date(NaN) }]) {
    t.type(readMoment(wrong), 'string');
  }
});
