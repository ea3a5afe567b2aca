/**
 * First answers under batches at random: those that a follower finds who goes each way by itself,
 * step by step; and what a request was told first it is told for ever.
 */
import t, { type Test } from 'tap';
import type { ExecutedEntry } from '../../src/core/entry.ts';
import type { Seq, Timestamp } from '../../src/core/ids.ts';
import { Ledger, type LedgerLimits } from '../../src/core/ledger.ts';
import type { Original } from '../../src/core/message.ts';
import {
  CODE, DEFAULT_SCALE, KIND, OF_THE_WRITE, REASON, RESULT_BYTES, type Result,
} from '../../src/core/operation.ts';
import { Random } from '../../src/core/random.ts';
import { findOriginals } from '../../src/host/originals.ts';
import { readChunks } from '../../src/verify/twin/twin-records.ts';
import { BatchGenerator } from '../support/batch-generator.ts';
import { decodeResults } from '../support/ledger-batches.ts';

const BATCHES = 300;
const SEEDS = 8;
/** Nothing is forgotten; or much is. */
const PLENTY: LedgerLimits = {
  leasesMax: 4096, runsMax: 100_000, keysMax: 100_000, movementsMax: 12,
};
const FEW: LedgerLimits = { leasesMax: 3, runsMax: 40, keysMax: 12, movementsMax: 5 };

/** Details that nobody asked for when the write was done. */
const NONE = Buffer.from([CODE.neverHappened, KIND.details, DEFAULT_SCALE]).toString('hex')
  .padEnd(2 * RESULT_BYTES, '0');

type Journal = ReadonlyMap<number, ExecutedEntry>;

/** Of the `duplicate` there: the entry and the place of its first answer; undefined: no details. */
function follow(journal: Journal, duplicate: Result): [ExecutedEntry, number | undefined] {
  let [result, areDetails] = [duplicate, false];
  for (;;) {
    areDetails ||= result.kind === 'details' && result.detail === OF_THE_WRITE;
    const entry = journal.get(result.account) as ExecutedEntry;
    const all = decodeResults(entry.results);
    let index = result.balance;
    for (let left = result.toBalance; left > 0; ) {
      index += 1;
      if (all[index]?.kind !== 'details') left -= 1;
    }
    result = all[index] as Result;
    if (result.code === 'duplicate') continue;
    if (!areDetails) return [entry, index];
    const told = all[index + 1];
    return [entry, told?.code === 'ok' && told.kind === 'details' ? index + 1 : undefined];
  }
}

/** Each is the one that its duplicate leads to, and none is missing. Throws otherwise. */
function checkEach(t: Test, journal: Journal, results: Uint8Array, found: Original[]): void {
  const expected = decodeResults(results).flatMap((result, index) => {
    if (result.code !== 'duplicate') return [];
    const [{ seq, timestamp, results: all }, at] = follow(journal, result);
    return [{ index, seq, timestamp, told: at === undefined ? NONE : hexAt(all, at) }];
  });
  const told = found.map(({ result, ...place }) => ({ ...place, told: hexAt(result, 0) }));
  const line = ({ index, seq, timestamp, told: one }: (typeof expected)[number]): string =>
    `${index} ${seq} ${timestamp} ${one}`;
  if (told.map(line).join('\n') === expected.map(line).join('\n')) return;
  t.same(told, expected);
  throw new Error('first answers differ');
}

function hexAt(results: Uint8Array, index: number): string {
  return Buffer.from(results).toString('hex', index * RESULT_BYTES, (index + 1) * RESULT_BYTES);
}

/** What each request was told first, by session and number. */
class Told {
  readonly #first = new Map<string, string>();
  repeated = 0;

  /** Throws where a request is told something else than before. */
  note(batch: Uint8Array, answers: readonly Result[], mayForget: boolean): void {
    let index = 0;
    for (const { session, firstRequest, operations } of readChunks(batch)) {
      for (let done = 0; done < operations.length; done += 1, index += 1) {
        if (session === 0) continue;
        this.#noteOne(`${session}-${firstRequest + done}`, answers[index] as Result, mayForget);
      }
    }
  }

  #noteOne(request: string, answer: Result, mayForget: boolean): void {
    const first = this.#first.get(request);
    const isPassedOver = answer.code === 'badRequest' && answer.detail === REASON.passedOver;
    const told = JSON.stringify({ ...answer, kind: undefined });
    if (first !== undefined) {
      if (mayForget && answer.code === 'sessionExpired') return;
      if (first !== told) throw new Error(`${request} was told ${first}, then ${told}`);
      this.repeated += 1;
    } else if (answer.code !== 'sessionExpired' && !isPassedOver) this.#first.set(request, told);
  }
}

async function run(t: Test, seed: number, limits: LedgerLimits): Promise<number> {
  const generator = new BatchGenerator(new Random(seed));
  const ledger = new Ledger(limits);
  const journal = new Map<number, ExecutedEntry>();
  const told = new Told();
  for (let seq = 1; seq <= BATCHES; seq += 1) {
    const batch = generator.batch(seq);
    const timestamp = generator.timestamp() as Timestamp;
    const { results } = ledger.execute(seq as Seq, timestamp, batch);
    journal.set(seq, { seq, timestamp, results } as ExecutedEntry);
    const found = await findOriginals(results, async (wanted) => journal.get(wanted));
    checkEach(t, journal, results, found);
    const patched = results.slice();
    for (const { index, result } of found) patched.set(result, index * RESULT_BYTES);
    told.note(batch, decodeResults(patched), limits !== PLENTY);
  }
  return told.repeated;
}

for (const [name, limits] of [['all is remembered', PLENTY], ['much is forgotten', FEW]] as const) {
  t.test(`originals: batches at random: told once, told for ever (${name})`, async (t) => {
    let repeated = 0;
    for (let seed = 1; seed <= SEEDS; seed += 1) repeated += await run(t, seed, limits);
    t.ok(repeated > 100, `${repeated} were told again`);
  });
}
