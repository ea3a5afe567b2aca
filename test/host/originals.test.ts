import t from 'tap';
import type { ExecutedEntry } from '../../src/core/entry.ts';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import {
  CHUNK_OPERATIONS_MAX, encodeChunk, encodeResult, RESULT_BYTES, viewOf, type Operation,
  type Result,
} from '../../src/core/operation.ts';
import { findOriginals } from '../../src/host/originals.ts';
import { decodeResults, Teller } from '../support/ledger-batches.ts';

function results(...all: Partial<Result>[]): Uint8Array {
  const bytes = new Uint8Array(all.length * RESULT_BYTES);
  all.forEach((result, index) =>
    encodeResult(viewOf(bytes), index, {
      code: 'ok', kind: 'deposit', scale: 2, detail: 0, account: 100, balance: 0, toBalance: 0,
      ...result,
    }));
  return bytes;
}

/** A journal of two entries. */
function journal(reads: number[]) {
  const entries = new Map<number, Uint8Array>([
    [3, results({ balance: 30 }, { balance: 31 })],
    [5, results({ code: 'insufficientFunds', balance: 50 })],
  ]);
  return async (seq: Seq): Promise<ExecutedEntry | undefined> => {
    reads.push(seq);
    const found = entries.get(seq);
    return found && ({ seq, timestamp: (seq * 10) as Timestamp, results: found } as ExecutedEntry);
  };
}

t.test('originals: duplicates among others: each gets its first answer', async (t) => {
  const reads: number[] = [];
  const asked = results(
    { balance: 1 },
    { code: 'duplicate', account: 3, balance: 1 },
    { code: 'duplicate', account: 3, balance: 0 },
    { code: 'accountNotFound' },
    { code: 'duplicate', account: 5, balance: 0 },
  );
  const originals = await findOriginals(asked, journal(reads));
  t.same(originals, [
    { index: 1, seq: 3, timestamp: 30, result: results({ balance: 31 }) },
    { index: 2, seq: 3, timestamp: 30, result: results({ balance: 30 }) },
    {
      index: 4, seq: 5, timestamp: 50,
      result: results({ code: 'insufficientFunds', balance: 50 }),
    },
  ]);
  t.same(reads, [5, 3], 'each entry is read once');
});

t.test('originals: a first answer that the journal lacks: a bug, never a guess', async (t) => {
  const lost = results({ code: 'duplicate', account: 4, balance: 0 });
  await t.rejects(findOriginals(lost, journal([])), /in the journal/);
  const beyond = results({ code: 'duplicate', account: 5, balance: 1 });
  await t.rejects(findOriginals(beyond, journal([])), /stands where/);
});

/** A ledger and its journal: what each entry gave, and how each chunk is answered in the end. */
function bank() {
  const teller = new Teller();
  const entries = new Map<number, Uint8Array>();
  let reads = 0;
  const read = async (seq: Seq): Promise<ExecutedEntry | undefined> => {
    const found = entries.get(seq);
    reads += 1;
    const timestamp = seq as number as Timestamp;
    return found && ({ seq, timestamp, results: found } as ExecutedEntry);
  };
  const ask = async (session: number, first: number, ...operations: Operation[]) => {
    const given = teller.executeBytes(encodeChunk(session, first, operations));
    entries.set(teller.seq, given);
    reads = 0;
    const originals = await findOriginals(given, read);
    const patched = given.slice();
    for (const { index, result } of originals) patched.set(result, index * RESULT_BYTES);
    const answers = decodeResults(patched).map(({ code, account, balance }) => ({
      code, account, balance,
    }));
    return { answers, seqs: originals.map(({ seq }) => seq as number), reads };
  };
  return { session: teller.lease(), ask };
}

