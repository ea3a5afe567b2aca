import t from 'tap';
import type { ExecutedEntry } from '../../src/core/entry.ts';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import { encodeResult, RESULT_BYTES, viewOf, type Result } from '../../src/core/operation.ts';
import { findOriginals } from '../../src/host/originals.ts';

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
  t.same(reads, [3, 5], 'an entry is read once for duplicates in a row');
});

t.test('originals: a first answer that the journal lacks: a bug, never a guess', async (t) => {
  const lost = results({ code: 'duplicate', account: 4, balance: 0 });
  await t.rejects(findOriginals(lost, journal([])), /in the journal/);
  const beyond = results({ code: 'duplicate', account: 5, balance: 1 });
  await t.rejects(findOriginals(beyond, journal([])), /stands where/);
});
