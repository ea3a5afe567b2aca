/** Each check of `judgement.ts` finds the history that was made for it, and only that. */
import t from 'tap';
import type { Operation } from '../../src/core/operation.ts';
import { MadeHistory, SESSION } from '../support/made-history.ts';

const id = (number: number): string => `${SESSION}-${number}`;
const deposit = (amount: number): Operation => ({ kind: 'deposit', account: 100, amount });
const query: Operation = { kind: 'query', account: 100 };

/** A deposit as request 3, at seq 4. */
function withDeposit(): MadeHistory {
  const made = new MadeHistory();
  made.ran({ first: 3, operations: [deposit(7)] });
  return made;
}

t.test('judgement: the truth: nothing is found', async (t) => {
  const made = withDeposit();
  const answers = { request: id(3), seq: 4, result: made.result(4) };
  made.saw(deposit(7), answers);
  made.saw(query, { seq: 4, result: made.balance(100) });
  made.saw(deposit(8), { outcome: 'refused', request: id(4) });
  made.saw(deposit(9), { outcome: 'unknown', request: id(5) });
  made.saw({ kind: 'outcome', account: SESSION, toAccount: 3 }, { ...answers, request: id(6) });
  t.same(made.judged, []);
});

t.test('judgement: reads: what was not so at their seq, what was old, what vanished', async (t) => {
  const wrong = withDeposit();
  wrong.saw(query, { seq: 3, result: wrong.balance(100) });
  t.match(wrong.judged, [/saw 5700 at seq 3, where it was 5000/]);
  const stale = withDeposit();
  stale.saw(deposit(7), { client: 2, request: id(3), seq: 4, result: stale.result(4) });
  stale.saw(query, { seq: 3, result: { ...stale.balance(100), balance: 5_000 } });
  t.match(stale.judged, [/stale: read at 3, but 4 was answered/]);
  const vanished = new MadeHistory();
  vanished.saw(query, { seq: 9, result: vanished.balance(100) });
  t.match(vanished.judged, [/read at 9, which has vanished/]);
  const missing = new MadeHistory();
  missing.saw({ kind: 'query', account: 300 }, { seq: 3, result: missing.balance(100) });
  t.match(missing.judged, [/saw 5000 at seq 3, where it was undefined/]);
});

t.test('judgement: writes: not there, elsewhere, otherwise', async (t) => {
  const lost = new MadeHistory();
  lost.saw(deposit(7), { request: id(3), seq: 3, result: lost.result(3) });
  t.match(lost.judged, [/answered, but is not in the journal/]);
  const moved = withDeposit();
  moved.saw(deposit(7), { request: id(3), seq: 3, result: moved.result(4) });
  t.match(moved.judged, [/answered at 3, but ran at 4/]);
  const other = withDeposit();
  other.saw(deposit(7), { request: id(3), seq: 4, result: { ...other.result(4), balance: 1 } });
  t.match(other.judged, [/answered otherwise than it ran/]);
});

t.test('judgement: real time: a write before what was answered already', async (t) => {
  const made = withDeposit();
  made.ran({ first: 4, operations: [deposit(8)] });
  const late = { invokedMs: 0, completedMs: 100 };
  made.saw(deposit(8), { client: 2, request: id(4), seq: 5, result: made.result(5), ...late });
  t.same(made.judged, [], 'one that began before it may be anywhere');
  made.saw(deposit(7), { request: id(3), seq: 4, result: made.result(4), invokedMs: 101 });
  t.match(made.judged, [/ran at 4, after 5 was answered/]);
});

t.test('judgement: at most once: twice under one number, twice under two', async (t) => {
  const made = withDeposit();
  made.ran({ first: 4, operations: [deposit(7)] });
  t.match(made.judged, [/write deposit 7: ran 2 times/]);
  const again = withDeposit();
  const seq = again.ran({ first: 3, operations: [deposit(7)] });
  t.same(again.judged, [], 'a duplicate is none');
  again.forge(seq, 0, { code: 'ok', account: 100, balance: 6_400 });
  t.match(again.judged.join(), `request ${id(3)}: ran 2 times`);
  const keyed = new MadeHistory();
  keyed.ran({ first: 3, operations: [{ ...deposit(1), key: 'k' }] });
  const second = keyed.ran({ first: 4, operations: [{ ...deposit(1), key: 'k' }] });
  t.same(keyed.judged, []);
  keyed.forge(second, 0, { code: 'ok', account: 100, balance: 5_200 });
  t.match(keyed.judged.join(), 'key k: ran 2 times');
});

t.test('judgement: refused: ran all the same, under its number or another', async (t) => {
  const made = withDeposit();
  made.saw(deposit(7), { outcome: 'refused', detail: 'busy', request: id(3) });
  t.match(made.judged, [/refused \(busy\), but ran at 4/]);
  const unsent = withDeposit();
  unsent.saw(deposit(7), { outcome: 'refused', detail: 'no connection' });
  t.match(unsent.judged, [/unsent: refused \(no connection\), but ran at 4/]);
  const unknown = withDeposit();
  unknown.saw(deposit(7), { outcome: 'unknown', request: id(3) });
  t.same(unknown.judged, [], 'unknown may be either');
});

t.test('judgement: passed over: ran all the same', async (t) => {
  const made = withDeposit();
  const passedOver = { ...made.result(4), code: 'badRequest', detail: 5 } as const;
  made.saw(deposit(7), { request: id(3), seq: 5, result: passedOver });
  t.match(made.judged, [/passed over .*, but ran at 4/]);
});

