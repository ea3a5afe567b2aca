import t from 'tap';
import type { ExecutedEntry } from '../../src/core/entry.ts';
import type { Seq, ViewNumber } from '../../src/core/ids.ts';
import type { Journal } from '../../src/host/ports.ts';
import { rebuild, Replay } from '../../src/host/replay.ts';
import { Bank } from '../support/bank-directory.ts';
import { rechain } from '../support/small-directory.ts';

const LIMITS = { leasesMax: 4, runsMax: 10, keysMax: 10 };

function history(): { bank: Bank; entries: [ExecutedEntry, ExecutedEntry, ExecutedEntry] } {
  const bank = new Bank();
  const entries: [ExecutedEntry, ExecutedEntry, ExecutedEntry] = [
    bank.lease(),
    bank.run([{ kind: 'create', amount: 5, scale: 2 }]),
    bank.run([{ kind: 'deposit', account: 100, amount: 7, scale: 2 }]),
  ];
  return { bank, entries };
}

function take(entries: readonly ExecutedEntry[]): Replay {
  const replay = new Replay(undefined, LIMITS);
  for (const entry of entries) replay.execute(entry);
  return replay;
}

t.test('replay: every entry once, and the table is as it was', async (t) => {
  const { bank, entries } = history();
  const { tail, ledger, replayed } = take(entries);
  t.match(tail, { seq: 3, hash: bank.tail.hash });
  t.equal(ledger.stateDigest, entries[2].digest.slice(0, 16));
  const bytes = entries.reduce((sum, { batch, results }) => sum + batch.length + results.length, 0);
  t.same(replayed, { bytes, operations: 3 });
});

t.test('replay: what does not follow, or gives something else: corrupt', async (t) => {
  const [one, two, three] = history().entries;
  const faults: readonly (readonly [entries: readonly ExecutedEntry[], detail: RegExp])[] = [
    [[two], /entry 2 of the journal does not continue entry 0/],
    [[one, three], /entry 3 of the journal does not continue entry 1/],
    [[one, { ...two, previousHash: three.hash }], /entry 2 of the journal does not continue/],
    [[one, { ...two, digest: three.digest }], /executing entry 2 again gave digest /],
    [[one, rechain({ ...three, seq: two.seq }, one)], /executing entry 2 again gave digest /],
  ];
  for (const [entries, message] of faults) {
    t.throws(() => take(entries), { kind: 'corrupt', message }, String(message));
  }
});

t.test('replay: the newest view is remembered, whatever comes after it', async (t) => {
  const { entries: [one] } = history();
  const replay = take([one]);
  t.same(replay.view, one.view);
  const view = (number: number) => ({ number: number as ViewNumber, members: [] });
  for (const number of [one.view.number + 2, one.view.number + 1]) replay.noteView(view(number));
  t.equal(replay.view.number, one.view.number + 2);
});

t.test('replay: an entry before the tail that the journal lacks: corrupt', async (t) => {
  const { bank, entries } = history();
  const journalOf = (held: readonly ExecutedEntry[]): Journal => ({
    tail: bank.tail, read: async (seq: Seq) => held.find((entry) => entry.seq === seq),
  }) as Journal;
  const checkpoints = { save: async () => {}, load: async () => undefined };
  t.equal((await rebuild(journalOf(entries), checkpoints, LIMITS)).tail.seq, 3);
  const lacking = rebuild(journalOf([entries[0], entries[2]]), checkpoints, LIMITS);
  await t.rejects(lacking, { kind: 'corrupt', message: /entry 2 of the journal is missing/ });
});
