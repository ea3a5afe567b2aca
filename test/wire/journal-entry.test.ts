import t from 'tap';
import { entryBytes, hashEntry, type ExecutedEntry } from '../../src/core/entry.ts';
import { crc32 } from '../../src/core/hash.ts';
import { EPOCH_NONE, HASH_NONE, SEQ_NONE, type Seq } from '../../src/core/ids.ts';
import { BATCH_BYTES_MAX, RESULT_BYTES, viewOf, writeI64 } from '../../src/core/operation.ts';
import { encodeEntry, encodeMark, readRecordHead } from '../../src/wire/journal-entry.ts';
import { lastNonZero, scanSegment, type SegmentScan } from '../../src/wire/journal-scan.ts';
import {
  decodeSeal, decodeSegmentHeader, encodeSeal, encodeSegmentHeader, recordsEnd,
  SEGMENT_HEADER_BYTES, type SegmentHeader,
} from '../../src/wire/journal-segment.ts';
import { chainOf, INCARNATION } from '../support/journal-entries.ts';

const HEADER: SegmentHeader = {
  first: 1 as Seq,
  bytes: 16 * 1024,
  incarnation: INCARNATION,
  previous: { seq: SEQ_NONE, entryEpoch: EPOCH_NONE, hash: HASH_NONE },
};
const SALT = new Uint8Array(16).fill(9);

/** What to write: entries with what was fsynced then, or a mark. */
type Written = readonly [ExecutedEntry, number] | number;

interface Segment {
  readonly bytes: Uint8Array;
  readonly seed: number;
  /** Where each of the records begins, and where the last ends. */
  readonly offsets: number[];
}

function segmentOf(records: readonly Written[]): Segment {
  const { bytes: header, seed } = encodeSegmentHeader(HEADER, SALT);
  const bytes = new Uint8Array(HEADER.bytes);
  bytes.set(header);
  const offsets = [SEGMENT_HEADER_BYTES];
  let at = SEGMENT_HEADER_BYTES;
  for (const record of records) {
    const parts = typeof record === 'number'
      ? [encodeMark(record as Seq, seed)]
      : encodeEntry(record[0], record[1] as Seq, seed);
    for (const part of parts) {
      bytes.set(part, at);
      at += part.byteLength;
    }
    offsets.push(at);
  }
  return { bytes, seed, offsets };
}

function scan(
  { bytes, seed }: Segment,
  vouchedSeq = 0,
): SegmentScan & { entries: ExecutedEntry[] } {
  const entries: ExecutedEntry[] = [];
  const result = scanSegment(
    bytes, HEADER, seed, vouchedSeq as Seq, (entry) => entries.push(entry)
  );
  return { ...result, entries };
}

const [one, two, three, four] = chainOf(4, 128) as [
  ExecutedEntry, ExecutedEntry, ExecutedEntry, ExecutedEntry,
];

t.test('entry: round trip: what was written, at every size around the alignment', async (t) => {
  for (let batchBytes = 64; batchBytes <= 192; batchBytes += 1) {
    const entries = chainOf(2, batchBytes);
    const segment = segmentOf(entries.map((entry): Written => [entry, 0]));
    const { entries: found, outcome, end, last } = scan(segment);
    t.same(outcome, { kind: 'whole' });
    t.same(found.map((entry) => ({ ...entry })), entries.map((entry) => ({ ...entry })));
    t.equal(end, segment.offsets.at(-1));
    t.equal(last.hash, entries[1]?.hash);
    const [entry] = entries as [ExecutedEntry];
    const taken = entryBytes(entry.batch.byteLength, entry.results.byteLength / RESULT_BYTES);
    t.equal((segment.offsets[1] ?? 0) - SEGMENT_HEADER_BYTES, taken, 'what entryBytes says');
  }
});

t.test('header and seal: every flipped bit is noticed', async (t) => {
  const { bytes, seed } = encodeSegmentHeader(HEADER, SALT);
  t.same(decodeSegmentHeader(bytes), { header: HEADER, seed });
  const seal = {
    first: 1 as Seq, last: { seq: two.seq, entryEpoch: two.entryEpoch, hash: two.hash }, end: 5120,
  };
  const sealBytes = encodeSeal(seal, seed);
  t.same(decodeSeal(sealBytes, seed), seal);
  t.equal(decodeSeal(sealBytes, seed + 1), 'broken', 'of another segment');
  t.equal(decodeSeal(new Uint8Array(128), seed), 'absent');
  t.equal(decodeSeal(sealBytes.subarray(0, 120), seed), 'broken', 'the file ends within it');
  for (let bit = 0; bit < 8 * bytes.byteLength; bit += 1) {
    const damaged = flipped(bytes, bit >> 3, bit & 7);
    if (typeof decodeSegmentHeader(damaged) !== 'string') t.fail(`header bit ${bit}`);
  }
  for (let bit = 0; bit < 8 * sealBytes.byteLength; bit += 1) {
    if (decodeSeal(flipped(sealBytes, bit >> 3, bit & 7), seed) !== 'broken') {
      t.fail(`seal bit ${bit}`);
    }
  }
});

