import t from 'tap';
import type { Seq } from '../../src/core/ids.ts';
import { LinkWarmer } from '../../src/host/link-warmer.ts';
import { until } from '../support/open-journal.ts';

function made(tail = 0) {
  const read: number[] = [];
  const state = { idle: true, failing: false };
  const warmer = new LinkWarmer({
    tail: tail as Seq,
    isIdle: () => state.idle,
    read: async (seq) => {
      read.push(seq);
      if (state.failing) throw new Error('no');
      await new Promise((resolve) => setImmediate(resolve));
    },
  });
  return { warmer, read, state };
}

t.test('link warmer: the newest of what was written since the start first', async (t) => {
  const { warmer, read } = made(3);
  warmer.wantUpTo(6 as Seq);
  warmer.run();
  warmer.run();
  await until(() => read.length === 3, 'all are read');
  warmer.wantUpTo(6 as Seq);
  warmer.wantUpTo(7 as Seq);
  warmer.want(2 as Seq);
  warmer.run();
  await until(() => read.length === 5, 'all are read');
  t.same(read, [6, 5, 4, 2, 7]);
});

t.test('link warmer: of very many only the newest', async (t) => {
  const { warmer, read } = made();
  warmer.wantUpTo(1_000_000 as Seq);
  warmer.want(5 as Seq);
  warmer.run();
  await until(() => read.length === 4_096, 'all are read');
  await warmer.stop();
  t.same(read.slice(0, 2), [5, 1_000_000]);
  t.equal(read.at(-1), 1_000_000 - 4_094);
});

t.test('link warmer: nothing while something is written, and what fails is left', async (t) => {
  const { warmer, read, state } = made();
  state.idle = false;
  warmer.wantUpTo(3 as Seq);
  warmer.run();
  await new Promise((resolve) => setImmediate(resolve));
  t.same(read, []);
  state.idle = state.failing = true;
  warmer.run();
  await until(() => read.length === 3, 'all were tried');
});

t.test('link warmer: stopped: nothing more is read', async (t) => {
  const { warmer, read } = made();
  warmer.wantUpTo(100 as Seq);
  warmer.run();
  await warmer.stop();
  t.same(read, [100]);
  // Who walks at that time wants more, and runs it when done.
  warmer.want(1 as Seq);
  warmer.run();
  await warmer.stop();
  t.same(read, [100]);
});
