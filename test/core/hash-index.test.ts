import t from 'tap';
import { HashIndex } from '../../src/core/hash-index.ts';
import { Random } from '../../src/core/random.ts';

/** A table of numbers, each found by a hash of few values, so that buckets hold many. */
function openIndex(hashOf: (value: number) => number) {
  const values: number[] = [];
  const index = new HashIndex((record) => hashOf(values[record] ?? NaN));
  const find = (value: number) => index.find(hashOf(value), (record) => values[record] === value);
  return { values, index, find };
}

t.test('hash index: find: what was added, whatever shares its bucket', async (t) => {
  const { values, index, find } = openIndex((value) => value % 3);
  t.equal(find(0), undefined);
  for (let record = 0; record < 30; record += 1) {
    values.push(record * 7);
    index.add(record);
  }
  for (let record = 0; record < 30; record += 1) t.equal(find(record * 7), record);
  t.equal(find(1), undefined);
});

t.test('hash index: remove: first, middle and last of a bucket; and added again', async (t) => {
  for (const removed of [0, 1, 2]) {
    const { values, index, find } = openIndex(() => 5);
    for (const [record, value] of [10, 11, 12].entries()) {
      values[record] = value;
      index.add(record);
    }
    index.remove(removed);
    values[removed] = 20;
    for (const record of [0, 1, 2]) {
      t.equal(find(10 + record), record === removed ? undefined : record);
    }
    index.add(removed);
    t.equal(find(20), removed);
    t.equal(find(10 + removed), undefined);
  }
});

t.test('hash index: hashes of 32 bits, below zero too', async (t) => {
  const { values, index, find } = openIndex((value) => value | 0);
  for (const [record, value] of [-1, -(2 ** 31), 2 ** 31 - 1, 0, 1_024].entries()) {
    values[record] = value;
    index.add(record);
    t.equal(find(value), record);
  }
});

t.test('hash index: at random, beyond the first buckets, places reused: as a Map', async (t) => {
  const random = new Random(4);
  const { values, index, find } = openIndex((value) => Math.imul(value, 0x9e3779b1));
  const map = new Map<number, number>();
  let next = 0;
  let wrong = 0;
  for (let step = 0; step < 30_000; step += 1) {
    const value = next;
    next += 1;
    const reused = values.length > 0 && random.chance(0.5) ? random.int(values.length) : undefined;
    const record = reused ?? values.length;
    if (reused !== undefined) {
      map.delete(values[record] ?? NaN);
      index.remove(record);
    }
    values[record] = value;
    index.add(record);
    map.set(value, record);
    for (const asked of [value, random.int(next), random.int(next)]) {
      if (find(asked) !== map.get(asked)) wrong += 1;
    }
  }
  t.ok(values.length > 4 * 1_024, 'the buckets were spread more than once');
  t.equal(wrong, 0);
  for (const [value, record] of map) if (find(value) !== record) wrong += 1;
  t.equal(wrong, 0);
});

t.test('hash index: hashes that differ in a few bits only: not all in one bucket', async (t) => {
  for (let shift = 0; shift <= 25; shift += 5) {
    const index = new HashIndex((record) => (record % 128) << shift);
    for (let record = 0; record < 512; record += 1) index.add(record);
    let looks = 0;
    index.find(5 << shift, () => {
      looks += 1;
      return false;
    });
    t.ok(looks >= 4 && looks < 100, `from bit ${shift} on: ${looks} of 512 looked at`);
  }
});
