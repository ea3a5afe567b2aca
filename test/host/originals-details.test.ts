/** Details of what came again: those of its first execution, or none; never those of another. */
import t from 'tap';
import type { ExecutedEntry } from '../../src/core/entry.ts';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import {
  encodeChunk, RESULT_BYTES, type Operation, type Result,
} from '../../src/core/operation.ts';
import { findOriginals } from '../../src/host/originals.ts';
import { decodeResults, joinChunks, Teller } from '../support/ledger-batches.ts';

const DETAILS: Operation = { kind: 'details' };
const PAY = { kind: 'deposit', account: 100, amount: 5, scale: 2, key: 'k' } as const;
const PLAIN: Operation = { kind: 'deposit', account: 100, amount: 1, scale: 2 };
const NONE = { code: 'neverHappened', kind: 'details', account: 0, balance: 0 };
const PAY_LATER: Operation = { ...PLAIN, amount: 2 };
/** Of PAY at its first execution: 0.10 before. */
const TOLD = { code: 'ok', kind: 'details', account: 10, balance: 15 };

/** A ledger and its journal; account 100 has 0.10. Answers are as clients get them. */
function bank() {
  const teller = new Teller();
  const entries = new Map<number, ExecutedEntry>();
  const read = async (seq: Seq): Promise<ExecutedEntry | undefined> => entries.get(seq);
  const [one, other] = [teller.lease(), teller.lease()];
  const ask = async (...chunks: readonly Uint8Array[]): Promise<readonly Result[]> => {
    const batch = joinChunks(chunks);
    const results = teller.executeBytes(batch);
    const [seq, timestamp] = [teller.seq as Seq, teller.seq as number as Timestamp];
    entries.set(seq, { seq, timestamp, batch, results } as ExecutedEntry);
    const patched = results.slice();
    for (const { index, result } of await findOriginals(results, read)) {
      patched.set(result, index * RESULT_BYTES);
    }
    return decodeResults(patched);
  };
  teller.ask(other, 1, { kind: 'create', amount: 10, scale: 2 });
  return {
    ask, teller, session: one, another: other,
    one: (first: number, ...all: readonly Operation[]) => encodeChunk(one, first, all),
    other: (first: number, ...all: readonly Operation[]) => encodeChunk(other, first, all),
    group: (session: number, first: number, ...all: readonly Operation[]) =>
      encodeChunk(session, first, all, true),
  };
}

t.test('originals: details: a retry of both: the first answers', async (t) => {
  const { ask, one } = bank();
  t.match(await ask(one(1, PAY, DETAILS)), [{ code: 'ok' }, TOLD]);
  t.match(await ask(one(1, PAY, DETAILS)), [{ code: 'ok', balance: 15 }, TOLD]);
  t.match(await ask(one(2, DETAILS)), [TOLD], 'of one by itself');
});

t.test('originals: details: another session, under the key: those of the first', async (t) => {
  const { ask, one, other, session } = bank();
  await ask(one(1, PLAIN), other(2, PLAIN));
  const told = { ...TOLD, account: 12, balance: 17 };
  t.match(await ask(one(2, PAY, DETAILS)), [{ code: 'ok' }, told]);
  await ask(one(4, PLAIN));
  t.match(await ask(other(3, PAY, DETAILS)), [{ code: 'ok', balance: 17 }, told]);
  t.match(await ask(other(3, PAY, DETAILS)), [{ balance: 17 }, told], 'its answer was lost');
  const asked: Operation[] = [
    { kind: 'outcome', account: session, toAccount: 3 }, { kind: 'outcome', key: 'k' },
  ];
  t.match(await ask(one(5, ...asked)), [told, { kind: 'deposit', balance: 17 }]);
});

t.test('originals: details: the first asker did not ask: none', async (t) => {
  const behind: readonly (readonly [what: string, ...Operation[]])[] = [
    ['the last of its entry'],
    ['another write', PLAIN], ['a write and its details', PLAIN, DETAILS],
    ['malformed details', { kind: 'details', key: 'x' }],
    ['the same write again', PAY, DETAILS],
  ];
  for (const [what, ...others] of behind) {
    const { ask, one, other } = bank();
    await ask(one(1, PAY, ...others));
    t.match(await ask(other(2, PAY, DETAILS)), [{ code: 'ok', balance: 15 }, NONE], what);
    t.match(await ask(other(2, PAY, DETAILS)), [{ balance: 15 }, NONE], `${what}: again`);
  }
});