t.test('header: every field comes back; of another format: refused', async (t) => {
  const { seq, entryEpoch, hash } = three;
  const header = { ...HEADER, first: 4 as Seq, previous: { seq, entryEpoch, hash } };
  const { bytes, seed } = encodeSegmentHeader(header, SALT);
  t.same(decodeSegmentHeader(bytes), { header, seed });
  for (const format of [0, 2]) {
    const view = viewOf(bytes);
    view.setUint32(4, format, true);
    view.setUint32(4092, crc32(bytes.subarray(0, 4092)), true);
    t.match(decodeSegmentHeader(bytes), new RegExp(`the format is ${format}, this bankd reads 1`));
  }
});

t.test('scan: the last byte that is not zero, however far from the end', async (t) => {
  const bytes = new Uint8Array(300_000);
  for (const at of [3, 65_535, 65_536, 150_000, 299_999]) {
    bytes[at] = 1;
    t.equal(lastNonZero(bytes, 0), at);
  }
  t.equal(lastNonZero(bytes.subarray(0, 299_999), 150_001), -1);
});

t.test('scan: a flipped bit anywhere in an entry that a later one vouches for: '
  + 'corrupt', async (t) => {
  const segment = segmentOf([[one, 0], [two, 1], [three, 2], [four, 2]]);
  const [from, to] = segment.offsets.slice(1, 3) as [number, number];
  for (let at = from; at < to; at += 1) {
    const { outcome, end, last } = scan({ ...segment, bytes: flipped(segment.bytes, at, at % 8) });
    if (outcome.kind !== 'corrupt' || outcome.seq !== 2 || end !== from || last.seq !== 1) {
      t.fail(`byte ${at}: ${JSON.stringify(outcome)}`);
    }
  }
});

t.test('scan: a mark vouches for the last entry', async (t) => {
  const segment = segmentOf([[one, 0], [two, 0], 2]);
  const [from, to] = segment.offsets.slice(1, 3) as [number, number];
  t.same(scan(segment).outcome, { kind: 'whole' });
  for (let at = from; at < to; at += 1) {
    const { outcome } = scan({ ...segment, bytes: flipped(segment.bytes, at, at % 8) });
    if (outcome.kind !== 'corrupt') t.fail(`byte ${at}`);
  }
});

t.test('scan: damage to a mark that an entry follows: corrupt, for it was durable', async (t) => {
  const segment = segmentOf([[one, 0], 1, [two, 1]]);
  const [from, to] = segment.offsets.slice(1, 3) as [number, number];
  for (let at = from; at < to; at += 1) {
    const { outcome } = scan({ ...segment, bytes: flipped(segment.bytes, at, at % 8) });
    if (outcome.kind !== 'corrupt') t.fail(`byte ${at}`);
  }
});

t.test('scan: a tail that nothing vouches for, changed or cut at every byte: torn '
  + 'there', async (t) => {
  const segment = segmentOf([[one, 0], [two, 1], [three, 1], [four, 1]]);
  const start = segment.offsets[1] ?? 0;
  const stop = segment.offsets[4] ?? 0;
  for (let at = start; at < stop; at += 1) {
    const intact = segment.offsets.findLastIndex((offset) => offset <= at);
    const changed = scan({ ...segment, bytes: flipped(segment.bytes, at, at % 8) });
    if (changed.last.seq !== intact || changed.outcome.kind !== 'torn') t.fail(`changed at ${at}`);
    const cut = scan({ ...segment, bytes: segment.bytes.slice().fill(0, at) });
    const boundary = segment.offsets.includes(at);
    if (cut.last.seq !== intact) t.fail(`cut at ${at}: ${cut.last.seq}`);
    if (cut.outcome.kind !== (boundary ? 'whole' : 'torn')) {
      t.fail(`cut at ${at}: ${cut.outcome.kind}`);
    }
  }
});

t.test('scan: what is vouched for from elsewhere is never torn nor merely absent', async (t) => {
  const segment = segmentOf([[one, 0], [two, 1]]);
  t.equal(scan(segment, 2).outcome.kind, 'whole');
  t.equal(scan(segment, 3).outcome.kind, 'corrupt', 'an entry is missing');
  const at = (segment.offsets[1] ?? 0) + 300;
  const damaged = { ...segment, bytes: flipped(segment.bytes, at, 0) };
  t.equal(scan(damaged, 1).outcome.kind, 'torn');
  t.equal(scan(damaged, 2).outcome.kind, 'corrupt');
});

t.test('scan: an entry replaced by zeros before one that vouches for it: corrupt', async (t) => {
  const segment = segmentOf([[one, 0], [two, 1], [three, 2]]);
  const bytes = segment.bytes.slice().fill(0, segment.offsets[1], segment.offsets[2]);
  t.match(scan({ ...segment, bytes }).outcome, { kind: 'corrupt', seq: 2 });
});

