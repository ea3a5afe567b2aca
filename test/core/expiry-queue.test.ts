import t from 'tap';
import { ExpiryQueue } from '../../src/core/expiry-queue.ts';
import { Random } from '../../src/core/random.ts';

t.test('expiry queue: empty: never, and nothing', async (t) => {
  const queue = new ExpiryQueue();
  t.equal(queue.nextAt, Infinity);
  t.equal(queue.take(), undefined);
  queue.add(5, 1);
  t.equal(queue.nextAt, 5);
  t.equal(queue.take(), 1);
  t.equal(queue.nextAt, Infinity);
  t.equal(queue.take(), undefined);
});

t.test('expiry queue: of one time: by record; the same twice: twice', async (t) => {
  const queue = new ExpiryQueue();
  for (const [at, record] of [[7, 3], [7, 1], [2, 9], [7, 2], [7, 1]] as const) {
    queue.add(at, record);
  }
  t.same(Array.from({ length: 6 }, () => queue.take()), [9, 1, 1, 2, 3, undefined]);
});

t.test('expiry queue: keep: what is due yet, once, in order', async (t) => {
  const queue = new ExpiryQueue();
  for (const [at, record] of [[7, 3], [5, 1], [7, 3], [2, 9], [7, 2], [6, 1]] as const) {
    queue.add(at, record);
  }
  queue.keep((at, record) => at !== 2 && record !== 2);
  t.equal(queue.length, 3);
  queue.add(1, 4);
  queue.add(6, 0);
  t.same(Array.from({ length: 6 }, () => queue.take()), [4, 1, 0, 1, 3, undefined]);
});

t.test('expiry queue: at random, in between taken: as a sorted list', async (t) => {
  const random = new Random(8);
  const queue = new ExpiryQueue();
  let list: { at: number; record: number }[] = [];
  for (let step = 0; step < 4000; step += 1) {
    if (random.chance(step < 2000 ? 0.7 : 0.3)) {
      const due = { at: random.int(500), record: random.int(50) };
      queue.add(due.at, due.record);
      list = [...list, due].sort((one, other) => one.at - other.at || one.record - other.record);
    } else {
      const nextAt = queue.nextAt;
      const [first, ...rest] = list;
      if (nextAt !== (first?.at ?? Infinity)) t.fail(`step ${step}: next at ${nextAt}`);
      const record = queue.take();
      if (record !== first?.record) t.fail(`step ${step}: took ${record}`);
      list = rest;
    }
  }
  t.equal(queue.nextAt, list[0]?.at ?? Infinity);
});
