/** Operations found in a batch that comes in pieces, beside those found in the whole. */
import t from 'tap';
import { countOperations, findRecords } from '../../src/core/chunk-records.ts';
import { encodeChunk, RECORD_BYTES, viewOf } from '../../src/core/operation.ts';
import { Random } from '../../src/core/random.ts';
import { RecordPlaces } from '../../src/host/record-places.ts';
import { BatchGenerator } from '../support/batch-generator.ts';

t.test('record places: of random batches, in random pieces: what is found in the whole', (t) => {
  const places = new RecordPlaces();
  const random = new Random(1);
  const generator = new BatchGenerator(random);
  let nowhere = 0;
  for (let seq = 1; seq <= 600; seq += 1) {
    const batch = generator.batch(seq);
    // Records that claim extensions which may not be there.
    for (let draw = random.int(3); draw > 0; draw -= 1) {
      const at = RECORD_BYTES * random.int(batch.length / RECORD_BYTES);
      if (batch[at] !== 0xc0) batch[at + 1] = random.int(16);
    }
    places.clear();
    for (let at = 0; at < batch.length; ) {
      const to = Math.min(batch.length, at + RECORD_BYTES * (1 + random.int(5)));
      t.equal(places.add(viewOf(batch.subarray(at, to))), true);
      at = to;
    }
    const count = countOperations(batch);
    if (places.count !== count) t.equal(places.count, count);
    for (let index = 0; index <= count; index += 1) {
      const expected = findRecords(viewOf(batch), index);
      if (expected === undefined) nowhere += 1;
      const found = places.find(index);
      const isSame = found?.from === expected?.from && found?.to === expected?.to;
      if (!isSame) t.same(found, expected, `seq ${seq}, index ${index}`);
    }
  }
  t.ok(nowhere > 700, 'some have no records');
  t.end();
});

t.test('record places: bytes that are no batch: refused, in little time', (t) => {
  const chunk = encodeChunk(64, 1, [{ kind: 'deposit', account: 100, amount: 1 }]);
  const bent = (at: number, value: number): Uint8Array => {
    const bytes = chunk.slice();
    viewOf(bytes).setUint32(at, value, true);
    return bytes;
  };
  const none = [bent(0, 0), bent(4, 0), bent(4, 8_191), bent(24, 0xffffffff), new Uint8Array(128)];
  for (const bytes of none) t.equal(new RecordPlaces().add(viewOf(bytes)), false);
  // More operations than there can be.
  const places = new RecordPlaces();
  const many = viewOf(bent(4, 8_190));
  const taken = Array.from({ length: 5 }, () => places.add(many));
  t.same(taken, [true, true, true, true, false]);
  t.end();
});