t.test('judgement: OUTCOME: never happened, but did; another answer', async (t) => {
  const asked: Operation = { kind: 'outcome', account: SESSION, toAccount: 3 };
  const never = { ...withDeposit().result(4), code: 'neverHappened' } as const;
  const made = withDeposit();
  made.saw(asked, { request: id(9), seq: 3, result: never });
  t.match(made.judged, [/of 64-3: said never happened, but it ran at 4/]);
  const other = withDeposit();
  other.saw(asked, { request: id(9), seq: 4, result: { ...other.result(4), balance: 1 } });
  t.match(other.judged, [/of 64-3: answered otherwise than it ran/]);
  const invented = new MadeHistory();
  invented.saw(asked, { request: id(9), seq: 3, result: invented.result(3) });
  t.match(invented.judged, [/of 64-3: answered, but is not in the journal/]);
});

t.test('judgement: OUTCOME of a key: never happened, but did', async (t) => {
  const made = new MadeHistory();
  made.ran({ first: 3, operations: [{ ...deposit(1), key: 'k' }] });
  const never = { ...made.result(4), code: 'neverHappened' } as const;
  made.saw({ kind: 'outcome', key: 'k' }, { request: id(4), seq: 5, result: never });
  t.match(made.judged, [/of @k: said never happened, but it ran at 4/]);
});

t.test('judgement: keys: other content answered, the same refused, another answer', async (t) => {
  const keyed = { ...deposit(1), key: 'k' };
  const made = new MadeHistory();
  made.ran({ first: 3, operations: [keyed] });
  const result = made.result(4);
  made.saw(keyed, { request: id(3), seq: 4, result });
  made.saw(keyed, { request: id(4), seq: 4, result });
  t.same(made.judged, [], 'the first answer again');
  made.saw({ ...deposit(2), key: 'k' }, { request: id(5), seq: 4, result });
  t.match(made.judged, [/@k: answered for other content/]);
  const reused = new MadeHistory();
  reused.ran({ first: 3, operations: [keyed] });
  reused.saw(keyed, { request: id(4), seq: 5, result: { ...result, code: 'keyReused' } });
  t.match(reused.judged, [/@k: refused as reused, though it is the same operation/]);
});

t.test('judgement: the order of submission: overtaken writes and reads', async (t) => {
  const made = withDeposit();
  made.ran({ first: 4, operations: [deposit(8)] });
  // All at once, so that real time forbids nothing.
  const atOnce = { invokedMs: 0, completedMs: 100 };
  const [first, second] = [made.result(4), made.result(5)];
  made.saw(deposit(8), { request: id(4), seq: 5, result: second, ...atOnce });
  made.saw(deposit(7), { request: id(3), seq: 4, result: first, ...atOnce });
  t.match(made.judged, [/deposit 64-3 at 4 overtook a write at 5/]);
  const read = withDeposit();
  read.saw(deposit(7), { request: id(3), seq: 4, result: first, ...atOnce });
  read.saw(query, { seq: 3, result: { ...first, balance: 5_000 }, ...atOnce });
  t.match(read.judged, [/query unsent at 3 does not see 4, before it/]);
  const early = withDeposit();
  early.saw(query, { seq: 4, result: first, ...atOnce });
  early.saw(deposit(7), { request: id(3), seq: 4, result: first, ...atOnce });
  t.match(early.judged, [/deposit 64-3 was seen by a read before it/]);
  const anew = withDeposit();
  anew.saw(query, { seq: 4, result: first, ...atOnce });
  anew.saw(deposit(7), { request: id(3), seq: 4, result: first, ...atOnce, life: 2 });
  t.same(anew.judged, [], 'a client that began anew is another');
});

t.test('judgement: totals and refusals: money made, a no that was no truth', async (t) => {
  const made = new MadeHistory();
  const transfer: Operation = { kind: 'transfer', account: 100, toAccount: 101, amount: 9 };
  made.ran({ first: 3, operations: [transfer] });
  t.same(made.judged, []);
  made.forge(4, 0, { toBalance: 7_000 });
  t.match(made.judged.join(), 'seq 4: a transfer changes the total by 100, not by 0');
  t.match(made.judged.join(), 'account 101 ends with 6900, where its answers say 7000');
  const poor = new MadeHistory();
  poor.ran({ first: 3, operations: [{ kind: 'withdraw', account: 100, amount: 9 }] });
  poor.forge(4, 0, { code: 'insufficientFunds', balance: 5_000 });
  t.match(poor.judged.join(), 'seq 4: withdraw was refused for funds that account 100 has');
  const hidden = withDeposit();
  hidden.forge(4, 0, { code: 'accountNotFound', balance: 0 });
  t.match(hidden.judged.join(), 'seq 4: deposit found no account 100, which exists');
  t.match(hidden.judged.join(), 'seq 4: another result on replay');
});

t.test('judgement: details: of the write before them, and of what it found', async (t) => {
  const pay = { kind: 'transfer', account: 100, toAccount: 101, amount: 7 } as const;
  const operations = [deposit(1), pay, { kind: 'details' }] as const;
  const made = new MadeHistory();
  made.ran({ first: 3, operations });
  t.same(made.judged, []);
  for (const change of [{ account: 5_000 }, { balance: 4_401 }]) {
    const forged = new MadeHistory();
    const seq = forged.ran({ first: 3, operations });
    forged.forge(seq, 2, change);
    t.match(forged.judged.join(), /seq 4: details 2 tell of another write than the one before/);
  }
  const elsewhere = new MadeHistory();
  const apart: Operation[] = [pay, { kind: 'query' }, { kind: 'details' }];
  const seq = elsewhere.ran({ first: 3, operations: apart });
  elsewhere.forge(seq, 2, { code: 'ok', account: 5_000, balance: 4_300 });
  t.match(elsewhere.judged.join(), /details 2 tell of another write/);
});