t.test('scan: zeros before an entry of the same group: torn, both cut', async (t) => {
  const segment = segmentOf([[one, 0], [two, 1], [three, 1]]);
  const bytes = segment.bytes.slice().fill(0, segment.offsets[1], segment.offsets[2]);
  const { outcome, last } = scan({ ...segment, bytes });
  t.equal(last.seq, 1);
  const torn = (segment.offsets[3] ?? 0) - (segment.offsets[1] ?? 0);
  t.same(outcome, { kind: 'torn', bytes: torn });
});

t.test('scan: records that stand in a batch of a torn entry vouch for nothing', async (t) => {
  const foreign = encodeSegmentHeader(HEADER, new Uint8Array(16).fill(1)).seed;
  const evil = { ...one, batch: new Uint8Array(192) };
  evil.batch.set(encodeMark(99 as Seq, foreign), 64);
  const segment = segmentOf([[evil, 0]]);
  t.same(
    scan(segment).outcome.kind, 'torn', 'its hash is wrong, and the mark is of another segment'
  );
});

t.test('scan: entries out of order, repeated or of another chain: not taken', async (t) => {
  t.equal(scan(segmentOf([[one, 0], [three, 1]])).last.seq, 1);
  t.equal(scan(segmentOf([[one, 0], [one, 0]])).last.seq, 1);
  const [, other] = chainOf(2, 128, undefined, 5) as [ExecutedEntry, ExecutedEntry];
  t.equal(scan(segmentOf([[one, 0], [other, 1]])).last.seq, 1, 'it follows another entry 1');
  const skipping = { ...two, seq: 3 as Seq };
  const later = { ...skipping, hash: hashEntry(skipping) };
  t.equal(scan(segmentOf([[one, 0], [later, 1]])).last.seq, 1, 'it follows entry 1 as entry 3');
  for (const [mark, kind] of [[1, 'torn'], [3, 'corrupt']] as const) {
    t.equal(scan(segmentOf([[one, 0], [two, 0], mark])).outcome.kind, kind, `a mark for ${mark}`);
  }
});

t.test('scan: a bit in the room behind the last record: torn, nothing lost', async (t) => {
  const segment = segmentOf([[one, 0], 1]);
  const at = recordsEnd(HEADER.bytes) - 1;
  const { outcome, last } = scan({ ...segment, bytes: flipped(segment.bytes, at, 3) });
  t.equal(outcome.kind, 'torn');
  t.equal(last.seq, 1);
});

t.test('scan: what was written last is doubtful: the last group, or the mark behind '
  + 'it', async (t) => {
  const cases: readonly (readonly [records: readonly Written[], from: number])[] = [
    [[[one, 0]], 0],
    [[[one, 0], [two, 1], [three, 1]], 1],
    [[[one, 0], [two, 1], [three, 1], [four, 3]], 3],
    [[[one, 0], [two, 0], 2], 2],
    [[[one, 0], 1, [two, 1]], 2],
  ];
  for (const [records, from] of cases) {
    const segment = segmentOf(records);
    t.equal(scan(segment).doubtfulFrom, segment.offsets[from], `${records.length} records`);
  }
});

t.test('record: a head that makes no sense is none, though its checksum is right', async (t) => {
  const SEED = 77;
  const entry = Buffer.concat(encodeEntry(two, 1 as Seq, SEED) as Uint8Array[]);
  const mark = encodeMark(2 as Seq, SEED);
  const headOf = (record: Uint8Array, change: (view: DataView) => void, crcAt: number) => {
    const changed = new Uint8Array(record);
    const view = viewOf(changed);
    change(view);
    view.setUint32(crcAt, crc32(changed.subarray(0, crcAt), SEED), true);
    return readRecordHead(changed, view, 0, SEED);
  };
  t.match(headOf(entry, () => {}, 252), { kind: 'entry', seq: 2, fsyncedSeq: 1 });
  t.match(headOf(mark, () => {}, 60), { kind: 'mark', seq: 2, fsyncedSeq: 2 });
  const entries: readonly (readonly [what: string, change: (view: DataView) => void])[] = [
    ['longer than its parts', (view) => view.setUint32(4, entry.byteLength + 64, true)],
    ['entry 0', (view) => writeI64(view, 8, 0)],
    ['before it was written', (view) => writeI64(view, 32, 2)],
    ['durable before the first', (view) => writeI64(view, 32, -1)],
    ['a batch too large', (view) => {
      view.setUint32(40, BATCH_BYTES_MAX + 64, true);
      view.setUint32(44, 32, true);
      view.setUint32(4, entryBytes(BATCH_BYTES_MAX + 64, 1), true);
    }],
    ['links of more operations than have results', (view) => {
      view.setUint32(224, view.getUint32(224, true) + 16, true);
      view.setUint32(40, view.getUint32(40, true) - 16, true);
    }],
    ['more members than there may be', (view) => view.setUint8(56, 8)],
  ];
  for (const [what, change] of entries) t.equal(headOf(entry, change, 252), undefined, what);
  t.equal(headOf(mark, (view) => view.setUint32(4, 128, true), 60), undefined, 'a longer mark');
  t.equal(headOf(mark, (view) => writeI64(view, 8, 0), 60), undefined, 'a mark of nothing');
});

function flipped(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  return copy;
}
