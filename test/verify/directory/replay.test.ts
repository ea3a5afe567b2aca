/** The second reader of entries, and the chain that it makes of them, each by itself. */
import t from 'tap';
import type { ExecutedEntry } from '../../../src/core/entry.ts';
import { crc32 } from '../../../src/core/hash.ts';
import type { Epoch, Seq, Timestamp } from '../../../src/core/ids.ts';
import { encodeEntry } from '../../../src/wire/journal-entry.ts';
import { readEntryRecord, type EntryRecord } from '../../../src/verify/directory/entry-record.ts';
import { HistoryReplay } from '../../../src/verify/directory/replay.ts';
import { Bank } from '../../support/bank-directory.ts';
import { chainOf, entryAfter } from '../../support/journal-entries.ts';
import { rechain } from '../../support/small-directory.ts';

const SEED = 12345;
const LIMITS = { leasesMax: 4, runsMax: 10, keysMax: 10, movementsMax: 4 };

function recordOf(entry: ExecutedEntry): Uint8Array {
  return new Uint8Array(Buffer.concat(encodeEntry(entry, (entry.seq - 1) as Seq, SEED)));
}

/** Makes both checksums right again. */
function mend(record: Uint8Array): Uint8Array {
  const view = new DataView(record.buffer);
  const header = crc32(record.subarray(0, 252), SEED);
  view.setUint32(252, header, true);
  const end = record.length - 4;
  view.setUint32(end, crc32(record.subarray(256, end), header), true);
  return record;
}

t.test('entry record: read as the journal means it', async (t) => {
  for (const entry of chainOf(3, 640)) {
    const bytes = new Uint8Array([...new Uint8Array(64), ...recordOf(entry)]);
    const { view: _, ...expected } = entry;
    t.same(readEntryRecord(bytes, 64, SEED), expected);
  }
});

t.test('entry record: a flipped bit anywhere: told, the checksums mended or not', async (t) => {
  // What the hash does not cover is told by executing it: links, results, their length, digest; or
  // says nothing: the fsynced seq, and the checksums themselves.
  const entry = entryAfter(chainOf(1, 64)[0] as ExecutedEntry, 100);
  const record = recordOf(entry);
  const linksTo = 256 + entry.links.length;
  const resultsFrom = linksTo + entry.batch.length;
  const isByHash = (at: number) => !(
    (at >= 32 && at < 40) || (at >= 44 && at < 48) || (at >= 96 && at < 112) ||
    (at >= 252 && at < linksTo) ||
    (at >= resultsFrom && at < resultsFrom + entry.results.length) || at >= record.length - 4
  );
  for (let at = 0; at < record.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const changed = record.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << bit);
      const where = `byte ${at}, bit ${bit}`;
      if (typeof readEntryRecord(changed, 0, SEED) !== 'string') t.fail(where);
      const mended = readEntryRecord(mend(changed), 0, SEED);
      if (isByHash(at) && typeof mended !== 'string') t.fail(`${where}, mended`);
    }
  }
  const { members, number } = entry.view;
  const swapped = rechain({ ...entry, view: { number, members: members.toReversed() } }, entry);
  t.equal(
    readEntryRecord(recordOf(swapped), 0, SEED), 'the members of its view make no sense',
  );
  for (let length = 0; length < record.length; length += 1) {
    const cut = readEntryRecord(record.slice(0, length), 0, SEED);
    if (typeof cut !== 'string') t.fail(`cut to ${length}`);
  }
  t.equal(typeof readEntryRecord(record, 0, SEED + 1), 'string', 'a record of another segment');
});

t.test('replay: what does not follow, or gives something else, is told', async (t) => {
  const bank = new Bank();
  const history = [
    bank.lease(),
    bank.run([{ kind: 'create', amount: 5, scale: 2 }]),
    bank.run([{ kind: 'deposit', account: 100, amount: 7, scale: 2 }]),
  ];
  const take = (entries: readonly EntryRecord[]) => {
    const replay = new HistoryReplay(LIMITS);
    const faults = entries.map((entry) => replay.take(entry));
    return { replay, fault: faults.find((fault) => fault !== undefined) };
  };
  const { replay } = take(history);
  t.match(replay.tail, { seq: 3, hash: bank.tail.hash });
  t.equal(replay.operations, 3);
  t.equal(replay.twin.totals()[0]?.total, 12n);
  const [one, two, three] = history as [ExecutedEntry, ExecutedEntry, ExecutedEntry];
  const faults: readonly (readonly [entries: readonly EntryRecord[], fault: RegExp])[] = [
    [[two], /it stands behind entry 0/],
    [[one, three], /it stands behind entry 1/],
    [[one, one], /it stands behind entry 1/],
    [[one, { ...two, previousHash: three.hash }], /it does not follow entry 1/],
    [[one, { ...two, entryEpoch: 0 as Epoch }], /its epoch is 0, that of entry 1 is 1/],
    [[{ ...one, entryEpoch: 0 as Epoch }], /its epoch is 0/],
    [[one, { ...two, timestamp: one.timestamp }], /its time is not after that of entry 1/],
    [[{ ...one, timestamp: NaN as Timestamp }], /its time/],
    [[one, { ...two, digest: one.digest }], /another state/],
    [[one, { ...two, results: new Uint8Array(32) }], /result 1 of 1 is ok .*, not ok/],
    [[one, { ...two, results: new Uint8Array(64) }], /2 results for 1 operations/],
    [[one, { ...two, batch: new Uint8Array(64) }], /stands no chunk/],
    [[one, rechain(three, one)], /replaying it gives other results/],
  ];
  for (const [entries, fault] of faults) t.match(take(entries).fault, fault, String(fault));
});
