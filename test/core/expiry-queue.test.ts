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

t.test('expiry queue: of one time: by record; each once', async (t) => {
  const queue = new ExpiryQueue();
  for (const [at, record] of [[7, 3], [7, 1], [2, 9], [7, 2]] as const) queue.add(at, record);
  t.throws(() => queue.add(8, 1), /due once/);
  t.same(Array.from({ length: 5 }, () => queue.take()), [9, 1, 2, 3, undefined]);
  queue.add(8, 1);
  t.equal(queue.take(), 1, 'again, when it was taken');
});

t.test('expiry queue: at random, in between taken and removed: as a sorted list', async (t) => {
  const random = new Random(8);
  const queue = new ExpiryQueue();
  let list: { at: number; record: number }[] = [];
  for (let step = 0; step < 5000; step += 1) {
    const record = random.int(500);
    const isIn = list.some((due) => due.record === record);
    if (isIn && random.chance(0.5)) {
      queue.remove(record);
      list = list.filter((due) => due.record !== record);
    } else if (!isIn && random.chance(step % 2000 < 1000 ? 0.8 : 0.2)) {
      const due = { at: random.int(500), record };
      queue.add(due.at, due.record);
      list = [...list, due].sort((one, other) => one.at - other.at || one.record - other.record);
    } else {
      const [first, ...rest] = list;
      if (queue.take() !== first?.record) t.fail(`step ${step}: not ${first?.record}`);
      list = rest;
    }
    if (queue.nextAt !== (list[0]?.at ?? Infinity)) t.fail(`step ${step}: next at ${queue.nextAt}`);
  }
  t.ok(list.length > 0, 'and there is something left');
  t.same(list.map(() => queue.take()), list.map(({ record }) => record));
  queue.remove(7);
  t.equal(queue.take(), undefined);
});