t.test('originals: details: what begins the next chunk is another\'s: none', async (t) => {
  const { ask, one, other } = bank();
  t.match(await ask(other(2, PLAIN, DETAILS)), [{ code: 'ok' }, { account: 10, balance: 11 }]);
  // A retry of those details alone, right behind the write in its entry.
  t.match(await ask(one(1, PAY), other(3, DETAILS)), [
    { code: 'ok', balance: 16 }, { code: 'ok', kind: 'details', account: 10, balance: 11 },
  ]);
  t.match(await ask(other(4, PAY, DETAILS)), [{ balance: 16 }, NONE]);
  await ask(one(2, { ...PAY, key: 'm' }), other(6, DETAILS, PLAIN, DETAILS));
  t.match(await ask(other(9, { ...PAY, key: 'm' }, DETAILS)), [{ balance: 21 }, NONE]);
});

t.test('originals: details: of a write that was refused under its key: none', async (t) => {
  const { ask, one, other } = bank();
  const poor = { ...PAY, kind: 'withdraw', amount: 99 } as const;
  t.match(await ask(one(1, poor, DETAILS)), [{ code: 'insufficientFunds' }, NONE]);
  t.match(await ask(other(2, poor, DETAILS)), [{ code: 'insufficientFunds' }, NONE]);
});

t.test('originals: details: only now asked for: none, or those of the key', async (t) => {
  const { ask, one, other } = bank();
  await ask(one(1, PLAIN));
  t.match(await ask(one(1, PLAIN, DETAILS)), [{ balance: 11 }, NONE], 'they are new, it is not');
  await ask(one(3, PAY, DETAILS));
  await ask(other(2, PAY));
  t.match(await ask(other(2, PAY, DETAILS)), [{ balance: 16 }, { account: 11, balance: 16 }]);
});

t.test('originals: details: twice in one batch', async (t) => {
  const { ask, one, other, teller } = bank();
  t.match(await ask(one(1, PAY, DETAILS), other(2, PAY, DETAILS)), [
    { balance: 15 }, TOLD, { balance: 15 }, TOLD,
  ]);
  t.same(teller.balances(), [15]);
});

t.test('originals: a group under its key: the first answers, with details or not', async (t) => {
  const out = { ...PLAIN, kind: 'withdraw' } as const;
  const [pays, both] = [[{ balance: 15 }, { balance: 14 }], [TOLD, { account: 15, balance: 14 }]];
  const full = [pays[0], both[0], pays[1], both[1]];
  const layouts: readonly (readonly [Operation[], answers: object[], again: object[]])[] = [
    [[PAY, out], pays, [pays[0], NONE, pays[1], NONE]],
    [[PAY, DETAILS, out, DETAILS], full, full],
    [[PAY, out, DETAILS], [...pays, both[1]], [pays[0], NONE, pays[1], both[1]]],
    [[PAY, DETAILS, out], [pays[0], both[0], pays[1]], [pays[0], both[0], pays[1], NONE]],
  ] as readonly (readonly [Operation[], object[], object[]])[];
  for (const [layout, answers, again] of layouts) {
    const { ask, one, group, session, another, teller } = bank();
    t.match(await ask(group(session, 1, ...layout), one(9, PLAIN, DETAILS)), answers);
    const fully = group(another, 2, PAY, DETAILS, out, DETAILS);
    t.match(await ask(fully), again);
    t.match(await ask(fully), again, 'its answers were lost');
    t.match(await ask(group(another, 6, PAY, out)), pays);
    t.match(await ask(group(another, 6, PAY, out)), pays, 'and these');
    const asked: Operation = { kind: 'outcome', account: another, toAccount: 4 };
    t.match(await ask(one(20, asked, { kind: 'outcome', key: 'k' })), [pays[1], pays[0]]);
    t.same(teller.balances(), [15]);
  }
});

t.test('originals: a group that was refused under its key: the refusal, of each', async (t) => {
  const { ask, group, session, another } = bank();
  const poor = { ...PLAIN, kind: 'withdraw', amount: 99 } as const;
  const others = { code: 'groupRefused', detail: 1 };
  t.match(await ask(group(session, 1, PAY, poor, PAY_LATER)), [
    others, { code: 'insufficientFunds', balance: 15 }, others,
  ]);
  t.match(await ask(group(another, 2, PAY, DETAILS, poor, DETAILS, PAY_LATER, DETAILS)), [
    others, NONE, { code: 'insufficientFunds', balance: 15 }, NONE, others, NONE,
  ]);
});