t.test('originals: a retry of what was a duplicate already: still the first answer', async (t) => {
  const { session, ask } = bank();
  const pay: Operation = { kind: 'deposit', account: 100, amount: 5, scale: 2, key: 'k' };
  const first = [{ code: 'ok', account: 100, balance: 15 }];
  await ask(session, 1, { kind: 'create', amount: 10, scale: 2 });
  t.match(await ask(session, 2, pay), { answers: first, seqs: [] });
  t.match(await ask(session, 3, pay), { answers: first, seqs: [3] }, 'the key was used before');
  t.match(await ask(session, 3, pay), { answers: first, seqs: [3] }, 'its answer was lost');
  const outcomeOf = (request: number): Operation => ({
    kind: 'outcome', account: session, toAccount: request,
  });
  t.match(await ask(session, 4, outcomeOf(3)), { answers: first, seqs: [3] });
  t.match(await ask(session, 5, outcomeOf(4)), { answers: first, seqs: [3] });
  t.match(await ask(session, 5, outcomeOf(4)), { answers: first, seqs: [3] });
  t.match(await ask(session + 1, 1, pay, outcomeOf(5), { kind: 'outcome', key: 'k' }), {
    answers: [...first, ...first, ...first], seqs: [3, 3, 3],
  });
});

t.test('originals: a large retry of a large retry: each entry is read once', async (t) => {
  const { session, ask } = bank();
  await ask(session, 1, { kind: 'create', amount: 10, scale: 2 });
  const run: Operation[] = Array.from({ length: 1000 }, (_, at) => ({
    kind: 'deposit', account: 100, amount: 1, scale: 2, key: `line-${at}`,
  }));
  await ask(session, 2, ...run);
  t.equal((await ask(session + 1, 1, ...run)).reads, 1);
  const again = await ask(session + 1, 1, ...run);
  t.equal(again.reads, 2);
  t.same(again.answers.map(({ balance }) => balance), run.map((_, at) => 11 + at));
});

t.test('originals: a first answer that is said to come later: a bug, never a loop', async (t) => {
  const entries = new Map<number, Uint8Array>([
    [6, results({ code: 'duplicate', account: 6, balance: 0 })],
  ]);
  const asked = results({ code: 'duplicate', account: 6, balance: 0 });
  const itself = findOriginals(asked, async (seq) =>
    ({ seq, timestamp: 1 as Timestamp, results: entries.get(seq) }) as ExecutedEntry);
  await t.rejects(itself, /given before/);
  const later = results({ code: 'duplicate', account: 7, balance: 0 });
  const ahead = findOriginals(asked, async (seq) =>
    ({ seq, timestamp: 1 as Timestamp, results: later }) as ExecutedEntry);
  await t.rejects(ahead, /given before/);
});

t.test('originals: OUTCOMEs, each of the one before: as quick as any others', async (t) => {
  const { session, ask } = bank();
  await ask(session, 1, { kind: 'create', amount: 10, scale: 2 });
  const chain = Array.from({ length: CHUNK_OPERATIONS_MAX }, (_, at): Operation =>
    ({ kind: 'outcome', account: session, toAccount: 1 + at }));
  const begun = performance.now();
  const { answers, seqs, reads } = await ask(session, 2, ...chain);
  // Followed one by one it was 33 million steps, without a turn of the event loop.
  t.ok(performance.now() - begun < 5_000, 'no backend is silent for so long');
  t.equal(reads, 2);
  t.ok(answers.every(({ code, account }) => code === 'ok' && account === 100));
  t.ok(seqs.every((seq) => seq === 2));
});

t.test('originals: scattered over many entries, to and fro: each is read once', async (t) => {
  const { session, ask } = bank();
  await ask(session, 1, { kind: 'create', amount: 10, scale: 2 });
  const deposit: Operation = { kind: 'deposit', account: 100, amount: 1, scale: 2 };
  for (let request = 2; request < 12; request += 1) await ask(session, request, deposit);
  const scattered = Array.from({ length: 100 }, (_, at): Operation =>
    ({ kind: 'outcome', account: session, toAccount: 2 + ((7 * at) % 10) }));
  const first = await ask(session, 12, ...scattered);
  t.equal(first.reads, 10);
  t.same(first.answers.map(({ balance }) => balance), scattered.map((_, at) =>
    11 + ((7 * at) % 10)));
  const again = await ask(session, 12, ...scattered);
  t.equal(again.reads, 11);
  t.same(again.answers, first.answers);
});
