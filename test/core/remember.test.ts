/** REMEMBER: how many idempotency keys are kept from its entry on. */
import t from 'tap';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import { Ledger } from '../../src/core/ledger.ts';
import { encodeChunk, KEYS_REMEMBERED_MAX, type Operation } from '../../src/core/operation.ts';
import { compareCheckpoint } from '../../src/verify/directory/compare-checkpoint.ts';
import { LedgerTwin } from '../../src/verify/twin/ledger-twin.ts';
import { copyState, joinChunks, Teller } from '../support/ledger-batches.ts';

const LIMITS = { leasesMax: 4, runsMax: 20_000, keysMax: 4, movementsMax: 4 };

function openBank() {
  const teller = new Teller(LIMITS);
  const session = teller.lease();
  let request = 1;
  const ask = (...operations: readonly Operation[]) => {
    const results = teller.ask(session, request, ...operations);
    request += operations.length;
    return results;
  };
  ask({ kind: 'create', amount: 1_000 });
  const pay = (key: string) => ask({ kind: 'deposit', account: 100, amount: 1, key })[0]?.code;
  const find = (key: string) => ask({ kind: 'outcome', key })[0]?.code;
  const remember = (amount: number) => teller.ask(0, 0, { kind: 'remember', amount })[0]?.code;
  return { teller, session, ask, pay, find, remember, nextRequest: () => request };
}

t.test('remember: grow, shrink, grow again: what is kept is found, the rest may be', async (t) => {
  const { teller, pay, find, remember } = openBank();
  t.equal(teller.ledger.keysMax, 4);
  for (const key of ['a', 'b', 'c', 'd', 'e']) pay(key);
  t.equal(remember(6), 'ok');
  t.equal(teller.ledger.keysMax, 6);
  for (const key of ['f', 'g']) pay(key);
  t.strictSame(['b', 'c', 'd', 'e', 'f', 'g'].map(pay), Array(6).fill('duplicate'));
  t.equal(find('a'), 'sessionExpired', 'it was dropped: nobody can tell');
  t.equal(remember(2), 'ok');
  t.strictSame(['f', 'g'].map(pay), ['duplicate', 'duplicate']);
  t.equal(find('e'), 'sessionExpired');
  t.equal(remember(1_000), 'ok');
  t.equal(find('e'), 'sessionExpired', 'and remains so');
  t.equal(find('never'), 'sessionExpired');
  t.equal(pay('e'), 'ok', 'as new');
  t.strictSame(['f', 'g', 'e'].map(pay), Array(3).fill('duplicate'));
});

t.test('remember: before the first was dropped: nothing is forgotten', async (t) => {
  const { pay, find, remember } = openBank();
  for (const key of ['a', 'b', 'c', 'd']) pay(key);
  remember(5);
  t.equal(find('x'), 'neverHappened');
  t.equal(pay('x'), 'keyReused', 'it is sealed');
  t.strictSame(['a', 'b', 'c', 'd'].map(pay), Array(4).fill('duplicate'));
});

t.test('remember: from its place in the entry on', async (t) => {
  const { teller, session, nextRequest, pay } = openBank();
  for (const key of ['a', 'b', 'c']) pay(key);
  const keyed = (...keys: readonly string[]) =>
    keys.map((key) => ({ kind: 'deposit', account: 100, amount: 1, key } as const));
  const first = encodeChunk(session, nextRequest(), keyed('a', 'b'));
  const fewer = encodeChunk(0, 0, [{ kind: 'remember', amount: 1 }]);
  const second = encodeChunk(session, nextRequest() + 2, keyed('c', 'a', 'c'));
  t.strictSame(teller.execute(first, fewer, second).map(({ code }) => code),
    ['duplicate', 'duplicate', 'ok', 'duplicate', 'ok', 'ok']);
});

t.test('remember: malformed, or not of the frontend: nothing changes', async (t) => {
  const { teller, session, ask, remember } = openBank();
  for (const amount of [0, -1, KEYS_REMEMBERED_MAX + 1, Number.MAX_SAFE_INTEGER]) {
    t.equal(remember(amount), 'badRequest', String(amount));
  }
  const own: Operation = { kind: 'remember', amount: 9 };
  t.match(ask(own), [{ code: 'badRequest', kind: 'remember' }]);
  t.match(teller.ask(0, 0, own, own), [{ code: 'badRequest' }, { code: 'badRequest' }]);
  t.match(teller.ask(0, 0, { ...own, key: 'k' }), [{ code: 'badRequest' }]);
  t.match(teller.execute(encodeChunk(session, 90, [own], true)), [{ code: 'badRequest' }]);
  t.equal(teller.ledger.keysMax, 4);
  t.equal(remember(KEYS_REMEMBERED_MAX), 'ok');
  t.equal(remember(1), 'ok');
});

t.test('remember: a restored ledger has it, and goes on alike', async (t) => {
  const { teller, pay, remember } = openBank();
  for (const key of ['a', 'b', 'c', 'd', 'e']) pay(key);
  remember(7);
  pay('f');
  const restored = Ledger.restore(teller.ledger.snapshot(), LIMITS);
  teller.ledger.releaseSnapshot();
  t.equal(restored.keysMax, 7);
  t.same(copyState(restored), copyState(teller.ledger));
  teller.ledger = restored;
  t.strictSame(['b', 'c', 'd', 'e', 'f'].map(pay), Array(5).fill('duplicate'));
  t.equal(pay('a'), 'ok');
});

t.test('remember: thousands of keys, whole pages of them dropped: as the twin', async (t) => {
  const twin = new LedgerTwin(LIMITS);
  let ledger = new Ledger(LIMITS);
  let seq = 0;
  let request = 1;
  const execute = (...chunks: readonly Uint8Array[]): void => {
    seq += 1;
    const batch = joinChunks(chunks);
    const { results, digest } = ledger.execute(seq as Seq, (10 * seq) as Timestamp, batch);
    const expected = twin.execute(seq, 10 * seq, batch);
    t.ok(Buffer.compare(results, expected.results) === 0, `seq ${seq}: results`);
    t.equal(digest, expected.digest);
    const image = ledger.snapshot();
    t.equal(compareCheckpoint(image, twin), undefined, `seq ${seq}: image`);
    const restored = Ledger.restore(image, LIMITS);
    ledger.releaseSnapshot();
    if (seq % 2 === 0) ledger = restored;
  };
  execute(encodeChunk(0, 0, [{ kind: 'lease' }]));
  const keysMaxes = [2_500, 1_024, 3_000, 1_025, 1, 2_048, 700, 1_500, 100, 1_023, 5_000];
  for (const [round, amount] of keysMaxes.entries()) {
    const count = 900 + 100 * (round % 3);
    const keyed = Array.from({ length: count }, (_, at): Operation => {
      const again = at % 4 === 0 ? Math.max(0, request - 1_500 - at) : request + at;
      return { kind: 'create', amount: 1, key: `key-${again}` };
    });
    const own = encodeChunk(0, 0, [{ kind: 'remember', amount }]);
    execute(own, encodeChunk(64, request, keyed));
    request += count;
  }
});
