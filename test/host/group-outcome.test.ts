/** Groups: what can be one, and what its answer says of all of it. */
import t from 'tap';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import {
  CHUNK_ATOMIC, encodeChunk, encodeResult, GROUP_OPERATIONS_MAX, REASON, RESULT_BYTES, viewOf,
  type Operation, type Result,
} from '../../src/core/operation.ts';
import { refused, unknown, type BulkAnsweredOutcome } from '../../src/core/outcome.ts';
import { prepareGroup, readGroup, requestInGroup } from '../../src/host/group-outcome.ts';

const PAY: Operation = { kind: 'transfer', account: 100, toAccount: 101, amount: 1 };

t.test('group: one chunk, marked', async (t) => {
  const group = [PAY, { ...PAY, terms: { ifVersion: 2 } }, { ...PAY, kind: 'deposit' }] as const;
  const prepared = prepareGroup(group);
  if (typeof prepared === 'string') throw new Error(prepared);
  t.equal(prepared.thing, 'request');
  t.equal(prepared.chunk[1], CHUNK_ATOMIC);
  t.equal(viewOf(prepared.chunk).getUint32(4, true), 3);
  t.type(prepareGroup(Array.from({ length: GROUP_OPERATIONS_MAX }, () => PAY)), 'object');
});

t.test('group: its key stands with the first', async (t) => {
  const prepared = prepareGroup([PAY, { ...PAY, terms: { ifVersion: 2 } }], { key: 'k' });
  if (typeof prepared === 'string') throw new Error(prepared);
  const keyed = [{ ...PAY, key: 'k' }, { ...PAY, terms: { ifVersion: 2 } }];
  const expected = encodeChunk(0, 0, keyed, true);
  t.same(prepared.chunk, expected);
  for (const key of ['', 'a b', 'é', 'x'.repeat(65)]) {
    t.equal(prepareGroup([PAY], { key }), 'a key is 1 to 64 visible ASCII characters');
  }
});

t.test('group: what can be none: a sentence that tells which and why', async (t) => {
  const plain = /^operation 1: a group is of update, deposit, withdraw and transfer, without keys/;
  const cases: readonly [readonly Operation[], RegExp][] = [
    [[], /^a group has 1 to 1000 operations$/],
    [Array.from({ length: GROUP_OPERATIONS_MAX + 1 }, () => PAY), /^a group has 1 to 1000/],
    [[PAY, { ...PAY, key: 'k' }], plain], [[PAY, { ...PAY, id: 'i' }], plain],
    [[PAY, { kind: 'create', amount: 1 }], plain], [[PAY, { kind: 'query', account: 1 }], plain],
    [[PAY, { ...PAY, kind: 'hold' }], plain], [[PAY, { kind: 'end' }], plain],
    [[PAY, PAY, { ...PAY, amount: -1 }], /^operation 2: an amount is an integer/],
  ];
  for (const [group, sentence] of cases) t.match(prepareGroup(group), sentence);
});

function answered(...all: readonly Partial<Result>[]): BulkAnsweredOutcome {
  const results = new Uint8Array(all.length * RESULT_BYTES);
  for (const [index, result] of all.entries()) {
    encodeResult(viewOf(results), index, {
      code: 'ok', kind: 'transfer', scale: 2, detail: 1, account: 100, balance: 5, toBalance: 6,
      ...result,
    });
  }
  const [seq, timestamp] = [17 as Seq, 5 as Timestamp];
  return { kind: 'answered', results, originals: [], seq, timestamp, request: '64-2' };
}

t.test('group: what became of it', async (t) => {
  const others = { code: 'groupRefused', detail: 1 } as const;
  t.match(readGroup(answered({}, { kind: 'deposit', account: 7 })), {
    kind: 'answered', seq: 17, timestamp: 5, request: '64-2',
    results: [{ code: 'ok', toBalance: 6 }, { kind: 'deposit', account: 7 }],
  });
  t.match(readGroup(answered(others, { code: 'accountFrozen', account: 9 }, others)), {
    kind: 'group-refused', definite: true, index: 1, seq: 17, request: '64-2',
    result: { code: 'accountFrozen', account: 9 },
  });
  t.match(readGroup(answered({ code: 'keyReused' }, { code: 'keyReused' })), {
    kind: 'group-refused', index: 0, result: { code: 'keyReused' },
  });
  const passedOver = { code: 'badRequest', detail: REASON.passedOver } as const;
  t.match(readGroup(answered(passedOver, passedOver)), {
    kind: 'refused', definite: true, code: 'UNAVAILABLE', request: '64-2',
  });
  t.match(readGroup(answered({ code: 'duplicate' }, { code: 'duplicate' })), {
    kind: 'unknown', definite: false, request: '64-2',
  }, 'first answers that are missing are not made up');
  const again: BulkAnsweredOutcome = {
    ...answered({}),
    originals: [{ index: 0, seq: 9 as Seq, timestamp: 3 as Timestamp, result: new Uint8Array(32) }],
  };
  t.match(readGroup(again), { kind: 'answered', seq: 9, timestamp: 3 }, 'of the first time');
  for (const outcome of [refused('BUSY', 'later', undefined), unknown('lost', '64-2')]) {
    t.equal(readGroup(outcome), outcome);
  }
});

t.test('group: with details: behind each operation, and taken out of its results', async (t) => {
  const prepared = prepareGroup([PAY, { ...PAY, kind: 'deposit' }], { details: true });
  if (typeof prepared === 'string') throw new Error(prepared);
  t.equal(viewOf(prepared.chunk).getUint32(4, true), 4);
  const most = Array.from({ length: GROUP_OPERATIONS_MAX }, () => PAY);
  t.type(prepareGroup(most, { details: true }), 'object');

  const told = { kind: 'details', account: 9, balance: 3, toBalance: 4, detail: 8 } as const;
  const done = readGroup(answered({}, told, { kind: 'deposit', account: 7 }, told));
  if (done.kind !== 'answered') throw new Error(done.kind);
  t.match(done.results, [{ kind: 'transfer' }, { kind: 'deposit', account: 7 }]);
  t.same(done.details, [
    { before: 9, available: 3, toBefore: 2, toAvailable: 4, toVersion: 8 },
    { before: 9, available: 3 },
  ]);
  t.same([0, 1].map((index) => requestInGroup(done, index)), ['64-2', '64-4']);
  const short = readGroup(answered({}, { kind: 'deposit' }));
  if (short.kind !== 'answered') throw new Error(short.kind);
  t.notOk('details' in short);
  t.same([0, 1].map((index) => requestInGroup(short, index)), ['64-2', '64-3']);

  const others = { code: 'groupRefused', detail: 1 } as const;
  const none = { ...others, kind: 'details' } as const;
  t.match(readGroup(answered(others, none, { code: 'accountFrozen' }, none)), {
    kind: 'group-refused', index: 1, result: { code: 'accountFrozen' },
  });
  const passedOver = { code: 'badRequest', detail: REASON.passedOver } as const;
  t.match(readGroup(answered(passedOver, { ...passedOver, kind: 'details' })), {
    kind: 'refused', definite: true,
  });
});
